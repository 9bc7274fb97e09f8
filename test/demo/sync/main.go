// Program sync runs a CloudQuery spec file with the plugins built here, into a SQLite file:
//
//	go run ./test/demo/sync [-db out/clari.sqlite] [-shard 1/4] my.yml
//
// A source or destination that the file takes from CloudQuery's registry is replaced by the programs in bin, which make
// builds; one with registry local or grpc is used as written.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/cq-source-clari/cq-source-clari/test/runner"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

// run writes the plugins' log to log and the result to out.
func run(ctx context.Context, args []string, out, log io.Writer) error {
	var opts runner.Options
	flags := flag.NewFlagSet("sync", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.Usage = func() {
		fmt.Fprintln(log, "usage: sync [flags] spec.yml")
		flags.PrintDefaults()
	}
	flags.StringVar(&opts.DatabasePath, "db", "out/clari.sqlite", "SQLite `file` to write")
	flags.StringVar(&opts.SourcePath, "source", "bin/cq-source-clari", "`program` of the source plugin")
	flags.StringVar(&opts.DestinationPath, "destination", "bin/cq-destination-sqlite", "`program` of the SQLite destination plugin")
	flags.StringVar(&opts.Shard, "shard", "", "part of the sync to run, as `num/total`")
	flags.BoolVar(&opts.NoMigrate, "no-migrate", false, "do not create or change tables")
	flags.StringVar(&opts.LogLevel, "log-level", "info", "least `level` to log: trace, debug, info, warn or error")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp // the flag set has said why
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return flag.ErrHelp
	}
	config, err := runner.Load(flags.Arg(0), nil)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(opts.DatabasePath), 0o755); err != nil {
		return err
	}
	opts.Log = runner.Console(log)
	summary, err := runner.Sync(ctx, config, opts)
	summary.Report(out)
	return err
}
