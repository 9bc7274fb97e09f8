package promises

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestFlappingStatus: two servers behind one address see a job that hangs in different phases. Each change of phase began its time anew: the sync never
// ended.
func TestFlappingStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Run: sim.Fixed(sim.Forever)}, nil).WithState()
		for n := 1; n < 2000; n++ {
			status := []string{"SCHEDULED", "STARTED"}[n%2]
			w.Sim.Add(sim.Fault{Op: sim.Status, From: n, Do: sim.AnswerJSON(200, map[string]any{"job": map[string]any{"status": status}})})
		}
		began := time.Now()
		if err := w.Sync(); err == nil {
			t.Error("it ended well")
		}
		if took := time.Since(began); took > 65*time.Minute {
			t.Errorf("it took %s; queue_timeout and run_timeout are an hour", took)
		}
	})
}

// TestChangedBack: a quarter's result met max_result_bytes; fewer types were asked for, and landed; then the limit is raised and the types are as before. The
// first job's result, which is older, landed over the newer rows.
func TestChangedBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"periods": []string{"2000_Q3"}, "max_result_bytes": 100}).WithState()
		types := func(types ...string) { w.Spec["forecasts"] = []map[string]any{{"id": "forecast", "types": types}} }
		types("forecast", "quota")
		if err := w.Sync(); err == nil {
			t.Fatal("a result of more than 100 bytes landed")
		}
		time.Sleep(time.Hour)
		types("forecast")
		w.Spec["max_result_bytes"] = 1 << 30
		w.MustSync()
		newest := newestRow(w)
		time.Sleep(time.Hour)
		types("forecast", "quota")
		_ = w.Sync() // it may say that two requests share the place
		if after := newestRow(w); after < newest {
			t.Errorf("rows of %s are there, and were of %s", after, newest)
		}
	})
}

// newestRow is when the entries that are there were exported.
func newestRow(w *world.World) (newest string) {
	for _, r := range w.Destination.Tables["clari_forecast_entries"] {
		newest = max(newest, r["exported_at"].(string))
	}
	return newest
}

// TestStartTimeOfARun: startTime is when a job leaves the queue, and is not there before. The job of a lost answer was not found, and paid for again.
func TestStartTimeOfARun(t *testing.T) {
	for _, queue := range []time.Duration{10 * time.Second, 90 * time.Second, 10 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			cfg := sim.Config{Queue: sim.Fixed(queue), Run: sim.Fixed(20 * time.Second), OnJob: func(j *sim.Job) { j.StartsLate = true }}
			w := world.New(t, cfg, nil).WithState()
			w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(504).AfterProcessing()})
			w.MustSync()
			w.Landed()
			w.Spent(1)
		})
	}
}

// TestKilledWhileSendingHidesRows: destinations write out each 10,000 rows or 20 s. A sync is killed while it sends the rows of a quarter that had landed
// before: half of the quarter was gone from the view until the next sync.
func TestKilledWhileSendingHidesRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Tenant: sim.Tenant{People: 150, Span: 8, ChangeEvery: time.Minute}, Run: sim.Fixed(20 * time.Second)}, nil).WithState()
		w.MustSync()
		landed := map[any]bool{w.Exports("exported")[0]["job_id"]: true}
		before := (&observer.Observer{World: w}).Present()
		time.Sleep(24 * time.Hour)
		old := len(w.Destination.Rows("clari_forecast_entries", func(r world.Row) bool { return landed[r["job_id"]] }))
		w.Destination.Batches = true
		entries := 0
		o := world.Interrupt{Message: func(p *world.Process, m message.SyncMessage) {
			insert, ok := m.(*message.SyncInsert)
			if !ok || world.TableName(insert.Record) != "clari_forecast_entries" {
				return
			}
			if entries++; entries == 2 {
				p.Kill()
			}
		}}.Options()
		o.Takes = 25 * time.Second // what waits for longer than 20 s is written out
		err := w.Sync(o)
		if err != world.ErrKilled {
			t.Fatal(err)
		}
		if left := len(w.Destination.Rows("clari_forecast_entries", func(r world.Row) bool { return landed[r["job_id"]] })); left == old {
			t.Fatalf("%d of %d rows of before are left: nothing was written in mid-stream", left, old)
		}
		after := (&observer.Observer{World: w}).Present()
		for at, shown := range before {
			if len(after[at]) < len(shown) {
				t.Errorf("%v had %d rows in clari_forecast_current, and has %d", at, len(shown), len(after[at]))
			}
		}
	})
}
