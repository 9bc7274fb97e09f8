package result

import (
	"testing"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/arrays"
)

// Whatever is read quickly in these tests is read the other way as well, but for where that is measured.
func init() { arrays.BothWays = true }

func oneWay(t testing.TB) {
	arrays.BothWays = false
	t.Cleanup(func() { arrays.BothWays = true })
}
