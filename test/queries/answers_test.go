package queries

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

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

func attainment(_ *testing.T, s *story, _ *database) (want []row) {
	type person [5]any
	calls, quotas := map[person]oracle.Row{}, map[person]oracle.Row{}
	for _, list := range s.now.series() {
		for _, r := range slices.Backward(list) {
			if number(r, "forecast_value") == nil && number(r, "quota_value") == nil {
				continue
			}
			p := person(key(r, "forecast_key", "time_period_id", "user_id"))
			switch r["field_name"] {
			case "Commit":
				calls[p] = r
			case "Quota":
				quotas[p] = r
			}
			break
		}
	}
	add := func(r oracle.Row, p person) {
		call, quota, closed := number(calls[p], "forecast_value"), number(quotas[p], "quota_value"), number(calls[p], "crm_closed")
		want = append(want, with(r, []string{"forecast_key", "time_period_id", "user_id", "user_name", "hierarchy_level"}, map[string]any{
			"forecast_value": call, "quota_value": quota, "crm_closed": closed, "call_attainment": over(call, quota), "closed_attainment": over(closed, quota),
		}))
	}
	for p, r := range calls {
		add(r, p)
	}
	for p, r := range quotas {
		if calls[p] == nil {
			add(r, p)
		}
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
	latest := map[any]time.Time{}
	var weeks []oracle.Row
	for _, w := range s.now.others["clari_forecast_time_frames"] {
		first, err := time.Parse(time.DateOnly, w["start_date"].(string))
		if err != nil {
			panic(err)
		}
		if !first.After(s.today) {
			weeks = append(weeks, w)
			if first.After(latest[w["forecast_key"]]) {
				latest[w["forecast_key"]] = first
			}
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
					"is_latest_week": latest[u["forecast_key"]].Format(time.DateOnly) == w["start_date"], "is_submitted": updated[k],
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

func rollUp(_ *testing.T, s *story, _ *database) (want []row) {
	sums, counts := map[[5]any]float64{}, map[[5]any]int{}
	for _, r := range s.now.entries {
		if v := number(r, "forecast_value"); v != nil && r["manager_user_id"] != nil {
			boss := key(r, "forecast_key", "time_period_id", "time_frame_id", "field_id", "manager_user_id")
			sums[boss] += v.(float64)
			counts[boss]++
		}
	}
	for _, r := range s.now.entries {
		own := key(r, "forecast_key", "time_period_id", "time_frame_id", "field_id", "user_id")
		if counts[own] > 0 {
			call := number(r, "forecast_value")
			want = append(want, with(r, []string{"forecast_key", "time_period_id", "user_id", "field_name", "week_start_date"}, map[string]any{
				"own_call": call, "direct_reports": counts[own], "sum_of_direct_reports": sums[own], "gap": minus(call, sums[own]),
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
			"export_day": at[0], "forecast_id": at[1], "exports": n, "exports_a_day": float64(len(s.jobs)) / float64(len(days)),
			"monthly_quota": 1000, "available_monthly_quota": 1000 - len(s.jobs), "days_left": nil,
		}))
	}
	return want
}
