package oracle

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle/decode"
)

// sample is an export with all there is: months, counts, people without a CRM id.
func sample(e sim.Encoding) sim.Job {
	tab := sim.Tab{ID: "net_arr", Fields: append(sim.Fields(4), sim.MonthlyField(), sim.CountField())}
	tenant := sim.New(sim.Config{Tenant: sim.Tenant{Seed: 7, People: 7, Span: 2, MissingCRM: 5, Tabs: []sim.Tab{tab}}}).Tenant()
	return sim.Job{Forecast: tab.ID, ID: "job", Export: sim.Export{
		Tenant: &tenant, Tab: tab, Quarter: sim.Quarter{Year: 2026, Number: 2}, Types: []string{"forecast", "forecast_updated"}, JobCurrency: "USD",
		Historical: true, Encoding: e, At: time.Date(2025, 6, 3, 12, 0, 0, 0, time.UTC),
	}}
}

var (
	encodings = []sim.Encoding{sim.Arrays, sim.FlatObjects, sim.FlatLists, sim.CSV}
	allTypes  = []string{"adjustment", "crm_closed", "crm_total", "forecast", "forecast_updated", "quota"}
)

// Each result reads back as what the truth says that it tells.
func TestResultsParseBackToTheTruth(t *testing.T) {
	for name, alter := range map[string]func(*sim.Export){
		"defaults":        func(*sim.Export) {},
		"no types":        func(x *sim.Export) { x.Types = nil },
		"all types":       func(x *sim.Export) { x.Types = allTypes },
		"adjustment only": func(x *sim.Export) { x.Types = []string{"adjustment"} },
		"quota only":      func(x *sim.Export) { x.Types = []string{"quota"} },
		"latest week":     func(x *sim.Export) { x.Historical = false },
		"next quarter":    func(x *sim.Export) { x.Quarter = x.Quarter.Add(1) },
		"an old quarter":  func(x *sim.Export) { x.Quarter = sim.Quarter{Year: 2020, Number: 4} },
		"in euros":        func(x *sim.Export) { x.Currency, x.JobCurrency = "EUR", "EUR" },
		"no currency":     func(x *sim.Export) { x.JobCurrency = "" },
		"a team":          func(x *sim.Export) { x.Scope = x.Tenant.ScopeID(2) },
		"a rep":           func(x *sim.Export) { x.Scope, x.Quirks.TwoIDs = x.Tenant.ScopeID(6), true },
		"short labels": func(x *sim.Export) {
			x.Tenant.QuarterLabel = func(q sim.Quarter) string { return fmt.Sprintf("Q%d", q.Number) }
		},
		"blank weeks":     func(x *sim.Export) { x.Tenant.BlankWeeks = true },
		"changing":        func(x *sim.Export) { x.Tenant.ChangeEvery = time.Hour },
		"before first":    func(x *sim.Export) { x.Tenant.FirstQuarter = sim.Quarter{Year: 2026, Number: 3} },
		"left":            func(x *sim.Export) { x.Tenant.Leavers = map[int]time.Time{3: x.At, 4: x.At.Add(1)} },
		"two ids":         func(x *sim.Export) { x.Quirks.TwoIDs = true },
		"split":           func(x *sim.Export) { x.Types, x.Quirks.SplitEntries = allTypes, true },
		"split, adjacent": func(x *sim.Export) { x.Types, x.Quirks.SplitAdjacent = allTypes, true },
		"shuffled":        func(x *sim.Export) { x.Quirks.ShuffledWeeks = true },
		"extra keys":      func(x *sim.Export) { x.Types, x.Quirks.ExtraKeys = []string{"forecast", "quota"}, true },
		"unique keys":     func(x *sim.Export) { x.Types, x.Quirks.UniqueKeys = allTypes, true },
		"extra column":    func(x *sim.Export) { x.Types, x.Quirks.ExtraColumn, x.Quirks.ExtraKeys = allTypes, true, true },
		"amounts as text": func(x *sim.Export) { x.Types, x.Quirks.AmountText = allTypes, true },
		"odd labels":      func(x *sim.Export) { x.Types, x.Quirks.OddLabels = allTypes, true },
		"odd staff":       func(x *sim.Export) { x.Tenant.Staff = sim.OddStaff() },
		"odd texts": func(x *sim.Export) {
			x.Tenant.Staff, x.Tab.Fields, x.Historical = sim.OddTextStaff(), sim.OddTextFields(), false
		},
		"scope as object": func(x *sim.Export) { x.Quirks.ScopeObject = true },
		"entries last": func(x *sim.Export) {
			x.Quirks.ArrayOrder = []string{"timeFrames", "users", "timePeriods", "fields", "entries"}
		},
		"empty": func(x *sim.Export) { x.Quirks.Empty = true },
		"bare":  func(x *sim.Export) { x.Quirks.Bare = true },
	} {
		for _, encoding := range encodings {
			t.Run(name+"/"+string(encoding), func(t *testing.T) {
				job := sample(encoding)
				x := &job.Export
				alter(x)
				job.Currency, job.Scope = x.Currency, x.Scope
				want, body := wanted(t, job), encode(t, *x)
				require.Equal(t, want, decoded(t, job, body))
				require.Equal(t, name == "empty" || name == "bare" || name == "before first", len(want["clari_forecast_entries"]) == 0)
				require.Equal(t, body, encode(t, *x), "not the same again")
			})
		}
	}
}

func TestRepeatedEntryDiffers(t *testing.T) {
	for _, types := range [][]string{{"forecast", "forecast_updated"}, {"quota"}, {"forecast_updated"}} {
		for _, encoding := range encodings {
			job := sample(encoding)
			job.Export.Types = types
			plain := len(encode(t, job.Export))
			job.Export.Quirks.RepeatEntry = true
			body := encode(t, job.Export)
			require.Greater(t, len(body), plain)
			_, err := decode.Result(body, decode.Asked{Period: job.Export.Quarter.String()})
			require.ErrorContains(t, err, "twice")
		}
	}
}

func TestMissingID(t *testing.T) {
	for _, encoding := range encodings {
		job := sample(encoding)
		job.Export.Quirks.MissingID = true
		_, err := decode.Result(encode(t, job.Export), decode.Asked{Period: job.Export.Quarter.String()})
		require.ErrorAs(t, err, new(decode.Refused))
	}
}
