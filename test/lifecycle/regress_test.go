package lifecycle

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// The tests of this file are schedules on which TestRandom once failed, cut down to what made it fail.

// TestBlindJobsEnd: while limits cannot be read jobs run one by one, and each waits for the one before. The one before may also fail to be
// asked about, or fail and want another job: the sync ends all the same.
func TestBlindJobsEnd(t *testing.T) {
	for name, fault := range map[string]sim.Fault{
		"a job that cannot be asked about": {Op: sim.Status, From: 2, Do: sim.Answer(504)},
		"a job that is created again":      {Op: sim.Create, Do: sim.Ends(sim.Aborted)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Tenant: sim.Tenant{Tabs: threeTabs}, Run: sim.Fixed(40 * time.Second), Concurrent: 1}, map[string]any{
					"forecasts": forecasts(threeTabs[:2]...), "concurrency": 2, "max_retries": 0, "queue_timeout": "2m",
				})
				w.sim.Add(fault, sim.Fault{Op: sim.Limits, From: 2, Count: sim.Always, Do: sim.Answer(404)})
				began := time.Now()
				_ = w.sync(syncOptions{started: func(p *process) { time.AfterFunc(24*time.Hour, p.kill) }})
				if took := time.Since(began); took > time.Hour {
					t.Errorf("the sync took %s:\n%s\n%s", took, w.sim.Ledger(), w.logs)
				}
			})
		})
	}
}

// TestCurrentIsNotNext: no job is taken for that of the current quarter, for which no period is sent, that was asked for another one.
func TestCurrentIsNotNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Run: sim.Fixed(5 * time.Second)}, map[string]any{
			"periods": []string{"current", "next"}, "fiscal_year_start_month": 2, "export_attempts": 1, "delay_between_exports": "0s",
		}).withState()
		w.sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(500)})
		if w.sync() == nil { // the job of next lands
			t.Fatal("no error")
		}
		time.Sleep(time.Hour)
		if err := w.sync(); err != nil {
			t.Fatal(err)
		}
		current := w.sim.Current()
		periods := map[any]bool{}
		for _, r := range w.wh.rows("clari_forecast_exports", hasLanded) {
			periods[r["requested_period"]] = true
		}
		if len(periods) != 2 || !periods[current.String()] || !periods[current.Add(1).String()] {
			t.Errorf("landed %v, want %s and the one after:\n%s", periods, current, w.logs)
		}
	})
}

// TestJobOfACreationUnderWay: a job may be in the list before its own creation is answered. It is not taken for another export's.
func TestJobOfACreationUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Run: sim.Fixed(5 * time.Second)}, map[string]any{
			"concurrency": 2, "delay_between_exports": "1s",
		})
		id := w.sim.Tenant().Tabs[0].ID
		w.spec["forecasts"] = []map[string]any{{"id": id}, {"id": id, "currency": "EUR"}}
		w.sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(504)}, sim.Fault{Op: sim.Create, From: 2, Do: sim.Hang().AfterProcessing()})
		_ = w.sync()
		for _, r := range w.wh.rows("clari_forecast_exports", hasLanded) {
			for _, job := range w.sim.Ledger().Jobs {
				if job.ID == r["job_id"] && job.Currency != r["requested_currency"] {
					t.Errorf("%q landed from a job in %q:\n%s", r["requested_currency"], job.Currency, w.logs)
				}
			}
		}
		w.landed()
	})
}

// TestNobodyWaits: without a state backend nobody will adopt a job whose export failed because it could not be asked about. It is
// cancelled, which gives the export back.
func TestNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Run: sim.Fixed(5 * time.Minute)}, map[string]any{"max_retries": 0})
		w.sim.Add(sim.Fault{Op: sim.Status, Do: sim.Answer(502)})
		if w.sync() == nil {
			t.Fatal("no error")
		}
		if spent := w.sim.Ledger().Spent(); spent != 0 {
			t.Errorf("%d exports spent for nothing:\n%s", spent, w.sim.Ledger())
		}
	})
}

// TestOldResultIsNotCurrent: a result that an earlier sync left, landed late for the sake of its day, does not tell which quarter is
// current today. The flat shapes do not tell when their quarter ends.
func TestOldResultIsNotCurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Tenant: sim.Tenant{Tabs: threeTabs}, JSON: sim.FlatLists}, map[string]any{
			"forecasts": forecasts(threeTabs[:2]...), "periods": []string{"current", "next"}, "history": true, "fiscal_year_start_month": 2,
		}).withState()
		time.Sleep(19 * 24 * time.Hour) // to 20 January
		_ = w.sync(syncOptions{started: func(p *process) {
			p.transport = &watched{RoundTripper: p.transport, watches: []*watch{
				{moment: moment{op: sim.Results, n: 2, answered: true}, do: func(*http.Request) { p.kill() }},
			}}
		}})
		time.Sleep(20 * 24 * time.Hour) // into the next quarter, and the results are still to be had
		if err := w.sync(); err != nil {
			t.Fatal(err)
		}
		next := w.sim.Current().Add(1).String()
		if len(w.wh.rows("clari_forecast_exports", func(r row) bool { return hasLanded(r) && r["requested_period"] == next })) != 2 {
			t.Errorf("%s has not landed:\n%s", next, w.logs)
		}
	})
}

// TestGiveUpPolls: the last look at a job that could not be cancelled, because it has ended, comes no sooner than any other poll.
func TestGiveUpPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Queue: sim.Fixed(10 * time.Hour)}, map[string]any{"queue_timeout": "5m"})
		w.sim.Add(sim.Fault{Op: sim.Cancel, Do: sim.Reset().AfterProcessing()})
		if w.sync() == nil {
			t.Fatal("no error")
		}
		if gap, ok := w.sim.Ledger().MinPollGap(); !ok || gap < 5*time.Second {
			t.Errorf("two polls %s apart:\n%s", gap, w.sim.Ledger())
		}
	})
}
