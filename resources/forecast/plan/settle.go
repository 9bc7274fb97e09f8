package plan

import (
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
)

// EndOf is the last day of the quarter of an export: as its own results said, else as far as the calendar is known.
func (p *Planner) EndOf(e *Export) time.Time {
	if e.Memory.End.IsZero() && e.Period != "" {
		_, end := p.Calendar.Days(e.Period)
		return end
	}
	return e.Memory.End
}

// Over tells whether an instant is later than a day, if that is known.
func (p *Planner) Over(last, at time.Time) bool {
	return !last.IsZero() && fiscal.Day(at, p.spec.Location()).After(last)
}

// Final tells whether an export at this time is late enough for the quarter's numbers not to change any more.
func (p *Planner) Final(end, at time.Time) bool {
	return !end.IsZero() && p.Over(end.AddDate(0, 0, p.spec.SettleDays), at)
}

// Settled tells whether two syncs have exported the quarter later than its end and settle_days.
func (p *Planner) Settled(e *Export) bool {
	if e.Period == "" || e.Refresh {
		return false
	}
	late := 0
	for _, at := range e.Memory.Settled {
		if p.Final(p.EndOf(e), at) {
			late++
		}
	}
	return late >= 2
}

// Complete tells whether what landed last holds all tables that are wanted now, in their present form.
func (e *Export) Complete(tables []string, schema int) bool {
	for _, table := range tables {
		if !slices.Contains(e.Memory.Tables, table) {
			return false
		}
	}
	return e.Memory.Schema == schema
}

// Landed notes in the memory of an export that its rows of this time are durable.
func (p *Planner) Landed(e *Export, at time.Time) {
	known := &e.Memory
	known.Settled = slices.DeleteFunc(known.Settled, func(at time.Time) bool { return !p.Final(known.End, at) }) // settle_days may have grown
	if p.Final(known.End, at) && len(known.Settled) < 2 && !slices.Contains(known.Settled, at) {
		known.Settled = append(known.Settled, at)
	}
}

// Watch notes, through save, whether a quarter that was exported as current stays in the plan: until it is settled.
func (p *Planner) Watch(e *Export, save func(key string, v any)) {
	quarter, watched := e.Quarter, true
	if e.Period != "" {
		if !p.Settled(e) {
			return
		}
		quarter, watched = e.Period, false
	}
	quarters := p.loadWatched(e.Tab)
	i, found := slices.BinarySearch(quarters, quarter)
	switch {
	case found == watched || quarter == "":
		return
	case watched:
		quarters = slices.Insert(quarters, i, quarter)
		quarters = quarters[max(0, len(quarters)-maxWatched):]
	default:
		quarters = slices.Delete(quarters, i, i+1)
	}
	save(p.tabKey(e.Tab), quarters)
}
