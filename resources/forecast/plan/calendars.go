package plan

import (
	"cmp"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// calendars is what is known of fiscal quarters. Each tab's results tell of its own; a tab whose results tell nothing goes by those of all, as long as
// no two tabs differ.
type calendars struct {
	own map[Tab]*fiscal.Calendar
	all *fiscal.Calendar
}

// loadCalendars reads what earlier syncs have learned. startMonth is the first month of the fiscal year as users give it, 0 where they do not.
func (p *Planner) loadCalendars(tabs []Tab, startMonth int) {
	load := func(key string) *fiscal.Calendar {
		c := &fiscal.Calendar{StartMonth: startMonth}
		spans, _ := journal.LoadList[fiscal.Span](p.ctx, p.ledger, key)
		c.Restore(spans)
		return c
	}
	p.calendars = calendars{own: map[Tab]*fiscal.Calendar{}, all: load(p.calendarKey())}
	for _, t := range tabs {
		p.calendars.own[t] = load(p.tabKey("calendar", t))
	}
}

// Days are the first and the last day of a tab's quarter, as results have told them, else as fiscal_year_start_month does; zero where nothing does.
func (p *Planner) Days(t Tab, quarter string) (first, last time.Time) {
	own := p.calendars.own[t]
	if known, end := own.Known(quarter); !end.IsZero() {
		return known, end
	}
	return p.calendars.all.Days(quarter)
}

// Learn takes in what a tab's result says of the days of a quarter. A day that it does not say is zero.
func (p *Planner) Learn(t Tab, quarter string, start, end time.Time) {
	if start.IsZero() && end.IsZero() {
		return
	}
	c := p.calendars
	c.own[t].Learn(quarter, start, end)
	for other, theirs := range c.own {
		if _, last := theirs.Known(quarter); other != t && !last.IsZero() && !end.IsZero() && !last.Equal(end) {
			c.all.Dispute(quarter)
		}
	}
	c.all.Learn(quarter, start, end)
}

// LearnCurrent takes in which quarter Clari calls a tab's current one.
func (p *Planner) LearnCurrent(t Tab, quarter string) {
	p.calendars.own[t].LearnCurrent(quarter)
	p.calendars.all.LearnCurrent(quarter)
}

// current is a tab's current quarter as Clari has called it: in this sync, or in an earlier one while its end is far enough ahead.
func (p *Planner) current(t Tab) (fiscal.Quarter, bool) {
	if q, ok := p.calendars.own[t].Current(p.today); ok {
		return q, true
	}
	if p.calendars.all.Disputes() {
		return fiscal.Quarter{}, false
	}
	return p.calendars.all.Current(p.today)
}

// currentOr is current, else what fiscal_year_start_month tells.
func (p *Planner) currentOr(t Tab) (fiscal.Quarter, bool) {
	if q, ok := p.current(t); ok {
		return q, true
	}
	if month := p.spec.FiscalYearStartMonth; month > 0 {
		return fiscal.Of(p.today, month), true
	}
	return fiscal.Quarter{}, false
}

// likely is the quarter that Clari will call a tab's current one; empty where that is not known, as on the days on which quarters turn: Clari's day is another
// than the user's.
func (p *Planner) likely(t Tab) string {
	q, ok := p.current(t)
	if month := p.spec.FiscalYearStartMonth; !ok && month > 0 {
		q = fiscal.Of(p.today, month)
		ok = q == fiscal.Of(p.today.AddDate(0, 0, -1), month) && q == fiscal.Of(p.today.AddDate(0, 0, 1), month)
	}
	if !ok {
		return ""
	}
	return q.String()
}

// IsCurrent reports whether a quarter is a tab's current one, as far as is known.
func (p *Planner) IsCurrent(t Tab, quarter string) bool {
	q, ok := p.currentOr(t)
	return ok && q.String() == quarter
}

// endOf is the last day of a tab's quarter: a known one, else what its results made likely; zero where nothing tells.
func (p *Planner) endOf(t Tab, quarter string, likely time.Time) time.Time {
	if _, end := p.Days(t, quarter); !end.IsZero() {
		return end
	}
	return likely
}

// LikelyEnd is a quarter's last day as its results make it likely, before and now. told is the day that the newest result tells, zero where it tells none:
// then the quarter ends at the latest 15 weeks after one of its weeks began.
func LikelyEnd(before State, told, newestWeek time.Time) time.Time {
	if !told.IsZero() || newestWeek.IsZero() {
		return cmp.Or(told, before.End)
	}
	if latest := newestWeek.AddDate(0, 0, 15*7); before.End.IsZero() || latest.Before(before.End) {
		return latest
	}
	return before.End
}

// FinalAt is from when on what is exported of a tab's quarter is final, where its results made its last day likely. Where nothing tells the day, the
// quarter's name tells when it is over for certain; of other periods it is zero then.
func (p *Planner) FinalAt(t Tab, quarter string, likely time.Time) time.Time {
	end := p.endOf(t, quarter, likely)
	if q, ok := fiscal.Parse(quarter); ok && end.IsZero() {
		end = q.LatestEnd()
	}
	return p.finalAt(end)
}

// finalAt is from when on what is exported of a quarter with this last day is final; zero where the day is not known.
func (p *Planner) finalAt(end time.Time) time.Time {
	if end.IsZero() {
		return time.Time{}
	}
	y, m, d := end.AddDate(0, 0, p.spec.SettleDays+1).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, p.spec.Location())
}

// Over reports whether the day of an instant, in the spec's time zone, is after a quarter's last day.
func (p *Planner) Over(last, at time.Time) bool {
	return !last.IsZero() && fiscal.Day(at, p.spec.Location()).After(last)
}
