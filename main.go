// Command cq-source-clari is a CloudQuery source plugin for Clari forecasts.
package main

import (
	"context"
	"log"
	"time"
	_ "time/tzdata" // time_zone works where the system has no zone files

	"github.com/cloudquery/plugin-sdk/v4/serve"

	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
)

// cleanUp is how long a stopped server waits for syncs to cancel what they leave behind: the SDK's Stop does not wait for handlers.
const cleanUp = 3 * time.Second

func main() {
	err := serve.Plugin(plugin.Plugin()).Serve(context.Background())
	plugin.Drain(cleanUp)
	if err != nil {
		log.Fatal(err)
	}
}
