package plan

import (
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

// NameRelative has the plan name quarters as the spec does, such as "current-4", where it is not known which one is current. Such a plan is to be
// read, not carried out.
func (p *Planner) NameRelative() { p.naming = true }

// Uncertain are the ranges between a fixed quarter and one that counts from the current one, where that is not known. The plan has as many quarters of
// them as there can be.
func (p *Planner) Uncertain() []string { return p.unsure }

// name yields the quarters of a period that counts from the current one, which is not known. Between one end that is fixed and one that is not
// there may be up to four more or fewer: it yields the most.
func (p *Planner) name(period spec.Period, yield func(string, error) bool) bool {
	from, to := period.From, period.To
	if from.Relative && to.Relative {
		for offset := from.Offset; offset <= to.Offset; offset++ {
			if offset == 0 {
				continue // Clari is asked for it
			}
			if !yield(spec.Bound{Relative: true, Offset: offset}.String(), nil) {
				return false
			}
		}
		return true
	}
	if !slices.Contains(p.unsure, period.String()) {
		p.unsure = append(p.unsure, period.String())
	}
	earliest, latest := p.mayBeCurrent()
	first, last := from.Quarter, to.Quarter
	if from.Relative {
		first = earliest.Add(from.Offset)
	} else {
		last = latest.Add(min(to.Offset, -1)) // and on from there by name
	}
	for q := first; q.Compare(last) <= 0; q = q.Add(1) {
		if !yield(q.String(), nil) {
			return false
		}
	}
	for offset := 1; !from.Relative && offset <= to.Offset; offset++ {
		if !yield(spec.Bound{Relative: true, Offset: offset}.String(), nil) {
			return false
		}
	}
	return true
}

// mayBeCurrent is the earliest and the latest quarter that today may be in, whenever the fiscal year begins.
func (p *Planner) mayBeCurrent() (earliest, latest fiscal.Quarter) {
	for month := 1; month <= 12; month++ {
		q := fiscal.Of(p.today, month)
		if month == 1 || q.Compare(earliest) < 0 {
			earliest = q
		}
		if month == 1 || q.Compare(latest) > 0 {
			latest = q
		}
	}
	return earliest, latest
}

// nextTo is the label of the quarter after the current one.
func nextTo(current fiscal.Quarter, known bool) string {
	if !known {
		return spec.Bound{Relative: true, Offset: 1}.String()
	}
	return current.Add(1).String()
}

// position is a text by which periods sort as they follow one another. A quarter that is named relative to one that is not known is placed as
// if that were the latest possible.
func (p *Planner) position(label string) string {
	if !p.naming {
		return label // labels sort as the quarters do
	}
	if offset, ok := relative(label); ok {
		_, latest := p.mayBeCurrent()
		return latest.Add(offset).String()
	}
	return label
}

// relative is the offset in quarters of one that is named relative to the current one.
func relative(label string) (offset int, ok bool) {
	period, err := spec.ParsePeriod(label)
	return period.From.Offset, err == nil && period.From.Relative && period.From == period.To
}

// Settling reports whether, with a state backend, an item would settle once it was exported from now on: its quarter is surely so long over that its
// numbers are final. Where the fiscal year is not known, it ends as late as it can.
func (p *Planner) Settling(i *Item, now time.Time) bool {
	if i.Period == "" || i.Refresh != nil {
		return false
	}
	final := i.FinalAt
	_, state := p.place(i.Tab, i.Period)
	if q, ok := fiscal.Parse(i.Period); ok && p.endOf(i.Tab, i.Period, state.End).IsZero() {
		_, end := q.Days(1) // as a rule the fiscal year is named for the calendar year that it ends in, and the export will tell
		final = p.finalAt(end)
	}
	if offset, ok := relative(i.Period); ok && offset < 0 {
		final = p.finalAt(p.today.AddDate(0, 3*(offset+1), -1)) // the current quarter began today at the latest
	}
	return !final.IsZero() && !now.Before(final)
}
