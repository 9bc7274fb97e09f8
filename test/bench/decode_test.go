package bench

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	forecastresult "github.com/cq-source-clari/cq-source-clari/resources/forecast/result"
	entries "github.com/cq-source-clari/cq-source-clari/resources/forecast/result/arrays"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// way is a way to deal with a result. do returns how many bytes would leave the process.
type way struct {
	name    string
	oneCore bool
	do      func(context.Context, *result) (wire int64, err error)
}

var ours = []way{
	{"this-plugin", false, land},
	{"this-plugin-one-core", true, land},
	{"this-plugin-reading-one-core", true, readOnly},
	{"this-plugin-after-last-byte", false, nil}, // what is left to do once the result was read
}

var baselines = map[sim.Encoding][]way{
	sim.Arrays:      {{"this-plugin-reading-slowly", true, readSlowly}, {"tokens-only", true, readTokens}, {"structs-builders", false, buildRecords}, {"structs-scheduler", false, schedule}},
	sim.FlatObjects: {{"tokens-only", true, readTokens}, {"structs-map-builders", false, buildRecords}},
	sim.FlatLists:   {{"tokens-only", true, readTokens}, {"structs-map-builders", false, buildRecords}},
	sim.CSV:         {{"cells-only", true, readCells}, {"structs-map-builders", false, buildRecords}},
}

// readSlowly is readOnly without the quick reader of entries.
func readSlowly(ctx context.Context, r *result) (int64, error) {
	entries.Slowly = true
	defer func() { entries.Slowly = false }()
	return readOnly(ctx, r)
}

// BenchmarkDecode compares ways to deal with one result of 280,000 entries, in each encoding.
func BenchmarkDecode(b *testing.B) {
	for _, e := range encodings {
		b.Run(string(e), func(b *testing.B) {
			r := newResult(b, e, 1000)
			for _, w := range slices.Concat(ours, baselines[e]) {
				b.Run(w.name, func(b *testing.B) { w.measure(b, r) })
			}
		})
	}
}

// measure reports what a way costs by row. Neither what makes it ready nor the garbage of that counts.
func (w way) measure(b *testing.B, r *result) {
	if w.oneCore {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	}
	b.SetBytes(r.size)
	var cpu time.Duration
	var allocations uint64
	var wire int64
	for b.Loop() {
		b.StopTimer()
		do := func() (int64, error) { return w.do(b.Context(), r) }
		if w.do == nil {
			read, err := r.read(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			do = func() (int64, error) { return emit(b.Context(), r, read) }
		}
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		used := cpuTime()
		b.StartTimer()
		n, err := do()
		b.StopTimer()
		cpu += cpuTime() - used
		runtime.ReadMemStats(&after)
		allocations += after.Mallocs - before.Mallocs
		wire += n
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	rows := float64(b.N * r.entries)
	b.ReportMetric(float64(b.Elapsed())/rows, "ns/row")
	b.ReportMetric(rows/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(cpu)/rows, "cpu-ns/row")
	b.ReportMetric(float64(allocations)/rows, "allocs/row")
	b.ReportMetric(float64(wire)/rows, "wire-B/row")
}

// land does to a result all that the plugin does: it reads it, checks it, and turns the rows of all tables into records and those
// into the bytes that leave the plugin.
func land(ctx context.Context, r *result) (int64, error) {
	read, err := r.read(ctx)
	if err != nil {
		return 0, err
	}
	return emit(ctx, r, read)
}

func emit(ctx context.Context, r *result, read *forecastresult.Result) (int64, error) {
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
