package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// options are the command line.
type options struct {
	addr, key, tabs, encoding, queue, run, database string
	seed                                            uint64
	people, fields, quarters, month                 int
	concurrent, monthly, rate                       int
	changing                                        time.Duration
	monthlyField, blankWeeks                        bool
	faults                                          []sim.Fault
}

func parse(args []string, messages io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("clarisim", flag.ContinueOnError)
	f.SetOutput(messages)
	f.StringVar(&o.addr, "addr", "127.0.0.1:0", "loopback address to listen on; port 0 is any free one")
	f.StringVar(&o.key, "key", sim.DefaultKey, "API key")
	f.StringVar(&o.tabs, "tabs", "net_arr,renewals", "forecast tabs, with commas between them")
	f.Uint64Var(&o.seed, "seed", 1, "what people and amounts are made from")
	f.IntVar(&o.people, "people", 60, "people in the hierarchy")
	f.IntVar(&o.fields, "fields", 6, "fields of a tab, the last of them a quota")
	f.BoolVar(&o.monthlyField, "monthly-field", false, "add a field with an entry for each month")
	f.BoolVar(&o.blankWeeks, "blank-weeks", false, "let history also hold the weeks to come, with blank values")
	f.IntVar(&o.quarters, "quarters", 4, "past quarters that have data, and that the spec asks for")
	f.IntVar(&o.month, "fiscal-start", 2, "month in which the fiscal year opens")
	f.DurationVar(&o.changing, "changing", time.Hour, "how often amounts change until their week is over; 0 is never")
	f.StringVar(&o.encoding, "encoding", "arrays", "of JSON results: arrays, flat-objects, flat-lists or csv")
	f.StringVar(&o.queue, "queue-time", "200ms", "how long jobs stay queued: 5s, 1s-10s, or ~3s for a long tail around 3s")
	f.StringVar(&o.run, "job-time", "500ms-2s", "how long jobs run, written like -queue-time")
	f.IntVar(&o.concurrent, "queue", 3, "jobs that may be queued or running at once")
	f.IntVar(&o.monthly, "quota", 1000, "exports in 30 days")
	f.IntVar(&o.rate, "rate", 0, "requests a second before 429; 0 is no limit")
	f.StringVar(&o.database, "database", "./sim.db", "SQLite file that the spec names")
	f.Func("fault", "fault to show, name[@operation][:nth][xcount], as often as wanted; -fault list lists the names", func(s string) error {
		faults, err := parseFault(s)
		o.faults = append(o.faults, faults...)
		return err
	})
	switch err := f.Parse(args); {
	case err != nil:
		return o, err
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case o.month < 1 || o.month > 12:
		return o, fmt.Errorf("-fiscal-start %d is no month", o.month)
	case o.people < 1 || o.fields < 1 || o.quarters < 0:
		return o, errors.New("-people and -fields must be 1 or more, -quarters 0 or more")
	case !slices.Contains([]sim.Encoding{sim.Arrays, sim.FlatObjects, sim.FlatLists, sim.CSV}, sim.Encoding(o.encoding)):
		return o, fmt.Errorf("-encoding %s: want arrays, flat-objects, flat-lists or csv", o.encoding)
	}
	return o, nil
}

// parseFault reads name[@operation][:nth][xcount].
func parseFault(s string) ([]sim.Fault, error) {
	s, counts, _ := strings.Cut(s, ":")
	name, op, _ := strings.Cut(s, "@")
	from, count, times := strings.Cut(counts, "x")
	var names []string
	for _, kind := range slices.Concat(sim.Kinds(), sim.KindsAround()) {
		names = append(names, kind.Name)
		if kind.Name != name {
			continue
		}
		fault := sim.Fault{Do: kind.Build()}
		var err error
		if from != "" {
			if fault.From, err = strconv.Atoi(from); err != nil {
				return nil, fmt.Errorf("%q is no number", from)
			}
		}
		if times {
			if fault.Count, err = strconv.Atoi(count); err != nil {
				return nil, fmt.Errorf("%q is no number", count)
			}
		}
		var faults []sim.Fault
		for _, fault.Op = range kind.Ops {
			if op == "" || op == string(fault.Op) {
				faults = append(faults, fault)
			}
		}
		if len(faults) == 0 {
			return nil, fmt.Errorf("fault %s is for %v, not for %s", name, kind.Ops, op)
		}
		return faults, nil
	}
	slices.Sort(names)
	return nil, fmt.Errorf("known faults: %s", strings.Join(names, ", "))
}

// parseDuration reads 5s, 1s-10s or ~3s.
func parseDuration(s string) (sim.Duration, error) {
	if median, ok := strings.CutPrefix(s, "~"); ok {
		d, err := time.ParseDuration(median)
		return sim.LogNormal(d, 0.7), err
	}
	least, most, between := strings.Cut(s, "-")
	from, err := time.ParseDuration(least)
	if err != nil || !between {
		return sim.Fixed(from), err
	}
	to, err := time.ParseDuration(most)
	if err == nil && to < from {
		err = fmt.Errorf("%s is less than %s", to, from)
	}
	return sim.Between(from, to), err
}

// server is the stand-in that the command line asks for.
func (o options) server(messages *log.Logger) (*sim.Server, error) {
	queue, err := parseDuration(o.queue)
	if err != nil {
		return nil, fmt.Errorf("-queue-time: %w", err)
	}
	run, err := parseDuration(o.run)
	if err != nil {
		return nil, fmt.Errorf("-job-time: %w", err)
	}
	calendar := sim.Calendar{Start: time.Month(o.month)}
	tenant := sim.Tenant{
		Seed: o.seed, People: o.people, Calendar: calendar, ChangeEvery: o.changing, BlankWeeks: o.blankWeeks,
		FirstQuarter: calendar.QuarterOf(time.Now()).Add(-o.quarters),
	}
	fields := sim.Fields(o.fields)
	if o.monthlyField {
		fields = append(fields, sim.MonthlyField())
	}
	for id := range strings.SplitSeq(o.tabs, ",") {
		tenant.Tabs = append(tenant.Tabs, sim.Tab{ID: id, Fields: fields})
	}
	return sim.New(sim.Config{
		Tenant: tenant, Key: o.key, JSON: sim.Encoding(o.encoding), Queue: queue, Run: run,
		Concurrent: o.concurrent, Monthly: o.monthly, RequestsPerSecond: o.rate, Faults: o.faults,
		Log: func(r sim.Request) { messages.Println(r) },
	}), nil
}
