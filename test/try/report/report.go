package report

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/try/page"
)

// report is one tab on one day, as far as the database knows it.
type report struct {
	tab     Tab
	today   time.Time
	all     []quarter
	now     quarter            // the one that is reported
	entries map[string][]entry // by quarter
	people  []person           // of now
	weeks   []string           // of now, begun
	call    string             // the field that is called: Commit, where there is one
	quota   string             // the field that has the quotas; empty: none, or several
}

// maxQuarters are how many past quarters the accuracy looks at.
const maxQuarters = 6

// Make makes the page of a tab on a day. from says where the data is.
func Make(ctx context.Context, db *sql.DB, tab Tab, today time.Time, from string) (page.Page, error) {
	r := &report{tab: tab, today: today, entries: map[string][]entry{}}
	if err := r.read(ctx, db); err != nil {
		return page.Page{}, fmt.Errorf("report: %w", err)
	}
	p := page.Page{Title: fmt.Sprintf("%s, %s", tab, r.now.label)}
	p.Headline, p.Tiles = r.headline()
	p.About = r.about()
	for _, s := range []page.Section{r.calls(), r.accuracy(), r.rollUp(), r.notSubmitted(), r.changes()} {
		if s.Chart != "" || len(s.Rows) > 0 || s.Text != "" {
			p.Sections = append(p.Sections, s)
		}
	}
	var err error
	if p.Footer, err = freshness(ctx, db); err != nil {
		return p, fmt.Errorf("report: %w", err)
	}
	p.Footer = append(p.Footer, from)
	return p, nil
}

func (r *report) read(ctx context.Context, db *sql.DB) (err error) {
	if r.all, err = quarters(ctx, db, r.tab); err != nil {
		return err
	}
	for _, q := range r.all[max(0, len(r.all)-maxQuarters-3):] {
		found, err := entries(ctx, db, r.tab, q.label, r.today)
		if err != nil {
			return err
		}
		if len(found) > 0 { // else it has not begun
			r.entries[q.label], r.now = found, q
		}
	}
	if r.now.label == "" {
		return fmt.Errorf("%s: no week has begun", r.tab)
	}
	for _, e := range r.entries[r.now.label] {
		if !slices.Contains(r.weeks, e.week) {
			r.weeks = append(r.weeks, e.week)
		}
	}
	r.call, r.quota = r.fields()
	r.people, err = people(ctx, db, r.tab, r.now.label)
	return err
}

// fields finds the field that is reported and the field of the quotas, which has quotas and no calls.
func (r *report) fields() (call, quota string) {
	calls, quotas := map[string]bool{}, map[string]bool{}
	for _, e := range r.entries[r.now.label] {
		calls[e.field] = calls[e.field] || !math.IsNaN(e.call)
		quotas[e.field] = quotas[e.field] || !math.IsNaN(e.quota)
	}
	var named, only []string
	for field, has := range calls {
		switch {
		case has:
			named = append(named, field)
		case quotas[field]:
			only = append(only, field)
		}
	}
	slices.Sort(named)
	if i := slices.IndexFunc(named, func(f string) bool { return strings.Contains(strings.ToLower(f), "commit") }); i >= 0 {
		call = named[i]
	} else if len(named) > 0 {
		call = named[0]
	}
	if len(only) == 1 {
		quota = only[0]
	}
	return call, quota
}

// top adds up what those at the top say in a week: whole is NaN where nobody says anything.
func (r *report) top(quarter, week, field string, of func(entry) float64) float64 {
	sum, known := 0.0, false
	for _, e := range r.entries[quarter] {
		if v := of(e); e.week == week && e.level == 0 && e.field == field && !math.IsNaN(v) {
			sum, known = sum+v, true
		}
	}
	if !known {
		return math.NaN()
	}
	return sum
}

func (r *report) latest() string { return r.weeks[len(r.weeks)-1] }

func quotaOf(e entry) float64  { return e.quota }
func closedOf(e entry) float64 { return e.closed }

// left is how many whole weeks of the quarter are left after the latest begun one.
func (r *report) left() int {
	for _, e := range r.entries[r.now.label] {
		if e.week == r.latest() {
			return e.left
		}
	}
	return 0
}

// headline says in words where the quarter stands.
func (r *report) headline() (string, []page.Tile) {
	call := r.top(r.now.label, r.latest(), r.call, entry.effective)
	closed := r.top(r.now.label, r.latest(), r.call, closedOf)
	quota := r.top(r.now.label, r.latest(), r.quota, quotaOf)
	if math.IsNaN(call) {
		return "Nobody at the top has called this week yet.", nil
	}
	text := fmt.Sprintf("%s is %s", r.call, page.Short(call))
	tiles := []page.Tile{{Name: r.call, Value: page.Short(call), Note: "called at the top"}}
	if !math.IsNaN(quota) && quota != 0 {
		word := "above"
		if call < quota {
			word = "below"
		}
		text += fmt.Sprintf(", %s %s the quota of %s (%.0f\u00a0%%)", page.Short(math.Abs(call-quota)), word, page.Short(quota), 100*call/quota)
		tiles = append(tiles, page.Tile{Name: "Quota", Value: page.Short(quota), Note: fmt.Sprintf("%.0f %% of it called", 100*call/quota)})
	}
	text += "."
	weeks := counted(r.left(), "week") + " left"
	if !math.IsNaN(closed) {
		text += fmt.Sprintf(" %s is closed; %s is still to win", page.Short(closed), page.Short(max(0, call-closed)))
		tiles = append(tiles, page.Tile{Name: "Closed", Value: page.Short(closed), Note: fmt.Sprintf("%.0f %% of the call", 100*closed/call)},
			page.Tile{Name: "Still to win", Value: page.Short(max(0, call-closed)), Note: weeks})
		if r.left() == 0 {
			return text + " in the last week.", tiles
		}
		return text + fmt.Sprintf(" with %s.", weeks), tiles
	}
	return text + " " + strings.ToUpper(weeks[:1]) + weeks[1:] + ".", tiles
}

// about is what the numbers are of.
func (r *report) about() string {
	text := "Week of " + long(r.latest()) + "."
	if r.now.start != "" && r.now.end != "" {
		text = fmt.Sprintf("%s runs from %s to %s. %s", r.now.label, long(r.now.start), long(r.now.end), text)
	}
	for _, e := range r.entries[r.now.label] {
		if e.currency != "" {
			return text + " Amounts are in " + e.currency + "."
		}
	}
	return text
}

func long(text string) string {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return text
	}
	return at.Format("2 January 2006")
}

func brief(text string) string {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return text
	}
	return at.Format("2 Jan")
}

func counted(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	if word == "person" {
		return fmt.Sprintf("%d people", n)
	}
	return fmt.Sprintf("%d %ss", n, word)
}
