// Program cq-destination-sqlite runs the embedded SQLite destination as a CloudQuery plugin.
package main

import (
	"context"
	"log"

	"github.com/cloudquery/plugin-sdk/v4/serve"
	"github.com/cq-source-clari/cq-source-clari/test/sqlite"
)

func main() {
	if err := serve.Plugin(sqlite.Plugin()).Serve(context.Background()); err != nil {
		log.Fatalf("failed to serve: %v", err)
	}
}
