package queries

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
)

var entries = flag.Int("entries", 0, "measure marts and questions over so many entries in PostgreSQL: 1000000 is what the design asks for")

// TestMeasure prints how long PostgreSQL takes to make the marts as tables, and to answer each question of them. The target for a million entries on two
// cores is two minutes for both marts, and five seconds for a question. It checks that there are answers, and never how long they take.
func TestMeasure(t *testing.T) {
	if *entries == 0 {
		t.Skip("run it with -entries 1000000")
	}
	d, s := snapshots(t, *entries)
	d.Exec(t, "SET enable_nestloop = off; SET work_mem = '128MB'") // as docs/queries and the package do
	took := map[string]time.Duration{}
	measure := func(name string, do func()) {
		began := time.Now()
		do()
		took[name] = time.Since(began)
	}
	for _, q := range s.Views() {
		text := strings.ReplaceAll(q.Text, "CURRENT_DATE", d.Today)
		if q.Name == "clari_person_week" || q.Name == "clari_forecast_changes" {
			text = strings.Replace(text, "CREATE VIEW", "CREATE TABLE", 1)
			measure(q.Name, func() { d.Exec(t, text) })
			d.Exec(t, "ANALYZE "+q.Name)
			continue
		}
		d.Exec(t, text)
	}
	d.Exec(t, "RESET enable_nestloop; RESET work_mem")
	for _, q := range queries.All() {
		text := "SELECT COUNT(*) AS n FROM (" + q.Without("activities") + ") q"
		switch {
		case q.Name == "clari_person_week", q.Name == "clari_forecast_changes", q.IsTable, q.ReadsForeign(), elsewhere(q.Name) && q.Name != "clari_completeness":
			continue
		case q.IsView:
			text = "SELECT COUNT(*) AS n FROM " + q.Name
		}
		measure(q.Name, func() {
			if n := d.Answer(t, text)[0]["n"]; n == "0" {
				t.Errorf("%s has no answer", q.Name)
			}
		})
	}
	names := make([]string, 0, len(took))
	for name := range took {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(took[b], took[a]) })
	for _, name := range names {
		t.Logf("%-40s %8.2f s", name, took[name].Seconds())
	}
}

// snapshots are those of seven weeks, the border of two quarters in the middle: one tab as exported day by day, and copies of it.
func snapshots(t *testing.T, entries int) (*story.Database, *story.Story) {
	t.Helper()
	var days []time.Time
	for n := 7; n < 56; n++ {
		days = append(days, story.Day(n, 6))
	}
	tenant := sim.Tenant{People: 100, ChangeEvery: 12 * time.Hour, Leavers: map[int]time.Time{9: story.Day(20, 0), 50: story.Day(40, 0)}, Tabs: []sim.Tab{{ID: "tab", Encoding: sim.FlatObjects, Fields: sim.Fields(5)}}}
	s := story.Tell(t, sim.Config{Tenant: tenant}, map[string]any{
		"forecasts": []map[string]any{{"id": "tab", "types": story.AllTypes}}, "periods": []string{"previous", "current"}, "fiscal_year_start_month": 2, "history": true,
	}, true, days...)
	d := story.Land(t, s, "PostgreSQL", "overwrite")
	of := func() int {
		n, err := strconv.Atoi(d.Query(t, "SELECT COUNT(*) AS n FROM clari_forecast_entries")[0]["n"])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	one := of()
	for copied := 1; of() < entries; copied++ {
		for _, table := range []string{"entries", "users", "fields", "time_periods", "time_frames", "exports"} {
			var columns, values []string
			for _, r := range d.Query(t, "SELECT column_name FROM information_schema.columns WHERE table_schema = CURRENT_SCHEMA AND table_name = 'clari_forecast_"+table+"'") {
				name := r["column_name"]
				columns = append(columns, name)
				switch name {
				case "_cq_id":
					name = "gen_random_uuid()"
				case "forecast_id", "job_id", "export_id":
					name += fmt.Sprintf(" || '_%d'", copied)
				case "forecast_key":
					name = fmt.Sprintf("REPLACE(forecast_key, 'tab/', 'tab_%d/')", copied)
				}
				values = append(values, name)
			}
			d.Exec(t, fmt.Sprintf("INSERT INTO clari_forecast_%s (%s) SELECT %s FROM clari_forecast_%[1]s WHERE forecast_id = 'tab'", table, strings.Join(columns, ", "), strings.Join(values, ", ")))
		}
	}
	d.Exec(t, "ANALYZE")
	t.Logf("%d entries, of which a tab has %d", of(), one)
	return d, s
}
