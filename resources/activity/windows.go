package activity

import (
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

// Day is a calendar day, counted from 1970-01-01.
type Day int32

// DayOf is the calendar day that an instant shows in its own location.
func DayOf(t time.Time) Day {
	year, month, day := t.Date()
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// In is when the day begins at a place. A day on which clocks are put forward at midnight has none.
func (d Day) In(at *time.Location) time.Time {
	return fiscal.Begins(1970, 1, 1+int(d), at)
}

func (d Day) String() string { return d.In(time.UTC).Format(time.DateOnly) }

// Window is a stretch of a grid of days, and what of it is to be exported now. All days are included; the last of a window is the first of
// the next.
type Window struct {
	Start, End Day // of the grid: the window's identity
	From, To   Day // to be exported
	Newest     bool
}

// Landed is what a window's journal knows of its exports that landed: the earliest day that one of them began with, and the day on which
// the last of them was made.
type Landed struct{ From, On Day }

// Grid is how days are cut into windows and exported.
type Grid struct {
	WindowDays  int // 1 or more
	OverlapDays int // 0 or more: activities may arrive so many days late
	Since       Day // no earlier day is exported
}

// GridOf is the grid of a spec's block, which may count its days back from today.
func GridOf(a *spec.Activities, today Day) Grid {
	return Grid{WindowDays: a.WindowDays, OverlapDays: a.OverlapDays, Since: DayOf(a.SinceDay(today.In(time.UTC)))}
}

// Plan lists the windows to be exported today, the newest first: none before the first day has come.
//
// Each is exported once, but for the newest, which is exported in every sync. Whatever lands so early that activities of its last OverlapDays
// may still be missing is followed by an export that begins OverlapDays before it: of the same window while that is not over, else of the
// next one, which then reaches back, or of its own last days if the next one has landed before. So late activities arrive, and a daily sync costs one export a day.
func (g Grid) Plan(today Day, landed func(start Day) (Landed, bool)) []Window {
	var plan []Window
	size, overlap, since := Day(g.WindowDays), Day(g.OverlapDays), g.Since
	if since > today {
		return nil
	}
	start := (today - 1) - mod(today-1, size) // a day between two windows belongs to the one that it ends
	// Of the window after: what of it is planned, if anything, and with what day it began, if it ever landed.
	var next *Window
	var nextFrom Day
	nextLanded := false
	for newest := true; newest || start+size > since; newest, start = false, start-size {
		w := Window{Start: start, End: start + size, From: max(start, since), To: min(start+size, today), Newest: newest}
		l, ok := landed(start)
		ok = ok && l.From <= w.From                  // else since has moved back
		late := max(min(l.On, today)-overlap, since) // earlier days have arrived
		planned := true
		switch {
		case ok && !newest && l.On >= w.End && (late > w.End || nextLanded && nextFrom <= late):
			planned = false
		case ok && !newest && l.On >= w.End && next != nil:
			next.From = min(next.From, late)
			planned = false
		case ok:
			w.From = late
		}
		next, nextFrom, nextLanded = nil, l.From, ok
		if planned {
			plan = append(plan, w)
			next = &plan[len(plan)-1]
		}
	}
	return plan
}

func mod(d, size Day) Day { return (d%size + size) % size }

// Request is what to ask Clari for. Days begin at the place that has the calendar.
func (w Window) Request(types []string, at *time.Location) clari.ActivityExport {
	return clari.ActivityExport{Start: w.From.In(at), End: w.To.In(at), Types: types}
}
