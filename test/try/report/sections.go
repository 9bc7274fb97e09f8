package report

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/try/page"
)

// calls is the chart of the quarter before and this one.
func (r *report) calls() page.Section {
	s := page.Section{Title: "Calls by week against quota and closed", Text: "What those at the top called, and what was closed by then. Each quarter begins anew."}
	chart := page.Chart{Title: s.Title, Zero: true, Series: []page.Series{{Name: r.call}, {Name: "closed"}, {Name: "quota", Dashed: true}}}
	var days []time.Time
	for _, label := range r.begun()[max(0, len(r.begun())-2):] {
		for i := range chart.Series {
			chart.Series[i].Points = append(chart.Series[i].Points, page.Point{Y: math.NaN()})
		}
		for _, week := range weeksOf(r.entries[label]) {
			at, err := time.Parse(time.DateOnly, week)
			if err != nil {
				continue
			}
			days = append(days, at)
			for i, y := range []float64{r.top(label, week, r.call, entry.effective), r.top(label, week, r.call, closedOf), r.top(label, week, r.quota, quotaOf)} {
				chart.Series[i].Points = append(chart.Series[i].Points, page.Point{X: float64(at.Unix()), Y: y})
			}
		}
	}
	if len(days) == 0 {
		return page.Section{}
	}
	chart.Ticks = page.Days(days[0], days[len(days)-1])
	s.Chart = chart.SVG()
	return s
}

// begun are the quarters that have entries, oldest first.
func (r *report) begun() (labels []string) {
	for _, q := range r.all {
		if r.entries[q.label] != nil {
			labels = append(labels, q.label)
		}
	}
	return labels
}

func weeksOf(entries []entry) (weeks []string) {
	for _, e := range entries {
		if !slices.Contains(weeks, e.week) {
			weeks = append(weeks, e.week)
		}
	}
	return weeks
}

// accuracy compares the calls of past quarters with what they came to, by weeks to the end.
func (r *report) accuracy() page.Section {
	s := page.Section{
		Title: "How good the calls were", Numbers: 1,
		Text: "The call of past quarters against what was closed in the end, by whole weeks to the quarter's end. Above zero was too high.",
		Head: []string{"weeks to the end"},
	}
	chart := page.Chart{Title: s.Title, Format: page.Percent}
	cells := map[int]map[string]string{}
	past := r.begun()
	past = past[:len(past)-1]
	for _, label := range past[max(0, len(past)-4):] {
		weeks := weeksOf(r.entries[label])
		final := r.top(label, weeks[len(weeks)-1], r.call, closedOf)
		if math.IsNaN(final) || final == 0 {
			continue
		}
		s.Head, s.Numbers = append(s.Head, label), s.Numbers+1
		line := page.Series{Name: label}
		for _, e := range r.entries[label] {
			if e.level != 0 || e.field != r.call || slices.ContainsFunc(line.Points, func(p page.Point) bool { return p.X == -float64(e.left) }) {
				continue
			}
			off := r.top(label, e.week, r.call, entry.effective)/final - 1
			line.Points = append(line.Points, page.Point{X: -float64(e.left), Y: off})
			if cells[e.left] == nil {
				cells[e.left] = map[string]string{}
			}
			cells[e.left][label] = page.Percent(off)
		}
		chart.Series = append(chart.Series, line)
	}
	if len(chart.Series) == 0 {
		return page.Section{}
	}
	for left := range 15 {
		if left%3 == 0 && cells[left] != nil {
			chart.Ticks = append(chart.Ticks, page.Tick{X: -float64(left), Text: counted(left, "week")})
			row := []string{fmt.Sprint(left)}
			for _, label := range s.Head[1:] {
				row = append(row, cells[left][label])
			}
			s.Rows = append([][]string{row}, s.Rows...)
		}
	}
	s.Chart = chart.SVG()
	return s
}

// ofWeek are the entries of a week and field, by person.
func (r *report) ofWeek(week, field string) map[string]entry {
	found := map[string]entry{}
	for _, e := range r.entries[r.now.label] {
		if e.week == week && e.field == field {
			found[e.person] = e
		}
	}
	return found
}

// rollUp compares each manager's call with those of the people right below, and says what the gap is made of.
func (r *report) rollUp() page.Section {
	s := page.Section{
		Title: fmt.Sprintf("Roll-up of %s", r.call), Numbers: 6,
		Text: "Each manager's call beside those of the people right below. The gap has two parts: what managers overrode of single calls, and what they added or took away on top. " +
			"A manager's call holds the team's: never add these rows up.",
		Head: []string{"manager", "own call", "reports' calls", "gap", "overrides", "own judgement", "without a call"},
	}
	week := r.ofWeek(r.latest(), r.call)
	var managers []entry
	for _, e := range week {
		if e.leads && !math.IsNaN(e.call) {
			managers = append(managers, e)
		}
	}
	sort.Slice(managers, func(i, j int) bool {
		a, b := managers[i], managers[j]
		if a.level != b.level {
			return a.level < b.level
		}
		return a.name+a.person < b.name+b.person
	})
	for _, m := range managers {
		var called, overridden float64
		without, reports := 0, 0
		for _, p := range week {
			if p.boss != m.person {
				continue
			}
			reports++
			if v := p.call; !math.IsNaN(v) {
				called += v
				overridden += p.effective() - v
			} else if v := p.effective(); !math.IsNaN(v) {
				overridden += v
				without++
			} else {
				without++
			}
		}
		if reports == 0 {
			continue
		}
		s.Rows = append(s.Rows, []string{
			m.name, page.Short(m.call), page.Short(called), page.Change(m.call - called), page.Change(overridden), page.Change(m.call - called - overridden),
			fmt.Sprintf("%d of %d", without, reports),
		})
	}
	if len(s.Rows) == 0 {
		return page.Section{}
	}
	return s
}

// notSubmitted are the people without reports who have not entered a call in the latest week.
func (r *report) notSubmitted() page.Section {
	submitted := map[string]bool{}
	any := false
	for _, e := range r.entries[r.now.label] {
		if e.week == r.latest() && e.field == r.call && e.submitted {
			submitted[e.person], any = true, true
		}
	}
	s := page.Section{Title: "Who has not submitted", Head: []string{"person", "role", "manager"}}
	n := 0
	for _, p := range r.people {
		if p.leads {
			continue
		}
		if n++; !submitted[p.id] {
			s.Rows = append(s.Rows, []string{p.name, p.role, p.manager})
		}
	}
	switch {
	case n == 0:
		return page.Section{}
	case !any:
		return page.Section{Title: s.Title, Text: "Nothing tells: the export lacks the type forecast_updated, or nobody has submitted in the week of " + brief(r.latest()) + "."}
	case len(s.Rows) == 0:
		s.Text = fmt.Sprintf("Everybody has: %s without reports called %s in the week of %s.", counted(n, "person"), r.call, brief(r.latest()))
	default:
		s.Text = fmt.Sprintf("%d of %d people without reports have not called %s in the week of %s.", len(s.Rows), n, r.call, brief(r.latest()))
	}
	return s
}

// shown is how many changes are listed.
const shown = 10

// changes are the largest steps of single people since the week before.
func (r *report) changes() page.Section {
	if len(r.weeks) < 2 {
		return page.Section{}
	}
	before := r.weeks[len(r.weeks)-2]
	s := page.Section{
		Title: "What changed since the week before", Numbers: 3, Head: []string{"person", "manager", brief(before), brief(r.latest()), "step"},
	}
	type step struct {
		entry
		before float64
	}
	var steps []step
	old := r.ofWeek(before, r.call)
	up, down := 0.0, 0.0
	for id, e := range r.ofWeek(r.latest(), r.call) {
		was, known := old[id]
		if by := e.effective() - was.effective(); known && !e.leads && !math.IsNaN(by) && by != 0 {
			steps = append(steps, step{e, was.effective()})
			up, down = up+max(0, by), down+min(0, by)
		}
	}
	sort.Slice(steps, func(i, j int) bool {
		a, b := math.Abs(steps[i].effective()-steps[i].before), math.Abs(steps[j].effective()-steps[j].before)
		if a != b {
			return a > b
		}
		return steps[i].person < steps[j].person
	})
	managers := map[string]string{}
	for _, p := range r.people {
		managers[p.id] = p.manager
	}
	for _, e := range steps[:min(shown, len(steps))] {
		s.Rows = append(s.Rows, []string{e.name, managers[e.person], page.Short(e.before), page.Short(e.effective()), page.Change(e.effective() - e.before)})
	}
	words := []string{fmt.Sprintf("%s changed their %s", counted(len(steps), "person"), r.call)}
	if len(steps) > 0 {
		words = append(words, fmt.Sprintf("%s up and %s down", page.Short(up), page.Short(-down)))
	}
	s.Text = strings.Join(words, ": ") + "."
	if len(steps) > shown {
		s.Text += fmt.Sprintf(" The %d largest steps:", shown)
	}
	return s
}
