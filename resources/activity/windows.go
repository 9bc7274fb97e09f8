package activity

import (
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// Day is a calendar day, counted from 1970-01-01.
type Day int32

// DayOf is the calendar day that an instant shows in its own location.
func DayOf(t time.Time) Day {
	year, month, day := t.Date()
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// In is when the day begins at a place.
func (d Day) In(at *time.Location) time.Time {
	return time.Date(1970, 1, 1+int(d), 0, 0, 0, 0, at)
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

// Plan lists the windows to be exported today, the newest first.
//
// A window is over when today is later than its last day. It is exported whole, once: what landed on its last day or later is all that there
// will be, but for what arrives late. The newest window is exported in every sync, from OverlapDays before its last export on, and reaches
// OverlapDays back into the one before it. So late activities arrive, a daily sync costs one export, and a window that was the newest until
// its last day costs none when it is over. A window that landed in part goes on from OverlapDays before that.
func (g Grid) Plan(today Day, landed func(start Day) (Landed, bool)) []Window {
	var plan []Window
	size := Day(g.WindowDays)
	since := min(g.Since, today)
	start := (today - 1) - mod(today-1, size) // today is in the window of which it is not the first day
	for newest := true; newest || start+size > since; newest, start = false, start-size {
		w := Window{Start: start, End: start + size, From: start, Newest: newest}
		w.To = min(w.End, today)
		if newest {
			w.From -= Day(g.OverlapDays)
		}
		w.From = max(w.From, since)
		if l, ok := landed(start); ok && l.From <= w.From {
			if !newest && l.On >= w.End {
				continue
			}
			w.From = max(w.From, min(l.On, today)-Day(g.OverlapDays))
		}
		plan = append(plan, w)
	}
	return plan
}

func mod(d, size Day) Day { return (d%size + size) % size }

// Request is what to ask Clari for. Days begin at the place that has the calendar.
func (w Window) Request(types []string, at *time.Location) clari.ActivityExport {
	return clari.ActivityExport{Start: w.From.In(at), End: w.To.In(at), Types: types}
}
