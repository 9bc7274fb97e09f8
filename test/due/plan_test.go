// Package due tests what a sync plans and what it does about each item of the plan, by what earlier syncs left: whole syncs in virtual time.
// What happens to one export from there on is tested in lifecycle.
package due

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestOrder: every tab's current quarter first, however it was named, then every tab's next, then from newest to oldest. Bubbles begin in
// 2000_Q4.
func TestOrder(t *testing.T) {
	t.Parallel()
	for name, periods := range map[string][]string{
		"named explicitly":  {"2000_Q2..2001_Q2"},
		"one by one":        {"2001_Q2", "2000_Q2", "2001_Q1", "2000_Q4", "2000_Q3"},
		"relative":          {"current-2..current+2"},
		"relative and not":  {"2000_Q2..current", "2001_Q1", "2001_Q2"},
		"current and named": {"current", "2000_Q2..2001_Q2"},
	} {
		for _, known := range []string{"by the spec", "by state"} {
			t.Run(name+", known "+known, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := world.New(t, sim.Config{Tenant: sim.Tenant{Tabs: world.ThreeTabs}}, map[string]any{
						"forecasts": world.Forecasts(world.ThreeTabs[:2]...), "periods": periods, "delay_between_exports": "0s",
					})
					skip := 0
					if known == "by state" {
						w.WithState()
						w.Spec["periods"], w.Spec["forecasts"] = []string{"current"}, world.Forecasts(world.ThreeTabs[2])
						w.MustSync()
						skip = 1
						w.Spec["periods"], w.Spec["forecasts"] = periods, world.Forecasts(world.ThreeTabs[:2]...)
					} else {
						w.Spec["fiscal_year_start_month"] = 2
					}
					w.MustSync()
					var got []string
					for _, job := range w.Sim.Ledger().Created()[skip:] {
						got = append(got, fmt.Sprintf("%s %s", job.Forecast, job.Got))
					}
					var want []string
					for _, quarter := range []string{"2000_Q4", "2001_Q1", "2001_Q2", "2000_Q3", "2000_Q2"} {
						want = append(want, "net_arr "+quarter, "bookings "+quarter)
					}
					if strings.Join(got, "\n") != strings.Join(want, "\n") {
						t.Errorf("exported in the order\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
					}
				})
			})
		}
	}
}

// TestLastExportOfTheQuota goes to the quarter that matters most.
func TestLastExportOfTheQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Monthly: 1}, map[string]any{"periods": []string{"1999_Q4..2001_Q1"}, "fiscal_year_start_month": 2})
		if w.Sync() == nil {
			t.Fatal("no error")
		}
		landed := w.Exports("exported")
		if len(landed) != 1 || landed[0]["requested_period"] != "2000_Q4" {
			t.Errorf("landed %v, want the current quarter", landed)
		}
	})
}

// TestFirstCauseStays: a job failed, and the quota has no place for another: the export failed, and says first of what.
func TestFirstCauseStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Monthly: 1, Run: sim.Fixed(20 * time.Second)}, nil)
		w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Ends(sim.Failed)})
		err := w.Sync()
		if err == nil || !strings.Contains(err.Error(), "FAILED") {
			t.Errorf("the error does not say that the job failed: %v", err)
		}
		failed := w.Exports("failed")
		if len(failed) != 1 || failed[0]["attempts"] != int64(1) || !strings.Contains(fmt.Sprint(failed[0]["error"]), "FAILED") {
			t.Errorf("failed: %v, left out: %v", failed, w.Exports("left_out"))
		}
	})
}

// TestPassedThrough: a year or a month goes to Clari as it is, which answers what it does not understand with its current
// quarter. The result must name what was asked for: as the id of one of its periods, where it has any, else whole in the job's file name.
func TestPassedThrough(t *testing.T) {
	t.Parallel()
	monthly := sim.Tenant{Tabs: []sim.Tab{{ID: "forecast", Fields: []sim.Field{sim.MonthlyField()}}}}
	for _, test := range []struct {
		name   string
		tenant sim.Tenant
		shape  sim.Encoding
		period string
		file   string // of the job; "" as it is
		lands  bool
	}{
		{"the current quarter", sim.Tenant{}, sim.Arrays, "2025_M1", "", false},
		{"the current quarter", sim.Tenant{}, sim.FlatObjects, "2025_M1", "", false},
		{"the current quarter", sim.Tenant{}, sim.FlatLists, "2025_M1", "", false},
		{"named by an id", monthly, sim.Arrays, "2000_M10", "", true},
		{"not quite named by an id", monthly, sim.Arrays, "2000_M1", "", false},
		{"ids decide", sim.Tenant{}, sim.Arrays, "2025_M1", "clari_export_forecast_forecast_2025_M1_20000101_000000.json", false},
		{"named by the file", sim.Tenant{}, sim.FlatObjects, "2025_M1", "clari_export_forecast_forecast_2025_M1_20000101_000000.json", true},
		{"not quite named by the file", sim.Tenant{}, sim.FlatObjects, "2025_M1", "clari_export_forecast_forecast_2025_M12_20000101_000000.json", false},
	} {
		t.Run(strings.Join([]string{test.name, string(test.shape), test.period}, ", "), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Tenant: test.tenant, JSON: test.shape, Run: sim.Fixed(20 * time.Second)}, map[string]any{
					"periods": []string{test.period}, "export_attempts": 1,
				})
				if test.file != "" {
					w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Altered("file name", func(j *sim.Job) { j.FileName = test.file })})
				}
				err := w.Sync()
				if rows := len(w.Destination.Tables["clari_forecast_entries"]); (err == nil) != test.lands || (rows > 0) != test.lands {
					t.Errorf("%d entries landed: %v", rows, err)
				}
				if err != nil && !strings.Contains(err.Error(), test.period) {
					t.Errorf("the error does not name what was asked for: %v", err)
				}
			})
		})
	}
}

// TestNoPeriod: what is no period is refused before anything is sent.
func TestNoPeriod(t *testing.T) {
	t.Parallel()
	for _, period := range []string{"2026_Q9", "2026_Q0", "2026Q1", "Q1", "2026-Q1", "Current", "last_quarter", "all", "FY2026", "2026_M13"} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, sim.Config{}, map[string]any{"periods": []string{period}})
			err := w.Sync()
			if err == nil || !regexp.MustCompile(`\d{4}_Q[1-4]`).MatchString(err.Error()) || !strings.Contains(err.Error(), "periods[0]") {
				t.Errorf("%s: the error does not show the form: %v", period, err)
			}
			if n := len(w.Sim.Ledger().Requests); n > 0 {
				t.Errorf("%s: %d requests", period, n)
			}
		})
	}
}

// TestCurrentIsNotNext: no job is taken for that of the current quarter, for which no period is sent, that was asked for another one.
func TestCurrentIsNotNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Run: sim.Fixed(5 * time.Second)}, map[string]any{
			"periods": []string{"current", "next"}, "fiscal_year_start_month": 2, "export_attempts": 1, "delay_between_exports": "0s",
		}).WithState()
		w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(500)})
		if w.Sync() == nil { // the job of next lands
			t.Fatal("no error")
		}
		time.Sleep(time.Hour)
		if err := w.Sync(); err != nil {
			t.Fatal(err)
		}
		current := w.Sim.Current()
		periods := map[any]bool{}
		for _, r := range w.Destination.Rows("clari_forecast_exports", world.HasLanded) {
			periods[r["requested_period"]] = true
		}
		if len(periods) != 2 || !periods[current.String()] || !periods[current.Add(1).String()] {
			t.Errorf("landed %v, want %s and the one after:\n%s", periods, current, w.Logs)
		}
	})
}

// TestShards: the parts land what the whole does.
func TestShards(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := sim.Config{Tenant: sim.Tenant{Tabs: world.ThreeTabs}}
		fields := map[string]any{"forecasts": world.Forecasts(world.ThreeTabs...), "periods": []string{"previous", "current"}, "delay_between_exports": "0s"}
		whole, parts := world.New(t, cfg, fields), world.New(t, cfg, fields)
		if err := whole.Sync(); err != nil {
			t.Fatal(err)
		}
		for num := range int32(3) {
			o := world.SyncOptions{SyncOptions: sdk.SyncOptions{Shard: &sdk.Shard{Num: num + 1, Total: 3}}}
			if err := parts.Sync(o); err != nil {
				t.Fatal(err)
			}
		}
		for table, rows := range whole.Destination.Tables {
			if table == "clari_limits" { // one row a sync, keyed by its time
				if n := len(parts.Destination.Tables[table]); n != 1 {
					t.Errorf("%d rows of clari_limits: only the first shard has any", n)
				}
				continue
			}
			if table == "clari_export_jobs" { // the first shard sees the jobs there are by then
				continue
			}
			if len(rows) != len(parts.Destination.Tables[table]) {
				t.Errorf("%s: the parts have %d rows, the whole %d", table, len(parts.Destination.Tables[table]), len(rows))
			}
			for id := range rows {
				if table != "clari_forecast_exports" && parts.Destination.Tables[table][id] == nil {
					t.Errorf("%s: the parts lack %s", table, id)
				}
			}
		}
		parts.Landed()
		if n := parts.Sim.Ledger().Spent(); n != 6 {
			t.Errorf("the parts spent %d exports, want 6", n)
		}
	})
}

// TestOnlyWhatIsAskedFor: no export without a table that comes from one.
func TestOnlyWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		tables []string
		spent  int
	}{
		{[]string{"clari_limits"}, 0},
		{[]string{"clari_export_jobs", "clari_forecast_exports"}, 0},
		{[]string{"clari_forecast_users"}, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, sim.Config{}, nil)
			if err := w.Sync(world.SyncOptions{SyncOptions: sdk.SyncOptions{Tables: test.tables}}); err != nil {
				t.Fatal(err)
			}
			if n := w.Sim.Ledger().Spent(); n != test.spent {
				t.Errorf("%v: %d exports spent, want %d", test.tables, n, test.spent)
			}
			if len(w.Destination.Tables) != len(test.tables) {
				t.Errorf("%v: tables %d", test.tables, len(w.Destination.Tables))
			}
			if test.spent > 0 && len(w.Destination.Tables["clari_forecast_users"]) == 0 {
				t.Error("no users landed")
			}
		})
	}
}

// TestQuarterTurn: Clari goes by its own clock, days by time_zone. In the hours in which the two disagree about the quarter no quarter
// is exported twice, and the one that has just ended or is about to begin is not forgotten. 2000_Q4 ends with 31 January.
func TestQuarterTurn(t *testing.T) {
	t.Parallel()
	day := func(month time.Month, day, hour int) time.Time {
		return time.Date(2000, month, day, hour, 0, 0, 0, time.UTC)
	}
	for _, test := range []struct {
		name    string
		zone    string
		at      time.Time
		periods []string
		want    []string // quarters, each once
	}{
		{"Clari is ahead", "America/Los_Angeles", day(2, 1, 3), []string{"current"}, []string{"2000_Q4", "2001_Q1"}},
		{"Clari is ahead", "America/Los_Angeles", day(2, 1, 3), []string{"previous", "current", "next"}, []string{"2000_Q4", "2001_Q1", "2001_Q2"}},
		{"Clari is ahead", "America/Los_Angeles", day(2, 1, 3), []string{"current", "next"}, []string{"2000_Q4", "2001_Q1", "2001_Q2"}},
		{"Clari is behind", "Asia/Tokyo", day(1, 31, 20), []string{"current"}, []string{"2000_Q4"}},
		{"Clari is behind", "Asia/Tokyo", day(1, 31, 20), []string{"previous", "current", "next"}, []string{"2000_Q4", "2001_Q1"}}, // 2000_Q3 is final, and lands again
		{"they agree", "UTC", day(2, 1, 3), []string{"current"}, []string{"2000_Q4", "2001_Q1"}},
	} {
		for _, start := range []int{0, 2} {
			t.Run(fmt.Sprintf("%s, %v, fiscal_year_start_month %d", test.name, test.periods, start), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"periods": test.periods, "time_zone": test.zone}).WithState()
					if start > 0 {
						w.Spec["fiscal_year_start_month"] = start
					}
					time.Sleep(time.Until(day(1, 30, 12)))
					w.MustSync(world.ExportsOnly())
					before := len(w.Sim.Ledger().Created())
					time.Sleep(time.Until(test.at))
					w.MustSync(world.ExportsOnly())
					var got []string
					for _, job := range w.Sim.Ledger().Created()[before:] {
						got = append(got, job.Got)
					}
					slices.Sort(got)
					if !slices.Equal(got, test.want) {
						t.Errorf("exported %v, want %v", got, test.want)
					}
					w.Landed()
				})
			})
		}
	}
}
