package dbt

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
)

// happened are the tabs of a story that are named for what happens to them between two runs of dbt.
var happened = []string{"exported", "reloaded", "late", "adopted", "killed", "forgotten", "deleted", "untouched"}

// kept has some snapshots of each tab, of which rows change and somebody leaves.
var kept = story.Remembered(func(t *testing.T) *story.Story {
	t.Helper()
	tenant := sim.Tenant{People: 4, Span: 2, ChangeEvery: 12 * time.Hour, Leavers: map[int]time.Time{3: story.Day(2, 0)}}
	var forecasts []map[string]any
	for _, id := range happened {
		tenant.Tabs = append(tenant.Tabs, sim.Tab{ID: id, Encoding: sim.Arrays, Fields: sim.Fields(2)})
		forecasts = append(forecasts, map[string]any{"id": id})
	}
	return story.Tell(t, sim.Config{Tenant: tenant}, map[string]any{"forecasts": forecasts, "periods": []string{"current"}, "fiscal_year_start_month": 2, "history": true}, true,
		story.Day(0, 6), story.Day(1, 6), story.Day(2, 6), story.Day(3, 6))
})

// meanwhile is what happens to the tabs: what the first run lacks, and what comes and goes before the second.
func meanwhile(t *testing.T, d *story.Database) (later func(t *testing.T, d *story.Database)) {
	t.Helper()
	for _, table := range []string{"user (id TEXT, is_active BOOLEAN)", "user_role (id TEXT, name TEXT)", "period (id TEXT)", story.Opportunity} {
		name, columns, _ := strings.Cut(table, " ")
		d.Exec(t, fmt.Sprintf("CREATE TABLE %q %s", name, columns))
	}
	var shown []func()
	hide := func(table, condition string) {
		hidden := fmt.Sprintf("hidden_%d", len(shown))
		d.Exec(t, fmt.Sprintf("CREATE TEMP TABLE %[1]s AS SELECT * FROM %[2]s WHERE %[3]s; DELETE FROM %[2]s WHERE %[3]s", hidden, table, condition))
		if n := d.Query(t, "SELECT COUNT(*) AS n FROM "+hidden)[0]["n"]; n == "0" {
			t.Errorf("%s WHERE %s: no rows", table, condition)
		}
		shown = append(shown, func() { d.Exec(t, fmt.Sprintf("INSERT INTO %s SELECT * FROM %s", table, hidden)) })
	}
	jobs := func(tab string) (ids []string) {
		for _, r := range d.Query(t, "SELECT job_id FROM clari_forecast_exports WHERE forecast_id = '"+tab+"' AND job_id IS NOT NULL ORDER BY exported_at") {
			ids = append(ids, r["job_id"])
		}
		return ids
	}
	const one = " AND user_id = (SELECT MIN(user_id) FROM clari_forecast_users)"
	exported, reloaded, late, adopted, killed := jobs("exported"), jobs("reloaded"), jobs("late"), jobs("adopted"), jobs("killed")
	for _, table := range []string{"exports", "users", "fields", "time_periods", "time_frames", "entries"} {
		hide("clari_forecast_"+table, "job_id = '"+exported[len(exported)-1]+"'")
	}
	hide("clari_forecast_entries", "job_id = '"+reloaded[1]+"'"+one)                    // lost by the destination
	d.Exec(t, "DELETE FROM clari_forecast_exports WHERE job_id = '"+late[3]+"'")        // so that the newest has all weeks
	hide("clari_forecast_entries", "job_id = '"+late[2]+"'"+one+" AND week_number = 3") // not written yet when dbt runs
	hide("clari_forecast_exports", "job_id = '"+adopted[1]+"'")                         // its sync was killed; a later one lands it, for its day's sake
	hide("clari_forecast_exports", "job_id = '"+killed[len(killed)-1]+"'")              // its sync is killed, for good
	hide("clari_forecast_entries", "job_id = '"+killed[len(killed)-1]+"'"+one)          // and has sent half before the run
	return func(t *testing.T, d *story.Database) {
		t.Helper()
		for i, show := range shown {
			if i != len(shown)-2 {
				show()
			}
		}
		d.Exec(t, fmt.Sprintf("UPDATE clari_forecast_exports SET outcome = 'landed_again', _cq_sync_time = _cq_sync_time + INTERVAL '9 days' WHERE job_id = '%s'", reloaded[1]))
		d.Exec(t, fmt.Sprintf("UPDATE clari_forecast_exports SET outcome = 'adopted', _cq_sync_time = _cq_sync_time + INTERVAL '9 days' WHERE job_id = '%s'", adopted[1]))
		for _, table := range []string{"users", "entries"} {
			d.Exec(t, "DELETE FROM clari_forecast_"+table+" WHERE forecast_id = 'forgotten'"+one)
		}
		for _, table := range []string{"exports", "users", "fields", "time_periods", "time_frames", "entries"} {
			d.Exec(t, "DELETE FROM clari_forecast_"+table+" WHERE forecast_id = 'deleted'")
		}
	}
}

// sameAsWhole: after a second run the incremental model is what the query says, and what has nothing new was left as it is.
func sameAsWhole(t *testing.T, d *story.Database, model string) {
	t.Helper()
	d.Today = "CURRENT_DATE"
	d.MakeViews(t, kept(t))
	for _, tab := range happened {
		of := func(from string) []story.Row {
			return d.Query(t, "SELECT * FROM "+from+" WHERE forecast_id = '"+tab+"'")
		}
		got, want := of(model), of("clari_forecast_changes")
		switch tab {
		case "deleted", "forgotten": // not even one side can be compared
			if len(got)+len(want) > 0 {
				t.Errorf("%s: %d rows, such as %v", tab, len(got), got[0])
			}
			continue
		case "untouched":
			for _, r := range want {
				r["user_name"] = untouched
			}
		}
		story.Equal(t, tab, got, want)
	}
}

// untouched marks rows of the model, to see whether they are made anew.
const untouched = "not compared anew"
