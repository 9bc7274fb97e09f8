package truth

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
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

// RowOf is a row of a result: some columns of the truth, and others.
func RowOf(r oracle.Row, columns []string, others map[string]any) story.Row {
	out := story.Row{}
	for _, name := range columns {
		if text, ok := story.Plain(name, r[name]); ok {
			out[name] = text
		}
	}
	for name, v := range others {
		if text, ok := story.Plain(name, v); ok {
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

// effective is what a manager sees of a call: the override, where there is one.
func effective(r oracle.Row) any {
	return cmp.Or(number(r, "adjustment_value"), number(r, "forecast_value"))
}

// isOver says whether an entry's period is, and was exported after that: what is closed is final then.
func (s *Story) isOver(r oracle.Row) bool {
	end, ok := r["time_period_end_date"].(string)
	return ok && end < s.Now.newestDay[r["forecast_key"]]
}

func (s *Story) hasEnded() bool { return slices.ContainsFunc(s.Now.Entries, s.isOver) }

// salesforce makes the tables that the query stands for, with most of what the tenant has.
func salesforce(t *testing.T, s *Story, d *story.Database) (want []story.Row) {
	for _, table := range []string{"user (id TEXT, is_active BOOLEAN)", "user_role (id TEXT, name TEXT)", "period (id TEXT)"} {
		d.Exec(t, "CREATE TABLE IF NOT EXISTS salesforce_"+table)
	}
	known := map[any]bool{}
	add := func(id any, insert string) {
		if id != nil && !known[id] {
			known[id] = true
			d.Exec(t, fmt.Sprintf(insert, id))
		}
	}
	roles, periods := map[[5]any]any{}, map[[5]any]any{}
	for i, u := range s.Now.Others["clari_forecast_users"] {
		roles[key(u, "forecast_key", "user_id")] = u["hierarchy_id"]
		if i%4 > 0 {
			add(u["crm_user_id"], "INSERT INTO salesforce_user VALUES ('%s', TRUE)")
			add(u["hierarchy_id"], "INSERT INTO salesforce_user_role VALUES ('%s', 'a role')")
		}
	}
	for _, p := range s.Now.Others["clari_forecast_time_periods"] {
		periods[key(p, "forecast_key", "time_period_id")] = p["crm_id"]
		add(p["crm_id"], "INSERT INTO salesforce_period VALUES ('%s')")
	}
	id := func(v any) any {
		if known[v] {
			return v
		}
		return nil
	}
	for _, r := range s.Now.Entries {
		want = append(want, RowOf(r, append([]string{"week_start_date", "forecast_value", "quota_value"}, place...), map[string]any{
			"crm_user": id(r["crm_user_id"]), "crm_role": id(roles[key(r, "forecast_key", "user_id")]),
			"crm_period": id(periods[key(r, "forecast_key", "time_period_id")]),
		}))
	}
	return want
}

func freshness(_ *testing.T, s *Story, _ *story.Database) (want []story.Row) {
	for _, job := range s.Jobs {
		forecastKey := oracle.ForecastKey(job.Forecast, job.Got, job.Currency, job.Scope)
		if ended := job.EndsAt().Truncate(time.Millisecond); s.Now.newest[forecastKey] == job.ID {
			want = append(want, RowOf(nil, nil, map[string]any{
				"forecast_key": forecastKey, "requested_period": job.Got, "data_from": ended, "last_success": ended, "is_failing": false,
			}))
		}
	}
	return want
}

func quotaUse(_ *testing.T, s *Story, _ *story.Database) (want []story.Row) {
	exports, days := map[[2]string]int{}, map[string]bool{}
	for _, job := range s.Jobs {
		on := job.CreatedAt.Format(time.DateOnly)
		exports[[2]string{on, job.Forecast}]++
		days[on] = true
	}
	for at, n := range exports {
		want = append(want, RowOf(nil, nil, map[string]any{
			"export_day": at[0], "export_kind": "forecast", "forecast_id": at[1], "exports": n, "exports_a_day": float64(len(s.Jobs)) / float64(len(days)),
			"monthly_quota": 1000, "available_monthly_quota": 1000 - len(s.Jobs), "days_left": nil,
		}))
	}
	return want
}

// deals are what people have won and lost in Salesforce.
var deals = []struct {
	owner, closed string
	won           bool
	amount        float64
}{
	{"0054Mrepa", "1999-11-01", true, 100}, {"0054Mrepa", "2000-01-31", true, 20}, {"0054Mrepa", "1999-12-15", false, 5000}, // lost
	{"0054Mrepa", "2000-02-01", true, 7000}, {"0054Mrepb", "2000-01-10", true, 3}, {"0054Mwest", "2000-01-10", true, 9000}, // the next quarter; a manager
}

// SalesforceClosed lands the deals, and is what people won in the quarters of the designed tenant.
func SalesforceClosed(t *testing.T, s *Story, d *story.Database) (want []story.Row) {
	t.Helper()
	d.Exec(t, "CREATE TABLE salesforce_"+story.Opportunity)
	won := map[[2]any]float64{}
	for i, deal := range deals {
		d.Exec(t, fmt.Sprintf("INSERT INTO salesforce_opportunity VALUES ('%d', '%s', %t, '%s', %f)", i, deal.owner, deal.won, deal.closed, deal.amount))
		if deal.won {
			won[[2]any{deal.owner, map[bool]string{false: "2000_Q4", true: "2001_Q1"}[deal.closed >= "2000-02-01"]}] += deal.amount
		}
	}
	for _, list := range s.series(d) {
		c := list[0]
		if c.user["has_reports"] == true {
			continue
		}
		closed, call := won[[2]any{c.user["crm_user_id"], c.user["requested_period"]}], newest(list, effectiveOf)
		r := c.is(map[string]any{"closed_won": closed, "newest_call": call, "quota_value": list[len(list)-1].quota})
		if c.isOver == true && call != nil {
			r["error"], _ = story.Plain("", call.(float64)-closed)
		}
		want = append(want, r)
	}
	return want
}
