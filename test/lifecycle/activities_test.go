package lifecycle

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

var activityTables = only("clari_activities", "clari_activity_*")

// activityDiffer compares the activities that landed with those from one day to another, both included.
func (w *world) activityDiffer(from, to, now time.Time) []string {
	wrong := w.activityDifferences(from, to, now)
	return wrong[:min(len(wrong), 6)]
}

func (w *world) activityDifferences(from, to, now time.Time) (wrong []string) {
	left := map[string]int{}
	add := func(table string, r row) {
		maps.DeleteFunc(r, func(_ string, v any) bool { return v == "" })
		left[table+": "+r.line()]++
	}
	for a := range w.sim.Activities(sim.Activities{First: from, Last: to, Types: sim.ActivityTypes, At: now}) {
		add("clari_activities", row{
			"activity_id": a.ID, "activity_type": a.Type, "subject": a.Subject, "occurred_at": a.At.UnixMicro(), "owner_crm_user_id": a.Owner,
			"organizer_crm_user_id": a.Organizer,
		})
		for _, id := range a.Accounts {
			add("clari_activity_accounts", row{
				"activity_id": a.ID, "account_id": id, "account_name": "Account " + strings.TrimRight(id, "A"), "owner_crm_user_id": a.Owner, "parent": a.ID,
			})
		}
		for _, id := range a.Opportunities {
			add("clari_activity_opportunities", row{
				"activity_id": a.ID, "opportunity_id": id, "opportunity_name": "Deal " + strings.TrimRight(id, "A"), "owner_crm_user_id": a.Owner, "parent": a.ID,
			})
		}
		for _, p := range a.Participants {
			add("clari_activity_participants", row{
				"activity_id": a.ID, "participant_id": strings.ToLower(p.Email), "name": p.Name, "email": p.Email, "crm_user_id": p.CRMUserID,
				"is_internal": p.Internal, "parent": a.ID,
			})
		}
	}
	parents := map[any]any{}
	for _, r := range w.wh.rows("clari_activities", nil) {
		parents[r["_cq_id"]] = r["activity_id"]
		left["clari_activities: "+r.line("_cq_id", "job_id", "exported_at")]--
	}
	for _, table := range []string{"clari_activity_accounts", "clari_activity_opportunities", "clari_activity_participants"} {
		for _, r := range w.wh.rows(table, nil) {
			r = maps.Clone(r)
			r["parent"] = parents[r["_cq_parent_id"]]
			left[table+": "+r.line("_cq_id", "_cq_parent_id")]--
		}
	}
	maps.DeleteFunc(left, func(_ string, n int) bool { return n == 0 })
	for _, line := range slices.Sorted(maps.Keys(left)) {
		wrong = append(wrong, fmt.Sprintf("%+d of %s", -left[line], line))
	}
	return wrong
}

// childrenDiffer is activityDiffer, but for the activities themselves.
func (w *world) childrenDiffer(from, to, now time.Time) (wrong []string) {
	return slices.DeleteFunc(w.activityDifferences(from, to, now), func(line string) bool { return strings.Contains(line, " clari_activities: ") })
}

// windows are what the exports table tells of windows, the newest first.
func (w *world) windows(outcome string) (lines []string) {
	for _, r := range w.wh.rows("clari_activity_exports", func(r row) bool { return r["outcome"] == outcome }) {
		lines = append(lines, fmt.Sprintf("%s..%s", r["window_start"], r["window_end"]))
	}
	slices.Sort(lines)
	slices.Reverse(lines)
	return lines
}

func at(day string) time.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return t
}

// TestActivities: every window lands, newest first, after the forecasts, and the opportunities of the activities with them.
func TestActivities(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{
			Run: sim.Fixed(20 * time.Second), Around: sim.Around{ActivityEvery: 7 * time.Hour, ActivityTwice: 5, ActivityDateTexts: true, Opportunities: 150},
		}, map[string]any{"activities": map[string]any{"since": "1999-11-05"}, "opportunities": map[string]any{}})
		now := time.Now().Add(time.Hour)
		time.Sleep(time.Hour)
		if err := w.sync(); err != nil {
			t.Fatal(err)
		}
		if wrong := w.activityDiffer(at("1999-11-05"), at("2000-01-01"), now); len(wrong) > 0 {
			t.Errorf("%s", lines(wrong))
		}
		if n := w.landed(); n != 1 {
			t.Errorf("%d forecasts landed", n)
		}
		var asked []string
		for _, j := range w.sim.Ledger().Created() {
			asked = append(asked, j.Asked)
		}
		if want := []string{"", "1999-12-25..2000-01-01", "1999-11-25..1999-12-25", "1999-11-05..1999-11-25"}; !slices.Equal(asked, want) {
			t.Errorf("asked for %v, want %v", asked, want)
		}
		about := map[string]bool{}
		for _, r := range w.wh.rows("clari_activity_opportunities", nil) {
			about[r["opportunity_id"].(string)] = true
		}
		if wrong := w.opportunityDiffer(slices.Sorted(maps.Keys(about))); len(wrong) > 0 || len(about) < 100 {
			t.Errorf("%d opportunities%s", len(about), lines(wrong))
		}
		if gap, ok := w.sim.Ledger().MinCreateGap(); !ok || gap < 10*time.Second {
			t.Errorf("two creations %s apart", gap)
		}
		if n := w.logs.count("info", "no state backend: every sync exports all windows"); n != 1 {
			t.Errorf("%d lines about the state backend", n)
		}
	})
}

// TestActivitiesDaily: thirty daily syncs cost one export a day beside those of the past, and lose and double nothing, though activities
// arrive late.
func TestActivitiesDaily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Around: sim.Around{ActivityEvery: 5 * time.Hour, ActivityLate: 40 * time.Hour}}, map[string]any{
			"activities": map[string]any{"since": "1999-10-15"}, "delay_between_exports": "0s",
		}).withState()
		time.Sleep(time.Hour)
		for range 30 {
			if err := w.sync(activityTables); err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			if wrong := w.activityDiffer(at("1999-10-15"), now.Truncate(24*time.Hour), now); len(wrong) > 0 {
				t.Fatalf("%s: %s", now, lines(wrong))
			}
			time.Sleep(24 * time.Hour)
		}
		spent := w.sim.Ledger().Spent()
		t.Logf("thirty daily syncs since %s spent %d exports", "1999-10-15", spent)
		if spent != 30+3 {
			t.Errorf("%d exports, want one a day and three of the past", spent)
		}
	})
}

// TestActivitiesFail: one window fails and names its place, the others land, and the next sync exports what is missing and nothing else.
func TestActivitiesFail(t *testing.T) {
	for _, test := range []struct {
		name string
		op   sim.Op
		do   sim.Effect
		want string
	}{
		{"no id", sim.CreateActivity, sim.ActivityWithoutID(3), "check: result: activity 3, which ends at byte "},
		{"failed", sim.CreateActivity, sim.Ends(sim.Failed), "job ended FAILED"},
		{"refused", sim.CreateActivity, sim.Answer(403), "create export of activities: HTTP 403"},
		{"truncated", sim.CreateActivity, sim.RowsTruncated(), "cut the result short: set a smaller window_days"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Around: sim.Around{ActivityEvery: 3 * time.Hour}}, map[string]any{
					"activities": map[string]any{"since": "1999-11-05"}, "export_attempts": 1,
				}).withState()
				w.sim.Add(sim.Fault{Op: test.op, From: 2, Do: test.do})
				err := w.sync(activityTables)
				if err == nil || !strings.Contains(err.Error(), "activities 1999-11-25..1999-12-25") || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v", err)
				}
				if got := w.windows("exported"); !slices.Equal(got, []string{"1999-12-25..2000-01-01", "1999-11-05..1999-11-25"}) {
					t.Errorf("landed: %v", got)
				}
				if n := w.logs.count("error", ""); n != 1 {
					t.Errorf("error lines:\n%s", w.logs)
				}
				w.sim.ClearFaults()
				time.Sleep(time.Hour)
				before := w.sim.Ledger().Spent()
				now := time.Now()
				if err := w.sync(activityTables); err != nil {
					t.Fatal(err)
				}
				if n := w.sim.Ledger().Spent() - before; n != 2 {
					t.Errorf("%d exports, want the newest window and the one that failed", n)
				}
				if wrong := w.activityDiffer(at("1999-11-05"), at("2000-01-01"), now); len(wrong) > 0 {
					t.Errorf("%s", lines(wrong))
				}
			})
		})
	}
}

// TestActivitiesUnclear: a creation that is processed and answered with 504 costs no second export.
func TestActivitiesUnclear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"activities": map[string]any{"since": "1999-11-05"}}).withState()
		w.sim.Add(sim.Fault{Op: sim.CreateActivity, From: 2, Do: sim.Answer(504).AfterProcessing()})
		now := time.Now()
		if err := w.sync(activityTables); err != nil {
			t.Fatal(err)
		}
		if n := w.sim.Ledger().Spent(); n != 3 {
			t.Errorf("%d exports for three windows", n)
		}
		if wrong := w.activityDiffer(at("1999-11-05"), at("2000-01-01"), now); len(wrong) > 0 {
			t.Errorf("%s", lines(wrong))
		}
	})
}

// TestActivitiesKilled at every message: the syncs that follow pay for no window twice whose job is known, and end with all that there is.
func TestActivitiesKilled(t *testing.T) {
	for n := 1; n <= 30; n += 3 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second), Around: sim.Around{ActivityEvery: 9 * time.Hour}}, map[string]any{
				"activities": map[string]any{"since": "1999-11-05"},
			}).withState()
			var p *process
			seen := 0
			o := activityTables
			o.started = func(started *process) { p = started }
			o.message = func(message.SyncMessage) {
				if seen++; seen == n {
					p.kill()
				}
			}
			_ = w.sync(o)
			time.Sleep(time.Minute)
			now := time.Now()
			if err := w.sync(activityTables); err != nil {
				t.Fatal(err)
			}
			if wrong := w.activityDiffer(at("1999-11-05"), at("2000-01-01"), now); len(wrong) > 0 {
				t.Errorf("killed at message %d: %s", n, lines(wrong))
			}
			if spent := w.sim.Ledger().Spent(); spent > 4 { // the newest window once more, where it had landed
				t.Errorf("killed at message %d: %d exports", n, spent)
			}
		})
	}
}

// TestActivitiesAdopted: the job of a window that was over serves for as long as its result lives, that of the newest one while it is fresh.
func TestActivitiesAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second), Around: sim.Around{ActivityEvery: 9 * time.Hour}}, map[string]any{
			"activities": map[string]any{"since": "1999-11-05"}, "concurrency": 3,
		}).withState()
		var p *process
		o := activityTables
		o.started = func(started *process) { p = started }
		time.AfterFunc(15*time.Second, func() { p.kill() }) // two jobs are under way
		_ = w.sync(o)
		if n := w.sim.Ledger().Spent(); n != 2 {
			t.Fatalf("%d exports before the kill, want 2", n)
		}
		time.Sleep(10 * time.Hour)
		now := time.Now()
		if err := w.sync(activityTables); err != nil {
			t.Fatal(err)
		}
		if got := w.windows("adopted"); !slices.Equal(got, []string{"1999-11-25..1999-12-25"}) {
			t.Errorf("adopted %v", got)
		}
		if n := w.sim.Ledger().Spent(); n != 4 {
			t.Errorf("%d exports, want two more", n)
		}
		if wrong := w.activityDiffer(at("1999-11-05"), at("2000-01-01"), now); len(wrong) > 0 {
			t.Errorf("%s", lines(wrong))
		}
	})
}

// TestActivitiesLaterTable: a table that is selected later gets what the old results have while they live, at no cost. After that an info line
// says what it lacks, and nothing is exported for it.
func TestActivitiesLaterTable(t *testing.T) {
	for name, test := range map[string]struct {
		later time.Duration
		gone  bool
	}{"while results live": {24 * time.Hour, false}, "when they are gone": {24 * time.Hour, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sim.Config{Around: sim.Around{ActivityEvery: 9 * time.Hour}}, map[string]any{"activities": map[string]any{"since": "1999-11-05"}}).withState()
				o := only("clari_activities", "clari_activity_exports")
				o.SkipDependentTables = true
				if err := w.sync(o); err != nil {
					t.Fatal(err)
				}
				time.Sleep(test.later)
				since := at("1999-11-05")
				if test.gone {
					w.sim.Change(func(j *sim.Job) { j.Life = time.Nanosecond })
					since = at("1999-12-25")
				}
				now := time.Now()
				for range 2 {
					if err := w.sync(activityTables); err != nil {
						t.Fatal(err)
					}
				}
				if wrong := w.childrenDiffer(since, at("2000-01-02"), now); len(wrong) > 0 {
					t.Errorf("%s", lines(wrong))
				}
				if n := w.sim.Ledger().Spent(); n != 5 {
					t.Errorf("%d exports, want three windows, and the newest twice more", n)
				}
				told := w.logs.count("info", "their results are gone: another window_days exports all windows again")
				if adopted := w.windows("adopted"); test.gone != (told == 2) || test.gone != (len(adopted) == 0) {
					t.Errorf("adopted %v, told %d times:\n%s", adopted, told, w.logs)
				}
				if n := len(w.windows("settled")); test.gone != (n > 0) {
					t.Errorf("%d rows of windows whose result is gone", n)
				}
			})
		})
	}
}

// TestActivitiesLaterTablePart: the last result of a window holds its last days only. They land; an info line names the days that do not.
func TestActivitiesLaterTablePart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{Around: sim.Around{ActivityEvery: 9 * time.Hour}}, map[string]any{
			"activities": map[string]any{"since": "1999-12-25", "window_days": 10, "overlap_days": 1},
		}).withState()
		o := only("clari_activities", "clari_activity_exports")
		o.SkipDependentTables = true
		for range 6 { // from the second day of a window into the next one
			if err := w.sync(o); err != nil {
				t.Fatal(err)
			}
			time.Sleep(24 * time.Hour)
		}
		before := w.sim.Ledger().Spent()
		t.Log(w.windows("exported"))
		for range 2 {
			if err := w.sync(activityTables); err != nil {
				t.Fatal(err)
			}
		}
		if n := w.sim.Ledger().Spent() - before; n != 2 {
			t.Errorf("%d exports", n)
		}
		if n := w.logs.count("info", "lacks the days before those of the last result"); n != 1 {
			t.Errorf("told %d times:\n%s", n, w.logs)
		}
	})
}
