package lifecycle

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestPassedThrough: a year or a month goes to Clari as it is, which answers what it does not understand with its current
// quarter. The result must name what was asked for: as the id of one of its periods, where it has any, else whole in the job's file name.
func TestPassedThrough(t *testing.T) {
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
				w := newWorld(t, sim.Config{Tenant: test.tenant, JSON: test.shape, Run: sim.Fixed(20 * time.Second)}, map[string]any{
					"periods": []string{test.period}, "export_attempts": 1,
				})
				if test.file != "" {
					w.sim.Add(sim.Fault{Op: sim.Create, Do: sim.Altered("file name", func(j *sim.Job) { j.FileName = test.file })})
				}
				err := w.sync()
				if rows := len(w.wh.tables["clari_forecast_entries"]); (err == nil) != test.lands || (rows > 0) != test.lands {
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
	for _, period := range []string{"2026_Q9", "2026_Q0", "2026Q1", "Q1", "2026-Q1", "Current", "last_quarter", "all", "FY2026", "2026_M13"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sim.Config{}, map[string]any{"periods": []string{period}})
			err := w.sync()
			if err == nil || !regexp.MustCompile(`\d{4}_Q[1-4]`).MatchString(err.Error()) || !strings.Contains(err.Error(), "periods[0]") {
				t.Errorf("%s: the error does not show the form: %v", period, err)
			}
			if n := len(w.sim.Ledger().Requests); n > 0 {
				t.Errorf("%s: %d requests", period, n)
			}
		})
	}
}
