package lifecycle

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestExportsTable tells for each planned export of each sync what became of it.
func TestExportsTable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := world.Slow
		cfg.Monthly = 6
		w := world.New(t, cfg, world.Fields(map[string]any{"periods": []string{"1999_Q1", "1999_Q2"}})).WithState()
		w.MustSync() // 2 exported
		w.MustSync() // 2 landed again
		w.Spec["periods"] = []string{"1999_Q1..1999_Q4"}
		if err := w.Sync(world.Interrupt{Response: world.On(sim.Status, (*world.Process).Kill)}.Options()); err != world.ErrKilled { // of 1999_Q4
			t.Fatal(err)
		}
		w.Spec["periods"] = []string{"1998_Q2..1999_Q4"}
		w.Sim.Add(sim.Fault{Op: sim.Create, Period: "1999_Q3", Count: 3, Do: sim.Ends(sim.Failed)})
		if err := w.Sync(); err == nil {
			t.Error("no error")
		}
		want := map[string]int{"exported": 1, "landed_again": 2, "settled": 2, "adopted": 1, "failed": 1, "left_out": 2}
		for outcome, n := range want {
			if got := len(w.Exports(outcome)); got != n {
				t.Errorf("%d rows say %s, want %d", got, outcome, n)
			}
		}
		if n := len(w.Destination.Tables["clari_forecast_exports"]); n != 9 { // a landing again has the row of its job
			t.Errorf("%d rows", n)
		}
		for _, r := range w.Destination.Tables["clari_forecast_exports"] {
			ended, lost := world.HasLanded(r), r["outcome"] == "failed" || r["outcome"] == "left_out"
			if lost != (r["error"] != nil) || ended != (r["entries"] != nil) || ended != (r["ended_at"] != nil && r["status"] == "DONE") {
				t.Errorf("row %v", r)
			}
			if r["requested_period"] == "" || r["requested_at"] == nil {
				t.Errorf("row %v", r)
			}
		}
	})
}

// TestLandedIsDurable: "rows sent" is said when they are, and "landed" only past the barrier.
func TestLandedIsDurable(t *testing.T) {
	for _, backend := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, nil)
			if backend {
				w.WithState()
			}
			barrier := world.Migrates("clari_forecast_entries")
			sent, early := 0, 0
			options := world.Interrupt{Message: func(_ *world.Process, m message.SyncMessage) {
				if barrier(m) {
					sent = w.Logs.Count("info", "rows sent")
				}
				early = max(early, w.Logs.Count("info", "export landed"))
			}}.Options()
			options.Tables = world.ExportsOnly().Tables // nothing else is sent after the barrier
			if err := w.Sync(options); err != nil {
				t.Fatal(err)
			}
			if backend && (sent != 1 || early > 0) {
				t.Errorf("%d exports had their rows sent before the barrier, and %d had landed", sent, early)
			}
			if n := w.Logs.Count("info", "export landed"); n != 1 {
				t.Errorf("%d lines about an export that landed:\n%s", n, w.Logs)
			}
		})
	}
}

func TestCurrentQuarterLands(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Run: sim.Fixed(40 * time.Second)}, nil)
		if err := w.Sync(); err != nil {
			t.Fatal(err)
		}
		if n := w.Landed(); n != 1 {
			t.Errorf("%d exports landed, want 1", n)
		}
		if spent := w.Sim.Ledger().Spent(); spent != 1 {
			t.Errorf("%d exports spent, want 1", spent)
		}
		if n := w.Logs.Count("error", ""); n != 0 {
			t.Errorf("%d error lines in a sync without an error:\n%s", n, w.Logs)
		}
	})
}

// TestOneOfThreeFails: the others land, what was there stays, and the error names what is missing.
func TestOneOfThreeFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Tenant: sim.Tenant{Tabs: world.ThreeTabs}, Run: sim.Fixed(10 * time.Second)}, map[string]any{
			"forecasts": world.Forecasts(world.ThreeTabs...), "export_attempts": 1,
		})
		w.Destination.DeleteStale = true
		if err := w.Sync(); err != nil {
			t.Fatal(err)
		}
		before := len(w.Destination.Rows("clari_forecast_entries", func(r world.Row) bool { return r["forecast_id"] == "bookings" }))

		w.Sim.Add(sim.Fault{Op: sim.Create, Forecast: "bookings", Do: sim.Ends(sim.Failed)})
		err := w.Sync()
		incomplete, ok := errors.AsType[*job.IncompleteError](err)
		if !ok {
			t.Fatalf("error %v", err)
		}
		if len(incomplete.Missing) != 1 || !strings.Contains(err.Error(), "forecast bookings period current") || !strings.Contains(err.Error(), "FAILED") {
			t.Errorf("the error does not say what failed: %v", err)
		}
		after := len(w.Destination.Rows("clari_forecast_entries", func(r world.Row) bool { return r["forecast_id"] == "bookings" }))
		if before == 0 || after != before {
			t.Errorf("bookings had %d rows and has %d", before, after)
		}
		failed := w.Destination.Rows("clari_forecast_exports", func(r world.Row) bool { return r["outcome"] == "failed" })
		if len(failed) != 1 || failed[0]["error"] == nil {
			t.Errorf("rows of failed exports: %v", failed)
		}
		// The siblings' rows are those of the second sync, although it failed: only the barrier can have written them.
		fresh := map[any]bool{}
		for _, job := range w.Sim.Ledger().Created()[3:] {
			fresh[job.ID] = true
		}
		for _, r := range w.Destination.Rows("clari_forecast_entries", func(r world.Row) bool { return r["forecast_id"] != "bookings" }) {
			if !fresh[r["job_id"]] {
				t.Fatalf("a sibling's row is of an earlier job: %v", r)
			}
		}
		if n := w.Logs.Count("error", ""); n != 1 {
			t.Errorf("%d error lines for one lost export:\n%s", n, w.Logs)
		}
	})
}

// TestWrongKey names the export and what is wrong, and never the key.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, map[string]any{"api_key": "sekret-wrong-key-17"})
		err := w.Sync()
		if !errors.Is(err, clari.ErrUnauthorized) {
			t.Fatalf("error %v", err)
		}
		for _, text := range []string{err.Error(), w.Logs.String()} {
			if strings.Contains(text, "sekret") {
				t.Errorf("the key is told: %s", text)
			}
		}
	})
}

// TestFailedAgainKeepsTheView: rows have landed, and the journal does not know so. The next sync takes the job over and cannot read its
// result again: the row that says it landed stays, and the failure has a row of its own.
func TestFailedAgainKeepsTheView(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, nil).WithState()
		err := w.Sync(world.Moments[9].Interrupt(w, (*world.Process).Kill).Options()) // after the barrier, before the journal
		if err != world.ErrKilled {
			t.Fatalf("the trap did not go off: %v", err)
		}
		if n := len(w.Exports("exported")); n != 1 {
			t.Fatalf("%d exports have landed, want 1", n)
		}
		before := (&observer.Observer{World: w}).Present()
		time.Sleep(10 * time.Minute)
		w.Sim.Add(sim.Fault{Op: sim.Results, Count: sim.Always, Do: sim.Answer(500)})
		if w.Sync() == nil {
			t.Fatal("no error")
		}
		exported, failed := w.Exports("exported"), w.Exports("failed")
		if len(exported) != 1 || len(failed) != 1 {
			t.Fatalf("%d rows of exports that landed and %d of failed ones, want one of each", len(exported), len(failed))
		}
		if failed[0]["export_id"] == exported[0]["job_id"] {
			t.Error("the failure has the job's id")
		}
		after := (&observer.Observer{World: w}).Present()
		for at, n := range before {
			if len(after[at]) != len(n) {
				t.Errorf("%v had %d rows in clari_forecast_current, and has %d", at, len(n), len(after[at]))
			}
		}
	})
}
