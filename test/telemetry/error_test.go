package telemetry

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// twice finds a tab that is named twice in one clause of an error.
func twice(text string, ids ...string) string {
	for _, clause := range regexp.MustCompile(`[;\n]`).Split(text, -1) {
		for _, id := range ids {
			if len(regexp.MustCompile(`forecast "?`+regexp.QuoteMeta(id)+`\b`).FindAllString(clause, -1)) > 1 {
				return clause
			}
		}
	}
	return ""
}

// TestWrongKeyIsNotAskedForLong: a key that is refused dooms every export, which is known after two endpoints have said so and nobody else anything, or
// after a minute; and it is told once.
func TestWrongKeyIsNotAskedForLong(t *testing.T) {
	t.Parallel()
	for _, limits := range []int{401, 403, 200} { // the endpoint may be closed to this key, and open to another
		t.Run(fmt.Sprintf("limits answer %d", limits), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Tenant: sim.Tenant{Tabs: world.ThreeTabs}}, map[string]any{
					"forecasts": world.Forecasts(world.ThreeTabs[:2]...), "periods": []string{"1997_Q1..1999_Q4"},
				})
				if limits == 401 {
					w.Spec["api_key"] = "sekret-wrong-key-17"
				} else {
					w.Sim.Add(sim.Fault{Op: sim.Create, Count: sim.Always, Do: sim.Answer(401)})
				}
				if limits == 403 {
					w.Sim.Add(sim.Fault{Op: sim.Limits, Count: sim.Always, Do: sim.Answer(403)})
				}
				began := time.Now()
				err := w.Sync(world.SyncOptions{SyncOptions: sdk.SyncOptions{Tables: []string{"clari_forecast_*"}}})
				if !errors.Is(err, clari.ErrUnauthorized) {
					t.Fatalf("error %v", err)
				}
				refused := 0
				for _, r := range w.Sim.Ledger().Requests {
					if r.Status == 401 {
						refused++
					}
				}
				most := 7 // creations, ten seconds apart
				if limits == 401 {
					most = 2
				}
				if took := time.Since(began); refused > most || took > 70*time.Second {
					t.Errorf("it was refused %d times in %s:\n%s", refused, took, w.Sim.Ledger())
				}
				if text := err.Error(); len(text) > 500 || strings.Count(text, "401") != 1 {
					t.Errorf("the error has %d bytes: %s", len(text), text)
				}
			})
		})
	}
}

// TestNoOptinIsOneTabsOwn: a user who is not opted in to one tab has the others.
func TestNoOptinIsOneTabsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tabs := []sim.Tab{{ID: "net_arr", NoOptIn: true}, {ID: "bookings"}}
		w := world.New(t, sim.Config{Tenant: sim.Tenant{Tabs: tabs}}, map[string]any{"forecasts": world.Forecasts(tabs...)})
		if err := w.Sync(); err == nil || !strings.Contains(err.Error(), "net_arr") {
			t.Errorf("error %v", err)
		}
		if n := w.Landed(); n != 1 {
			t.Errorf("%d exports landed, want 1", n)
		}
	})
}

// TestManyFailures: an error stays short however many exports failed, and says each cause once. Each export has its row.
func TestManyFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var unknown []sim.Tab
		for i := range 40 {
			unknown = append(unknown, sim.Tab{ID: fmt.Sprintf("tab_%d", i)})
		}
		w := world.New(t, sim.Config{}, map[string]any{
			"forecasts": world.Forecasts(unknown...), "periods": []string{"1975_Q1..1999_Q4"}, "delay_between_exports": "0s", "requests_per_second": 100,
		})
		err := w.Sync(world.SyncOptions{SyncOptions: sdk.SyncOptions{Tables: []string{"clari_forecast_*"}}})
		if err == nil {
			t.Fatal("no error")
		}
		text := err.Error()
		if len(text) > 4<<10 || !strings.Contains(text, "4000") {
			t.Errorf("the error has %d bytes: %.300s", len(text), text)
		}
		if n := len(w.Exports("failed")); n != 4000 {
			t.Errorf("%d rows of failed exports, want 4,000", n)
		}
	})
}

// TestGroupedByCause: quarters that follow one another and fail for one reason are one range.
func TestGroupedByCause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Tenant: sim.Tenant{Tabs: world.ThreeTabs}}, map[string]any{
			"forecasts": world.Forecasts(world.ThreeTabs[:2]...), "periods": []string{"1997_Q1..1999_Q4"}, "delay_between_exports": "0s",
		})
		w.Sim.Add(sim.Fault{Op: sim.Create, Forecast: world.ThreeTabs[0].ID, Count: sim.Always, Do: sim.NoOptIn()})
		w.Sim.Add(sim.Fault{Op: sim.Create, Forecast: world.ThreeTabs[1].ID, Period: "1998_Q3", Count: sim.Always, Do: sim.Answer(403)})
		err := w.Sync()
		if err == nil {
			t.Fatal("no error")
		}
		text := err.Error()
		for _, want := range []string{"1997_Q1..1999_Q4", "no_optin", "bookings", "1998_Q3", "13 of 24"} {
			if strings.Count(text, want) != 1 {
				t.Errorf("%q is there %d times: %s", want, strings.Count(text, want), text)
			}
		}
		if clause := twice(text, "net_arr", "bookings"); clause != "" {
			t.Errorf("a tab is named twice: %s", clause)
		}
	})
}

// TestTabIsNamedOnce in the clause that says what went wrong with it.
func TestTabIsNamedOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sim.Fault{
		"refused":    {Op: sim.Create, Do: sim.Answer(403)},
		"no optin":   {Op: sim.Create, Do: sim.NoOptIn()},
		"unknown":    {Op: sim.Create, Do: sim.NoSuchForecast()},
		"job failed": {Op: sim.Create, Do: sim.Ends(sim.Failed)},
		"poll":       {Op: sim.Status, Do: sim.Answer(403)},
		"result":     {Op: sim.Results, Do: sim.Answer(500)},
		"unclear":    {Op: sim.Create, Do: sim.Answer(500)},
		"truncated":  {Op: sim.Create, Do: sim.RowsTruncated()},
		"wrong":      {Op: sim.Create, Do: sim.WrongQuarter(-1)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Tenant: sim.Tenant{Tabs: world.ThreeTabs[:1]}}, map[string]any{
					"periods": []string{"1999_Q4"}, "max_retries": 0, "export_attempts": 1,
				})
				fault.Count = sim.Always
				w.Sim.Add(fault)
				err := w.Sync()
				if err == nil {
					t.Fatal("no error")
				}
				if clause := twice(err.Error(), "net_arr"); clause != "" {
					t.Errorf("the tab is named twice: %s", clause)
				}
			})
		})
	}
}

// TestOnlyWhyCurrentWasRefused: what is planned from the current quarter cannot be without it. The error says why that was refused, and
// asks for nothing that would not help.
func TestOnlyWhyCurrentWasRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, map[string]any{"periods": []string{"previous", "current", "next"}})
		w.Sim.Add(sim.Fault{Op: sim.Create, Count: sim.Always, Do: sim.NoOptIn()})
		err := w.Sync()
		if err == nil || !strings.Contains(err.Error(), "no_optin") || strings.Contains(err.Error(), "fiscal_year_start_month") {
			t.Errorf("error %v", err)
		}
	})
}
