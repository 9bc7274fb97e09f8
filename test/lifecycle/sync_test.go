package lifecycle

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// threeTabs are tabs of a small tenant, and the part of a spec that exports them.
var threeTabs = []sim.Tab{{ID: "net_arr"}, {ID: "bookings"}, {ID: "renewals"}}

func forecasts(tabs ...sim.Tab) []map[string]any {
	var out []map[string]any
	for _, tab := range tabs {
		out = append(out, map[string]any{"id": tab.ID})
	}
	return out
}

func TestCurrentQuarterLands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Run: sim.Fixed(40 * time.Second)}, nil)
		if err := w.sync(); err != nil {
			t.Fatal(err)
		}
		if n := w.landed(); n != 1 {
			t.Errorf("%d exports landed, want 1", n)
		}
		if spent := w.sim.Ledger().Spent(); spent != 1 {
			t.Errorf("%d exports spent, want 1", spent)
		}
		if n := w.logs.count("error", ""); n != 0 {
			t.Errorf("%d error lines in a sync without an error:\n%s", n, w.logs)
		}
	})
}

// TestEncodingsAndEnvelopes syncs one tenant in every form that Clari is known to answer in.
func TestEncodingsAndEnvelopes(t *testing.T) {
	for _, encoding := range []sim.Encoding{sim.Arrays, sim.FlatObjects, sim.FlatLists, sim.CSV} {
		for _, bare := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s bare=%t", encoding, bare), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fields := map[string]any{
						"periods": []string{"previous", "current", "next"}, "forecasts": forecasts(threeTabs[:2]...),
						"delay_between_exports": "1s",
					}
					words := map[string]string{}
					if bare {
						words["DONE"] = "COMPLETED"
					}
					if encoding == sim.CSV {
						fields["export_format"] = "csv"
					}
					w := newWorld(t, sim.Config{
						Tenant: sim.Tenant{Tabs: threeTabs, Currency: "EUR"}, JSON: encoding, WrapJob: !bare, WrapList: !bare, Words: words,
						Queue: sim.Fixed(3 * time.Second), Run: sim.Fixed(20 * time.Second),
					}, fields)
					if err := w.sync(); err != nil {
						t.Fatal(err)
					}
					if n := w.landed(); n != 6 {
						t.Errorf("%d exports landed, want 6", n)
					}
					if gap, ok := w.sim.Ledger().MinPollGap(); !ok || gap < 5*time.Second {
						t.Errorf("two polls of a job %s apart", gap)
					}
				})
			})
		}
	}
}

// TestOneOfThreeFails: the others land, what was there stays, and the error names what is missing.
func TestOneOfThreeFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Tenant: sim.Tenant{Tabs: threeTabs}, Run: sim.Fixed(10 * time.Second)}, map[string]any{
			"forecasts": forecasts(threeTabs...), "export_attempts": 1,
		})
		w.wh.deleteStale = true
		if err := w.sync(); err != nil {
			t.Fatal(err)
		}
		before := len(w.wh.rows("clari_forecast_entries", func(r row) bool { return r["forecast_id"] == "bookings" }))

		w.sim.Add(sim.Fault{Op: sim.Create, Forecast: "bookings", Do: sim.Ends(sim.Failed)})
		err := w.sync()
		incomplete, ok := errors.AsType[*job.IncompleteError](err)
		if !ok {
			t.Fatalf("error %v", err)
		}
		if len(incomplete.Missing) != 1 || !strings.Contains(err.Error(), "forecast bookings period current") || !strings.Contains(err.Error(), "FAILED") {
			t.Errorf("the error does not say what failed: %v", err)
		}
		after := len(w.wh.rows("clari_forecast_entries", func(r row) bool { return r["forecast_id"] == "bookings" }))
		if before == 0 || after != before {
			t.Errorf("bookings had %d rows and has %d", before, after)
		}
		failed := w.wh.rows("clari_forecast_exports", func(r row) bool { return r["outcome"] == "failed" })
		if len(failed) != 1 || failed[0]["error"] == nil {
			t.Errorf("rows of failed exports: %v", failed)
		}
		// The siblings' rows are those of the second sync, although it failed: only the barrier can have written them.
		fresh := map[any]bool{}
		for _, job := range w.sim.Ledger().Created()[3:] {
			fresh[job.ID] = true
		}
		for _, r := range w.wh.rows("clari_forecast_entries", func(r row) bool { return r["forecast_id"] != "bookings" }) {
			if !fresh[r["job_id"]] {
				t.Fatalf("a sibling's row is of an earlier job: %v", r)
			}
		}
		if n := w.logs.count("error", ""); n != 1 {
			t.Errorf("%d error lines for one lost export:\n%s", n, w.logs)
		}
	})
}

// TestShards: the parts land what the whole does.
func TestShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sim.Config{Tenant: sim.Tenant{Tabs: threeTabs}}
		fields := map[string]any{"forecasts": forecasts(threeTabs...), "periods": []string{"previous", "current"}, "delay_between_exports": "0s"}
		whole, parts := newWorld(t, cfg, fields), newWorld(t, cfg, fields)
		if err := whole.sync(); err != nil {
			t.Fatal(err)
		}
		for num := range int32(3) {
			o := syncOptions{SyncOptions: sdk.SyncOptions{Shard: &sdk.Shard{Num: num + 1, Total: 3}}}
			if err := parts.sync(o); err != nil {
				t.Fatal(err)
			}
		}
		for table, rows := range whole.wh.tables {
			if table == "clari_limits" { // one row a sync, keyed by its time
				if n := len(parts.wh.tables[table]); n != 1 {
					t.Errorf("%d rows of clari_limits: only the first shard has any", n)
				}
				continue
			}
			if table == "clari_export_jobs" { // the first shard sees the jobs there are by then
				continue
			}
			if len(rows) != len(parts.wh.tables[table]) {
				t.Errorf("%s: the parts have %d rows, the whole %d", table, len(parts.wh.tables[table]), len(rows))
			}
			for id := range rows {
				if table != "clari_forecast_exports" && parts.wh.tables[table][id] == nil {
					t.Errorf("%s: the parts lack %s", table, id)
				}
			}
		}
		parts.landed()
		if n := parts.sim.Ledger().Spent(); n != 6 {
			t.Errorf("the parts spent %d exports, want 6", n)
		}
	})
}

// TestOnlyWhatIsAskedFor: no export without a table that comes from one.
func TestOnlyWhatIsAskedFor(t *testing.T) {
	for _, test := range []struct {
		tables []string
		spent  int
	}{
		{[]string{"clari_limits"}, 0},
		{[]string{"clari_export_jobs", "clari_forecast_exports"}, 0},
		{[]string{"clari_forecast_users"}, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sim.Config{}, nil)
			if err := w.sync(syncOptions{SyncOptions: sdk.SyncOptions{Tables: test.tables}}); err != nil {
				t.Fatal(err)
			}
			if n := w.sim.Ledger().Spent(); n != test.spent {
				t.Errorf("%v: %d exports spent, want %d", test.tables, n, test.spent)
			}
			if len(w.wh.tables) != len(test.tables) {
				t.Errorf("%v: tables %d", test.tables, len(w.wh.tables))
			}
			if test.spent > 0 && len(w.wh.tables["clari_forecast_users"]) == 0 {
				t.Error("no users landed")
			}
		})
	}
}

// TestWrongKey names the export and what is wrong, and never the key.
func TestWrongKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{}, map[string]any{"api_key": "sekret-wrong-key-17"})
		err := w.sync()
		if !errors.Is(err, clari.ErrUnauthorized) {
			t.Fatalf("error %v", err)
		}
		for _, text := range []string{err.Error(), w.logs.String()} {
			if strings.Contains(text, "sekret") {
				t.Errorf("the key is told: %s", text)
			}
		}
	})
}
