package truth

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
)

// A landing is one export of a place, and which of its people the destination still knows to have been in it.
type landing struct {
	job    sim.Job
	day    string
	people map[any]oracle.Row
	kept   map[any]bool
}

// landings are the exports of each place, oldest first.
func (s *Story) landings(d *story.Database) map[any][]*landing {
	all := map[any][]*landing{}
	for _, job := range s.Jobs {
		if job.Activities != nil {
			continue
		}
		l := &landing{job: job, day: job.EndsAt().UTC().Format(time.DateOnly), people: map[any]oracle.Row{}, kept: map[any]bool{}}
		for u := range oracle.Of(job)["clari_forecast_users"] {
			l.people[u["user_id"]] = u
			l.kept[u["user_id"]] = true
		}
		place := oracle.ForecastKey(job.Forecast, job.Got, job.Currency, job.Scope)
		for _, before := range all[place] { // a row takes the place of the one before, unless all are kept, or one of each day
			for id := range l.people {
				if d.Mode == "overwrite" && (!s.KeepsDays || before.day == l.day) {
					delete(before.kept, id)
				}
			}
		}
		all[place] = append(all[place], l)
	}
	return all
}

func (l *landing) isWhole() bool { return len(l.kept) == len(l.people) }

// A member is somebody in a week: whether an export tells that, and who was the manager then.
type member struct {
	membership         string
	user               oracle.Row
	above              oracle.Row // the manager of now
	isPresent, hasTree bool
	inTree             oracle.Row
}

// membersOf are the people of a week, by user id.
func membersOf(exports []*landing, week oracle.Row, called func(user, week any) bool, weeks []oracle.Row) map[any]member {
	from, to := week["start_date"].(string), week["end_date"].(string)
	newest := exports[len(exports)-1]
	var tree *landing
	firstWhole := -1
	for i, l := range exports {
		if l.isWhole() && from <= l.day && l.day <= to {
			tree = l
		}
		if l.isWhole() && firstWhole < 0 {
			firstWhole = i
		}
	}
	members := map[any]member{}
	for _, l := range exports {
		for id := range l.people {
			first, last := -1, -1 // exports that are known to have them
			for i, other := range exports {
				if other.kept[id] {
					last = i
					if first < 0 {
						first = i
					}
				}
			}
			begins := exports[first].day
			for _, w := range weeks {
				if called(id, w["time_frame_id"]) {
					begins = min(begins, w["start_date"].(string))
				}
			}
			m := member{user: exports[last].people[id], isPresent: newest.people[id] != nil, hasTree: tree != nil}
			if tree != nil {
				m.inTree = tree.people[id]
			}
			switch {
			case called(id, week["time_frame_id"]), from <= exports[last].day && begins <= to:
				m.membership = "known"
			case from > exports[last].day: // left before
				continue
			case firstWhole >= 0 && firstWhole < first: // an export before has everybody else
				continue
			default:
				m.membership = "assumed"
			}
			for _, l := range exports {
				if u := l.people[m.user["manager_user_id"]]; u != nil {
					m.above = u
				}
			}
			members[id] = m
		}
	}
	return members
}

// A cell is a row of the mart as business truth has it.
type cell struct {
	member
	week, entry       oracle.Row // entry is nil where nothing was entered
	period            oracle.Row
	field, place      any
	fieldName         string
	quota             any
	weekPlace         int
	weeksBack         int
	effective, before any
	currency          any
	isOver            any // nil where the period's end is not known
}

// personWeeks are the people, weeks and calls of a story.
func (s *Story) personWeeks(d *story.Database) (cells []*cell) {
	entries := map[[5]any]oracle.Row{}
	calls, quotas := map[[5]any]bool{}, map[[5]any]bool{} // fields that have them
	slots := map[any]map[[5]any]oracle.Row{}              // by place: period and field
	codes := map[any]map[any]bool{}                       // by place: the currencies of its entries
	for _, r := range s.Now.LastKnown {
		entries[key(r, "forecast_key", "time_period_id", "time_frame_id", "user_id", "field_id")] = r
		field := key(r, "forecast_key", "field_id")
		calls[field] = calls[field] || number(r, "forecast_value") != nil
		quotas[field] = quotas[field] || number(r, "quota_value") != nil
		if slots[r["forecast_key"]] == nil {
			slots[r["forecast_key"]], codes[r["forecast_key"]] = map[[5]any]oracle.Row{}, map[any]bool{}
		}
		if r["currency_code"] != nil {
			codes[r["forecast_key"]][r["currency_code"]] = true
		}
		slots[r["forecast_key"]][key(r, "time_period_id", "field_id")] = r
	}
	for place, exports := range s.landings(d) {
		newest := exports[len(exports)-1]
		var weeks []oracle.Row
		for _, w := range s.Now.Others["clari_forecast_time_frames"] {
			if w["forecast_key"] == place && w["start_date"].(string) <= newest.day {
				weeks = append(weeks, w)
			}
		}
		slices.SortFunc(weeks, func(a, b oracle.Row) int { return cmp.Compare(a["start_date"].(string), b["start_date"].(string)) })
		quotaField := any(nil)
		called := map[[5]any]bool{}
		for slot := range slots[place] {
			f := [5]any{place, slot[1]}
			if quotas[f] && !calls[f] {
				quotaField = slot[1]
			}
		}
		for k, r := range entries {
			if k[0] == place && (effective(r) != nil || r["is_updated"] == true) {
				called[[5]any{r["user_id"], r["time_frame_id"]}] = true
			}
		}
		for n, w := range weeks {
			for id, m := range membersOf(exports, w, func(user, week any) bool { return called[[5]any{user, week}] }, weeks) {
				for slot, sample := range slots[place] {
					if f := [5]any{place, slot[1]}; quotas[f] && !calls[f] {
						continue
					}
					c := &cell{member: m, week: w, period: sample, field: slot[1], place: place, fieldName: sample["field_name"].(string), weekPlace: n}
					c.weeksBack = int(start(oracle.Row{"week_start_date": weeks[len(weeks)-1]["start_date"]}).Sub(start(oracle.Row{"week_start_date": w["start_date"]})).Hours() / 24 / 7)
					c.entry = entries[[5]any{place, slot[0], w["time_frame_id"], id, slot[1]}]
					c.effective = effective(c.entry)
					if sample["time_period_end_date"] != nil {
						c.isOver = s.isOver(sample)
					}
					quota := entries[[5]any{place, slot[0], w["time_frame_id"], id, quotaField}]
					c.quota, c.currency = number(quota, "quota_value"), cmp.Or(c.entry["currency_code"], quota["currency_code"])
					for code := range codes[place] {
						if c.currency == nil && len(codes[place]) == 1 {
							c.currency = code
						}
					}
					if n > 0 && start(oracle.Row{"week_start_date": weeks[n-1]["start_date"]}).AddDate(0, 0, 7).Equal(start(oracle.Row{"week_start_date": w["start_date"]})) {
						c.before = effective(entries[[5]any{place, slot[0], weeks[n-1]["time_frame_id"], id, slot[1]}])
					}
					cells = append(cells, c)
				}
			}
		}
	}
	return cells
}

// row is the cell as the mart has it.
func (c *cell) row() story.Row {
	yes := func(v bool) any { return v }
	isUpdated := c.entry["is_updated"] == true
	manager := any(nil)
	if c.inTree != nil {
		manager = c.inTree["manager_user_id"]
	}
	r := RowOf(c.user, []string{"forecast_key", "forecast_id", "scope_id", "requested_currency", "requested_period", "user_id", "person_id", "role", "email", "hierarchy_level"}, map[string]any{
		"user_name": c.user["name"], "membership": c.membership, "in_latest_export": yes(c.isPresent), "tree_known": yes(c.hasTree), "in_tree": yes(c.inTree != nil),
		"manager_as_of": manager, "current_manager": c.user["manager_user_id"], "current_manager_name": c.above["name"], "time_frame_id": c.week["time_frame_id"], "week_start_date": c.week["start_date"],
		"week_end_date": c.week["end_date"], "weeks_to_end": c.week["weeks_to_end"], "time_period_id": c.period["time_period_id"], "time_period_type": c.period["time_period_type"],
		"fiscal_year": c.period["fiscal_year"], "fiscal_quarter": c.period["fiscal_quarter"], "field_id": c.field, "field_name": c.fieldName, "effective_value": c.effective,
		"effective_before": c.before, "weeks_back": c.weeksBack, "is_over": c.isOver, "step": minus(c.effective, c.before), "quota_value": c.quota, "is_submitted": isUpdated, "currency_code": c.currency,
	})
	for k, v := range RowOf(c.entry, []string{"forecast_value", "adjustment_value", "crm_closed", "crm_total", "adjusted_by"}, nil) {
		r[k] = v
	}
	return r
}

// personWeekToday says of each row whether it is of today.
func personWeekToday(_ *testing.T, s *Story, d *story.Database) (want []story.Row) {
	today := s.Today.Format(time.DateOnly)
	newest := map[any]string{}
	cells := s.personWeeks(d)
	for _, c := range cells {
		newest[c.place] = max(newest[c.place], c.week["start_date"].(string))
	}
	quarters := map[any][2]string{}
	for _, p := range s.Now.Others["clari_forecast_time_periods"] {
		q, known := quarters[p["forecast_key"]]
		from, _ := p["start_date"].(string)
		to, _ := p["end_date"].(string)
		if from == "" {
			continue
		}
		if !known || from < q[0] {
			q[0] = from
		}
		q[1] = max(q[1], to)
		quarters[p["forecast_key"]] = q
	}
	for _, c := range cells {
		from, to := c.week["start_date"].(string), c.week["end_date"].(string)
		isWeek := from <= today && today <= to
		isQuarter := isWeek
		if q, ok := quarters[c.place]; ok {
			isQuarter = q[0] <= today && today <= q[1]
		}
		want = append(want, RowOf(c.user, []string{"forecast_key", "user_id"}, map[string]any{
			"week_start_date": from, "field_id": c.field, "time_period_id": c.period["time_period_id"],
			"is_current_week": isWeek && isQuarter, "is_current_quarter": isQuarter, "is_latest_week": from == newest[c.place],
		}))
	}
	return want
}

func personWeek(_ *testing.T, s *Story, d *story.Database) (want []story.Row) {
	for _, c := range s.personWeeks(d) {
		want = append(want, c.row())
	}
	return want
}

// changes are what consecutive exports of a place, of which all is kept, say differently.
func changes(_ *testing.T, s *Story, d *story.Database) (want []story.Row) {
	for _, exports := range s.landings(d) {
		exports = slices.DeleteFunc(exports, func(l *landing) bool { return !l.isWhole() })
		weeks := map[any]map[[5]any]oracle.Row{} // what the export before that has a week says of it
		jobs := map[any]*landing{}
		for i, after := range exports {
			now := map[any]map[[5]any]oracle.Row{}
			for r := range oracle.Of(after.job)["clari_forecast_entries"] {
				if now[r["time_frame_id"]] == nil {
					now[r["time_frame_id"]] = map[[5]any]oracle.Row{}
				}
				now[r["time_frame_id"]][key(r, "time_period_id", "user_id", "field_id")] = r
			}
			for week, rows := range now {
				if before := weeks[week]; before != nil {
					want = append(want, stepsOf(jobs[week].job.ID, after.job.ID, before, rows)...)
				}
				weeks[week], jobs[week] = rows, after
			}
			if i > 0 {
				want = append(want, movesOf(exports[i-1], after)...)
			}
		}
	}
	return want
}

// stepsOf are the amounts of a week that two exports differ in.
func stepsOf(jobBefore, job string, before, after map[[5]any]oracle.Row) (want []story.Row) {
	keys := map[[5]any]bool{}
	for _, side := range []map[[5]any]oracle.Row{before, after} {
		for k := range side {
			keys[k] = true
		}
	}
	for k := range keys {
		for change, column := range map[string]string{"call": "forecast_value", "override": "adjustment_value", "quota": "quota_value"} {
			was, is := number(before[k], column), number(after[k], column)
			if was == is {
				continue
			}
			of := after[k]
			if of == nil {
				of = before[k]
			}
			by := map[string]any{"call": after[k]["updated_by"], "override": after[k]["adjusted_by"]}[change]
			want = append(want, RowOf(of, []string{"forecast_key", "time_period_id", "time_frame_id", "user_id", "person_id", "user_name", "field_id", "field_name", "week_start_date"}, map[string]any{
				"job_before": jobBefore, "job_id": job, "change_type": change, "value_before": was, "value_after": is,
				"step": minus(cmp.Or(is, any(0.0)), cmp.Or(was, any(0.0))), "changed_by": by,
			}))
		}
	}
	return want
}

// movesOf are the people in one export who are not in the other.
func movesOf(before, after *landing) (want []story.Row) {
	for change, sides := range map[string][2]*landing{"came": {before, after}, "went": {after, before}} {
		for id, u := range sides[1].people {
			if sides[0].people[id] == nil {
				want = append(want, RowOf(u, []string{"forecast_key", "user_id", "person_id"}, map[string]any{
					"user_name": u["name"], "job_before": before.job.ID, "job_id": after.job.ID, "change_type": change, "step": 0.0,
					map[string]string{"came": "role_after", "went": "role_before"}[change]: u["role"], map[string]string{"came": "manager_after", "went": "manager_before"}[change]: u["manager_user_id"],
				}))
			}
		}
	}
	return want
}
