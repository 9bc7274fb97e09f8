package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// stopped is a sync whose stream ends where the trap says. It returns how long the plugin took to stop.
func (w *world) stopped(ph phase) (took time.Duration) {
	w.t.Helper()
	var at time.Time
	err := w.sync(ph.trap(w, func(p *process) { at = time.Now(); p.cancel() }).options())
	if !errors.Is(err, context.Canceled) || at.IsZero() {
		w.t.Errorf("%s: error %v", ph.name, err)
	}
	return time.Since(at)
}

// TestStopped: a stream that ends is obeyed within a second, and three with the clean-up. Without a backend the unfinished job is
// cancelled, which gives the export back; with one it is left to the next sync.
func TestStopped(t *testing.T) {
	for _, backend := range []bool{true, false} {
		for i, ph := range phases[:len(phases)-1] {
			if i > 7 && !backend { // no barrier where nothing is recorded
				continue
			}
			t.Run(fmt.Sprintf("%s, backend %t", ph.name, backend), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, slow, fields(map[string]any{"periods": []string{"current", "next"}}))
					if backend {
						w.withState()
					}
					if took := w.stopped(ph); took > map[bool]time.Duration{true: time.Second, false: 3 * time.Second}[backend] {
						t.Errorf("took %s to stop", took)
					}
					cancelled := len(w.sim.Ledger().Of(sim.Cancel))
					unfinished := 2 <= i && i <= 3 // a job whose id is not known is nobody's to cancel
					answered := i == 1             // the answer, with the id, may or may not be read any more
					if want := unfinished && !backend; want != (cancelled == 1) && !(answered && !backend) {
						t.Errorf("%d jobs were cancelled\n%s", cancelled, w.sim.Ledger())
					}
					if unfinished && !backend {
						w.spent(0)
					}
					if n := w.logs.count("warn", "") + w.logs.count("error", ""); n > 0 {
						t.Errorf("%d warnings and errors:\n%s", n, w.logs)
					}
					w.mustSync()
					w.landed()
					if backend {
						w.spent(2)
					}
				})
			})
		}
	}
}

// TestStoppedLeavesOthersAlone: no job is cancelled that this run has not created.
func TestStoppedLeavesOthersAlone(t *testing.T) {
	for _, backend := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, slow, nil).withState()
			w.fillQueue(1, sim.Forever)
			w.sim.Plant(sim.Job{Run: sim.Forever})
			w.stopped(phases[2])
			if !backend {
				w.state = nil
			}
			// With a backend this adopts the job; without one it waits for a place in the queue.
			p := make(chan *process, 1)
			go func() {
				time.Sleep(5 * time.Second)
				(<-p).cancel()
			}()
			if err := w.sync(syncOptions{started: func(running *process) { p <- running }}); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
			if n := len(w.sim.Ledger().Of(sim.Cancel)); n != 0 {
				t.Errorf("%d jobs were cancelled", n)
			}
		})
	}
}

// TestStoppedWhileWaiting: nothing that the plugin waits for keeps it from stopping.
func TestStoppedWhileWaiting(t *testing.T) {
	for _, test := range []struct {
		name  string
		after time.Duration
		fault sim.Fault
		setUp func(*world)
	}{
		{"for a place in the queue", 7 * time.Minute, sim.Fault{}, func(w *world) { w.fillQueue(3, sim.Forever) }},
		{"for a 429 to pass", time.Minute, sim.Fault{Op: sim.Limits, Do: sim.Throttled().RetryAfter(20 * time.Minute)}, nil},
		{"for a 429 to pass, with a job", time.Minute, sim.Fault{Op: sim.Status, Do: sim.Throttled().RetryAfter(20 * time.Minute)}, nil},
		{"for an answer", 40 * time.Second, sim.Fault{Op: sim.Create, Do: sim.Hang()}, nil},
		{"for an answer about a job", 30 * time.Second, sim.Fault{Op: sim.Status, Do: sim.Hang()}, nil},
		{"for a result", 140 * time.Second, sim.Fault{Op: sim.Results, Do: sim.Stall(100)}, nil},
		{"for the gap between creations", 2 * time.Minute, sim.Fault{}, func(w *world) { w.spec["delay_between_exports"] = "1h" }},
		{"to try again", 30 * time.Second, sim.Fault{Op: sim.Limits, Count: sim.Always, Do: sim.Answer(502)}, nil},
		{"to look for a lost job", 3 * time.Second, sim.Fault{Op: sim.Create, Do: sim.Answer(504).AfterProcessing()}, nil},
		{"for jobs, several at once", time.Minute, sim.Fault{}, func(w *world) { w.spec["concurrency"] = 3 }},
	} {
		for _, backend := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, backend %t", test.name, backend), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, slow, fields(map[string]any{"periods": []string{"1999_Q1..1999_Q4"}}))
					if backend {
						w.withState()
					}
					if test.setUp != nil {
						test.setUp(w)
					}
					if test.fault.Op != "" {
						w.sim.Add(test.fault)
					}
					began := time.Now()
					err := w.sync(syncOptions{started: func(p *process) {
						time.AfterFunc(test.after, p.cancel)
					}})
					took := time.Since(began) - test.after
					if !errors.Is(err, context.Canceled) || took > 3*time.Second || took < 0 {
						t.Errorf("took %s to stop: %v", took, err)
					}
					now := time.Now()
					for _, job := range w.sim.Ledger().Created() {
						if test.name != "for a 429 to pass, with a job" && test.name != "to look for a lost job" && !backend && job.Active(now) {
							t.Errorf("job %s was left running", job.ID)
						}
					}
					if n := len(w.sim.Ledger().Of(sim.Cancel)); backend && n > 0 {
						t.Errorf("%d jobs were cancelled", n)
					}
				})
			})
		}
	}
}

// TestStoppedAtAnyTime stops a sync without a backend every few seconds of its life: no job is left behind, and the next sync lands all.
func TestStoppedAtAnyTime(t *testing.T) {
	for _, concurrency := range []int{1, 3} {
		for after := 50 * time.Millisecond; after < 2*time.Minute; after += 3700 * time.Millisecond {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Tenant: tiny, Queue: sim.Fixed(5 * time.Second), Run: sim.Between(10*time.Second, 40*time.Second)}, fields(map[string]any{
					"periods": []string{"current", "next", "1999_Q1"}, "concurrency": concurrency,
				}))
				if err := w.sync(syncOptions{started: func(p *process) { time.AfterFunc(after, p.cancel) }}); err == nil {
					return
				}
				if took := time.Since(epoch.Add(after)); took > 3*time.Second {
					t.Errorf("stopped after %s: took %s", after, took)
				}
				ledger := w.sim.Ledger()
				for _, job := range ledger.Created() {
					if told := ledger.Requests[job.Request-1].Answered.Before(epoch.Add(after)); told && job.Active(time.Now()) {
						t.Errorf("stopped after %s: job %s was left behind", after, job.ID)
					}
				}
				w.mustSync()
				w.landed()
			})
		}
	}
}
