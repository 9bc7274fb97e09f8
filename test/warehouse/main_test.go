package warehouse

import (
	"log"
	"os"
	"testing"

	"github.com/cloudquery/plugin-sdk/v4/types"
)

func TestMain(m *testing.M) {
	if err := types.RegisterAllExtensions(); err != nil { // what a destination's process does as it starts
		log.Fatal(err)
	}
	os.Exit(m.Run())
}
