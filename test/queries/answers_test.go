package queries

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
)

// number is an amount of a row, nil where it has none.
func number(r oracle.Row, name string) any {
	if v, ok := r[name].(float64); ok {
		return v
	}
	return nil
}

func minus(a, b any) any {
	x, ok1 := a.(float64)
	y, ok2 := b.(float64)
	if !ok1 || !ok2 {
		return nil
	}
	return x - y
}

func over(a, b any) any {
	x, ok1 := a.(float64)
	y, ok2 := b.(float64)
	if !ok1 || !ok2 || y == 0 {
		return nil
	}
	return x / y
}

// with is a row of a result: some columns of the truth, and others.
func with(r oracle.Row, columns []string, others map[string]any) row {
	out := row{}
	for _, name := range columns {
		if text, ok := plain(name, r[name]); ok {
			out[name] = text
		}
	}
	for name, v := range others {
		if text, ok := plain(name, v); ok {
			out[name] = text
		}
	}
	return out
}

// where an entry is, but for its week.
var place = []string{"forecast_key", "time_period_id", "user_id", "field_id"}

func start(r oracle.Row) time.Time {
	at, err := time.Parse(time.DateOnly, r["week_start_date"].(string))
	if err != nil {
		panic(err)
	}
	return at
}

// series are the entries of each place in the order of their weeks.
func (p *present) series() map[[5]any][]oracle.Row {
	all := map[[5]any][]oracle.Row{}
	for _, r := range p.entries {
		all[key(r, place...)] = append(all[key(r, place...)], r)
	}
	for _, list := range all {
		slices.SortFunc(list, func(a, b oracle.Row) int { return start(a).Compare(start(b)) })
	}
	return all
}

func weekOverWeek(_ *testing.T, s *story, _ *database) (want []row) {
	for _, list := range s.now.series() {
		for i, r := range list {
			if number(r, "forecast_value") == nil {
				continue
			}
			var change any
			if i > 0 && start(list[i-1]).AddDate(0, 0, 7).Equal(start(r)) {
				change = minus(number(r, "forecast_value"), number(list[i-1], "forecast_value"))
			}
			want = append(want, with(r, []string{"forecast_key", "time_period_id", "user_id", "user_name", "field_name", "week_start_date", "forecast_value"},
				map[string]any{"change": change}))
		}
	}
	return want
}

// effective is what a manager sees of a call: the override, where there is one.
func effective(r oracle.Row) any {
	return cmp.Or(number(r, "adjustment_value"), number(r, "forecast_value"))
}

// attainment goes from the newest week back, for each of three amounts until there is one.
func attainment(_ *testing.T, s *story, _ *database) (want []row) {
	type person struct {
		of                  oracle.Row
		call, quota, closed any
	}
	people := map[[5]any]*person{}
	for _, list := range s.now.series() {
		for _, r := range slices.Backward(list) {
			k := key(r, "forecast_key", "time_period_id", "user_id")
			if people[k] == nil {
				people[k] = &person{of: r}
			}
			switch p := people[k]; r["field_name"] {
			case "Commit":
				p.call, p.closed = cmp.Or(p.call, effective(r)), cmp.Or(p.closed, number(r, "crm_closed"))
			case "Quota":
				p.quota = cmp.Or(p.quota, number(r, "quota_value"))
			}
		}
	}
	for _, p := range people {
		if p.call == nil && p.quota == nil && p.closed == nil {
			continue
		}
		want = append(want, with(p.of, []string{"forecast_key", "forecast_id", "requested_currency", "time_period_id", "user_id", "user_name", "hierarchy_level"}, map[string]any{
			"effective_value": p.call, "quota_value": p.quota, "crm_closed": p.closed, "call_attainment": over(p.call, p.quota), "closed_attainment": over(p.closed, p.quota),
		}))
	}
	return want
}

func submissions(_ *testing.T, s *story, _ *database) (want []row) {
	updated := map[[5]any]bool{}
	for _, r := range s.now.entries {
		if r["is_updated"] == true {
			updated[key(r, "forecast_key", "user_id", "field_id", "time_frame_id")] = true
		}
	}
	today := s.today.Format(time.DateOnly)
	first, last := map[any]string{}, map[any]string{} // days of the quarter, by forecast_key
	for _, p := range s.now.others["clari_forecast_time_periods"] {
		k := p["forecast_key"]
		if from, ok := p["start_date"].(string); ok && (first[k] == "" || from < first[k]) {
			first[k] = from
		}
		if to, ok := p["end_date"].(string); ok {
			last[k] = max(last[k], to)
		}
	}
	isNow := func(w oracle.Row) bool { // without days of a quarter its weeks decide
		from, to := w["start_date"].(string), w["end_date"].(string)
		return from <= today && today <= to && cmp.Or(first[w["forecast_key"]], from) <= today && today <= cmp.Or(last[w["forecast_key"]], to)
	}
	var weeks []oracle.Row
	for _, w := range s.now.others["clari_forecast_time_frames"] {
		if w["start_date"].(string) <= today {
			weeks = append(weeks, w)
		}
	}
	for _, u := range s.now.others["clari_forecast_users"] {
		for _, f := range s.now.others["clari_forecast_fields"] {
			for _, w := range weeks {
				isRequired := f["name"] == "Commit" || f["name"] == "Best Case"
				if !isRequired || u["forecast_key"] != f["forecast_key"] || u["forecast_key"] != w["forecast_key"] || u["job_id"] != s.now.newest[u["forecast_key"]] {
					continue
				}
				k := [5]any{u["forecast_key"], u["user_id"], f["field_id"], w["time_frame_id"]}
				want = append(want, with(u, []string{"forecast_key", "user_id", "email"}, map[string]any{
					"user_name": u["name"], "field_name": f["name"], "week_start_date": w["start_date"],
					"is_this_week": isNow(w), "is_submitted": updated[k],
				}))
			}
		}
	}
	return want
}

func adjusted(_ *testing.T, s *story, _ *database) (want []row) {
	for _, r := range s.now.entries {
		submitted, override := number(r, "forecast_value"), number(r, "adjustment_value")
		if override != nil {
			want = append(want, with(r, []string{"forecast_key", "time_period_id", "user_id", "field_name", "week_start_date", "manager_name", "adjusted_by", "adjusted_at"},
				map[string]any{"submitted": submitted, "adjusted": override, "difference": minus(override, submitted)}))
		}
	}
	return want
}

// teams are the managers of people in weeks of which the destination still has an export whole: that of the newest one in the week.
func (s *story) teams(d *database) map[[5]any]map[any]any {
	users := func(job sim.Job) map[any]oracle.Row {
		all := map[any]oracle.Row{}
		for u := range oracle.Of(job)["clari_forecast_users"] {
			all[u["user_id"]] = u
		}
		return all
	}
	keyOfJob := func(job sim.Job) string { return oracle.ForecastKey(job.Forecast, job.Got, job.Currency, job.Scope) }
	dayOf := func(job sim.Job) string { return job.EndsAt().UTC().Format(time.DateOnly) }
	teams := map[[5]any]map[any]any{} // week to user to manager
	for i, job := range s.jobs {
		team := users(job)
		for _, later := range s.jobs[i+1:] {
			if d.mode == "append" || keyOfJob(later) != keyOfJob(job) || s.keepsDays && dayOf(later) != dayOf(job) {
				continue
			}
			for id := range users(later) {
				if team[id] != nil { // replaced: what is left of the team is not the team
					team = nil
				}
			}
		}
		for _, w := range s.now.others["clari_forecast_time_frames"] {
			if w["forecast_key"] != keyOfJob(job) || dayOf(job) < w["start_date"].(string) || dayOf(job) > w["end_date"].(string) || team == nil {
				continue
			}
			managers := map[any]any{}
			for id, u := range team {
				managers[id] = u["manager_user_id"]
			}
			teams[key(w, "forecast_key", "time_frame_id")] = managers
		}
	}
	return teams
}

func rollUp(_ *testing.T, s *story, d *database) (want []row) {
	at := []string{"forecast_key", "time_period_id", "time_frame_id", "field_id"}
	entries, called := map[[5]any]oracle.Row{}, map[[5]any]oracle.Row{}
	for _, r := range s.now.lastKnown {
		entries[key(r, append(at, "user_id")...)] = r
		if effective(r) != nil {
			called[key(r, at...)] = r
		}
	}
	teams := s.teams(d)
	for slot, r := range called {
		type reports struct {
			n, called      int
			sum, overrides float64
		}
		under := map[any]*reports{}
		for user, manager := range teams[key(r, "forecast_key", "time_frame_id")] {
			if manager == nil {
				continue
			}
			if under[manager] == nil {
				under[manager] = &reports{}
			}
			b, e := under[manager], entries[[5]any{slot[0], slot[1], slot[2], slot[3], user}]
			b.n++
			if v, ok := effective(e).(float64); ok {
				b.called, b.sum = b.called+1, b.sum+v
				if number(e, "adjustment_value") != nil {
					call, _ := number(e, "forecast_value").(float64)
					b.overrides += v - call
				}
			}
		}
		for manager, b := range under {
			own := number(entries[[5]any{slot[0], slot[1], slot[2], slot[3], manager}], "forecast_value")
			var sum any
			if b.called > 0 {
				sum = b.sum
			}
			want = append(want, with(r, []string{"forecast_key", "time_period_id", "field_name", "week_start_date"}, map[string]any{
				"user_id": manager, "own_call": own, "direct_reports": b.n, "reports_called": b.called, "sum_of_direct_reports": sum, "overrides": b.overrides,
				"gap": minus(own, b.sum),
			}))
		}
	}
	return want
}

// isOver says whether an entry's period is.
func (s *story) isOver(r oracle.Row) bool {
	end, ok := r["time_period_end_date"].(string)
	return ok && end < s.today.Format(time.DateOnly)
}

func (s *story) hasEnded() bool { return slices.ContainsFunc(s.now.entries, s.isOver) }

func accuracy(_ *testing.T, s *story, _ *database) (want []row) {
	for _, list := range s.now.series() {
		var closed, last any
		for _, r := range list {
			closed, last = cmp.Or(number(r, "crm_closed"), closed), cmp.Or(number(r, "forecast_value"), last)
		}
		outcome, by := closed, "crm_closed"
		if closed == nil {
			outcome, by = last, "last call"
		}
		for _, r := range list {
			call := number(r, "forecast_value")
			if call == nil || !s.isOver(r) {
				continue
			}
			e := minus(call, outcome)
			want = append(want, with(r, []string{"forecast_key", "time_period_id", "user_id", "field_name", "week_start_date", "week_number", "forecast_value"},
				map[string]any{"outcome_value": outcome, "measured_by": by, "error": e, "relative_error": over(e, math.Abs(outcome.(float64)))}))
		}
	}
	return want
}

// salesforce makes the tables that the query stands for, with most of what the tenant has.
func salesforce(t *testing.T, s *story, d *database) (want []row) {
	for _, table := range []string{"user (id TEXT, is_active BOOLEAN)", "user_role (id TEXT, name TEXT)", "period (id TEXT)"} {
		d.exec(t, "CREATE TABLE IF NOT EXISTS salesforce_"+table)
	}
	known := map[any]bool{}
	add := func(id any, insert string) {
		if id != nil && !known[id] {
			known[id] = true
			d.exec(t, fmt.Sprintf(insert, id))
		}
	}
	roles, periods := map[[5]any]any{}, map[[5]any]any{}
	for i, u := range s.now.others["clari_forecast_users"] {
		roles[key(u, "forecast_key", "user_id")] = u["hierarchy_id"]
		if i%4 > 0 {
			add(u["crm_user_id"], "INSERT INTO salesforce_user VALUES ('%s', TRUE)")
			add(u["hierarchy_id"], "INSERT INTO salesforce_user_role VALUES ('%s', 'a role')")
		}
	}
	for _, p := range s.now.others["clari_forecast_time_periods"] {
		periods[key(p, "forecast_key", "time_period_id")] = p["crm_id"]
		add(p["crm_id"], "INSERT INTO salesforce_period VALUES ('%s')")
	}
	id := func(v any) any {
		if known[v] {
			return v
		}
		return nil
	}
	for _, r := range s.now.entries {
		want = append(want, with(r, append([]string{"week_start_date", "forecast_value", "quota_value"}, place...), map[string]any{
			"crm_user": id(r["crm_user_id"]), "crm_role": id(roles[key(r, "forecast_key", "user_id")]),
			"crm_period": id(periods[key(r, "forecast_key", "time_period_id")]),
		}))
	}
	return want
}

func freshness(_ *testing.T, s *story, _ *database) (want []row) {
	for _, job := range s.jobs {
		forecastKey := oracle.ForecastKey(job.Forecast, job.Got, job.Currency, job.Scope)
		if ended := job.EndsAt().Truncate(time.Millisecond); s.now.newest[forecastKey] == job.ID {
			want = append(want, with(nil, nil, map[string]any{
				"forecast_key": forecastKey, "requested_period": job.Got, "data_from": ended, "last_success": ended, "is_failing": false,
			}))
		}
	}
	return want
}

func quotaUse(_ *testing.T, s *story, _ *database) (want []row) {
	exports, days := map[[2]string]int{}, map[string]bool{}
	for _, job := range s.jobs {
		on := job.CreatedAt.Format(time.DateOnly)
		exports[[2]string{on, job.Forecast}]++
		days[on] = true
	}
	for at, n := range exports {
		want = append(want, with(nil, nil, map[string]any{
			"export_day": at[0], "export_kind": "forecast", "forecast_id": at[1], "exports": n, "exports_a_day": float64(len(s.jobs)) / float64(len(days)),
			"monthly_quota": 1000, "available_monthly_quota": 1000 - len(s.jobs), "days_left": nil,
		}))
	}
	return want
}
