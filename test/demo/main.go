// Program demo runs a whole sync with nothing but Go: the plugin and a SQLite destination as processes of their own, against a
// stand-in for Clari, into out/demo.sqlite.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

//go:generate go run ./gen

func main() {
	d := demo{out: os.Stdout, log: os.Stderr}
	flag.StringVar(&d.plugin, "plugin", "bin/cq-source-clari", "`program` of the source plugin")
	flag.StringVar(&d.destination, "destination", "bin/cq-destination-sqlite", "`program` of the SQLite destination plugin")
	flag.StringVar(&d.dir, "out", "out", "`directory` to write to")
	flag.IntVar(&d.people, "people", 40, "people in the hierarchy")
	flag.DurationVar(&d.job, "job-time", 200*time.Millisecond, "how long an export takes, about")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := d.run(ctx)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "Error:", err)
	}
	if err != nil {
		os.Exit(1)
	}
}
