package due

import (
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast/export"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestFinalResultServesLate: a job that was asked for after a quarter's numbers were final, and never landed, serves for as long as its result lives.
func TestFinalResultServesLate(t *testing.T) {
	t.Parallel()
	for _, final := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, world.Slow, map[string]any{"periods": []string{"2000_Q3"}}).WithState()
			if !final {
				w.Spec["settle_days"] = 100
			}
			w.MustSync() // learns when the quarter ended
			time.Sleep(time.Minute)
			w.Spec["refresh"] = map[string]any{"periods": []string{"2000_Q3"}, "before": time.Now().UTC().Format(time.RFC3339)}
			if err := w.Sync(world.Moments[4].Interrupt(w, (*world.Process).Kill).Options()); err != world.ErrKilled {
				t.Fatal(err)
			}
			w.Spent(2)
			delete(w.Spec, "refresh")
			time.Sleep(10 * 24 * time.Hour)
			w.MustSync()
			w.Landed()
			w.Spent(map[bool]int{true: 2, false: 3}[final])
		})
	}
}

// dayAt sleeps until some hours after the beginning of a day, counted from the epoch.
func dayAt(days int, hours float64) {
	time.Sleep(time.Until(world.Epoch.AddDate(0, 0, days).Add(time.Duration(hours * float64(time.Hour)))))
}

// quarterOf numbers the quarter of a day, and gives its last day. Fiscal years open in February, as the stand-in's do.
func quarterOf(day time.Time) (number int, last time.Time) {
	months := day.Year()*12 + int(day.Month()) - 2 // since February of the year 0
	number = months / 3
	return number, time.Date(0, time.Month(2+3*number+3), 0, 0, 0, 0, 0, time.UTC)
}

// least is the smallest number of exports that one tab needs on each of so many days. Every day the quarters that the offsets name are
// exported, and those once exported as current, until an export of a quarter was later than its end and settle days. Its result lands once more, at no cost.
func least(days, settle int, offsets ...int) (exports int) {
	watched, late := map[int]bool{}, map[int]bool{}
	for n := range days {
		today := world.Epoch.AddDate(0, 0, n)
		current, _ := quarterOf(today)
		planned := maps.Clone(watched)
		for _, offset := range offsets {
			planned[current+offset] = true
		}
		for quarter := range planned {
			last := time.Date(0, time.Month(2+3*quarter+3), 0, 0, 0, 0, 0, time.UTC)
			if late[quarter] {
				continue
			}
			exports++
			if today.Sub(last) > time.Duration(settle)*24*time.Hour {
				late[quarter] = true
			}
		}
		watched[current] = watched[current] || planned[current]
	}
	return exports
}

// TestYearOfDailySyncs spends no export more than the rules ask for.
func TestYearOfDailySyncs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		periods []string
		offsets []int
	}{
		{"previous, current and next", []string{"previous", "current", "next"}, []int{-1, 0, 1}},
		{"current alone", []string{"current"}, []int{0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const days, tabs = 366, 2
				tenant := world.Tiny
				tenant.Tabs = append(tenant.Tabs, sim.Tab{ID: "bookings", Fields: sim.Fields(1)})
				w := world.New(t, sim.Config{Tenant: tenant, Run: sim.Fixed(30 * time.Second)}, map[string]any{
					"forecasts": world.Forecasts(tenant.Tabs...), "periods": test.periods,
				}).WithState()
				o := world.SyncOptions{SyncOptions: sdk.SyncOptions{Tables: []string{"clari_forecast_*"}}}
				reckoned := newReckoning(w)
				for day := range days {
					dayAt(day, 6)
					for _, excess := range reckoned.sync(o, tenant.Tabs, test.offsets) {
						t.Errorf("day %d: %s", day, excess)
					}
				}
				want := tabs * least(days, 14, test.offsets...)
				spent := w.Sim.Ledger().Spent()
				t.Logf("%d daily syncs of %d tabs: %d exports spent, the least that the rules allow is %d", days, tabs, spent, want)
				if spent != want {
					t.Errorf("%d exports spent, want %d", spent, want)
				}
				w.Landed()
				w.Tidy()
				if n := w.Logs.Count("warn", "") + w.Logs.Count("error", ""); n != 0 {
					t.Errorf("%d warnings and errors in a year without trouble", n)
				}
			})
		})
	}
}

// TestSettles: a quarter is exported until one export is later than its end and settle_days. Its stored result lands in one more sync; then it is settled.
// The third quarter of fiscal 2000 ended 62 days before the epoch.
func TestSettles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		more    map[string]any
		spent   []int // after each of the syncs
		again   int   // rows that say landed_again
		settled int   // rows that say settled
	}{
		{"long over", nil, []int{1, 1, 1, 1}, 1, 2},
		{"settle_days not over", map[string]any{"settle_days": 64}, []int{1, 2, 3, 4}, 0, 0},
		{"over from the third sync on", map[string]any{"settle_days": 63}, []int{1, 2, 3, 3, 3}, 1, 1},
		{"to be refreshed", map[string]any{"refresh": []string{"previous"}}, []int{1, 2, 3, 4}, 0, 0},
		{"others to be refreshed", map[string]any{"refresh": []string{"1999_Q1..1999_Q4"}}, []int{1, 1, 1}, 1, 1},
		{"history", map[string]any{"history": true}, []int{1, 1, 1}, 1, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{}, map[string]any{"periods": []string{"previous"}, "fiscal_year_start_month": 2})
				maps.Copy(w.Spec, test.more)
				w.WithState()
				for day, spent := range test.spent {
					dayAt(day, 6)
					w.MustSync()
					w.Spent(spent)
				}
				if again, settled := len(w.Exports("landed_again")), len(w.Exports("settled")); again != test.again || settled != test.settled {
					t.Errorf("%d rows say landed_again, %d settled; want %d and %d", again, settled, test.again, test.settled)
				}
				w.Landed()
			})
		})
	}
}

// TestSettlesLate: of a quarter whose end nothing tells, rows are final that were exported after it must have ended: 15 weeks after one of its weeks began,
// or, where the result has no rows, after the last day that any fiscal year gives a quarter of its name. The epoch is in the fourth quarter of fiscal 2000.
func TestSettlesLate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, period string
		empty        bool
		spent        []int // after each of the syncs
	}{
		{"its newest week began in July", "2000_Q2", false, []int{1, 1, 1, 1}},
		{"its newest week began in October", "2000_Q3", false, []int{1, 2, 3}},
		{"no rows, of a year that is over for everybody", "1998_Q4", true, []int{1, 1, 1, 1}},
		{"no rows, of a year that may have begun in December", "1999_Q1", true, []int{1, 2, 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{}, map[string]any{"periods": []string{test.period}, "export_format": "csv"}).WithState()
				w.Spec["forecasts"].([]map[string]any)[0]["include_historical"] = "false"
				if test.empty {
					w.Sim.Add(sim.Fault{Op: sim.Create, Count: len(test.spent), Do: sim.Empty()})
				}
				for day, spent := range test.spent {
					dayAt(day, 6)
					w.MustSync()
					w.Spent(spent)
				}
			})
		})
	}
}

// TestSettledInTwoForms: final rows of the latest week landed alone, and then with all weeks: those of the latest week landed in two syncs, and are settled. Those
// of the weeks before are not.
func TestSettledInTwoForms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		whole []string // include_historical of each sync
		spent int
	}{
		{[]string{"false", "true"}, 2},
		{[]string{"false", "true", "false"}, 2},
		{[]string{"false", "true", "true"}, 3},
		{[]string{"false", "true", "true", "true", "false"}, 3},
		{[]string{"true", "false", "true", "true"}, 3}, // all weeks landed in two syncs, with less in between
	} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, sim.Config{Life: time.Hour}, map[string]any{"periods": []string{"2000_Q3"}}).WithState()
			for _, include := range test.whole {
				w.Spec["forecasts"].([]map[string]any)[0]["include_historical"] = include
				time.Sleep(8 * time.Hour)
				w.MustSync()
			}
			w.Spent(test.spent)
		})
	}
}

// TestSettleDaysGrow: what was settled is not any more, and settles again.
func TestSettleDaysGrow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, map[string]any{"periods": []string{"2000_Q3"}}).WithState()
		for range 3 {
			w.MustSync()
		}
		w.Spent(1)
		w.Spec["settle_days"] = 80
		w.MustSync()
		w.Spent(2)
		dayAt(30, 0)
		for range 4 {
			w.MustSync()
		}
		w.Spent(3)
	})
}

// TestNoBackend: nothing is known from sync to sync.
func TestNoBackend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, map[string]any{"periods": []string{"1999_Q1"}})
		for range 3 {
			w.MustSync()
		}
		w.Spent(3)
		if n := w.Logs.Count("info", "no state backend"); n != 3 {
			t.Errorf("%d lines say what a backend would save in three syncs", n)
		}
	})
}

// TestCurrentStaysUntilSettled: a quarter that is not current any more is exported until it is settled, in a spec that only ever asks
// for the current one.
func TestCurrentStaysUntilSettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, nil).WithState()
		for day := 30; day < 50; day++ { // fiscal 2000 ends with the first of them
			dayAt(day, 6)
			w.MustSync()
		}
		if n := w.Sim.Ledger().JobsFor()[sim.Asked{Forecast: "forecast", Period: "2000_Q4"}]; n != 15 {
			t.Errorf("%d exports of the quarter that has ended, want 14 and one more", n)
		}
		if n := len(w.Exports("settled")); n != 0 {
			t.Errorf("%d rows tell of the quarter after it has settled, which is no part of the spec", n)
		}
		w.Landed()
	})
}

// TestEmptyAfterItWasCurrent: a quarter that had rows while it was current and has none now is a failure, which leaves them alone.
func TestEmptyAfterItWasCurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, nil).WithState()
		dayAt(30, 6)
		w.MustSync()
		dayAt(31, 6)
		w.Sim.Add(sim.Fault{Op: sim.Create, Period: "2000_Q4", Count: 2, Do: sim.Empty()})
		for range 2 {
			if err := w.Sync(); !errors.Is(err, export.ErrEmpty) {
				t.Errorf("error %v", err)
			}
		}
		w.MustSync()
		w.Landed()
	})
}

// TestTableSelectedLater lands from the old job while its result lives, which costs nothing.
func TestTableSelectedLater(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		later int // days
		lands bool
	}{
		{"while the result lives", 20, true},
		{"when it has expired", 40, false}, // a new export would not have those who left: only refresh makes one
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{}, map[string]any{"periods": []string{"1999_Q1"}}).WithState()
				few := world.SyncOptions{SyncOptions: sdk.SyncOptions{Tables: []string{"clari_forecast_entries", "clari_forecast_exports"}}}
				w.MustSync(few)
				w.MustSync(few)
				dayAt(test.later, 0)
				w.MustSync(few)
				w.Spent(1)
				w.MustSync()
				w.Spent(1)
				if test.lands {
					w.Landed()
				}
				if landed := len(w.Destination.Tables["clari_forecast_users"]) > 0; landed != test.lands {
					t.Errorf("the new table has rows: %t", landed)
				}
				if told := w.Logs.Count("info", "only refresh"); (told == 0) != test.lands || !test.lands && w.Logs.Count("info", "1999_Q1") == 0 {
					t.Errorf("%d lines name the quarter that lacks a table:\n%s", told, w.Logs)
				}
				w.MustSync()
				w.MustSync(few)
				w.Spent(1)
			})
		})
	}
}

// TestIncremental: with a state backend no table can be pruned by the CLI; without one all can.
func TestIncremental(t *testing.T) {
	t.Parallel()
	for _, backend := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, sim.Config{}, map[string]any{"periods": []string{"1999_Q1"}})
			w.Destination.DeleteStale = true
			if backend {
				w.WithState()
			}
			tables := 0
			o := world.SyncOptions{Message: func(m message.SyncMessage) {
				if migrate, ok := m.(*message.SyncMigrateTable); ok {
					tables++
					if migrate.Table.IsIncremental != backend {
						t.Errorf("%s: incremental %t with backend %t", migrate.Table.Name, migrate.Table.IsIncremental, backend)
					}
				}
			}}
			w.MustSync(o)
			if tables < 8 {
				t.Errorf("%d tables", tables)
			}
			w.MustSync()
			w.MustSync() // settled by now
			entries := len(w.Destination.Tables["clari_forecast_entries"])
			w.Spec["periods"] = []string{"1999_Q2"}
			w.MustSync()
			kept := len(w.Destination.Rows("clari_forecast_entries", func(r world.Row) bool { return r["requested_period"] == "1999_Q1" }))
			if want := map[bool]int{true: entries, false: 0}[backend]; kept != want {
				t.Errorf("backend %t: %d of %d rows are left of the quarter that left the spec, want %d", backend, kept, entries, want)
			}
			w.Landed()
		})
	}
}

// TestTwiceADay: every sync exports what is not settled; a job that has landed is never adopted.
func TestTwiceADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, world.Slow, world.Fields(map[string]any{"periods": []string{"current", "next"}})).WithState()
		for hour := range 5 {
			dayAt(0, float64(hour))
			w.MustSync()
			w.Spent(2 * (hour + 1))
		}
		if n := len(w.Exports("adopted")); n != 0 {
			t.Errorf("%d landed jobs were adopted", n)
		}
		if n := len(w.Values("clari_forecast_entries", "job_id")); n != 2 {
			t.Errorf("rows of %d jobs, want those of the last two", n)
		}
		w.Landed()
	})
}

// TestSettledWithABadOldResult: a table is selected when the quarter has settled, and its old result cannot give the rows: it does not
// pass, is gone, or has expired. That is one line in the log, no error, and no new export: history would be written anew without those
// who have left. Refresh exports.
func TestSettledWithABadOldResult(t *testing.T) {
	t.Parallel()
	for name, befall := range map[string]func(*sim.Job){
		"truncated":         func(j *sim.Job) { j.RowsTruncated = true },
		"contradicts":       func(j *sim.Job) { j.Export.Quirks.RepeatEntry = true },
		"makes no sense":    func(j *sim.Job) { j.Export.Quirks.MissingID = true },
		"another quarter's": func(j *sim.Job) { j.Export.Quarter = j.Export.Quarter.Add(-1) },
		"gone":              func(j *sim.Job) { j.Vanished = true },
		"expired":           func(j *sim.Job) { j.Life = time.Minute },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"periods": []string{"1999_Q1"}}).WithState()
				some := world.SyncOptions{SyncOptions: sdk.SyncOptions{Tables: []string{"clari_forecast_entries", "clari_forecast_exports"}}}
				for range 2 {
					w.MustSync(some)
					time.Sleep(24 * time.Hour)
				}
				w.Sim.Change(befall)
				for range 2 {
					w.Logs.Text.Reset()
					w.MustSync(world.ExportsOnly())
					if n := w.Logs.Count("info", "1999_Q1"); n == 0 {
						t.Errorf("no line names the quarter:\n%s", w.Logs)
					}
					time.Sleep(24 * time.Hour)
				}
				w.Spent(1)
				if n := w.Logs.Count("error", ""); n > 0 {
					t.Errorf("%d error lines", n)
				}
				w.Spec["refresh"] = []string{"1999_Q1"}
				w.MustSync(world.ExportsOnly())
				w.Spent(2)
				if len(w.Destination.Tables["clari_forecast_users"]) == 0 {
					t.Error("refresh has landed no users")
				}
			})
		})
	}
}
