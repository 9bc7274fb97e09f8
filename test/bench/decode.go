package main

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"

	"github.com/cq-source-clari/cq-source-clari/resources/forecasts"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// land does to a result all that the plugin does: it reads it twice, once to find it whole and once for its rows, and turns the
// rows of all tables into records and those into the bytes that leave the plugin, whose number it returns.
func (r *result) land(ctx context.Context) (int64, error) {
	var wire atomic.Int64
	tables := forecasts.NewTables(func(string) bool { return true }, table.Options{}, func(_ context.Context, record arrow.Record) error {
		b, err := pb.RecordToBytes(record)
		wire.Add(int64(len(b)))
		return err
	})
	found, err := forecasts.Inspect(ctx, r.section(), r.asked())
	if err != nil {
		return 0, err
	}
	counts, err := found.Emit(ctx, forecasts.Origin{
		ForecastID: tab, RequestedPeriod: quarter.String(), JobID: "5f50aa39f51a120041a6a0aa", ExportedAt: time.Now(), SnapshotDate: time.Now(),
	}, tables)
	if err == nil && counts.Entries != int64(r.entries) {
		err = fmt.Errorf("%d entries of %d", counts.Entries, r.entries)
	}
	return wire.Load(), err
}

// inspect is the first of the two passes. That of flat rows is all the reading there is: it joins the rows of an entry in memory,
// where the second finds them.
func inspect(ctx context.Context, r *result) (int64, error) {
	_, err := forecasts.Inspect(ctx, r.section(), r.asked())
	return 0, err
}

// decodedPeople make 280,000 entries.
const decodedPeople = 1000

// way is a way to deal with a result.
type way struct {
	name    string
	do      func(context.Context, *result) (int64, error)
	oneCore bool
}

var (
	ours   = way{name: "this plugin", do: func(ctx context.Context, r *result) (int64, error) { return r.land(ctx) }}
	single = way{name: "this plugin, one core", do: ours.do, oneCore: true}
	in     = way{name: "this plugin, first pass only, one core", do: inspect, oneCore: true}
	tokens = way{name: "tokens only (jsontext), one core", do: readTokens, oneCore: true}
	cells  = way{name: "cells only (encoding/csv), one core", do: readCells, oneCore: true}
	usual  = way{name: "encoding/json into structs, Arrow builders", do: buildRecords}
	bySDK  = way{name: "encoding/json into structs, SDK scheduler", do: schedule}
	pivot  = way{name: "into structs, a map to join rows, Arrow builders", do: buildRecords}
)

// decode compares ways to deal with the results of one tenant in all encodings.
func (b *bench) decode() error {
	for _, e := range encodings {
		ways := []way{ours, single, in, tokens, pivot}
		switch {
		case e.Encoding == encodings[0].Encoding:
			ways = []way{ours, single, in, tokens, usual, bySDK}
		case e.format == "csv":
			ways = []way{ours, single, in, cells, pivot}
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
	costs := map[string]cost{}
	for _, w := range ways {
		progress("%s: %s", e.name, w.name)
		something := func() (cost, error) {
			return measure(5, 6*time.Second, func() (int64, error) { return w.do(b, r) })
		}
		if w.oneCore {
			one := something
			something = func() (cost, error) { return onOneCore(one) }
		}
		c, err := something()
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		costs[w.name] = c
		t.add(r.line(w, c, costs[ours.name])...)
		runtime.GC()
	}
	t.print()
	b.decodeTargets(r, costs)
	return nil
}

func (r *result) line(w way, c, ours cost) []string {
	s := c.best.Seconds()
	line := []string{w.name, seconds(c.best), seconds(c.median), seconds(c.cpu), count(float64(r.entries) / s), decimals(1, float64(r.size)/1e6/s)}
	if r.lines > 0 {
		line = append(line, count(float64(r.lines)/s))
	}
	wire := "none"
	if c.wire > 0 {
		wire = decimals(1, float64(c.wire)/float64(r.entries))
	}
	return append(line, decimals(3, float64(c.allocations)/float64(r.entries)), wire, decimals(2, s/ours.best.Seconds()))
}

func (b *bench) decodeTargets(r *result, costs map[string]cost) {
	seconds := func(w way) float64 { return costs[w.name].best.Seconds() }
	allocations := float64(costs[ours.name].allocations) / float64(r.entries)
	b.report.target("allocations, "+r.name, "under 0.5 a row", decimals(3, allocations), allocations < 0.5)
	switch {
	case r.lines == 0:
		share, factor := seconds(tokens)/seconds(ours), seconds(bySDK)/seconds(ours)
		b.report.target("decode + Arrow + IPC, "+r.name, "at least half the throughput of tokens only",
			fmt.Sprintf("%s (%s on one core)", times(share), times(seconds(tokens)/seconds(single))), share >= 0.5)
		b.report.target("decode + Arrow + IPC, "+r.name, "at least 10 times the SDK scheduler's way", times(factor), factor >= 10)
	case r.format == "csv":
		rate, whole := float64(r.lines)/seconds(in), float64(r.lines)/seconds(single)
		b.report.target("CSV", "at least 1.5 million lines/s in, on one core",
			fmt.Sprintf("%s in, %s through", count(rate), count(whole)), rate >= 1.5e6)
	}
}
