// Package interrupt tests syncs that are killed or cancelled at every moment of an export, and what the next one makes of it.
package interrupt

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestKilled: whenever a process is killed, the next sync lands everything, and an export is paid for once.
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, history := range []bool{false, true} {
		for _, ph := range world.Moments {
			name := ph.Name
			if history {
				name += ", history"
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := world.New(t, world.Slow, world.Fields(map[string]any{"periods": []string{"current", "next"}, "history": history})).WithState()
					if err := w.Sync(ph.Interrupt(w, (*world.Process).Kill).Options()); err != world.ErrKilled {
						t.Fatalf("the trap did not go off: %v", err)
					}
					time.Sleep(5 * time.Minute)
					w.MustSync()
					w.Landed()
					w.Tidy()
					switch {
					case ph.Landed: // all of it was there, and is kept: see resume_within
						w.Spent(2)
					default:
						w.Spent(2)
						if n := len(w.Values("clari_forecast_entries", "job_id")); n != 2 {
							t.Errorf("rows of %d jobs, want 2", n)
						}
					}
					for job, n := range w.Snapshots() {
						if n != 1 {
							t.Errorf("job %v landed as %d snapshots", job, n)
						}
					}
				})
			})
		}
	}
}

// TestKilledTwice: a job that nobody has landed yet is adopted as often as it takes.
func TestKilledTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, world.Slow, nil).WithState()
		for _, ph := range world.Moments[1:7] {
			if err := w.Sync(ph.Interrupt(w, (*world.Process).Kill).Options()); err != world.ErrKilled && ph.Name != "queued" {
				t.Logf("%s: %v", ph.Name, err)
			}
			time.Sleep(5 * time.Second)
		}
		w.MustSync()
		w.Landed()
		w.Spent(1)
	})
}

// TestKilledAtAnyTime kills a sync of several exports at every few seconds of its life.
func TestKilledAtAnyTime(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []int{1, 3} {
		for after := 50 * time.Millisecond; after < 4*time.Minute; after += 5300 * time.Millisecond {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Tenant: world.Tiny, Queue: sim.Fixed(5 * time.Second), Run: sim.Between(10*time.Second, 40*time.Second)}, world.Fields(map[string]any{
					"periods": []string{"current", "next", "1999_Q1", "1999_Q2"}, "concurrency": concurrency,
				})).WithState()
				err := w.Sync(world.SyncOptions{Started: func(p *world.Process) { time.AfterFunc(after, p.Kill) }})
				if err == nil {
					return
				}
				time.Sleep(10 * time.Second)
				w.MustSync()
				if w.Spent(4); t.Failed() {
					t.Fatalf("concurrency %d, killed after %s", concurrency, after)
				}
				w.Landed()
				w.Tidy()
			})
		}
	}
}

// TestKilledWithoutASingleCandidate costs one export more, and the log says so.
func TestKilledWithoutASingleCandidate(t *testing.T) {
	t.Parallel()
	for name, effect := range map[string]sim.Effect{"twin": sim.Twin(), "hidden": sim.Hidden()} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, world.Slow, world.Fields(map[string]any{"periods": []string{"current", "next"}})).WithState()
				w.Sim.Add(sim.Fault{Op: sim.Create, Do: effect})
				if err := w.Sync(world.Moments[1].Interrupt(w, (*world.Process).Kill).Options()); err != world.ErrKilled {
					t.Fatal(err)
				}
				w.MustSync()
				w.Landed()
				w.Spent(3)
				if n := w.Logs.Count("warn", "unclear whether a job was created"); n != 1 {
					t.Errorf("%d warnings", n)
				}
			})
		})
	}
}

// TestJobIDIsWrittenFirst: the journal has the job's id before the first poll, so that nothing depends on the job list any more.
func TestJobIDIsWrittenFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, world.Slow, nil).WithState()
		w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Hidden()})
		if err := w.Sync(world.Interrupt{Request: world.On(sim.Status, (*world.Process).Kill)}.Options()); err != world.ErrKilled {
			t.Fatal(err)
		}
		w.MustSync()
		w.Landed()
		w.Spent(1)
	})
}
