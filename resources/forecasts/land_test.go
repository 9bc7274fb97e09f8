package forecasts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/google/go-cmp/cmp"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

var update = flag.Bool("update", false, "write the golden files anew")

var testOrigin = Origin{
	ForecastID: "net_arr", JobID: "606e23c981a6da229d75b515",
	ExportedAt:   time.Date(2026, 2, 3, 23, 30, 0, 0, time.UTC),
	SnapshotDate: time.Date(2026, 2, 4, 0, 0, 0, 0, time.UTC),
}

// landed collects records as rows: one JSON object each, as encoding/json gives it, by table.
type landed struct {
	mu   sync.Mutex
	rows map[string][]map[string]any
}

func (l *landed) send(_ context.Context, record arrow.Record) error {
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
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rows == nil {
		l.rows = map[string][]map[string]any{}
	}
	l.rows[name] = append(l.rows[name], rows...)
	return nil
}

// sorted makes the order of rows the same in every run.
func (l *landed) sorted() map[string][]map[string]any {
	for _, rows := range l.rows {
		slices.SortFunc(rows, func(a, b map[string]any) int {
			x, _ := json.Marshal(a)
			y, _ := json.Marshal(b)
			return bytes.Compare(x, y)
		})
	}
	return l.rows
}

// land takes a result through both passes.
func land(ctx context.Context, result []byte, a Asked, o table.Options) (map[string][]map[string]any, *Result, error) {
	res, err := Inspect(ctx, section(result), a)
	if err != nil {
		return nil, nil, err
	}
	var l landed
	counts, err := res.Emit(ctx, testOrigin, NewTables(allTables, o, l.send))
	if err != nil {
		return nil, nil, err
	}
	got := Counts{
		Entries: int64(len(l.rows[entriesTable.Name])), Users: int64(len(l.rows[usersTable.Name])), Fields: int64(len(l.rows[fieldsTable.Name])),
		TimePeriods: int64(len(l.rows[timePeriodsTable.Name])), TimeFrames: int64(len(l.rows[timeFramesTable.Name])),
	}
	if counts != got || counts.Entries != int64(res.Entries) {
		return nil, nil, errors.New("rows and counts differ: " + cmp.Diff(counts, got))
	}
	return l.sorted(), res, nil
}

func golden(t *testing.T, file string, got any) {
	t.Helper()
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(got); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
