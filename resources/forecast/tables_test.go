package forecast

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/google/go-cmp/cmp"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The journal remembers with which form of the tables a quarter landed: see Schema in package export.
const whatToDo = `%s differs (-want +got). Has a column of a result's table
  - changed its meaning or type, or become part of a key, or do settled quarters need a new one: raise Schema in package export, and
    say in its comment why. Settled quarters then land again as long as Clari keeps their old results, and never after that;
  - come new, and is it null in quarters that landed before, or has only a text changed: leave Schema as it is.
Then run go test -update here, and go generate ./... for docs/tables.
%s`

func TestColumns(t *testing.T) {
	type columnText struct{ Name, Type, Description, Key string }
	type tableText struct {
		Name, Title, Description string
		Columns                  []columnText
	}
	var got []tableText
	for i, s := range Schemas(table.Options{}) {
		if s.Description == "" || s.Title == "" {
			t.Errorf("%s has no title or description", s.Name)
		}
		text := tableText{Name: s.Name, Title: s.Title, Description: s.Description}
		for _, c := range s.Columns {
			if strings.TrimSpace(c.Description) == "" {
				t.Errorf("%s.%s has no description", s.Name, c.Name)
			}
			if id := c.Name == schema.CqIDColumn.Name; c.NotNull != id || c.PrimaryKey != id {
				t.Errorf("%s.%s: not null %t, primary key %t", s.Name, c.Name, c.NotNull, c.PrimaryKey)
			}
			key := ""
			if c.PrimaryKeyComponent {
				key = "always"
			} else if Schemas(table.Options{History: true})[i].Columns.Get(c.Name).PrimaryKeyComponent {
				key = "with history"
			}
			text.Columns = append(text.Columns, columnText{c.Name, c.Type.String(), c.Description, key})
		}
		got = append(got, text)
	}
	golden(t, "testdata/schema.golden.json", got, whatToDo)
}

func golden(t *testing.T, file string, got any, differs string) {
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
		t.Errorf(differs, file, diff)
	}
}

func TestKey(t *testing.T) {
	for want, o := range map[string]Origin{
		"net_arr/2026_Q1":                      {ForecastID: "net_arr", RequestedPeriod: "2026_Q1"},
		"net_arr/2026_Q1/EUR":                  {ForecastID: "net_arr", RequestedPeriod: "2026_Q1", RequestedCurrency: "EUR"},
		"net_arr/2026_Q1//1905%3A%3AMGR":       {ForecastID: "net_arr", RequestedPeriod: "2026_Q1", ScopeID: "1905::MGR"},
		"net_arr/2026_Q1/EUR/1905%3A%3AMGR":    {ForecastID: "net_arr", RequestedPeriod: "2026_Q1", RequestedCurrency: "EUR", ScopeID: "1905::MGR"},
		"a%2Fb%25%20%C3%A9/first%20half/~._-Z": {ForecastID: "a/b% é", RequestedPeriod: "first half", RequestedCurrency: "~._-Z"},
		"net_arr/":                             {ForecastID: "net_arr"},
	} {
		if got := o.Key(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestExport(t *testing.T) {
	var got []map[string]any
	tables := NewTables(func(string) bool { return true }, table.Options{}, func(_ context.Context, record arrow.Record) error {
		text, err := record.MarshalJSON()
		if err != nil {
			return err
		}
		var rows []map[string]any
		err = json.Unmarshal(text, &rows)
		got = append(got, rows...)
		return err
	})
	at := time.Date(2026, 2, 3, 23, 30, 0, 0, time.UTC)
	origin := Origin{ForecastID: "net_arr", JobID: "606e23c981a6da229d75b515", ExportedAt: at, SnapshotDate: time.Date(2026, 2, 4, 0, 0, 0, 0, time.UTC)}
	for _, x := range []*Export{
		{ExportID: "f00d@2026-02-04T00:00:00Z", Outcome: "left_out", Types: []string{}, Error: table.Some("create: monthly export quota used up")},
		{
			ExportID: "606e23c981a6da229d75b515", Outcome: "exported", Types: []string{"forecast", "quota"}, IncludeHistorical: table.Some(true),
			Format: table.Some("json"), Status: table.Some("DONE"), Attempts: table.Some(int64(1)), Polls: table.Some(int64(3)),
			RequestedAt: table.Micros(at), StartedAt: table.Micros(at), EndedAt: table.Micros(at),
			ExpiresAt: table.Micros(at), ResultShape: table.Some("arrays"), ResultBytes: table.Some(int64(1000)),
			Entries: table.Some(int64(5)), Users: table.Some(int64(4)), Fields: table.Some(int64(3)), TimePeriods: table.Some(int64(2)),
			TimeFrames: table.Some(int64(1)), RowsTruncated: table.Some(false), CellsTruncated: table.Some(false), FileName: table.Some("x.json"),
		},
	} {
		o := origin
		if x.Outcome == "left_out" {
			o.JobID, o.ExportedAt = "", time.Time{}
		}
		if err := tables.Export(t.Context(), o, x); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "testdata/exports.golden.json", got, "%s differs (-want +got):\n%s")
}

// A row of the store has room for all values: see Value.
func TestValuesHaveTheirOwnBits(t *testing.T) {
	var seen uint32
	names := map[string]bool{}
	for _, v := range Values {
		for _, bit := range []uint32{v.Known, v.True} {
			if seen&bit != 0 {
				t.Errorf("%s shares a bit", v.Name)
			}
			seen |= bit
		}
		if names[v.Name] {
			t.Errorf("%s comes twice", v.Name)
		}
		names[v.Name] = true
	}
}
