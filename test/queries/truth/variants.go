package truth

import (
	"math"

	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
)

// ShareSubmitted is the part of a manager's people who submitted a week.
func ShareSubmitted(s *Story, d *story.Database) (want []story.Row) {
	counts := map[[5]any][2]float64{}
	for _, c := range s.personWeeks(d) {
		k := [5]any{c.place, c.period["time_period_id"], c.start(), c.field, c.user["manager_user_id"]}
		n := counts[k]
		n[0]++
		if c.entry["is_updated"] == true {
			n[1]++
		}
		counts[k] = n
	}
	for k, n := range counts {
		want = append(want, RowOf(nil, nil, map[string]any{
			"forecast_key": k[0], "time_period_id": k[1], "week_start_date": k[2], "field_id": k[3], "current_manager": k[4], "people": int(n[0]), "share_submitted": n[1] / n[0],
		}))
	}
	return want
}

// Rates are those between an amount in a requested currency and the same in its own.
func Rates(s *Story, d *story.Database) (want []story.Row) {
	key := func(c *cell) [5]any {
		return [5]any{c.user["requested_period"], c.period["time_period_id"], c.start(), c.user["user_id"], c.field}
	}
	own := map[[5]any]any{}
	for _, c := range s.personWeeks(d) {
		if c.user["requested_currency"] == "" {
			own[key(c)] = c.effective
		}
	}
	for _, c := range s.personWeeks(d) {
		if v := own[key(c)]; c.user["requested_currency"] != "" && c.effective != nil && v != nil {
			want = append(want, RowOf(c.user, []string{"forecast_id", "requested_period", "user_id"}, map[string]any{
				"time_period_id": c.period["time_period_id"], "week_start_date": c.start(), "field_id": c.field, "field_name": c.fieldName, "currency_code": c.entry["currency_code"],
				"effective_value": c.effective, "own_value": v, "own_currency": "USD", "rate": over(c.effective, v),
			}))
		}
	}
	return want
}

// Season is what was closed in a quarter, beside that of the year before.
func Season(s *Story, d *story.Database) (want []story.Row) {
	closed := map[[5]any]any{}
	key := func(c *cell, year int64) [5]any {
		return [5]any{c.user["requested_currency"], c.user["user_id"], c.field, c.period["fiscal_quarter"], year}
	}
	all := s.series(d)
	for _, list := range all {
		closed[key(list[0], list[0].period["fiscal_year"].(int64))] = newest(list, closedOf)
	}
	for _, list := range all {
		c, year := list[0], list[0].period["fiscal_year"].(int64)
		want = append(want, RowOf(c.user, []string{"forecast_id", "requested_currency", "user_id"}, map[string]any{
			"field_id": c.field, "field_name": c.fieldName, "fiscal_year": year, "fiscal_quarter": c.period["fiscal_quarter"], "closed": newest(list, closedOf), "closed_year_before": closed[key(c, year-1)],
		}))
	}
	return want
}

// QuotasOfReports are the quotas of a manager's direct reports in the newest week, added up, beside the manager's own.
func QuotasOfReports(s *Story, d *story.Database) (want []story.Row) {
	last := map[any]int{}
	cells := s.personWeeks(d)
	for _, c := range cells {
		last[c.place] = max(last[c.place], c.weekPlace)
	}
	for _, m := range cells {
		if m.weekPlace != last[m.place] {
			continue
		}
		sum, reports, currencies := any(nil), 0, []any(nil)
		for _, r := range cells {
			if r.place == m.place && r.weekPlace == m.weekPlace && r.field == m.field && r.isPresent && r.user["manager_user_id"] == m.user["user_id"] && r.period["time_period_id"] == m.period["time_period_id"] {
				reports, currencies = reports+1, append(currencies, r.currency)
				if v, ok := r.quota.(float64); ok {
					before, _ := sum.(float64)
					sum = before + v
				}
			}
		}
		over := minus(sum, m.quota)
		if !inOneCurrency(append(currencies, m.currency)...) {
			over = nil
		}
		if !inOneCurrency(currencies...) {
			sum = nil
		}
		if reports > 0 {
			want = append(want, m.is(map[string]any{"quota": m.quota, "quota_of_reports": sum, "over_assigned": over}))
		}
	}
	return want
}

// Conversion is the part of the calls, and of all pipeline, that was closed in the end, by weeks to the end.
func Conversion(s *Story, d *story.Database) (want []story.Row) {
	type group struct{ currency, field, weeks any }
	ofCall, ofTotal, quarters := map[group][]float64{}, map[group][]float64{}, map[group]int{}
	for _, list := range s.series(d) {
		closed := newest(list, closedOf)
		for _, c := range list {
			if c.user["hierarchy_level"] != int64(0) || closed == nil || !s.isOver(c.period) {
				continue
			}
			g := group{c.user["requested_currency"], c.field, c.week["weeks_to_end"]}
			quarters[g]++
			if v, ok := over(closed, c.effective).(float64); ok && !math.IsInf(v, 0) {
				ofCall[g] = append(ofCall[g], v)
			}
			if v, ok := over(closed, number(c.entry, "crm_total")).(float64); ok {
				ofTotal[g] = append(ofTotal[g], v)
			}
		}
	}
	for g, n := range quarters {
		want = append(want, RowOf(nil, nil, map[string]any{
			"forecast_id": "bookings", "requested_currency": g.currency, "field_id": g.field, "weeks_to_end": g.weeks, "quarters": n, "closed_of_call": mean(ofCall[g]), "closed_of_total": mean(ofTotal[g]),
		}))
	}
	return want
}
