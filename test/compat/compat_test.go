// Package compat keeps what came out of syncs of released versions: rows, _cq_ids, state and the order of messages. What was, stays. A
// column that the golden files do not know is not compared. After a change that is meant: go test ./test/compat -update.
package compat

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A shape is a form of result.
type shape struct {
	name     string
	encoding sim.Encoding
	rewrite  func([]byte) []byte // of the tenant's own result; nil: as it is
}

var shapes = []shape{
	{"arrays", sim.Arrays, nil},
	{"flat-objects", sim.FlatObjects, nil},
	{"flat-lists", sim.FlatLists, nil},
	{"cells", sim.FlatLists, oneList},
	{"csv", sim.CSV, nil},
}

// periods are those to export. Where the one that Clari chose does not land, whether the one before it is known is another matter.
func (s shape) periods() []string {
	if s.name == "cells" {
		return []string{"current"}
	}
	return []string{"previous", "current"}
}

// oneList is a list of rows as one long list of cells, as Clari's API reference shows it.
func oneList(result []byte) []byte {
	return append(append([]byte("["), bytes.ReplaceAll(bytes.Trim(result, "[]"), []byte("],["), []byte(","))...), ']')
}

// wrapped puts a result under a key.
func wrapped(result []byte) []byte {
	return append(append([]byte(`{"data":`), result...), '}')
}

// A mode is how the plugin is set up.
type mode struct {
	name           string
	state, history bool
	wrapped        bool // the result stands under a key, and a job under another
}

var modes = []mode{
	{name: "plain"},
	{name: "wrapped", wrapped: true},
	{name: "state", state: true},
	{name: "history", state: true, history: true, wrapped: true},
}

// small is five people, three fields and three weeks: golden files show all its rows.
func small() sim.Config {
	return sim.Config{Tenant: sim.Tenant{People: 5, Span: 2, Tabs: []sim.Tab{{ID: "net_arr", Fields: sim.Fields(3)}}, MissingCRM: 4}}
}

// large has several records of entries, and most of what results are known to do; golden files keep sums of its columns.
func large() sim.Config {
	fields := append(sim.Fields(5), sim.MonthlyField(), sim.CountField())
	return sim.Config{
		Tenant: sim.Tenant{People: 40, Tabs: []sim.Tab{{ID: "bookings 2", Fields: fields}}, Currency: "EUR", MissingCRM: 5, BlankWeeks: true},
		Quirks: sim.Quirks{ShuffledWeeks: true, TwoIDs: true, SplitEntries: true, ExtraKeys: true, ScopeObject: true, AmountText: true},
	}
}

// begin is when syncs take place: the third week of 2001_Q1.
const begin = 45 * 24 * time.Hour

func run(t *testing.T, cfg sim.Config, s shape, m mode, periods ...string) (*world.World, *world.Sent) {
	cfg.JSON, cfg.Run, cfg.WrapJob, cfg.WrapList = s.encoding, sim.Fixed(20*time.Second), m.wrapped, m.wrapped
	fields := map[string]any{
		"periods": periods, "history": m.history, "delay_between_exports": "1h", // no creation is put off by how polls are jittered
		"forecasts": []map[string]any{{
			"id": cfg.Tenant.Tabs[0].ID, "include_historical": "true",
			"types": []string{"forecast", "forecast_updated", "quota", "adjustment", "crm_total", "crm_closed"},
		}},
	}
	if s.encoding == sim.CSV {
		cfg.JSON, fields["export_format"] = "", "csv"
	}
	rewrite := s.rewrite
	if m.wrapped && s.encoding != sim.CSV {
		rewrite = func(b []byte) []byte {
			if s.rewrite != nil {
				b = s.rewrite(b)
			}
			return wrapped(b)
		}
	}
	if rewrite != nil {
		world.Rewritten(&cfg, rewrite)
	}
	w := world.New(t, cfg, fields)
	if m.state {
		w.State = map[string]string{}
	}
	time.Sleep(begin)
	return w, w.Collect()
}

// TestRows compares all rows of a small tenant.
func TestRows(t *testing.T) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, l := run(t, small(), s, modes[0], "current")
				compare(t, filepath.Join("testdata", s.name+".rows"), rowsText(known(t), l))
			})
		})
	}
}

// rowsText is all rows of a sync, a line each, under the names of their tables and columns.
func rowsText(columns map[string][]string, l *world.Sent) string {
	var b strings.Builder
	fmt.Fprintf(&b, "error: %t\n", l.Err != nil)
	for _, table := range slices.Sorted(maps.Keys(l.Rows)) {
		fmt.Fprintf(&b, "%s: %d rows\n", table, len(l.Rows[table]))
		for _, r := range ordered(columns[table], l.Rows[table]) {
			fmt.Fprintf(&b, "  %s\n", r.Text())
		}
	}
	return b.String()
}

// columnsFile names the columns of each table when the golden files were written.
const columnsFile = "testdata/columns.json"

// known are the columns to compare, by table.
func known(t *testing.T) map[string][]string {
	t.Helper()
	if *update {
		writeColumns(t)
	}
	text, err := os.ReadFile(columnsFile)
	if err != nil {
		t.Fatal(err)
	}
	var columns map[string][]string
	if err := json.Unmarshal(text, &columns); err != nil {
		t.Fatal(err)
	}
	return columns
}

// drawn are columns whose values are drawn anew in each run: how often a job is polled is jittered, and so is the time at which limits are
// asked for, which is their key.
var drawn = []string{"polls", "observed_at", "_cq_sync_time"}

// writeColumns names those that the registry has today.
func writeColumns(t *testing.T) {
	t.Helper()
	columns := map[string][]string{}
	for _, table := range world.Tables() {
		if slices.Contains(table.PrimaryKeyComponents(), "observed_at") {
			continue
		}
		columns[table.Name] = slices.DeleteFunc(table.Columns.Names(), func(name string) bool { return slices.Contains(drawn, name) })
	}
	text, err := json.MarshalIndent(columns, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(columnsFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ordered are the rows with the columns that are compared, in the order of their text.
func ordered(columns []string, rows []world.Row) []world.Row {
	var kept []world.Row
	for _, r := range rows {
		r = maps.Clone(r)
		for column := range r {
			if !slices.Contains(columns, column) {
				delete(r, column)
			}
		}
		kept = append(kept, r)
	}
	return world.SortBy(kept, world.Row.Text)
}

// TestSums compares both tenants in every shape and set-up by a sum of each column, the journal, and the order of messages.
func TestSums(t *testing.T) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			got := map[string]any{}
			for _, m := range modes {
				for size, cfg := range map[string]func() sim.Config{"small": small, "large": large} {
					synctest.Test(t, func(t *testing.T) {
						w, l := run(t, cfg(), s, m, s.periods()...)
						got[size+" "+m.name] = sums(t, m, w, l)
					})
				}
			}
			text, err := json.MarshalIndent(got, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			compare(t, filepath.Join("testdata", s.name+".sums.json"), string(text)+"\n")
		})
	}
}

func sums(t *testing.T, m mode, w *world.World, l *world.Sent) map[string]any {
	tables, columns := map[string]any{}, known(t)
	for table, rows := range l.Rows {
		of := map[string]any{"rows": len(rows)}
		rows = world.SortBy(ordered(columns[table], rows), place)
		for _, column := range columns[table] {
			if sum := columnSum(rows, column); sum != "" {
				of[column] = sum
			}
		}
		tables[table] = of
	}
	return map[string]any{"error": l.Err != nil, "tables": tables, "state": state(t, w), "order": order(m, l)}
}

// place is what rows are sorted by, so that the sum of a column depends on no other but these.
func place(r world.Row) string {
	var b strings.Builder
	for _, column := range []string{"requested_period", "time_period_id", "time_frame_id", "user_id", "field_id", "export_id", "job_id"} {
		fmt.Fprintf(&b, "%v\x00", r[column])
	}
	return b.String()
}

// columnSum is the sum of a column over its rows, empty where all are null.
func columnSum(rows []world.Row, column string) string {
	h, some := sha256.New(), false
	for _, r := range rows {
		value, err := json.Marshal(r[column])
		if err != nil {
			return err.Error()
		}
		some = some || r[column] != nil
		h.Write(append(value, '\n'))
	}
	if !some {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// state is what the backend holds in the end: keys, and the members of each value. Values themselves hold measured times.
func state(t *testing.T, w *world.World) map[string]any {
	values := map[string]any{}
	for key, text := range w.State {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Errorf("state %s: %v", key, err)
		}
		values[key] = form(v)
	}
	return values
}

// form is a JSON value with the names of its members, and of its other values only the kind.
func form(v any) any {
	switch v := v.(type) {
	case map[string]any:
		members := map[string]any{}
		for name, of := range v {
			members[name] = form(of)
		}
		return members
	case []any:
		if len(v) == 0 {
			return "list"
		}
		return []any{form(v[0])}
	}
	return fmt.Sprintf("%T", v)
}

// order is the order of messages by table: each run of messages of one table is one word. What the tables of one result promise is
// only that they come before the export's own row, so they are one word. Without a state backend nothing waits for a barrier at the end.
func order(m mode, l *world.Sent) string {
	var words []string
	for _, sent := range l.Messages {
		word := strings.TrimPrefix(sent.Table, "clari_")
		if sent.Rows == 0 {
			word = "migrate"
		} else if slices.Contains(world.ResultTables, sent.Table) {
			word = "result"
		}
		if barrier := word == "migrate" && len(words) > 0; barrier && !m.state && l.Err == nil {
			continue
		}
		if len(words) == 0 || words[len(words)-1] != word {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs:%s", file, differ(string(want), got))
	}
}

// differ shows the lines that only one of two texts has, under the last line above them that ends in a colon or a bracket.
func differ(want, got string) string {
	var b strings.Builder
	show := func(sign, text, other string) {
		has := map[string]int{}
		for line := range strings.Lines(other) {
			has[line]++
		}
		under := ""
		for line := range strings.Lines(text) {
			if has[line]--; has[line] < 0 && b.Len() < 16<<10 {
				fmt.Fprintf(&b, "\n%s under %s: %s", sign, under, strings.TrimSpace(line))
			}
			if strings.HasSuffix(line, "{\n") {
				under = strings.TrimSpace(line)
			}
		}
	}
	show("-", want, got)
	show("+", got, want)
	return b.String()
}
