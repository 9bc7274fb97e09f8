package main

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	forecastresult "github.com/cq-source-clari/cq-source-clari/resources/forecast/result"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// land does to a result all that the plugin does: it reads it, checks it, and turns the rows of all tables into records and those
// into the bytes that leave the plugin, whose number it returns.
func (r *result) land(ctx context.Context) (int64, error) {
	read, err := r.read(ctx)
	if err != nil {
		return 0, err
	}
	return r.emit(ctx, read)
}

func (r *result) read(ctx context.Context) (*forecastresult.Result, error) {
	return forecastresult.Read(ctx, r.section(), r.asked())
}

// emit is what is left to do once the last byte of a result was read.
func (r *result) emit(ctx context.Context, read *forecastresult.Result) (int64, error) {
	defer read.Close()
	var wire atomic.Int64
	tables := forecast.NewTables(func(string) bool { return true }, table.Options{}, func(_ context.Context, record arrow.Record) error {
		b, err := pb.RecordToBytes(record)
		wire.Add(int64(len(b)))
		return err
	})
	if err := read.Check(ctx); err != nil {
		return 0, err
	}
	counts, err := read.Emit(ctx, forecast.Origin{
		ForecastID: tab, RequestedPeriod: quarter.String(), JobID: "5f50aa39f51a120041a6a0aa", ExportedAt: time.Now(), SnapshotDate: time.Now(),
	}, tables)
	if err == nil && counts.Entries != int64(r.entries) {
		err = fmt.Errorf("%d entries of %d", counts.Entries, r.entries)
	}
	return wire.Load(), err
}

// readOnly is all that happens while a result is downloaded.
func readOnly(ctx context.Context, r *result) (int64, error) {
	read, err := r.read(ctx)
	if err != nil {
		return 0, err
	}
	return 0, read.Close()
}

// decodedPeople make 280,000 entries.
const decodedPeople = 1000

// way is a way to deal with a result.
type way struct {
	name    string
	do      func(context.Context, *result) (int64, error)
	oneCore bool
	after   bool // do what is left once a result was read; that time does not count
}

var (
	ours   = way{name: "this plugin", do: func(ctx context.Context, r *result) (int64, error) { return r.land(ctx) }}
	single = way{name: "this plugin, one core", do: ours.do, oneCore: true}
	in     = way{name: "this plugin, reading only, one core", do: readOnly, oneCore: true}
	last   = way{name: "this plugin, from the last byte on", after: true}
	tokens = way{name: "tokens only (jsontext), one core", do: readTokens, oneCore: true}
	cells  = way{name: "cells only (encoding/csv), one core", do: readCells, oneCore: true}
	usual  = way{name: "encoding/json into structs, Arrow builders", do: buildRecords}
	bySDK  = way{name: "encoding/json into structs, SDK scheduler", do: schedule}
	pivot  = way{name: "into structs, a map to join rows, Arrow builders", do: buildRecords}
)

// decode compares ways to deal with the results of one tenant in all encodings.
func (b *bench) decode() error {
	for _, e := range encodings {
		ways := []way{ours, single, in, last, tokens, pivot}
		switch {
		case e.Encoding == encodings[0].Encoding:
			ways = []way{ours, single, in, last, tokens, usual, bySDK}
		case e.format == "csv":
			ways = []way{ours, single, in, last, cells, pivot}
		}
		if err := b.compare(e, ways); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return nil
}

func (b *bench) compare(e encoding, ways []way) error {
	progress("making the result: %s", e.name)
	r, err := b.result(e, decodedPeople)
	if err != nil {
		return err
	}
	defer r.close()
	title := fmt.Sprintf("%s: %s entries, %.1f MB", e.name, count(r.entries), float64(r.size)/1e6)
	head := []string{"way", "s, best", "s, median", "CPU s", "rows/s", "MB/s"}
	if r.lines > 0 {
		title += fmt.Sprintf(", %s lines", count(r.lines))
		head = append(head, "lines/s")
	}
	t := b.report.grid("decode", title, append(head, "allocations/row", "wire bytes/row", "time, ours = 1")...)
	costs := map[string]*cost{}
	for round := range 5 { // one after the other in each, so that what else the machine does meets all alike
		for _, w := range ways {
			c := costs[w.name]
			if c == nil {
				c = &cost{}
				costs[w.name] = c
			}
			if round > 0 && c.spent() > 3*time.Second {
				continue
			}
			progress("%s: %s", e.name, w.name)
			if err := w.measure(b, r, c); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
		}
	}
	for _, w := range ways {
		t.add(r.line(w, costs[w.name], costs[ours.name])...)
	}
	t.print()
	b.decodeTargets(r, costs)
	return nil
}

func (r *result) line(w way, c, ours *cost) []string {
	s := c.best().Seconds()
	line := []string{w.name, seconds(c.best()), seconds(c.median()), seconds(c.cpu), count(float64(r.entries) / s), decimals(1, float64(r.size)/1e6/s)}
	if r.lines > 0 {
		line = append(line, count(float64(r.lines)/s))
	}
	wire := "none"
	if c.wire > 0 {
		wire = decimals(1, float64(c.wire)/float64(r.entries))
	}
	return append(line, decimals(3, float64(c.allocations)/float64(r.entries)), wire, decimals(2, s/ours.best().Seconds()))
}

// measure adds a run to the cost. What makes it ready does not count.
func (w way) measure(ctx context.Context, r *result, c *cost) error {
	if w.oneCore {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	}
	do := func() (int64, error) { return w.do(ctx, r) }
	if w.after {
		read, err := r.read(ctx)
		if err != nil {
			return err
		}
		do = func() (int64, error) { return r.emit(ctx, read) }
	}
	return c.once(do)
}

func (b *bench) decodeTargets(r *result, costs map[string]*cost) {
	seconds := func(w way) float64 { return costs[w.name].best().Seconds() }
	oneCore := func(w way) float64 { return costs[w.name].one().Seconds() }
	allocations := float64(costs[ours.name].allocations) / float64(r.entries)
	b.report.target("allocations, "+r.name, "at most 0.18 a row", decimals(3, allocations), allocations <= 0.18)
	share := func(what string, base, w way, seconds func(way) float64, want float64) {
		got := seconds(base) / seconds(w)
		b.report.target(what+", "+r.name, fmt.Sprintf("at least %s of the throughput of %s", times(want), base.name), times(got), got >= want)
	}
	switch {
	case r.Encoding == encodings[0].Encoding:
		share("decode + Arrow + IPC, one core", tokens, single, oneCore, 0.35)
		share("the same, all cores", tokens, ours, seconds, 0.45)
		wait := seconds(last) / seconds(tokens)
		b.report.target("from the last byte to the last record, "+r.name, "under 0.85 of the time of tokens only", times(wait), wait < 0.85)
		factor := seconds(bySDK) / seconds(ours)
		b.report.target("decode + Arrow + IPC, "+r.name, "at least 10 times the SDK scheduler's way", times(factor), factor >= 10)
	case r.format == "csv":
		share("decode + Arrow + IPC, one core", cells, single, oneCore, 0.45)
	case r.Encoding == encodings[1].Encoding:
		share("decode + Arrow + IPC, one core", tokens, single, oneCore, 0.5)
	}
}
