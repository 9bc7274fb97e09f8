package lifecycle

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast/export"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestJobEnds: what is done about a job that ends otherwise than done.
func TestJobEnds(t *testing.T) {
	for _, test := range []struct {
		status   string
		times    int
		attempts int
		jobs     int
		lands    bool
	}{
		{sim.Failed, 1, 3, 2, true},
		{sim.Aborted, 2, 3, 3, true},
		{sim.Failed, 3, 3, 3, false},
		{sim.Aborted, 1, 1, 1, false},
		{sim.Cancelled, 1, 3, 1, false},
	} {
		for _, backend := range []bool{true, false} {
			t.Run(fmt.Sprint(test, backend), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, slow, map[string]any{"export_attempts": test.attempts})
					if backend {
						w.withState()
					}
					w.sim.Add(sim.Fault{Op: sim.Create, Count: test.times, Do: sim.Ends(test.status)})
					err := w.sync(exportsOnly())
					if test.lands != (err == nil) || !test.lands && !strings.Contains(err.Error(), "ended "+test.status) {
						t.Errorf("error %v", err)
					}
					if n := len(w.sim.Ledger().Created()); n != test.jobs {
						t.Errorf("%d jobs, want %d", n, test.jobs)
					}
					if rows := w.wh.tables["clari_forecast_exports"]; len(rows) != 1 {
						t.Errorf("%d rows for one export", len(rows))
					}
					for _, r := range w.wh.tables["clari_forecast_exports"] {
						if r["attempts"] != int64(test.jobs) {
							t.Errorf("the row says %v attempts", r["attempts"])
						}
					}
					if n := len(w.sim.Ledger().Of(sim.Cancel)); n != 0 {
						t.Error("cancelled a job that had ended")
					}
					w.sim.ClearFaults()
					w.mustSync(exportsOnly()) // the failed job is not adopted
					w.landed()
				})
			})
		}
	}
}

// TestUnknownStatus counts as running, and is told of once.
func TestUnknownStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slow, fields(map[string]any{"periods": []string{"1999_Q1..1999_Q3"}}))
		w.sim.Add(sim.Fault{Op: sim.Create, Count: sim.Always, Do: sim.Says("ARCHIVING")})
		w.mustSync(exportsOnly())
		if n := w.logs.count("warn", "ARCHIVING"); n != 1 {
			t.Errorf("told of %d times", n)
		}
		if n := w.landed(); n != 3 {
			t.Errorf("%d exports landed", n)
		}
	})
}

// TestDownloads: a cut or early download is another try; a result that has expired is exported once more, and only once.
func TestDownloads(t *testing.T) {
	notYet := sim.NotFinished()
	for _, test := range []struct {
		name   string
		faults []sim.Fault
		jobs   int
		lands  bool
	}{
		{"cut", []sim.Fault{{Op: sim.Results, Count: 3, Do: sim.Cut(5000)}}, 1, true},
		{"cut without a length", []sim.Fault{{Op: sim.Results, Count: 3, Do: sim.CutChunked(5000)}}, 1, true},
		{"shortened", []sim.Fault{{Op: sim.Results, Count: 2, Do: sim.Shorten(5000)}}, 1, true},
		{"stalls", []sim.Fault{{Op: sim.Results, Do: sim.Stall(5000)}}, 1, true},
		{"hangs", []sim.Fault{{Op: sim.Results, Do: sim.Hang()}}, 1, true},
		{"cut for ever", []sim.Fault{{Op: sim.Results, Count: sim.Always, Do: sim.Cut(5000)}}, 1, false},
		{"shortened for ever", []sim.Fault{{Op: sim.Results, Count: sim.Always, Do: sim.Shorten(5000)}}, 1, false},
		{"not there yet", []sim.Fault{{Op: sim.Results, Count: 2, Do: notYet}}, 1, true},
		{"never there", []sim.Fault{{Op: sim.Results, Job: 1, Count: sim.Always, Do: notYet}}, 2, true},
		{"expired", []sim.Fault{{Op: sim.Create, Do: sim.Lives(time.Nanosecond)}}, 2, true},
		{"expired for ever", []sim.Fault{{Op: sim.Create, Count: sim.Always, Do: sim.Lives(time.Nanosecond)}}, 2, false},
		{"not found", []sim.Fault{{Op: sim.Results, Job: 1, Count: sim.Always, Do: sim.Answer(404)}}, 2, true},
		{"server error", []sim.Fault{{Op: sim.Results, Count: 3, Do: sim.Answer(502)}}, 1, true},
		{"a page", []sim.Fault{{Op: sim.Results, Count: 1, Do: sim.HTML(200)}}, 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, slow, map[string]any{"max_retries": 4}).withState()
				w.sim.Add(test.faults...)
				err := w.sync(exportsOnly())
				if test.lands != (err == nil) {
					t.Errorf("error %v", err)
				}
				if n := len(w.sim.Ledger().Created()); n != test.jobs {
					t.Errorf("%d jobs, want %d", n, test.jobs)
				}
				if n := w.landed(); n != map[bool]int{true: 1, false: 0}[test.lands] {
					t.Errorf("%d exports landed", n)
				}
				if n := len(w.wh.tables["clari_forecast_entries"]); !test.lands && n > 0 {
					t.Errorf("%d rows of a result that never arrived whole", n)
				}
				w.tidy()
			})
		})
	}
}

// TestDeadlines cancel a job that this run created, and no other.
func TestDeadlines(t *testing.T) {
	for _, test := range []struct {
		name    string
		do      sim.Effect
		key     string
		status  string
		adopted bool
	}{
		{"queued", sim.StuckQueued(), "queue_timeout", sim.Scheduled, false},
		{"running", sim.StuckRunning(), "run_timeout", sim.Started, false},
		{"queued, adopted", sim.StuckQueued(), "queue_timeout", sim.Scheduled, true},
		{"running, adopted", sim.StuckRunning(), "run_timeout", sim.Started, true},
		{"unknown", sim.Altered("unknown", func(j *sim.Job) { j.Run, j.RunningWord = sim.Forever, "ARCHIVING" }), "run_timeout", "ARCHIVING", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, slow, fields(map[string]any{"queue_timeout": "10m", "run_timeout": "20m", "periods": []string{"1999_Q1", "1999_Q2"}})).withState()
				w.sim.Add(sim.Fault{Op: sim.Create, Period: "1999_Q2", Do: test.do})
				if test.adopted {
					if err := w.sync(trap{response: on(sim.Status, (*process).kill)}.options()); err != errKilled {
						t.Fatal(err)
					}
				}
				began := time.Now()
				err := w.sync(exportsOnly())
				text := fmt.Sprint(err)
				if !strings.Contains(text, test.key) || !strings.Contains(text, "last seen "+test.status) || strings.Count(text, "period") != 1 {
					t.Errorf("error %v", err)
				}
				if took := time.Since(began); took > 25*time.Minute {
					t.Errorf("took %s", took)
				}
				if n := len(w.sim.Ledger().Of(sim.Cancel)); n != map[bool]int{true: 0, false: 1}[test.adopted] {
					t.Errorf("%d jobs were cancelled", n)
				}
				if n := w.landed(); n != 1 {
					t.Errorf("%d exports landed: the other one does", n)
				}
				time.Sleep(time.Hour)
				w.mustSync(exportsOnly()) // the stuck job is too old to be adopted, or cancelled
				w.landed()
			})
		})
	}
}

// TestBadResults fail the export by name and with advice, and the same bad result is not fetched again by the next sync.
func TestBadResults(t *testing.T) {
	for _, test := range []struct {
		name string
		do   sim.Effect
		says string
	}{
		{"wrong quarter", sim.WrongQuarter(-1), "1998_Q4"},
		{"rows truncated", sim.RowsTruncated(), "scope_id"},
		{"cells truncated", sim.CellsTruncated(), "scope_id"},
		{"an entry twice", sim.RepeatEntry(), "twice"},
		{"an entry without a person", sim.MissingID(), "user"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, slow, fields(map[string]any{"periods": []string{"1999_Q1", "1999_Q2"}})).withState()
				w.sim.Add(sim.Fault{Op: sim.Create, Period: "1999_Q1", Do: test.do})
				err := w.sync()
				if text := fmt.Sprint(err); !strings.Contains(text, "period 1999_Q1") || !strings.Contains(text, test.says) || strings.Contains(text, "period 1999_Q2") {
					t.Errorf("error %v", err)
				}
				if n := len(w.wh.rows("clari_forecast_entries", func(r row) bool { return r["requested_period"] == "1999_Q1" })); n != 0 {
					t.Errorf("%d rows of a bad result", n)
				}
				if n := w.landed(); n != 1 {
					t.Errorf("%d exports landed", n)
				}
				w.mustSync()
				w.landed()
				w.spent(4)
				if n := len(w.exports("adopted")); n != 0 {
					t.Error("a bad result was adopted")
				}
			})
		})
	}
}

// TestOnEmpty goes through the cases of on_empty.
func TestOnEmpty(t *testing.T) {
	for _, test := range []struct {
		onEmpty string
		backend bool
		period  string
		before  bool // it had rows before
		fails   bool
	}{
		{"fail", true, "1999_Q1", false, true},
		{"fail", false, "1999_Q1", false, true},
		{"warn", true, "current", true, false},
		{"warn", false, "1999_Q1", false, false},
		{"auto", true, "1999_Q1", false, false},
		{"auto", true, "1999_Q1", true, true},
		{"auto", true, "current", false, true},
		{"auto", true, "2000_Q4", false, true}, // the current one by name
		{"auto", true, "next", false, false},
		{"auto", false, "1999_Q1", false, true},
	} {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{}, map[string]any{"on_empty": test.onEmpty, "periods": []string{test.period}, "fiscal_year_start_month": 2})
				if test.backend {
					w.withState()
				}
				if test.before {
					w.mustSync()
				}
				w.sim.Add(sim.Fault{Op: sim.Create, Do: sim.Empty()})
				err := w.sync(exportsOnly())
				if test.fails != (err != nil) {
					t.Errorf("error %v", err)
				}
				if n := w.logs.count("warn", "no entries"); n != map[bool]int{true: 0, false: 1}[test.fails] {
					t.Errorf("%d warnings", n)
				}
				if test.fails && !errors.Is(err, export.ErrEmpty) {
					t.Errorf("error %v", err)
				}
				if n := len(w.wh.tables["clari_forecast_entries"]); test.before && n == 0 {
					t.Error("the rows of before are gone")
				}
			})
		})
	}
}

// TestEmptyCountsAsDone: a quarter without entries settles like any other.
func TestEmptyCountsAsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Tenant: sim.Tenant{FirstQuarter: sim.Quarter{Year: 2000, Number: 1}}}, map[string]any{"periods": []string{"1999_Q1"}}).withState()
		for range 3 {
			w.mustSync()
		}
		w.spent(2)
	})
}
