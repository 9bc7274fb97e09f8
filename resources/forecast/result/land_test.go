package result

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/google/go-cmp/cmp"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

var update = flag.Bool("update", false, "write the golden files anew")

var testOrigin = forecast.Origin{
	ForecastID: "net_arr", JobID: "606e23c981a6da229d75b515",
	ExportedAt:   time.Date(2026, 2, 3, 23, 30, 0, 0, time.UTC),
	SnapshotDate: time.Date(2026, 2, 4, 0, 0, 0, 0, time.UTC),
}

// rows are the rows of records by table: one JSON object each, as encoding/json gives it, in the order in which they came.
type rows map[string][]map[string]any

func (l rows) send(_ context.Context, record arrow.Record) error {
	name, _ := record.Schema().Metadata().GetValue(schema.MetadataTableName)
	text, err := record.MarshalJSON()
	if err != nil {
		return err
	}
	var more []map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&more); err != nil {
		return err
	}
	l[name] = append(l[name], more...)
	return nil
}

func everyTable(string) bool { return true }

// land takes a result all the way.
func land(ctx context.Context, content []byte, a Asked) (rows, Found, error) {
	res, err := Read(ctx, bytes.NewReader(content), a)
	if err != nil {
		return nil, Found{}, err
	}
	defer res.Close()
	if err := res.Check(ctx); err != nil {
		return nil, res.Found, err
	}
	l := rows{}
	counts, err := res.Emit(ctx, testOrigin, forecast.NewTables(everyTable, table.Options{}, l.send))
	if err != nil {
		return nil, res.Found, errors.Join(errors.New("emit"), err)
	}
	got := Counts{
		Entries: int64(len(l[forecast.EntriesTable.Name])), Users: int64(len(l[forecast.UsersTable.Name])), Fields: int64(len(l[forecast.FieldsTable.Name])),
		TimePeriods: int64(len(l[forecast.TimePeriodsTable.Name])), TimeFrames: int64(len(l[forecast.TimeFramesTable.Name])),
	}
	if counts != got || counts.Entries != int64(res.Found.Entries) {
		return nil, res.Found, errors.New("emit: rows and counts differ: " + cmp.Diff(counts, got))
	}
	return l, res.Found, nil
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
