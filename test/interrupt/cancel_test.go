package interrupt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestStopped: a stream that ends is obeyed within a second, and three with the clean-up. Without a backend the unfinished job is
// cancelled, which gives the export back; with one it is left to the next sync.
func TestStopped(t *testing.T) {
	t.Parallel()
	for _, backend := range []bool{true, false} {
		for i, ph := range world.Moments[:len(world.Moments)-1] {
			if i > 7 && !backend { // no barrier where nothing is recorded
				continue
			}
			t.Run(fmt.Sprintf("%s, backend %t", ph.Name, backend), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := world.New(t, world.Slow, world.Fields(map[string]any{"periods": []string{"current", "next"}}))
					if backend {
						w.WithState()
					}
					if took := w.Stopped(ph); took > map[bool]time.Duration{true: time.Second, false: 3 * time.Second}[backend] {
						t.Errorf("took %s to stop", took)
					}
					cancelled := len(w.Sim.Ledger().Of(sim.Cancel))
					unfinished := 2 <= i && i <= 3 // a job whose id is not known is nobody's to cancel
					answered := i == 1             // the answer, with the id, may or may not be read any more
					if want := unfinished && !backend; want != (cancelled == 1) && !(answered && !backend) {
						t.Errorf("%d jobs were cancelled\n%s", cancelled, w.Sim.Ledger())
					}
					if unfinished && !backend {
						w.Spent(0)
					}
					if n := w.Logs.Count("warn", "") + w.Logs.Count("error", ""); n > 0 {
						t.Errorf("%d warnings and errors:\n%s", n, w.Logs)
					}
					w.MustSync()
					w.Landed()
					if backend {
						w.Spent(2)
					}
				})
			})
		}
	}
}

// TestStoppedLeavesOthersAlone: no job is cancelled that this run has not created.
func TestStoppedLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	for _, backend := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, world.Slow, nil).WithState()
			w.FillQueue(1, sim.Forever)
			w.Sim.Plant(sim.Job{Run: sim.Forever})
			w.Stopped(world.Moments[2])
			if !backend {
				w.State = nil
			}
			// With a backend this adopts the job; without one it waits for a place in the queue.
			p := make(chan *world.Process, 1)
			go func() {
				time.Sleep(5 * time.Second)
				(<-p).Cancel()
			}()
			if err := w.Sync(world.SyncOptions{Started: func(running *world.Process) { p <- running }}); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
			if n := len(w.Sim.Ledger().Of(sim.Cancel)); n != 0 {
				t.Errorf("%d jobs were cancelled", n)
			}
		})
	}
}

// TestStoppedWhileWaiting: nothing that the plugin waits for keeps it from stopping.
func TestStoppedWhileWaiting(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		after time.Duration
		fault sim.Fault
		setUp func(*world.World)
	}{
		{"for a place in the queue", 7 * time.Minute, sim.Fault{}, func(w *world.World) { w.FillQueue(3, sim.Forever) }},
		{"for a 429 to pass", time.Minute, sim.Fault{Op: sim.Limits, Do: sim.Throttled().RetryAfter(20 * time.Minute)}, nil},
		{"for a 429 to pass, with a job", time.Minute, sim.Fault{Op: sim.Status, Do: sim.Throttled().RetryAfter(20 * time.Minute)}, nil},
		{"for an answer", 40 * time.Second, sim.Fault{Op: sim.Create, Do: sim.Hang()}, nil},
		{"for an answer about a job", 30 * time.Second, sim.Fault{Op: sim.Status, Do: sim.Hang()}, nil},
		{"for a result", 140 * time.Second, sim.Fault{Op: sim.Results, Do: sim.Stall(100)}, nil},
		{"for the gap between creations", 2 * time.Minute, sim.Fault{}, func(w *world.World) { w.Spec["delay_between_exports"] = "1h" }},
		{"to try again", 30 * time.Second, sim.Fault{Op: sim.Limits, Count: sim.Always, Do: sim.Answer(502)}, nil},
		{"to look for a lost job", 3 * time.Second, sim.Fault{Op: sim.Create, Do: sim.Answer(504).AfterProcessing()}, nil},
		{"for jobs, several at once", time.Minute, sim.Fault{}, func(w *world.World) { w.Spec["concurrency"] = 3 }},
	} {
		for _, backend := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, backend %t", test.name, backend), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := world.New(t, world.Slow, world.Fields(map[string]any{"periods": []string{"1999_Q1..1999_Q4"}}))
					if backend {
						w.WithState()
					}
					if test.setUp != nil {
						test.setUp(w)
					}
					if test.fault.Op != "" {
						w.Sim.Add(test.fault)
					}
					began := time.Now()
					err := w.Sync(world.SyncOptions{Started: func(p *world.Process) {
						time.AfterFunc(test.after, p.Cancel)
					}})
					took := time.Since(began) - test.after
					if !errors.Is(err, context.Canceled) || took > 3*time.Second || took < 0 {
						t.Errorf("took %s to stop: %v", took, err)
					}
					now := time.Now()
					for _, job := range w.Sim.Ledger().Created() {
						if test.name != "for a 429 to pass, with a job" && test.name != "to look for a lost job" && !backend && job.Active(now) {
							t.Errorf("job %s was left running", job.ID)
						}
					}
					if n := len(w.Sim.Ledger().Of(sim.Cancel)); backend && n > 0 {
						t.Errorf("%d jobs were cancelled", n)
					}
				})
			})
		}
	}
}

// TestStoppedAtAnyTime stops a sync without a backend every few seconds of its life: no job is left behind, and the next sync lands all.
func TestStoppedAtAnyTime(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []int{1, 3} {
		for after := 50 * time.Millisecond; after < 2*time.Minute; after += 3700 * time.Millisecond {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Tenant: world.Tiny, Queue: sim.Fixed(5 * time.Second), Run: sim.Between(10*time.Second, 40*time.Second)}, world.Fields(map[string]any{
					"periods": []string{"current", "next", "1999_Q1"}, "concurrency": concurrency,
				}))
				if err := w.Sync(world.SyncOptions{Started: func(p *world.Process) { time.AfterFunc(after, p.Cancel) }}); err == nil {
					return
				}
				if took := time.Since(world.Epoch.Add(after)); took > 3*time.Second {
					t.Errorf("stopped after %s: took %s", after, took)
				}
				ledger := w.Sim.Ledger()
				for _, job := range ledger.Created() {
					if told := ledger.Requests[job.Request-1].Answered.Before(world.Epoch.Add(after)); told && job.Active(time.Now()) {
						t.Errorf("stopped after %s: job %s was left behind", after, job.ID)
					}
				}
				w.MustSync()
				w.Landed()
			})
		}
	}
}

// TestStoppedCancelsWhatItKnows: a sync without a state backend is stopped while one of its jobs runs and another is being created, and
// the job list hangs. The job that it knows is cancelled in time; the stranger's, which looks like the other, is not.
func TestStoppedCancelsWhatItKnows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Tenant: sim.Tenant{Tabs: world.ThreeTabs}, Run: sim.Fixed(10 * time.Minute)}, map[string]any{
			"forecasts": world.Forecasts(world.ThreeTabs[:2]...), "concurrency": 2, "delay_between_exports": "1s",
		})
		w.Sim.Add(sim.Fault{Op: sim.Create, Forecast: world.ThreeTabs[1].ID, Do: sim.Hang()}, sim.Fault{Op: sim.List, Count: sim.Always, Do: sim.Hang()})
		w.Sim.Plant(sim.Job{CreatedAt: world.Epoch.Add(20 * time.Second), Forecast: world.ThreeTabs[1].ID, Run: time.Hour, Historical: true})
		began := time.Now()
		err := w.Sync(world.SyncOptions{Started: func(p *world.Process) { time.AfterFunc(30*time.Second, p.Cancel) }})
		if took := time.Since(began) - 30*time.Second; err == nil || took > 3*time.Second {
			t.Errorf("took %s to stop: %v", took, err)
		}
		ledger := w.Sim.Ledger()
		for _, job := range ledger.Jobs {
			if cancelled := !job.CancelledAt.IsZero(); cancelled != (job.Number == 1) {
				t.Errorf("job of %s, created by request %d: cancelled: %t\n%s", job.Forecast, job.Request, cancelled, ledger)
			}
		}
	})
}

// TestStoppedCancelsUnpaced: a slow pace is no reason to leave jobs behind.
func TestStoppedCancelsUnpaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Tenant: sim.Tenant{Tabs: world.ThreeTabs}, Run: sim.Fixed(30 * time.Minute)}, map[string]any{
			"forecasts": world.Forecasts(world.ThreeTabs...), "concurrency": 3, "delay_between_exports": "0s", "requests_per_second": 0.1,
		})
		_ = w.Sync(world.SyncOptions{Started: func(p *world.Process) { time.AfterFunc(10*time.Minute, p.Cancel) }})
		if n := len(w.Sim.Ledger().Created()); n != 3 {
			t.Fatalf("%d jobs were created, want 3", n)
		}
		w.Spent(0)
	})
}

// TestStoppedSaysSoOnce: the error of a sync that was stopped is one sentence.
func TestStoppedSaysSoOnce(t *testing.T) {
	t.Parallel()
	for _, ph := range world.Moments[:4] {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, world.Slow, nil).WithState()
			err := w.Sync(ph.Interrupt(w, func(p *world.Process) { p.Cancel() }).Options())
			if n := strings.Count(fmt.Sprint(err), "context canceled"); n != 1 {
				t.Errorf("%s: it says so %d times: %v", ph.Name, n, err)
			}
		})
	}
}
