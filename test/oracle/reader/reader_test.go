package reader

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/arrays"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/flat"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
	"github.com/cq-source-clari/cq-source-clari/test/oracle/decode"
	"github.com/cq-source-clari/cq-source-clari/test/oracle/document"
)

var (
	documents = flag.Int("documents", 2500, "TestReader: how many documents")
	from      = flag.Int("from", 0, "TestReader: the seed of the first")
)

// Each entry is read both ways, and compared.
func init() { arrays.BothWays = true }

// landed are the rows that the plugin's reader sends, by table.
type landed map[string][]map[string]any

func (l landed) send(_ context.Context, record arrow.Record) error {
	name, _ := record.Schema().Metadata().GetValue(schema.MetadataTableName)
	text, err := record.MarshalJSON()
	if err != nil {
		return err
	}
	var rows []map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&rows); err != nil {
		return err
	}
	l[name] = append(l[name], rows...)
	return nil
}

// read takes a document all the way through the plugin's reader.
func read(ctx context.Context, doc document.Document) (landed, error) {
	asked := result.Asked{Period: doc.Asked.Period, FileName: doc.Asked.FileName, Currency: doc.Asked.Currency, JobCurrency: doc.Asked.JobCurrency}
	if doc.Asked.Commas {
		asked.Locale = flat.LocaleComma
	}
	if !doc.Asked.Start.IsZero() {
		asked.Calendar = func(string) (start, end time.Time, ok bool) { return doc.Asked.Start, doc.Asked.End, true }
	}
	r, err := result.Read(ctx, bytes.NewReader(doc.Text), asked)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if err := r.Check(ctx); err != nil {
		return nil, err
	}
	l := landed{}
	origin := forecast.Origin{ForecastID: "net_arr", JobID: "1", ExportedAt: time.Unix(1, 0), SnapshotDate: time.Unix(0, 0)}
	if _, err := r.Emit(ctx, origin, forecast.NewTables(func(string) bool { return true }, table.Options{}, l.send)); err != nil {
		return nil, errors.Join(errors.New("emit"), err)
	}
	return l, nil
}

// check compares what becomes of a document, and tells how many entries it has.
func check(ctx context.Context, doc document.Document) (entries int, err error) {
	want, refused := decode.Result(doc.Text, doc.Asked)
	got, err := read(ctx, doc)
	switch {
	case err != nil && !fault.IsContent(err):
		return 0, fmt.Errorf("failed: %w", err)
	case (err != nil) != (refused != nil):
		return 0, fmt.Errorf("failed with %v, must fail with %v", err, refused)
	case err != nil:
		return 0, nil
	}
	return len(want["clari_forecast_entries"]), compare(got, want)
}

// TestReader: whatever a document holds lands as the design says, or fails.
func TestReader(t *testing.T) {
	entries, failures := 0, 0
	for seed := *from; seed < *from+*documents; seed++ {
		doc := document.Of(document.Seeded(uint64(seed)))
		n, err := check(t.Context(), doc)
		if err != nil {
			t.Errorf("seed %d, asked %+v: %v\n%s", seed, doc.Asked, err, doc.Text)
			if failures++; failures == 3 {
				t.FailNow()
			}
		}
		entries += n
	}
	t.Logf("%d entries compared", entries)
	if entries < *documents {
		t.Errorf("only %d entries in %d documents", entries, *documents)
	}
}

// TestLarge: the same of a result that does not fit in memory.
func TestLarge(t *testing.T) {
	const people = 100
	n, err := check(t.Context(), document.Large(document.Seeded(1), people))
	if err != nil {
		t.Errorf("%.1000v", err)
	}
	if n != people*280 {
		t.Errorf("%d entries compared", n)
	}
}

// FuzzReader is the same with choices of a fuzzer.
func FuzzReader(f *testing.F) {
	f.Fuzz(func(t *testing.T, choices []byte) {
		doc := document.Of(document.FromBytes(choices))
		if _, err := check(t.Context(), doc); err != nil {
			t.Fatalf("asked %+v: %v\n%s", doc.Asked, err, doc.Text)
		}
	})
}
