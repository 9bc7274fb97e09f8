// Package blocks tests whole syncs of what is around the forecasts, and has a block of its own in the spec: activities, opportunities, audit events.
package blocks

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

var activityTables = world.Only("clari_activities", "clari_activity_*")

func at(day string) time.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return t
}

// TestActivities: every window lands, newest first, after the forecasts, and the opportunities of the activities with them.
func TestActivities(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{
			Run: sim.Fixed(20 * time.Second), Around: sim.Around{ActivityEvery: 7 * time.Hour, ActivityTwice: 5, ActivityDateTexts: true, Opportunities: 150},
		}, map[string]any{"activities": map[string]any{"since": "1999-11-05"}, "opportunities": map[string]any{}})
		now := time.Now().Add(time.Hour)
		time.Sleep(time.Hour)
		if err := w.Sync(); err != nil {
			t.Fatal(err)
		}
		if wrong := w.ActivityDiffer(at("1999-11-05"), at("2000-01-01"), now); len(wrong) > 0 {
			t.Errorf("%s", world.Lines(wrong))
		}
		if n := w.Landed(); n != 1 {
			t.Errorf("%d forecasts landed", n)
		}
		var asked []string
		for _, j := range w.Sim.Ledger().Created() {
			asked = append(asked, j.Asked)
		}
		if want := []string{"", "1999-12-25..2000-01-01", "1999-11-25..1999-12-25", "1999-11-05..1999-11-25"}; !slices.Equal(asked, want) {
			t.Errorf("asked for %v, want %v", asked, want)
		}
		about := map[string]bool{}
		for _, r := range w.Destination.Rows("clari_activity_opportunities", nil) {
			about[r["opportunity_id"].(string)] = true
		}
		if wrong := w.OpportunityDiffer(slices.Sorted(maps.Keys(about))); len(wrong) > 0 || len(about) < 100 {
			t.Errorf("%d opportunities%s", len(about), world.Lines(wrong))
		}
		if gap, ok := w.Sim.Ledger().MinCreateGap(); !ok || gap < 10*time.Second {
			t.Errorf("two creations %s apart", gap)
		}
		if n := w.Logs.Count("info", "no state backend: every sync exports all windows"); n != 1 {
			t.Errorf("%d lines about the state backend", n)
		}
	})
}

// TestActivitiesDaily: thirty daily syncs cost one export a day beside those of the past, and lose and double nothing, though activities
// arrive late.
func TestActivitiesDaily(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Around: sim.Around{ActivityEvery: 5 * time.Hour, ActivityLate: 40 * time.Hour}}, map[string]any{
			"activities": map[string]any{"since": "1999-10-15"}, "delay_between_exports": "0s",
		}).WithState()
		time.Sleep(time.Hour)
		for range 30 {
			if err := w.Sync(activityTables); err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			if wrong := w.ActivityDiffer(at("1999-10-15"), now.Truncate(24*time.Hour), now); len(wrong) > 0 {
				t.Fatalf("%s: %s", now, world.Lines(wrong))
			}
			time.Sleep(24 * time.Hour)
		}
		spent := w.Sim.Ledger().Spent()
		t.Logf("thirty daily syncs since %s spent %d exports", "1999-10-15", spent)
		if spent != 30+3 {
			t.Errorf("%d exports, want one a day and three of the past", spent)
		}
	})
}

// TestActivitiesFail: one window fails and names its place, the others land, and the next sync exports what is missing and nothing else.
func TestActivitiesFail(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		op    sim.Op
		do    sim.Effect
		want  string
		later time.Duration // a result that failed for what is in it is tried again the next day
	}{
		{"no id", sim.CreateActivity, sim.ActivityWithoutID(3), "check: result: activity 3, which ends at byte ", 24 * time.Hour},
		{"failed", sim.CreateActivity, sim.Ends(sim.Failed), "job ended FAILED", time.Hour},
		{"refused", sim.CreateActivity, sim.Answer(403), "create export of activities: HTTP 403", time.Hour},
		{"truncated", sim.CreateActivity, sim.RowsTruncated(), "cut the result short: set a smaller window_days", 24 * time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Around: sim.Around{ActivityEvery: 3 * time.Hour}}, map[string]any{
					"activities": map[string]any{"since": "1999-11-05"}, "export_attempts": 1,
				}).WithState()
				w.Sim.Add(sim.Fault{Op: test.op, From: 2, Do: test.do})
				err := w.Sync(activityTables)
				if err == nil || !strings.Contains(err.Error(), "activities 1999-11-25..1999-12-25") || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v", err)
				}
				if got := w.Windows("exported"); !slices.Equal(got, []string{"1999-12-25..2000-01-01", "1999-11-05..1999-11-25"}) {
					t.Errorf("landed: %v", got)
				}
				if n := w.Logs.Count("error", ""); n != 1 {
					t.Errorf("error lines:\n%s", w.Logs)
				}
				w.Sim.ClearFaults()
				time.Sleep(test.later)
				before := w.Sim.Ledger().Spent()
				now := time.Now()
				if err := w.Sync(activityTables); err != nil {
					t.Fatal(err)
				}
				if n := w.Sim.Ledger().Spent() - before; n != 2 {
					t.Errorf("%d exports, want the newest window and the one that failed", n)
				}
				if wrong := w.ActivityDiffer(at("1999-11-05"), at("2000-01-01").Add(test.later), now); len(wrong) > 0 {
					t.Errorf("%s", world.Lines(wrong))
				}
			})
		})
	}
}

// TestActivitiesUnclear: a creation that is processed and answered with 504 costs no second export.
func TestActivitiesUnclear(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"activities": map[string]any{"since": "1999-11-05"}}).WithState()
		w.Sim.Add(sim.Fault{Op: sim.CreateActivity, From: 2, Do: sim.Answer(504).AfterProcessing()})
		now := time.Now()
		if err := w.Sync(activityTables); err != nil {
			t.Fatal(err)
		}
		if n := w.Sim.Ledger().Spent(); n != 3 {
			t.Errorf("%d exports for three windows", n)
		}
		if wrong := w.ActivityDiffer(at("1999-11-05"), at("2000-01-01"), now); len(wrong) > 0 {
			t.Errorf("%s", world.Lines(wrong))
		}
	})
}

// TestStrangersExport: no job was made, and while it is looked for somebody else's export of another kind is in the list, whose module may as well be that of
// activities. Its result is none: the window is exported anew, in the same sync.
func TestStrangersExport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"activities": map[string]any{"since": "1999-12-26"}}).WithState()
		w.Sim.Add(sim.Fault{Op: sim.CreateActivity, Do: sim.Answer(504)})
		o := world.Interrupt{Request: world.On(sim.Create, func(*world.Process) {
			w.Sim.Plant(sim.Job{Module: "AUDIT", FileName: "audit_events.json", Run: 20 * time.Second})
		})}.Options()
		o.Tables = activityTables.Tables
		now := time.Now()
		if err := w.Sync(o); err != nil {
			t.Fatal(err)
		}
		if n := len(w.Sim.Ledger().Created()); n != 1 {
			t.Errorf("%d exports for one window", n)
		}
		if wrong := w.ActivityDiffer(at("1999-12-26"), at("2000-01-01"), now); len(wrong) > 0 {
			t.Errorf("%s", world.Lines(wrong))
		}
	})
}

// TestActivitiesKilled at every message: the syncs that follow pay for no window twice whose job is known, and end with all that there is.
func TestActivitiesKilled(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 30; n += 3 {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second), Around: sim.Around{ActivityEvery: 9 * time.Hour}}, map[string]any{
				"activities": map[string]any{"since": "1999-11-05"},
			}).WithState()
			var p *world.Process
			seen := 0
			o := activityTables
			o.Started = func(started *world.Process) { p = started }
			o.Message = func(message.SyncMessage) {
				if seen++; seen == n {
					p.Kill()
				}
			}
			_ = w.Sync(o)
			time.Sleep(time.Minute)
			now := time.Now()
			if err := w.Sync(activityTables); err != nil {
				t.Fatal(err)
			}
			if wrong := w.ActivityDiffer(at("1999-11-05"), at("2000-01-01"), now); len(wrong) > 0 {
				t.Errorf("killed at message %d: %s", n, world.Lines(wrong))
			}
			if spent := w.Sim.Ledger().Spent(); spent > 4 { // the newest window once more, where it had landed
				t.Errorf("killed at message %d: %d exports", n, spent)
			}
		})
	}
}

// TestActivitiesAdopted: the job of a window that was over serves for as long as its result lives, that of the newest one while it is fresh.
func TestActivitiesAdopted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second), Around: sim.Around{ActivityEvery: 9 * time.Hour}}, map[string]any{
			"activities": map[string]any{"since": "1999-11-05"}, "concurrency": 3,
		}).WithState()
		var p *world.Process
		o := activityTables
		o.Tables = append(slices.Clone(o.Tables), "clari_limits") // a row that costs nothing comes first
		o.Started = func(started *world.Process) { p = started }
		time.AfterFunc(18*time.Second, func() { p.Kill() }) // two jobs are under way
		_ = w.Sync(o)
		if n := w.Sim.Ledger().Spent(); n != 2 {
			t.Fatalf("%d exports before the kill, want 2", n)
		}
		time.Sleep(10 * time.Hour)
		now := time.Now()
		if err := w.Sync(activityTables); err != nil {
			t.Fatal(err)
		}
		if got := w.Windows("adopted"); !slices.Equal(got, []string{"1999-11-25..1999-12-25"}) {
			t.Errorf("adopted %v", got)
		}
		if n := w.Sim.Ledger().Spent(); n != 4 {
			t.Errorf("%d exports, want two more", n)
		}
		if wrong := w.ActivityDiffer(at("1999-11-05"), at("2000-01-01"), now); len(wrong) > 0 {
			t.Errorf("%s", world.Lines(wrong))
		}
	})
}

// TestActivitiesLaterTable: a table that is selected later gets what the old results have while they live, at no cost. After that an info line
// says what it lacks, and nothing is exported for it.
func TestActivitiesLaterTable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		later time.Duration
		gone  bool
	}{"while results live": {24 * time.Hour, false}, "when they are gone": {24 * time.Hour, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Around: sim.Around{ActivityEvery: 9 * time.Hour}}, map[string]any{"activities": map[string]any{"since": "1999-11-05"}}).WithState()
				o := world.Only("clari_activities", "clari_activity_exports")
				o.SkipDependentTables = true
				if err := w.Sync(o); err != nil {
					t.Fatal(err)
				}
				time.Sleep(test.later)
				since := at("1999-11-05")
				if test.gone {
					w.Sim.Change(func(j *sim.Job) { j.Life = time.Nanosecond })
					since = at("1999-12-25")
				}
				now := time.Now()
				for range 2 {
					if err := w.Sync(activityTables); err != nil {
						t.Fatal(err)
					}
				}
				if wrong := w.ChildrenDiffer(since, at("2000-01-02"), now); len(wrong) > 0 {
					t.Errorf("%s", world.Lines(wrong))
				}
				if n := w.Sim.Ledger().Spent(); n != 5 {
					t.Errorf("%d exports, want three windows, and the newest twice more", n)
				}
				told := w.Logs.Count("info", "their results are gone: another window_days exports all windows again")
				if again := w.Windows("landed_again"); test.gone != (told == 2) || test.gone != (len(again) == 0) {
					t.Errorf("landed again: %v, told %d times:\n%s", again, told, w.Logs)
				}
				if n := len(w.Windows("settled")); test.gone != (n > 0) {
					t.Errorf("%d rows of windows whose result is gone", n)
				}
			})
		})
	}
}

// TestActivitiesLaterTablePart: the last result of a window holds its last days only. They land; an info line names the days that do not.
func TestActivitiesLaterTablePart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Around: sim.Around{ActivityEvery: 9 * time.Hour}}, map[string]any{
			"activities": map[string]any{"since": "1999-12-25", "window_days": 10, "overlap_days": 1},
		}).WithState()
		o := world.Only("clari_activities", "clari_activity_exports")
		o.SkipDependentTables = true
		for range 6 { // from the second day of a window into the next one
			if err := w.Sync(o); err != nil {
				t.Fatal(err)
			}
			time.Sleep(24 * time.Hour)
		}
		before := w.Sim.Ledger().Spent()
		t.Log(w.Windows("exported"))
		for range 2 {
			if err := w.Sync(activityTables); err != nil {
				t.Fatal(err)
			}
		}
		if n := w.Sim.Ledger().Spent() - before; n != 2 {
			t.Errorf("%d exports", n)
		}
		if n := w.Logs.Count("info", "lacks the days before those of the last result"); n != 1 {
			t.Errorf("told %d times:\n%s", n, w.Logs)
		}
	})
}
