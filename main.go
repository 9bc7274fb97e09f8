// Command cq-source-clari is a CloudQuery source plugin for Clari forecasts.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"time"
	_ "time/tzdata" // time_zone works where the system has no zone files

	"github.com/cloudquery/plugin-sdk/v4/serve"

	"github.com/cq-source-clari/cq-source-clari/resources/command"
	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
)

// cleanUp is how long a stopped server waits for syncs to cancel what they leave behind: the SDK's Stop does not wait for handlers.
const cleanUp = 3 * time.Second

// gcPercent makes the runtime collect garbage at half the spare room that is usual: results pass through in buffers of megabytes.
// It takes 13 MiB of 99 off the peak of a sync of 100 MB, for some 5 % more CPU time.
const gcPercent = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	args := os.Args[1:]
	if len(args) > 0 && command.Is(args[0]) {
		if command.Root(command.Real()).ExecuteContext(context.Background()) != nil { // it has said why
			os.Exit(1)
		}
		return
	}
	err := serve.Plugin(plugin.Plugin()).Serve(context.Background())
	plugin.Drain(cleanUp)
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		fmt.Printf("\nBeside those of every plugin:\n%s", command.Help())
	}
	if err != nil {
		log.Fatal(err)
	}
}
