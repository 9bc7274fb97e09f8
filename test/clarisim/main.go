// Command clarisim stands in for the Clari API on a loopback address, and prints the CloudQuery spec to use with it:
//
//	go run ./test/clarisim > sim.yml
//
// It logs the requests it answers, and ends with Ctrl-C. Faults are given by name, for one operation or all that they are for,
// for the nth request and as many as wanted:
//
//	go run ./test/clarisim -fault throttled-seconds@status:2x3 -fault answer-504-after-processing@create
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "clarisim:", err)
		os.Exit(1)
	}
}

// run serves until the context ends.
func run(ctx context.Context, args []string, spec, messages io.Writer) error {
	o, err := parse(args, messages)
	if err != nil {
		return err
	}
	logger := log.New(messages, "", 0) // several requests may end at once
	server, err := o.server(logger)
	if err != nil {
		return err
	}
	defer server.Close()
	url, err := server.Start(o.addr)
	if err != nil {
		return err
	}
	if err := o.printSpec(spec, server, url); err != nil {
		return err
	}
	logger.Printf("listening on %s; the current quarter is %s", url, server.Current())
	<-ctx.Done()
	return nil
}
