package truth

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
)

// series are the cells of each person, period and field in the order of their weeks.
func (s *Story) series(d *story.Database) map[[5]any][]*cell {
	all := map[[5]any][]*cell{}
	for _, c := range s.personWeeks(d) {
		k := [5]any{c.place, c.period["time_period_id"], c.user["user_id"], c.field}
		all[k] = append(all[k], c)
	}
	for _, list := range all {
		slices.SortFunc(list, func(a, b *cell) int { return a.weekPlace - b.weekPlace })
	}
	return all
}

// newest is the last of the amounts that there are.
func newest(list []*cell, amount func(*cell) any) (v any) {
	for _, c := range list {
		v = cmp.Or(amount(c), v)
	}
	return v
}

func closedOf(c *cell) any    { return number(c.entry, "crm_closed") }
func effectiveOf(c *cell) any { return c.effective }

// is is a row with what tells cells apart, and others.
func (c *cell) is(others map[string]any) story.Row {
	r := RowOf(c.user, []string{"forecast_key", "user_id"}, map[string]any{
		"user_name": c.user["name"], "time_period_id": c.period["time_period_id"], "field_id": c.field, "field_name": c.fieldName,
	})
	for k, v := range RowOf(nil, nil, others) {
		r[k] = v
	}
	return r
}

func (c *cell) start() any { return c.week["start_date"] }

// inOneCurrency says whether amounts can be added up. Whoever has no amount may have no currency.
func inOneCurrency(currencies ...any) bool {
	currencies = slices.DeleteFunc(currencies, func(v any) bool { return v == nil })
	return !slices.ContainsFunc(currencies, func(v any) bool { return v != currencies[0] })
}

func weekOverWeek(_ *testing.T, s *Story, d *story.Database) (want []story.Row) {
	for _, c := range s.personWeeks(d) {
		if c.effective != nil {
			want = append(want, c.is(map[string]any{
				"week_start_date": c.start(), "forecast_value": number(c.entry, "forecast_value"), "adjustment_value": number(c.entry, "adjustment_value"),
				"effective_value": c.effective, "step": minus(c.effective, c.before), "in_latest_export": c.isPresent,
			}))
		}
	}
	return want
}

func attainment(_ *testing.T, s *Story, d *story.Database) (want []story.Row) {
	for _, list := range s.series(d) {
		call, closed, quota := newest(list, effectiveOf), newest(list, closedOf), newest(list, func(c *cell) any { return c.quota })
		if call != nil || closed != nil || quota != nil {
			r := list[0].is(map[string]any{
				"effective_value": call, "quota_value": quota, "crm_closed": closed, "call_attainment": over(call, quota), "closed_attainment": over(closed, quota),
				"call_field": list[0].fieldName, "hierarchy_level": list[0].user["hierarchy_level"], "in_latest_export": list[0].isPresent,
			})
			delete(r, "field_name")
			want = append(want, r)
		}
	}
	return want
}

func submissions(t *testing.T, s *Story, d *story.Database) (want []story.Row) {
	today := map[string]bool{}
	for _, r := range personWeekToday(t, s, d) {
		today[r.Line([]string{"forecast_key", "week_start_date"})] = r["is_current_week"] == "1"
	}
	for _, list := range s.series(d) {
		missed := 0
		for _, c := range list {
			if c.fieldName != "Commit" && c.fieldName != "Best Case" {
				continue
			}
			isSubmitted := c.entry["is_updated"] == true
			if missed++; isSubmitted {
				missed = 0
			}
			r := c.is(map[string]any{
				"week_start_date": c.start(), "is_submitted": isSubmitted, "weeks_missed": missed, "email": c.user["email"], "membership": c.membership,
				"current_manager_name": c.above["name"],
				"is_late":              isSubmitted && c.entry["updated_at"] != nil && fmt.Sprint(c.entry["updated_at"])[:10] > c.week["end_date"].(string),
			})
			if isSubmitted && c.entry["updated_at"] == nil {
				delete(r, "is_late") // nobody knows
			}
			r["is_this_week"] = map[bool]string{false: "0", true: "1"}[today[r.Line([]string{"forecast_key", "week_start_date"})]]
			r["is_outstanding"], _ = story.Plain("", r["is_this_week"] == "1" && !isSubmitted && c.isPresent)
			want = append(want, r)
		}
	}
	return want
}

func rollUp(_ *testing.T, s *Story, d *story.Database) (want []story.Row) {
	type slot struct{ place, period, week, field any }
	cells, managers := map[[5]any]*cell{}, map[[5]any]map[any]any{} // by week: who is below whom
	under := map[slot]map[any][]*cell{}
	for _, c := range s.personWeeks(d) {
		cells[[5]any{c.place, c.period["time_period_id"], c.start(), c.field, c.user["user_id"]}] = c
		if !c.hasTree {
			continue
		}
		at := [5]any{c.place, c.weekPlace}
		if managers[at] == nil {
			managers[at] = map[any]any{}
		}
		if c.inTree == nil || c.inTree["manager_user_id"] == nil {
			continue
		}
		m := c.inTree["manager_user_id"]
		managers[at][c.user["user_id"]] = m
		k := slot{c.place, c.period["time_period_id"], c.start(), c.field}
		if under[k] == nil {
			under[k] = map[any][]*cell{}
		}
		under[k][m] = append(under[k][m], c)
	}
	for k, below := range under {
		for manager, reports := range below {
			own := cells[[5]any{k.place, k.period, k.week, k.field, manager}]
			var sum, overrides, left, joined float64
			notCalled, currencies := 0, []any{own.currency}
			for _, c := range reports {
				currencies = append(currencies, c.currency)
				v, ok := c.effective.(float64)
				if !ok {
					notCalled++
					continue
				}
				sum += v
				if o, ok := number(c.entry, "adjustment_value").(float64); ok {
					call, _ := number(c.entry, "forecast_value").(float64)
					overrides += o - call
				}
				if !c.isPresent {
					left += v
				}
				if before := managers[[5]any{k.place, c.weekPlace - 1}]; before != nil && before[c.user["user_id"]] != manager {
					joined += v
				}
			}
			r := own.is(map[string]any{
				"week_start_date": k.week, "own_call": number(own.entry, "forecast_value"), "direct_reports": len(reports), "not_called": notCalled,
				"current_manager_name": own.above["name"], "currency_code": own.currency,
			})
			if inOneCurrency(currencies...) {
				sums := map[string]any{"overrides": overrides, "left_since": left, "joined": joined, "gap": minus(number(own.entry, "forecast_value"), sum)}
				if notCalled < len(reports) {
					sums["sum_of_direct_reports"] = sum
				}
				maps.Copy(r, RowOf(nil, nil, sums))
			}
			want = append(want, r)
		}
	}
	return want
}

func mean(values []float64) any {
	if len(values) == 0 {
		return nil
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// errorsOf are the calls of periods that are over, and what they were off.
func (s *Story) errorsOf(d *story.Database, each func(c *cell, outcome any, closed bool)) {
	for _, list := range s.series(d) {
		closed := newest(list, closedOf)
		outcome := cmp.Or(closed, newest(list, effectiveOf))
		for _, c := range list {
			if c.effective != nil && s.isOver(c.period) {
				each(c, outcome, closed != nil)
			}
		}
	}
}

func accuracy(_ *testing.T, s *Story, d *story.Database) (want []story.Row) {
	groups := map[[5]any][]float64{}
	group := func(c *cell) [5]any {
		return [5]any{c.user["forecast_id"].(string) + "|" + c.user["requested_currency"].(string), c.period["time_period_type"], c.user["user_id"], c.field, c.week["weeks_to_end"]}
	}
	s.errorsOf(d, func(c *cell, outcome any, _ bool) {
		groups[group(c)] = append(groups[group(c)], minus(c.effective, outcome).(float64))
	})
	s.errorsOf(d, func(c *cell, outcome any, closed bool) {
		e := minus(c.effective, outcome)
		want = append(want, c.is(map[string]any{
			"week_start_date": c.start(), "weeks_to_end": c.week["weeks_to_end"], "effective_value": c.effective, "outcome_value": outcome, "error": e,
			"measured_by": map[bool]string{false: "own last call", true: "crm_closed"}[closed], "relative_error": over(e, math.Abs(outcome.(float64))), "bias": mean(groups[group(c)]),
		}))
	})
	return want
}

func accuracyByWeek(_ *testing.T, s *Story, d *story.Database) (want []story.Row) {
	type group struct{ forecast, currency, field, level, weeks any }
	errors, quarters := map[group][]float64{}, map[group]map[any]bool{}
	s.errorsOf(d, func(c *cell, outcome any, closed bool) {
		if !closed || c.period["time_period_type"] != "quarter" {
			return
		}
		g := group{c.user["forecast_id"], c.user["requested_currency"], c.field, c.user["hierarchy_level"], c.week["weeks_to_end"]}
		if quarters[g] == nil {
			quarters[g] = map[any]bool{}
		}
		quarters[g][c.place] = true
		errors[g] = append(errors[g], minus(c.effective, outcome).(float64)/math.Abs(outcome.(float64)))
	})
	for g, list := range errors {
		absolute := slices.Clone(list)
		for i, v := range absolute {
			absolute[i] = math.Abs(v)
		}
		want = append(want, RowOf(nil, nil, map[string]any{
			"forecast_id": g.forecast, "requested_currency": g.currency, "field_id": g.field, "hierarchy_level": g.level, "weeks_to_end": g.weeks,
			"calls": len(list), "quarters": len(quarters[g]), "mean_error": mean(list), "mean_absolute_error": mean(absolute),
		}))
	}
	return want
}

func coverage(_ *testing.T, s *Story, d *story.Database) (want []story.Row) {
	for _, list := range s.series(d) {
		list = slices.DeleteFunc(list, func(c *cell) bool { return number(c.entry, "crm_total") == nil || !c.isPresent })
		if len(list) == 0 {
			continue
		}
		c := list[len(list)-1]
		open, toGo := minus(number(c.entry, "crm_total"), closedOf(c)), minus(c.quota, closedOf(c))
		r := c.is(map[string]any{"week_start_date": c.start(), "quota_value": c.quota, "open_pipeline": open, "to_go": toGo, "current_manager_name": c.above["name"]})
		if v, ok := toGo.(float64); ok && v > 0 {
			r["coverage"], _ = story.Plain("", over(open, toGo))
		}
		want = append(want, r)
	}
	return want
}

func overrides(_ *testing.T, s *Story, d *story.Database) (want []story.Row) {
	type made struct {
		*cell
		outcome any
		by      string
	}
	var all []made
	biases := map[[5]any][]float64{}
	by := func(c *cell) [5]any {
		return [5]any{c.user["forecast_id"], c.user["scope_id"], c.user["requested_currency"], c.entry["adjusted_by"], c.currency}
	}
	for _, list := range s.series(d) {
		for _, c := range list {
			if number(c.entry, "adjustment_value") == nil {
				continue
			}
			m := made{cell: c}
			if s.isOver(c.period) {
				m.outcome, m.by = cmp.Or(newest(list, closedOf), newest(list, effectiveOf)), "crm_closed"
				if newest(list, closedOf) == nil {
					m.by = "own last call"
				}
			}
			if e, ok := minus(number(c.entry, "adjustment_value"), m.outcome).(float64); ok {
				biases[by(c)] = append(biases[by(c)], e)
			}
			all = append(all, m)
		}
	}
	for _, m := range all {
		call, override := number(m.entry, "forecast_value"), number(m.entry, "adjustment_value")
		r := m.is(map[string]any{
			"week_start_date": m.start(), "submitted": call, "adjusted": override, "difference": minus(override, call), "adjusted_by": m.entry["adjusted_by"],
			"adjusted_at": m.entry["adjusted_at"], "outcome_value": m.outcome,
		})
		if m.by != "" {
			r["measured_by"] = m.by
		}
		if a, ok := minus(override, m.outcome).(float64); ok && call != nil {
			r["override_was_nearer"], _ = story.Plain("", math.Abs(a) < math.Abs(minus(call, m.outcome).(float64)))
		}
		if m.entry["adjusted_by"] != nil && len(biases[by(m.cell)]) > 0 {
			r["manager_bias"], _ = story.Plain("", mean(biases[by(m.cell)]))
		}
		want = append(want, r)
	}
	return want
}

func commitToClosed(_ *testing.T, s *Story, d *story.Database) (want []story.Row) {
	for _, list := range s.series(d) {
		at := func(weeks int64) (v any) {
			for _, c := range list {
				if c.week["weeks_to_end"] == weeks {
					v = cmp.Or(v, c.effective)
				}
			}
			return v
		}
		r := list[0].is(map[string]any{
			"call_12_weeks_before": at(12), "call_8_weeks_before": at(8), "call_4_weeks_before": at(4), "call_1_week_before": at(1), "closed": newest(list, closedOf),
		})
		if list[0].period["time_period_end_date"] != nil {
			r["is_over"], _ = story.Plain("", s.isOver(list[0].period))
		}
		want = append(want, r)
	}
	return want
}

// pacing sets a quarter beside those before: there are two of them in the stories, of which the first is over in one.
func pacing(_ *testing.T, s *Story, d *story.Database) (want []story.Row) {
	type point struct{ tab, currency, scope, user, field, weeks, quarter any }
	of := func(c *cell, quarter int64) point {
		return point{c.user["forecast_id"], c.user["requested_currency"], c.user["scope_id"], c.user["user_id"], c.field, c.week["weeks_to_end"], quarter}
	}
	quarter := func(c *cell) int64 { return c.period["fiscal_year"].(int64)*4 + c.period["fiscal_quarter"].(int64) }
	points, finals := map[point]*cell{}, map[*cell]any{}
	for _, list := range s.series(d) {
		for _, c := range list { // the later of two weeks that end as far from the end
			if c.period["time_period_type"] == "quarter" {
				points[of(c, quarter(c))], finals[c] = c, newest(list, closedOf)
			}
		}
	}
	for _, c := range points {
		var calls, closed, shares []float64
		n := 0
		for back := int64(1); back <= 4; back++ {
			b := points[of(c, quarter(c)-back)]
			if b == nil || !s.isOver(b.period) {
				continue
			}
			n++
			if v, ok := b.effective.(float64); ok {
				calls = append(calls, v)
			}
			if v, ok := closedOf(b).(float64); ok {
				closed, shares = append(closed, v), append(shares, v/finals[b].(float64))
			}
		}
		if n > 0 {
			r := c.is(map[string]any{
				"weeks_to_end": c.week["weeks_to_end"], "week_start_date": c.start(), "quarters": n, "effective_value": c.effective, "crm_closed": closedOf(c),
				"call_before": mean(calls), "closed_before": mean(closed), "share_before": mean(shares), "run_rate": over(closedOf(c), mean(shares)),
			})
			delete(r, "time_period_id")
			want = append(want, r)
		}
	}
	return want
}

func teamChanges(t *testing.T, s *Story, d *story.Database) (want []story.Row) {
	for _, r := range changes(t, s, d) {
		if r["field_id"] == "" {
			delete(r, "step")
			delete(r, "job_before")
			delete(r, "job_id")
			want = append(want, r)
		}
	}
	return want
}

func whatChanged(t *testing.T, s *Story, d *story.Database) (want []story.Row) {
	newest := map[string]bool{}
	for _, id := range s.Now.newest {
		newest[id] = true
	}
	for _, r := range changes(t, s, d) {
		if r["field_id"] != "" && newest[r["job_id"]] {
			for _, name := range []string{"job_before", "job_id", "field_id", "time_frame_id", "person_id"} {
				delete(r, name)
			}
			want = append(want, r)
		}
	}
	return want
}

func waterfall(_ *testing.T, s *Story, d *story.Database) (want []story.Row) {
	type moved struct {
		of        *cell
		last, now any
	}
	hasLastWeek := map[any]bool{}
	for _, c := range s.personWeeks(d) {
		hasLastWeek[c.place] = hasLastWeek[c.place] || c.weeksBack == 1
	}
	calls := map[[5]any]*moved{}
	for k, list := range s.series(d) {
		for _, c := range list {
			if c.weeksBack > 1 || !hasLastWeek[c.place] {
				continue
			}
			if calls[k] == nil {
				calls[k] = &moved{of: c}
			}
			if c.weeksBack == 0 {
				calls[k].now = c.effective
			} else {
				calls[k].last = c.effective
			}
		}
	}
	value := func(v any) float64 { f, _ := v.(float64); return f }
	for k, m := range calls {
		rest, reports, currencies := value(m.now)-value(m.last), 0, []any{m.of.currency}
		line := func(kind string, of *cell, last, now, step any) story.Row {
			user := of.user
			currencies = append(currencies, of.currency)
			return RowOf(nil, nil, map[string]any{
				"forecast_key": k[0], "time_period_id": k[1], "field_id": k[3], "field_name": m.of.fieldName, "currency_code": of.currency, "manager_user_id": k[2], "manager_name": m.of.user["name"],
				"manager_step": value(m.now) - value(m.last), "kind": kind, "user_id": user["user_id"], "user_name": user["name"], "last_week": last, "this_week": now, "step": step,
			})
		}
		for of, r := range calls {
			if of[0] != k[0] || of[1] != k[1] || of[3] != k[3] || r.of.user["manager_user_id"] != k[2] {
				continue
			}
			step := value(r.now) - value(r.last)
			rest, reports = rest-step, reports+1
			switch {
			case r.last == nil && r.now != nil:
				want = append(want, line("new", r.of, nil, r.now, step))
			case r.last != nil && r.now == nil:
				want = append(want, line("gone", r.of, r.last, nil, step))
			case step != 0:
				want = append(want, line("moved", r.of, r.last, r.now, step))
			}
		}
		if reports > 0 && inOneCurrency(currencies...) {
			want = append(want, line("own", m.of, nil, nil, rest))
		} else if reports > 0 {
			want = append(want, line("own", m.of, nil, nil, nil))
		}
	}
	return want
}
