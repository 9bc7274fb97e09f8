package reading

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

var (
	shapes   = []sim.Encoding{sim.Arrays, sim.FlatObjects, sim.FlatLists, sim.CSV}
	allTypes = []string{"forecast", "forecast_updated", "quota", "adjustment", "crm_total", "crm_closed"}
)

// tenants are what results are known, or must be expected, to hold.
var tenants = map[string]func(*sim.Config){
	"plain": func(*sim.Config) {},
	"months": func(c *sim.Config) {
		c.Tenant.Tabs[0].Fields = append(sim.Fields(3), sim.MonthlyField(), sim.CountField())
	},
	"two ids":         func(c *sim.Config) { c.Quirks.TwoIDs = true },
	"odd staff":       func(c *sim.Config) { c.Tenant.Staff = sim.OddStaff() },
	"odd texts":       func(c *sim.Config) { c.Tenant.Staff, c.Tenant.Tabs[0].Fields = sim.OddTextStaff(), sim.OddTextFields() },
	"no CRM ids":      func(c *sim.Config) { c.Tenant.MissingCRM = 1 },
	"split":           func(c *sim.Config) { c.Quirks.SplitEntries = true },
	"split, adjacent": func(c *sim.Config) { c.Quirks.SplitAdjacent = true },
	"unknown keys":    func(c *sim.Config) { c.Quirks.ExtraKeys, c.Quirks.ExtraColumn = true, true },
	"unique keys":     func(c *sim.Config) { c.Quirks.UniqueKeys, c.Quirks.SplitEntries = true, true },
	"odd labels":      func(c *sim.Config) { c.Quirks.OddLabels, c.Tenant.Currency = true, "GBP" },
	"amounts as text": func(c *sim.Config) { c.Quirks.AmountText = true },
	"scope as object": func(c *sim.Config) { c.Quirks.ScopeObject, c.Quirks.ShuffledWeeks = true, true },
	"entries last": func(c *sim.Config) {
		c.Quirks.ArrayOrder = []string{"timeFrames", "users", "timePeriods", "fields", "entries"}
	},
	"entries between": func(c *sim.Config) {
		c.Quirks.ArrayOrder = []string{"users", "timePeriods", "entries", "fields", "timeFrames"}
	},
	"blank weeks": func(c *sim.Config) { c.Tenant.BlankWeeks = true },
	"short labels": func(c *sim.Config) {
		c.Tenant.QuarterLabel = func(q sim.Quarter) string { return fmt.Sprintf("Q%d", q.Number) }
	},
	"everything": func(c *sim.Config) {
		c.Tenant.Staff, c.Tenant.Tabs[0].Fields = append(sim.OddStaff(), sim.OddTextStaff()...), sim.OddTextFields()
		c.Quirks = sim.Quirks{ShuffledWeeks: true, SplitEntries: true, ExtraKeys: true, ExtraColumn: true, UniqueKeys: true, OddLabels: true, ScopeObject: true}
	},
}

// TestTenants compares every row of every table with the truth.
func TestTenants(t *testing.T) {
	for name, alter := range tenants {
		for _, shape := range shapes {
			t.Run(name+"/"+string(shape), func(t *testing.T) {
				right(t, shape, alter, oracle.Known, map[string]any{"fiscal_year_start_month": 2})
			})
		}
	}
}

// What only a calendar tells is null in flat rows where there is none.
func TestNoCalendar(t *testing.T) {
	for _, shape := range shapes {
		t.Run(string(shape), func(t *testing.T) { right(t, shape, tenants["months"], oracle.Unknown, nil) })
	}
}

// One tab of the sync in five arrays tells the quarter's days for another in flat rows.
func TestDaysFromAnotherExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tabs := []sim.Tab{{ID: "one", Encoding: sim.Arrays}, {ID: "two", Encoding: sim.FlatObjects}}
		w := world.New(t, sim.Config{Tenant: sim.Tenant{Tabs: tabs}}, map[string]any{
			"periods": []string{"2000_Q3"}, "forecasts": []map[string]any{{"id": "one"}, {"id": "two"}},
		})
		check(t, w, oracle.Known)
	})
}

// A currency that was asked for, and a part of the hierarchy.
func TestCurrencyAndScope(t *testing.T) {
	for _, shape := range shapes {
		t.Run(string(shape), func(t *testing.T) {
			tab := map[string]any{"id": "net_arr", "currency": "EUR", "scope_id": sim.Tenant{People: 20, Span: 3}.ScopeID(1)}
			right(t, shape, func(c *sim.Config) { c.Tenant.Tabs[0].Fields = append(sim.Fields(2), sim.CountField()) }, oracle.Unknown, map[string]any{
				"forecasts": []map[string]any{tab},
			})
		})
	}
}

// right lands a tenant in a shape and compares.
func right(t *testing.T, shape sim.Encoding, alter func(*sim.Config), days oracle.Days, fields map[string]any) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg := sim.Config{Tenant: sim.Tenant{People: 20, Span: 3, MissingCRM: 6, Tabs: []sim.Tab{{ID: "net_arr", Fields: sim.Fields(3)}}}, JSON: shape}
		alter(&cfg)
		spec := map[string]any{"periods": []string{"2000_Q4"}, "forecasts": []map[string]any{{"id": "net_arr"}}}
		maps.Copy(spec, fields)
		for _, tab := range spec["forecasts"].([]map[string]any) {
			tab["types"], tab["include_historical"] = allTypes, "true"
		}
		if shape == sim.CSV {
			cfg.JSON, spec["export_format"] = "", "csv"
		}
		w := world.New(t, cfg, spec)
		time.Sleep(4 * 24 * time.Hour)
		check(t, w, days)
	})
}

// check syncs and compares all that landed with the truth.
func check(t *testing.T, w *world.World, days oracle.Days) {
	t.Helper()
	l := w.Collect()
	if l.Err != nil {
		t.Fatal(l.Err)
	}
	for _, job := range w.Sim.Ledger().Created() {
		for _, table := range oracle.Tables() {
			var rows []oracle.Row
			for _, r := range l.Rows[table] {
				if r["job_id"] == job.ID {
					rows = append(rows, oracle.Canonical(r))
				}
			}
			wrong, n := oracle.Differ(job, table, slices.Values(rows), days)
			for _, line := range wrong {
				t.Error(line[:min(len(line), 2000)])
			}
			if n == 0 {
				t.Errorf("nothing to compare in %s", table)
			}
		}
	}
}

// People and fields are the same in all shapes, and one person is the same in all tabs.
func TestPersonIDsAgree(t *testing.T) {
	people := map[sim.Encoding][]string{}
	for _, shape := range shapes {
		synctest.Test(t, func(t *testing.T) {
			cfg := sim.Config{Tenant: sim.Tenant{People: 60, MissingCRM: 4}, JSON: shape}
			spec := map[string]any{"periods": []string{"2000_Q4"}}
			if shape == sim.CSV {
				cfg.JSON, spec["export_format"] = "", "csv"
			}
			l := world.New(t, cfg, spec).Collect()
			for _, r := range l.Rows["clari_forecast_users"] {
				people[shape] = append(people[shape], fmt.Sprint(r["person_id"], r["role"]))
			}
			slices.Sort(people[shape])
		})
	}
	for _, shape := range shapes {
		if !slices.Equal(people[shape], people[sim.Arrays]) || len(people[shape]) != 60 {
			t.Errorf("%s: %d people, and not those of the five arrays", shape, len(people[shape]))
		}
	}
}
