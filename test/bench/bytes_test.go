package bench

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// BenchmarkBytes is what records of entries cost to be made bytes: as the SDK does it, into a buffer that grows from nothing, and into one
// that is used again. The second is not to be had without a part of the SDK of our own.
func BenchmarkBytes(b *testing.B) {
	r := newResult(b, sim.Arrays, 100)
	var records []arrow.Record
	tables := forecast.NewTables(func(name string) bool { return name == forecast.EntriesTableName }, table.Options{}, func(_ context.Context, record arrow.Record) error {
		records = append(records, record)
		return nil
	})
	read, err := r.read(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer read.Close()
	if err := read.Check(b.Context()); err != nil {
		b.Fatal(err)
	}
	if _, err := read.Emit(b.Context(), forecast.Origin{ForecastID: tab, RequestedPeriod: quarter.String(), JobID: "5f50aa39f51a120041a6a0aa"}, tables); err != nil {
		b.Fatal(err)
	}
	var buf bytes.Buffer
	for _, way := range []struct {
		name string
		do   func(arrow.Record) (int, error)
	}{
		{"sdk", func(record arrow.Record) (int, error) {
			made, err := pb.RecordToBytes(record)
			return len(made), err
		}},
		{"into-one-buffer", func(record arrow.Record) (int, error) {
			buf.Reset()
			w := ipc.NewWriter(&buf, ipc.WithSchema(record.Schema()))
			if err := w.Write(record); err != nil {
				return 0, err
			}
			return buf.Len(), w.Close()
		}},
	} {
		b.Run(way.name, func(b *testing.B) {
			const times = 20
			var used time.Duration
			size := 0
			for b.Loop() {
				began := cpuTime()
				for range times {
					for _, record := range records {
						n, err := way.do(record)
						if err != nil {
							b.Fatal(err)
						}
						size += n
					}
				}
				used += cpuTime() - began
			}
			rows := float64(b.N * times * r.entries)
			b.ReportMetric(float64(used)/rows, "cpu-ns/row")
			b.ReportMetric(float64(size)/rows, "wire-B/row")
		})
	}
}
