// Program bench measures the plugin on this machine, next to what it is to be compared with, and writes docs/performance.md:
//
//	make bench
//
// It takes less than ten minutes on two cores. With -only it measures some parts and writes nothing.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == livesCommand:
		live(os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == relayCommand:
		err = relay(ctx, os.Args[2])
	default:
		err = run(ctx, os.Args[1:])
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run of this program.
type bench struct {
	context.Context
	source, destination string // programs
	dir                 string // for what is needed while it runs
	deadline            time.Time
	report              *report
}

func run(ctx context.Context, args []string) error {
	b := &bench{Context: ctx, report: newReport()}
	var only, profile, out string
	var budget time.Duration
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&b.source, "source", "bin/cq-source-clari", "`program` of the plugin")
	f.StringVar(&b.destination, "destination", "bin/cq-destination-sqlite", "`program` of the SQLite destination")
	f.StringVar(&out, "out", "docs/performance.md", "`file` to write")
	f.StringVar(&b.report.Note, "note", "", "`sentence` about this run for the report, such as what else the machine did")
	f.StringVar(&only, "only", "", "`parts` to measure, with commas between them, instead of all: "+strings.Join(names(), ", "))
	f.StringVar(&profile, "profile", "", "`file` for a CPU profile of -only decode-arrays, decode-flat or decode-csv: our decoding and nothing else")
	f.DurationVar(&budget, "budget", 9*time.Minute, "leave out the largest results when they would end later than this")
	if err := f.Parse(args); err != nil {
		return err
	}
	b.deadline = time.Now().Add(budget)
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b.dir = dir
	if profile != "" {
		return b.profile(profile, cmp.Or(only, "decode-arrays"))
	}
	for _, p := range parts {
		if only != "" && !slices.Contains(strings.Split(only, ","), p.name) {
			continue
		}
		began := time.Now()
		if err := p.measure(b); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		progress("%s took %.0f s", p.name, time.Since(began).Seconds())
	}
	b.report.printTargets()
	if only != "" {
		return nil
	}
	return b.report.write(out)
}

// parts are what is measured, in this order.
var parts = []struct {
	name    string
	measure func(*bench) error
}{
	{"decode", (*bench).decode},
	{"memory", (*bench).memory},
	{"waiting", (*bench).waiting},
	{"share", (*bench).share},
	{"exports", (*bench).exports},
	{"rows", (*bench).rows},
	{"tabs", (*bench).tabs},
}

func names() (all []string) {
	for _, p := range parts {
		all = append(all, p.name)
	}
	return all
}

// progress tells what is going on, apart from the results.
func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, args...)...)
}

// profile writes a CPU profile of decoding one encoding for about ten seconds.
func (b *bench) profile(file, name string) error {
	encoding, ok := map[string]encoding{
		"decode-arrays": encodings[0], "decode-flat": encodings[1], "decode-csv": encodings[3],
	}[name]
	if !ok {
		return fmt.Errorf("-profile %s: want -only decode-arrays, decode-flat or decode-csv", name)
	}
	r, err := b.result(encoding, decodedPeople)
	if err != nil {
		return err
	}
	defer r.close()
	w, err := os.Create(file)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := pprof.StartCPUProfile(w); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	for began := time.Now(); time.Since(began) < 10*time.Second; {
		if _, err := r.land(b); err != nil {
			return err
		}
	}
	return nil
}
