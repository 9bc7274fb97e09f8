// Program sync runs a CloudQuery spec file with the plugins built here, into a SQLite file:
//
//	go run ./test/demo/sync [-db out/clari.sqlite] [-shard 1/4] my.yml
//
// A source or destination that the file takes from CloudQuery's registry is replaced by the programs in bin, which make
// builds; one with registry local or grpc is used as written.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/runner"
	"github.com/rs/zerolog"
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
	opts.Log = console{zerolog.ConsoleWriter{Out: log, TimeFormat: time.TimeOnly, NoColor: true}}
	summary, err := runner.Sync(ctx, config, opts)
	report(out, summary)
	return err
}

// console shows what the plugins have to say, and leaves out each call that is made to them: the sync's own error comes
// at its end.
type console struct{ zerolog.ConsoleWriter }

func (c console) Write(line []byte) (int, error) {
	var fields struct {
		Level  string `json:"level"`
		Module string `json:"module"` // of the plugin; other lines are about its process
		Call   string `json:"grpc.method"`
	}
	if err := json.NewDecoder(bytes.NewReader(line)).Decode(&fields); err == nil && (fields.Call != "" || fields.Level == "info" && fields.Module == "") {
		return len(line), nil
	}
	return c.ConsoleWriter.Write(line)
}

func report(out io.Writer, s *runner.Summary) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	var total int64
	for _, name := range slices.Sorted(maps.Keys(s.Tables)) {
		fmt.Fprintf(table, "%d\t %s\n", s.Tables[name], name)
		total += s.Tables[name]
	}
	fmt.Fprintf(table, "%d\t rows in %s, %d errors, %d warnings\n", total, s.Duration.Round(100*time.Millisecond), s.Errors, s.Warnings)
	table.Flush()
}
