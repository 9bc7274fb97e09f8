package story

import (
	"math"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// All are told once, and land in several databases and write modes.
var All = map[string]func(*testing.T) *Story{
	// All weeks each time. Somebody leaves between the syncs.
	"weekly": Remembered(func(t *testing.T) *Story {
		cfg := sim.Config{Tenant: Tenant()}
		cfg.Tenant.BlankWeeks = true
		forecasts := Tabs()
		forecasts[0]["periods"] = []string{"previous", "current"}
		return Tell(t, cfg, map[string]any{"forecasts": forecasts, "fiscal_year_start_month": 2}, false, Day(0, 6), Day(6, 6), Day(12, 6))
	}),
	// One snapshot a day, the second of a day in place of the first: all weeks on Saturday and Monday, else the latest week.
	"history": Remembered(func(t *testing.T) *Story {
		return Tell(t, sim.Config{Tenant: Tenant()}, map[string]any{
			"forecasts": Tabs(), "fiscal_year_start_month": 2, "history": true,
		}, true, Day(0, 6), Day(1, 6), Day(1, 18), Day(2, 6), Day(3, 6))
	}),
	// People who stop calling, never call, work for two managers; today is in a week on the border of two quarters.
	"designed": Remembered(func(t *testing.T) *Story {
		return Tell(t, sim.Config{Tenant: Designed()}, map[string]any{
			"forecasts": []map[string]any{{"id": "net_arr", "types": AllTypes}, {"id": "bookings", "types": AllTypes}}, "periods": []string{"previous", "current"}, "fiscal_year_start_month": 2,
		}, false, Day(10, 6), Day(32, 6))
	}),
	// The same people, of whom one leaves before the quarter is over, and a quarter of 14 weeks.
	"leaver": Remembered(func(t *testing.T) *Story {
		cfg := sim.Config{Tenant: Designed()}
		cfg.Tenant.Leavers = map[int]time.Time{6: Day(20, 0)}
		return Tell(t, cfg, map[string]any{
			"forecasts": []map[string]any{{"id": "net_arr", "types": AllTypes}, {"id": "bookings", "types": AllTypes}}, "periods": []string{"current-2..current"}, "fiscal_year_start_month": 2,
		}, false, Day(10, 6), Day(32, 6))
	}),
	// The latest week alone, two weeks running, and then not for a week.
	"latest": Remembered(func(t *testing.T) *Story {
		forecasts := Tabs()
		for _, f := range forecasts {
			f["include_historical"] = false
		}
		return Tell(t, sim.Config{Tenant: Tenant()}, map[string]any{"forecasts": forecasts, "fiscal_year_start_month": 2}, false, Day(0, 6), Day(4, 6), Day(20, 6))
	}),
}

// OfBlocks is a sync of all blocks.
var OfBlocks = Remembered(func(t *testing.T) *Story {
	t.Helper()
	return Tell(t, sim.Config{Tenant: Tenant(), Around: sim.Around{ActivityEvery: 6 * time.Hour}}, map[string]any{
		"forecasts": Tabs(), "fiscal_year_start_month": 2,
		"activities": map[string]any{"since": "1999-12-01"}, "opportunities": map[string]any{}, "audit": map[string]any{"since": "1999-12-20"},
	}, false, Day(0, 0))
})

// AllTypes are the types of an export.
var AllTypes = []string{"forecast", "forecast_updated", "quota", "adjustment", "crm_total", "crm_closed"}

// Tenant has a hierarchy of three levels, three tabs in different forms, and people who leave.
func Tenant() sim.Tenant {
	return sim.Tenant{
		People: 6, Span: 2, ChangeEvery: 12 * time.Hour, MissingCRM: 5,
		Leavers: map[int]time.Time{4: Day(9, 0), 5: Day(2, 12)},
		Tabs: []sim.Tab{
			{ID: "net_arr", Encoding: sim.Arrays, Fields: append(sim.Fields(3), sim.MonthlyField())},
			{ID: "bookings", Encoding: sim.FlatObjects, Fields: sim.Fields(3)},
			{ID: "renewals", Encoding: sim.FlatLists, Fields: sim.Fields(2)},
		},
	}
}

// Tabs are those of the tenant, of which one is exported in a currency, and one for a scope.
func Tabs() []map[string]any {
	return []map[string]any{
		{"id": "net_arr", "types": AllTypes},
		{"id": "net_arr", "types": AllTypes, "currency": "EUR"},
		{"id": "bookings", "types": AllTypes},
		{"id": "renewals", "types": AllTypes, "scope_id": Tenant().ScopeID(1)},
	}
}

// Designed has a person under two managers, a manager who is adjusted, and people who stop calling, never call, and miss a week.
func Designed() sim.Tenant {
	p := func(i int, name, crm, role, roleID, parent, parentID, typ string) sim.Person {
		return sim.Person{
			ID: 280000 + i, Name: name, Email: crm + "@x.example", CRMID: "0054M" + crm, Role: role, RoleID: roleID,
			ParentRole: parent, ParentRoleID: parentID, Type: typ,
		}
	}
	return sim.Tenant{
		BlankWeeks: true, Amounts: DesignedAmounts,
		Staff: []sim.Person{
			p(0, "Cro", "cro", "CRO", "00E0", "", "", "MGR"),
			p(1, "Mgr East", "east", "Mgr East", "00E1", "CRO", "00E0", "MGR"),
			p(2, "Mgr West", "west", "Mgr West", "00E2", "CRO", "00E0", "MGR"),
			p(3, "Rep A", "repa", "Rep East", "00E3", "Mgr East", "00E1", "REP"),
			p(4, "Rep B", "repb", "Rep East", "00E3", "Mgr East", "00E1", "REP"),
			p(4, "Rep B", "repb", "Rep West", "00E4", "Mgr West", "00E2", "REP"),
			p(6, "Rep C", "repc", "Rep West", "00E4", "Mgr West", "00E2", "REP"),
			p(7, "Rep D", "repd", "Rep West", "00E4", "Mgr West", "00E2", "REP"),
		},
		Tabs: []sim.Tab{{ID: "net_arr", Encoding: sim.Arrays, Fields: designedFields}, {ID: "bookings", Encoding: sim.FlatObjects, Fields: designedFields}},
	}
}

var designedFields = []sim.Field{
	{ID: "fc_commit", Name: "Commit", Type: "forecast"}, {ID: "fc_best", Name: "Best Case", Type: "forecast"}, {ID: "quota_f", Name: "Quota", Type: "quota"},
}

// DesignedAmounts: Rep A calls up to week 3 while what is closed goes on. Rep D never calls; the manager does it for her. Rep C is adjusted in
// even weeks. Rep B misses week 2. The manager of the East enters nothing.
func DesignedAmounts(s sim.Sale) sim.Amounts {
	none := math.NaN()
	a := sim.Amounts{Forecast: none, Quota: none, Adjustment: none, CRMTotal: none, CRMClosed: none}
	week := float64(s.Week.Number)
	base := map[int]float64{0: 100000, 1: 40000, 2: 60000, 3: 20000, 4: 15000, 5: 12000, 6: 10000, 7: 8000}[s.Person]
	if s.Field.Type == "quota" {
		a.Quota = base * 1.2
		return a
	}
	if s.Week.First.After(s.At) || s.Person == 1 {
		return a
	}
	a.Forecast, a.CRMClosed, a.CRMTotal, a.Updated = base+100*week+float64(s.Quarter.Number), base*week/14, base*3, true
	switch {
	case s.Person == 3 && s.Week.Number > 3, s.Person == 4 && s.Week.Number == 2:
		a.Forecast, a.Updated = none, false
	case s.Person == 7:
		a.Forecast, a.Updated, a.Adjustment = none, false, 5000
	case s.Person == 6 && s.Week.Number%2 == 0:
		a.Adjustment = a.Forecast * 0.9
	}
	return a
}
