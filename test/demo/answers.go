package main

import (
	"context"
	"database/sql"
	"fmt"
	"html/template"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/test/demo/page"
)

// What is shown of the three tabs.
const (
	shownTab   = "net_arr"
	shownField = "Commit"
	shownWeeks = 4
)

// answers makes the views, asks what people ask, and writes it down: short tables for the terminal, and the page.
func (d *demo) answers(ctx context.Context, db *sql.DB) error {
	texts := map[string]string{}
	for _, q := range queries.All() {
		texts[q.Name] = q.Select
		if !q.IsView {
			continue
		}
		if _, err := db.ExecContext(ctx, q.Text); err != nil {
			return fmt.Errorf("%s: %w", q.Name, err)
		}
	}
	a := &asked{ctx: ctx, db: db, texts: texts, quarter: d.server.Current().String(), before: d.server.Current().Add(-1).String()}
	p := page.Page{
		Title: "Forecast of " + shownTab,
		Intro: "From " + d.database + ", which a sync against a made-up sales team has just written. The queries are those in docs/queries.",
	}
	for _, section := range []func() (page.Section, error){a.calls, a.weekOverWeek, a.rollUp, a.notSubmitted, a.exports} {
		s, err := section()
		if err != nil {
			return fmt.Errorf("%s: %w", s.Query, err)
		}
		p.Sections = append(p.Sections, s)
		if s.Head != nil && s.Query != "quota_use" {
			if err := d.print(s); err != nil {
				return err
			}
		}
	}
	name := filepath.Join(d.dir, "demo.html")
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := p.Write(file); err != nil {
		file.Close()
		return err
	}
	fmt.Fprintf(d.out, "\nThe same with charts: %s\n", name)
	return file.Close()
}

// print writes a section as a table for a terminal.
func (d *demo) print(s page.Section) error {
	fmt.Fprintf(d.out, "\n%s\n\n", s.Title)
	table := tabwriter.NewWriter(d.out, 0, 0, 3, ' ', 0)
	for _, cells := range append([][]string{s.Head}, s.Rows...) {
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	return table.Flush()
}

// asked is a database with the views in it.
type asked struct {
	ctx             context.Context
	db              *sql.DB
	texts           map[string]string
	quarter, before string // the current one, and the one before
}

// rows calls take for each row of a part of a query. values are as many as there are columns.
func (a *asked) rows(columns, query, where string, take func(v []any), args ...any) error {
	text := fmt.Sprintf("SELECT %s FROM (\n%s\n) q WHERE %s", columns, a.texts[query], where)
	found, err := a.db.QueryContext(a.ctx, text, args...)
	if err != nil {
		return err
	}
	defer found.Close()
	names, err := found.Columns()
	if err != nil {
		return err
	}
	values, targets := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	for found.Next() {
		if err := found.Scan(targets...); err != nil {
			return err
		}
		take(values)
	}
	return found.Err()
}

func amount(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case int64:
		return float64(v)
	}
	return math.NaN()
}

func short(v any) string {
	if x := amount(v); !math.IsNaN(x) {
		return page.Short(x)
	}
	return ""
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func dayOf(v any) string {
	day, err := time.Parse(time.DateOnly, text(v))
	if err != nil {
		return text(v)
	}
	return day.Format("2 Jan")
}

// calls is the chart of the whole organisation, of the quarter before and this one.
func (a *asked) calls() (page.Section, error) {
	s := page.Section{
		Title: "Calls by week against quota", Query: "clari_forecast_current",
		Text: "What the head of sales called, and what was closed by then. Each quarter begins anew.",
	}
	var all []page.Week
	a.texts[s.Query] = "SELECT * FROM clari_forecast_current"
	err := a.rows("requested_period, week_start_date, field_name, forecast_value, quota_value, crm_closed", s.Query,
		"forecast_id = ? AND hierarchy_level = 0 AND requested_period IN (?, ?) AND week_start_date <= DATE('now') ORDER BY requested_period, week_start_date",
		func(v []any) {
			all = append(all, page.Week{Quarter: text(v[0]), Start: text(v[1]), Field: text(v[2]), Call: amount(v[3]), Quota: amount(v[4]), Closed: amount(v[5])})
		}, shownTab, a.before, a.quarter)
	if err != nil {
		return s, err
	}
	svg, err := page.Forecast(shownTab+", "+a.before+" and "+a.quarter, all)
	s.Chart = template.HTML(svg)
	return s, err
}

// weekOverWeek is the last weeks of one team: the manager and the people right below.
func (a *asked) weekOverWeek() (page.Section, error) {
	s := page.Section{Query: "week_over_week"}
	var people, weeks []string
	cells := map[[2]string]string{}
	manager := ""
	err := a.rows("user_name, week_start_date, forecast_value, change, manager_name", s.Query,
		`forecast_id = ? AND requested_period = ? AND field_name = ? AND week_start_date <= DATE('now') AND ? IN (user_name, manager_name)
		ORDER BY hierarchy_level, user_name, week_start_date`,
		func(v []any) {
			person, week := text(v[0]), text(v[1])
			if !slices.Contains(people, person) {
				people = append(people, person)
			}
			if !slices.Contains(weeks, week) {
				weeks = append(weeks, week)
			}
			cell := short(v[2])
			if change := amount(v[3]); !math.IsNaN(change) {
				cell += " (" + page.Change(change) + ")"
			}
			cells[[2]string{person, week}] = cell
		}, shownTab, a.quarter, shownField, a.manager(&manager))
	if err != nil {
		return s, err
	}
	slices.Sort(weeks)
	weeks = weeks[max(0, len(weeks)-shownWeeks):]
	s.Title = fmt.Sprintf("%s of %s's team week over week, in %s", shownField, manager, a.quarter)
	s.Text, s.Numbers = "The call of each week, and its change since the week before. The manager comes first: that call holds the team's.", len(weeks)
	s.Head = []string{"person"}
	for _, week := range weeks {
		s.Head = append(s.Head, dayOf(week))
	}
	for _, person := range people {
		row := []string{person}
		for _, week := range weeks {
			row = append(row, cells[[2]string{person, week}])
		}
		s.Rows = append(s.Rows, row)
	}
	return s, nil
}

// manager finds the first manager below the root, or the root where there is none.
func (a *asked) manager(name *string) string {
	const query = `SELECT name FROM clari_forecast_users_current WHERE forecast_id = ? AND requested_period = ? AND has_reports ORDER BY hierarchy_level = 1 DESC, name LIMIT 1`
	if err := a.db.QueryRowContext(a.ctx, query, shownTab, a.quarter).Scan(name); err != nil {
		*name = ""
	}
	return *name
}

func (a *asked) rollUp() (page.Section, error) {
	s := page.Section{
		Query: "roll_up", Title: fmt.Sprintf("Roll-up of %s in %s, latest week", shownField, a.quarter), Numbers: 4,
		Text: "What each manager calls, what the people right below call together, and the gap. Never add these rows up.",
		Head: []string{"manager", "own call", "direct reports", "their sum", "gap"},
	}
	var bars []page.Bar
	latest := ""
	err := a.rows("user_name, own_call, direct_reports, sum_of_direct_reports, gap, week_start_date", s.Query,
		`forecast_key = ? AND field_name = ? AND week_start_date <= DATE('now') ORDER BY week_start_date DESC, hierarchy_level, user_name`,
		func(v []any) {
			if latest == "" {
				latest = text(v[5])
			}
			if text(v[5]) != latest {
				return
			}
			s.Rows = append(s.Rows, []string{text(v[0]), short(v[1]), text(v[2]), short(v[3]), page.Change(amount(v[4]))})
			bars = append(bars, page.Bar{Label: text(v[0]), Values: []float64{amount(v[1]), amount(v[3])}})
		}, shownTab+"/"+a.quarter, shownField)
	if err != nil {
		return s, err
	}
	svg, err := page.Bars("Week of "+dayOf(latest), 260, []string{"own call", "sum of direct reports"}, bars)
	s.Chart = template.HTML(svg)
	return s, err
}

func (a *asked) notSubmitted() (page.Section, error) {
	s := page.Section{
		Query: "submissions", Title: "Who has not submitted this week", Head: []string{"person", "role", "week", "missing"},
		Text: "People of " + shownTab + " who have not entered a required field in the latest week that has begun.",
	}
	return s, a.rows("user_name, role, week_start_date, field_name", s.Query,
		"forecast_key = ? AND is_latest_week AND NOT is_submitted AND has_reports = FALSE ORDER BY role, user_name, field_name",
		func(v []any) {
			if n := len(s.Rows); n > 0 && s.Rows[n-1][0] == text(v[0]) {
				s.Rows[n-1][3] += ", " + text(v[3])
				return
			}
			s.Rows = append(s.Rows, []string{text(v[0]), text(v[1]), dayOf(v[2]), text(v[3])})
		}, shownTab+"/"+a.quarter)
}

func (a *asked) exports() (page.Section, error) {
	s := page.Section{
		Query: "quota_use", Title: "Exports spent", Head: []string{"day", "tab", "exports", "left of the quota"}, Numbers: 2,
		Text: "Each tab and quarter costs one export of the monthly quota. Quarters that have settled are not exported again.",
	}
	var bars []page.Bar
	err := a.rows("export_day, forecast_id, exports, available_monthly_quota, monthly_quota", s.Query, "TRUE", func(v []any) {
		s.Rows = append(s.Rows, []string{text(v[0]), text(v[1]), text(v[2]), fmt.Sprintf("%v of %v", v[3], v[4])})
		bars = append(bars, page.Bar{Label: text(v[1]), Values: []float64{amount(v[2])}})
	})
	if err != nil {
		return s, err
	}
	svg, err := page.Bars("Exports by tab", 170, []string{"exports"}, bars)
	s.Chart = template.HTML(svg)
	return s, err
}
