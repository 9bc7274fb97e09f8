// Package limits tests what whole syncs do where Clari has no place or no quota left, says nothing of either, or holds requests back: in virtual time.
package limits

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/job/queue"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestFullQueue is waited for with growing gaps, and no creation is tried before a place is free.
func TestFullQueue(t *testing.T) {
	t.Parallel()
	for _, more := range []map[string]any{{}, {"concurrency": 3}} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, sim.Config{Run: sim.Fixed(time.Minute)}, world.Fields(map[string]any{"periods": []string{"current", "next", "previous"}}))
			maps.Copy(w.Spec, more)
			w.FillQueue(3, 20*time.Minute)
			w.MustSync(world.ExportsOnly())
			if took := time.Since(world.Epoch); took < 20*time.Minute || took > 28*time.Minute {
				t.Errorf("took %s", took)
			}
			for _, r := range w.Sim.Ledger().Of(sim.Create) {
				if r.Status != 200 {
					t.Errorf("refused: %s", r)
				}
			}
			if n := len(w.Sim.Ledger().Of(sim.Limits)); n > 35 {
				t.Errorf("the limits were asked for %d times in twenty minutes", n)
			}
			if n := w.Landed(); n != 3 {
				t.Errorf("%d exports landed", n)
			}
			if n := w.Logs.Count("error", "") + w.Logs.Count("warn", ""); n != 0 {
				t.Errorf("%d warnings and errors", n)
			}
		})
	}
}

// TestQueueNeverFrees: the first export waits for queue_timeout and says so; the others do not wait again.
func TestQueueNeverFrees(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, world.Fields(map[string]any{"periods": []string{"2000_Q1", "2000_Q2", "2000_Q3"}, "queue_timeout": "10m"}))
		w.FillQueue(3, sim.Forever)
		err := w.Sync(world.ExportsOnly())
		if took := time.Since(world.Epoch); took < 10*time.Minute || took > 11*time.Minute {
			t.Errorf("took %s", took)
		}
		if !errors.Is(err, queue.ErrFull) || strings.Count(err.Error(), "queue_timeout 10m") != 1 || !strings.Contains(err.Error(), "periods 2000_Q1..2000_Q3") {
			t.Errorf("error %v", err)
		}
		if n := len(w.Exports("left_out")); n != 3 {
			t.Errorf("%d rows say left out", n)
		}
		w.Spent(0)
	})
}

// TestQuota: what fits is done, the most important first; the rest is named.
func TestQuota(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		monthly int
		more    map[string]any
		landed  []string
	}{
		{"two left", 2, nil, []string{"2000_Q4", "2001_Q1"}},
		{"all spent", -1, nil, nil},
		{"two left after the reserve", 12, map[string]any{"quota_reserve": 10}, []string{"2000_Q4", "2001_Q1"}},
		{"two left, several at once", 2, map[string]any{"concurrency": 3}, []string{"2000_Q4", "2001_Q1"}},
		{"less than the reserve", 5, map[string]any{"quota_reserve": 10}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Run: sim.Fixed(time.Minute), Monthly: test.monthly}, world.Fields(map[string]any{
					"periods": []string{"1999_Q4", "previous", "current", "next"}, "fiscal_year_start_month": 2,
				}))
				maps.Copy(w.Spec, test.more)
				err := w.Sync(world.ExportsOnly())
				incomplete, ok := errors.AsType[*job.IncompleteError](err)
				if !ok || !errors.Is(err, queue.ErrQuota) || len(incomplete.Missing) != 4-len(test.landed) {
					t.Errorf("error %v", err)
				}
				if text := fmt.Sprint(err); !strings.Contains(text, "periods 1999_Q4, 2000_Q3") {
					t.Errorf("what was left out is not named: %s", text)
				}
				w.Spent(len(test.landed))
				var landed []string
				for _, r := range w.Exports("exported") {
					landed = append(landed, r["requested_period"].(string))
				}
				slices.Sort(landed)
				if !slices.Equal(landed, test.landed) {
					t.Errorf("landed %v, want %v", landed, test.landed)
				}
				if n := len(w.Exports("left_out")); n != 4-len(test.landed) {
					t.Errorf("%d rows say left out", n)
				}
				if took := time.Since(world.Epoch); took > 10*time.Minute {
					t.Errorf("took %s: a spent quota is not waited for", took)
				}
				w.Landed()
			})
		})
	}
}

// TestLimitsUnknown: where the limits cannot be read, exports go one by one.
func TestLimitsUnknown(t *testing.T) {
	t.Parallel()
	for _, trouble := range []string{"", "a job fails", "a job cannot be polled", "a result expires"} {
		t.Run(trouble, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, world.Slow, world.Fields(map[string]any{"periods": []string{"1999_Q1..1999_Q4"}, "concurrency": 3}))
				w.Sim.Add(sim.Fault{Op: sim.Limits, Count: sim.Always, Do: sim.Answer(403)})
				switch trouble {
				case "a job fails":
					w.Sim.Add(sim.Fault{Op: sim.Create, From: 2, Do: sim.Ends(sim.Failed)})
				case "a job cannot be polled":
					w.Sim.Add(sim.Fault{Op: sim.Status, Job: 2, Count: sim.Always, Do: sim.Answer(403)})
				case "a result expires":
					w.Sim.Add(sim.Fault{Op: sim.Create, From: 2, Do: sim.Lives(time.Nanosecond)})
				}
				w.MustSync(world.ExportsOnly()) // a job that Clari refuses for good is made anew
				if n := w.Sim.Ledger().MaxConcurrent(); n != 1 && trouble != "a job cannot be polled" {
					t.Errorf("%d jobs at a time", n)
				}
				if n := w.Logs.Count("info", "export limits cannot be read"); n != 1 {
					t.Errorf("%d lines say so", n)
				}
				if n := w.Logs.Count("warn", ""); n != 0 {
					t.Errorf("%d warnings", n)
				}
				w.Landed()
			})
		})
	}
}

// TestConcurrency: never more jobs in flight than the spec and the limits allow, created in the order of the plan, with the gap that
// the spec sets.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		concurrency, limit, most int
		foreign                  int
	}{
		{1, 3, 1, 0},
		{3, 3, 3, 0},
		{3, 2, 2, 0},
		{5, 4, 3, 1},
		{3, 1, 1, 0},
	} {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Tenant: world.Tiny, Concurrent: test.limit, Queue: sim.Fixed(10 * time.Second), Run: sim.Fixed(5 * time.Minute)}, map[string]any{
					"periods": []string{"1998_Q1..1999_Q4"}, "concurrency": test.concurrency, "delay_between_exports": "7s",
				})
				w.FillQueue(test.foreign, sim.Forever)
				w.MustSync(world.ExportsOnly())
				l := w.Sim.Ledger()
				if n := l.MaxConcurrent(); n != test.most {
					t.Errorf("%d jobs at a time, want %d", n, test.most)
				}
				if gap, _ := l.MinCreateGap(); gap < 7*time.Second {
					t.Errorf("two creations %s apart", gap)
				}
				var order []string
				for _, job := range l.Created() {
					order = append(order, job.Asked)
				}
				if slices.Reverse(order); !slices.IsSorted(order) || len(order) != 8 {
					t.Errorf("created newest last: %v", order)
				}
				for _, r := range l.Of(sim.Create) {
					if r.Status != 200 {
						t.Errorf("refused: %s", r)
					}
				}
				if n := w.Landed(); n != 8 {
					t.Errorf("%d exports landed", n)
				}
				w.Tidy()
			})
		})
	}
}

// TestOwnJobsInTheQueue: waiting for our own jobs to end is not waiting for a queue that does not move.
func TestOwnJobsInTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Concurrent: 1, Run: sim.Fixed(40 * time.Minute)}, map[string]any{
			"periods": []string{"1999_Q1..1999_Q4"}, "concurrency": 2, "run_timeout": "1h", "queue_timeout": "30m",
		})
		w.MustSync(world.ExportsOnly())
		if n := w.Landed(); n != 4 {
			t.Errorf("%d exports landed", n)
		}
	})
}

// TestReexportKeepsInLine: a result that has expired is exported again in its turn, not beside the job that runs.
func TestReexportKeepsInLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, world.Slow, world.Fields(map[string]any{"periods": []string{"1999_Q1..1999_Q3"}}))
		w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Lives(time.Nanosecond)})
		w.MustSync(world.ExportsOnly())
		if n := w.Sim.Ledger().MaxConcurrent(); n != 1 {
			t.Errorf("%d jobs at a time", n)
		}
		w.Spent(4)
		if n := w.Landed(); n != 3 {
			t.Errorf("%d exports landed", n)
		}
	})
}

// TestTwoSyncsAtOnce on one key, as two shards are, keep to queue and quota.
func TestTwoSyncsAtOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                string
		concurrent, monthly int
		landed              int
	}{
		{"queue for one", 1, 100, 8},
		{"queue for three", 3, 100, 8},
		{"quota for five", 2, 5, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				one := world.New(t, sim.Config{
					Tenant: sim.Tenant{Tabs: world.ThreeTabs}, Concurrent: test.concurrent, Monthly: test.monthly, Run: sim.Fixed(2 * time.Minute),
				}, world.Fields(map[string]any{"forecasts": world.Forecasts(world.ThreeTabs[:2]...), "periods": []string{"1999_Q1..1999_Q4"}, "concurrency": 2}))
				two := &world.World{T: t, Sim: one.Sim, Spec: one.Spec, Destination: world.NewDestination(), Logs: &world.Logs{}}
				var errs [2]error
				var both sync.WaitGroup
				for i, w := range []*world.World{one, two} {
					both.Go(func() {
						o := world.ExportsOnly()
						o.Shard = &sdk.Shard{Num: int32(i + 1), Total: 2}
						errs[i] = w.Sync(o)
					})
				}
				both.Wait()
				err := errors.Join(errs[:]...)
				if whole := test.landed == 8; whole != (err == nil) || !whole && !errors.Is(err, queue.ErrQuota) {
					t.Errorf("error %v", err)
				}
				if n := one.Landed() + two.Landed(); n != test.landed {
					t.Errorf("%d exports landed, want %d", n, test.landed)
				}
				one.Spent(test.landed)
				if n := one.Sim.Ledger().MaxConcurrent(); n > test.concurrent {
					t.Errorf("%d jobs at a time", n)
				}
				if n := len(one.Exports("left_out")) + len(two.Exports("left_out")); n != 8-test.landed {
					t.Errorf("%d rows say left out", n)
				}
			})
		})
	}
}

// TestRefusalsAreNoAttempts: a creation that Clari turned down made no job, so it does not use up export_attempts.
func TestRefusalsAreNoAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, map[string]any{"export_attempts": 2})
		w.Sim.Add(
			sim.Fault{Op: sim.Limits, Count: sim.Always, Do: sim.Answer(403)},
			sim.Fault{Op: sim.Create, Count: 4, Do: sim.QuotaReached()},
			sim.Fault{Op: sim.Create, From: 5, Do: sim.Ends(sim.Failed)},
		)
		if err := w.Sync(world.SyncOptions{}); err == nil {
			t.Error("the table of limits is refused, and the sync succeeded")
		}
		landed := w.Destination.Rows("clari_forecast_exports", func(r world.Row) bool { return r["outcome"] == "exported" })
		if jobs := len(w.Sim.Ledger().Created()); len(landed) != 1 || landed[0]["attempts"] != int64(2) || jobs != 2 {
			t.Errorf("%d jobs, landed %v: want a second job after the failed one, and 2 attempts", jobs, landed)
		}
	})
}
