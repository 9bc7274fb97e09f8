package queries

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
	"github.com/cq-source-clari/cq-source-clari/test/queries/truth"
)

// TestSeveralCurrencies: one of a manager's people enters in another currency than the others, and all of another manager's do. Amounts in several
// currencies are never added up, and each amount stands beside its currency.
func TestSeveralCurrencies(t *testing.T) {
	t.Parallel()
	s := truth.Of(story.Tell(t, sim.Config{Tenant: sim.Tenant{
		People: 6, Span: 2, ChangeEvery: 12 * time.Hour, BlankWeeks: true, Tabs: []sim.Tab{{ID: "net_arr", Encoding: sim.Arrays, Fields: sim.Fields(3)}},
	}}, map[string]any{
		"forecasts": []map[string]any{{"id": "net_arr", "types": story.AllTypes}}, "periods": []string{"previous", "current"}, "fiscal_year_start_month": 2,
	}, false, story.Day(10, 6), story.Day(12, 6)))
	teams := map[any][]string{} // of managers of people who manage nobody
	for _, u := range s.Now.Others["clari_forecast_users"] {
		if u["forecast_key"] == "net_arr/2000_Q4" && u["hierarchy_level"] == int64(2) {
			teams[u["manager_user_id"]] = append(teams[u["manager_user_id"]], u["user_id"].(string))
		}
	}
	abroad := map[any]bool{}
	for _, team := range teams { // of two only one
		abroad[team[0]] = true
	}
	if len(teams) != 2 || len(abroad) != 2 {
		t.Fatalf("teams %v", teams)
	}
	var ids []string
	for id := range abroad {
		ids = append(ids, fmt.Sprintf("'%s'", id))
	}
	s = s.But(func(r oracle.Row) {
		if abroad[r["user_id"]] && r["field_name"] == "Best Case" {
			r["currency_code"] = nil // the quota's tells
		} else if abroad[r["user_id"]] {
			r["currency_code"] = "ZAR"
		}
	}, "UPDATE clari_forecast_entries SET currency_code = CASE WHEN field_name <> 'Best Case' THEN 'ZAR' END WHERE user_id IN ("+strings.Join(ids, ", ")+")")
	s.AsTables = true
	quotas := variantTexts(t)[3]
	const codes = "MIN(r.currency_code) <> MAX(r.currency_code)"
	story.Each(t, &s.Story, "append", func(t *testing.T, d *story.Database) {
		for _, c := range []struct {
			name, text, part, instead string
			want                      []story.Row
		}{
			{"clari_person_week", story.ByName("clari_person_week").Select, "e.currency_code, o.currency_code, ", "e.currency_code, ", truth.Oracles["clari_person_week"](t, s, d)},
			{"roll_up", story.ByName("roll_up").Select, "CASE WHEN " + codes + " OR MIN(r.currency_code) <> MAX(m.currency_code) THEN NULL ELSE 1 END AS whole", "1 AS whole", truth.Oracles["roll_up"](t, s, d)},
			{"roll_up", story.ByName("roll_up").Select, codes + " OR MIN", "MIN", truth.Oracles["roll_up"](t, s, d)},
			{"roll_up", story.ByName("roll_up").Select, " OR MIN(r.currency_code) <> MAX(m.currency_code)", "", truth.Oracles["roll_up"](t, s, d)},
			{"waterfall", story.ByName("waterfall").Select, "THEN NULL ELSE s.step - s.steps_below END", "THEN s.step - s.steps_below ELSE s.step - s.steps_below END", truth.Oracles["waterfall"](t, s, d)},
			{"waterfall", story.ByName("waterfall").Select, "s.member_code AS currency_code", "s.currency_code AS currency_code", truth.Oracles["waterfall"](t, s, d)},
			{"overrides", story.ByName("overrides").Select, "m.adjusted_by, m.currency_code)", "m.adjusted_by)", truth.Oracles["overrides"](t, s, d)},
			{"quotas of reports", quotas, "CASE WHEN " + codes + " THEN NULL ELSE SUM(r.quota_value) END", "SUM(r.quota_value)", truth.QuotasOfReports(s, d)},
			{"quotas of reports", quotas, " OR MIN(r.currency_code) <> MAX(m.currency_code)", "", truth.QuotasOfReports(s, d)},
			{"quotas of reports", quotas, codes + " OR MIN", "MIN", truth.QuotasOfReports(s, d)},
		} {
			story.Equal(t, c.name, d.Answer(t, c.text), c.want)
			wrong := strings.Replace(c.text, c.part, c.instead, 1)
			if wrong == c.text || len(story.Difference(d.Answer(t, wrong), c.want)) == 0 {
				t.Errorf("%s: %q in place of %q, and nobody notices", c.name, c.instead, c.part)
			}
		}
	})
}
