package lifecycle

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestMaxResultBytes: a result that is longer fails its export, and no export is spent on it again until the limit is raised.
func TestMaxResultBytes(t *testing.T) {
	for _, zip := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second), Gzip: zip}, map[string]any{
				"periods": []string{"1999_Q4"}, "max_result_bytes": "2KiB",
			}).WithState()
			for range 3 {
				err := w.Sync(world.ExportsOnly())
				if err == nil || !strings.Contains(err.Error(), "max_result_bytes") {
					t.Errorf("the error does not name what helps: %v", err)
				}
				time.Sleep(24 * time.Hour)
			}
			w.Spent(1)
			if n := len(w.Destination.Tables["clari_forecast_entries"]); n > 0 {
				t.Errorf("%d entries landed", n)
			}
			w.Spec["max_result_bytes"] = "1GiB"
			w.MustSync(world.ExportsOnly())
			if n := w.Landed(); n != 1 {
				t.Errorf("%d exports landed once the limit was raised", n)
			}
		})
	}
}

// TestFullDisk: a result that finds no room fails its export, and is read again in the next sync: no export is spent on it again.
func TestFullDisk(t *testing.T) {
	room := filepath.Join(t.TempDir(), "room")
	t.Setenv("TMPDIR", room) // which is not there
	synctest.Test(t, func(t *testing.T) {
		tenant := sim.Tenant{People: 1000, Tabs: []sim.Tab{{ID: "forecast", Fields: sim.Fields(7)}}}
		w := world.New(t, sim.Config{Tenant: tenant, Run: sim.Fixed(20 * time.Second)}, map[string]any{"periods": []string{"1999_Q4"}}).WithState()
		err := w.Sync(world.ExportsOnly())
		if err == nil || !strings.Contains(err.Error(), room) {
			t.Fatalf("the error does not say where there is no room: %v", err)
		}
		if n := len(w.Destination.Tables["clari_forecast_entries"]); n > 0 {
			t.Errorf("%d entries landed", n)
		}
		if err := os.Mkdir(room, 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		w.MustSync(world.ExportsOnly())
		w.Spent(1)
		if len(w.Destination.Tables["clari_forecast_entries"]) == 0 {
			t.Error("nothing landed")
		}
		left, err := os.ReadDir(room)
		if err != nil || len(left) > 0 {
			t.Errorf("%d files are left: %v", len(left), err)
		}
	})
}

// TestDownloads: a cut or early download is another try; a result that has expired is exported once more, and only once.
func TestDownloads(t *testing.T) {
	t.Parallel()
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
		{"not found", []sim.Fault{{Op: sim.Results, Job: 1, Count: sim.Always, Do: world.NotFound}}, 2, true},
		{"server error", []sim.Fault{{Op: sim.Results, Count: 3, Do: sim.Answer(502)}}, 1, true},
		{"a page", []sim.Fault{{Op: sim.Results, Count: 1, Do: sim.HTML(200)}}, 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, world.Slow, map[string]any{"max_retries": 4}).WithState()
				w.Sim.Add(test.faults...)
				err := w.Sync(world.ExportsOnly())
				if test.lands != (err == nil) {
					t.Errorf("error %v", err)
				}
				if n := len(w.Sim.Ledger().Created()); n != test.jobs {
					t.Errorf("%d jobs, want %d", n, test.jobs)
				}
				if n := w.Landed(); n != map[bool]int{true: 1, false: 0}[test.lands] {
					t.Errorf("%d exports landed", n)
				}
				if n := len(w.Destination.Tables["clari_forecast_entries"]); !test.lands && n > 0 {
					t.Errorf("%d rows of a result that never arrived whole", n)
				}
				w.Tidy()
			})
		})
	}
}

// TestDamagedResult: a result that came damaged, perhaps on its way, is read once more before the day on which it is exported anew.
func TestDamagedResult(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		damaged int // downloads
		after   []time.Duration
		spent   []int // after the second sync and those that follow
		lands   bool
	}{
		"whole an hour later":     {3, []time.Duration{time.Hour}, []int{1}, true},
		"whole eight hours later": {3, []time.Duration{8 * time.Hour}, []int{1}, true},
		"whole a day later":       {3, []time.Duration{24 * time.Hour}, []int{2}, true},
		"never whole":             {sim.Always, []time.Duration{time.Hour, time.Hour, 24 * time.Hour}, []int{1, 1, 2}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{}, nil).WithState()
				w.Sim.Add(sim.Fault{Op: sim.Results, Count: test.damaged, Do: sim.Shorten(20)})
				if err := w.Sync(); err == nil {
					t.Fatal("half a result landed")
				}
				w.Spent(1)
				for i, after := range test.after {
					time.Sleep(after)
					_ = w.Sync()
					w.Spent(test.spent[i])
				}
				if landed := w.Landed() > 0; landed != test.lands {
					t.Errorf("landed: %t", landed)
				}
			})
		})
	}
}

// TestEncodingsAndEnvelopes syncs one tenant in every form that Clari is known to answer in.
func TestEncodingsAndEnvelopes(t *testing.T) {
	t.Parallel()
	for _, encoding := range []sim.Encoding{sim.Arrays, sim.FlatObjects, sim.FlatLists, sim.CSV} {
		for _, bare := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s bare=%t", encoding, bare), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fields := map[string]any{
						"periods": []string{"previous", "current", "next"}, "forecasts": world.Forecasts(world.ThreeTabs[:2]...),
						"delay_between_exports": "1s",
					}
					words := map[string]string{}
					if bare {
						words["DONE"] = "COMPLETED"
					}
					if encoding == sim.CSV {
						fields["export_format"] = "csv"
					}
					w := world.New(t, sim.Config{
						Tenant: sim.Tenant{Tabs: world.ThreeTabs, Currency: "EUR"}, JSON: encoding, WrapJob: !bare, WrapList: !bare, Words: words,
						Queue: sim.Fixed(3 * time.Second), Run: sim.Fixed(20 * time.Second),
					}, fields)
					if err := w.Sync(); err != nil {
						t.Fatal(err)
					}
					if n := w.Landed(); n != 6 {
						t.Errorf("%d exports landed, want 6", n)
					}
					if gap, ok := w.Sim.Ledger().MinPollGap(); !ok || gap < 5*time.Second {
						t.Errorf("two polls of a job %s apart", gap)
					}
				})
			})
		}
	}
}
