package result

import (
	"cmp"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// arraysQuarter is the period that the five arrays are of: the one asked for; where Clari chose, the quarter that the time periods
// name, else the entries, else the name of the job's file. It returns it also where it is the wrong one.
func (doc *reading) arraysQuarter() (f Found, err error) {
	var named, ids []string
	for _, n := range doc.store.Periods.Listed {
		id := doc.store.Periods.All[n].TimePeriodID
		ids = append(ids, id)
		if _, isQuarter := fiscal.Parse(id); isQuarter {
			named = append(named, id)
		}
	}
	f.Quarter, err = doc.quarterOf(named, ids)
	f.Start, f.End = doc.asked.days(f.Quarter)
	if n, known := doc.store.Periods.IDs.Find(f.Quarter); known {
		if p := &doc.store.Periods.All[n]; p.StartDate.Valid {
			f.Start = table.DayTime(p.StartDate.V)
		}
		if p := &doc.store.Periods.All[n]; p.EndDate.Valid {
			f.End = table.DayTime(p.EndDate.V)
		}
	}
	return f, err
}

// quarterOf decides by the quarters that the time periods name, and all their ids.
func (doc *reading) quarterOf(named, ids []string) (string, error) {
	asked, entries := doc.asked.Period, doc.arrays.Named
	_, isQuarter := fiscal.Parse(asked)
	switch {
	case isQuarter:
		for _, id := range entries {
			if id != asked {
				return asked, &fault.WrongQuarterError{Asked: asked, Got: id}
			}
		}
		if len(entries) == 0 && len(named) > 0 && !slices.Contains(named, asked) {
			return asked, &fault.WrongQuarterError{Asked: asked, Got: named[0]}
		}
		return asked, nil
	case asked != "":
		return asked, doc.passedThrough(append(ids, doc.arrays.IDs...))
	case len(entries) > 1: // Clari chose one, so two are one too many
		return entries[0], &fault.WrongQuarterError{Asked: entries[0], Got: entries[1]}
	case len(named) == 1 && len(entries) == 1 && named[0] != entries[0]:
		return named[0], &fault.WrongQuarterError{Asked: named[0], Got: entries[0]}
	case len(named) == 1:
		return named[0], nil
	case len(entries) == 1:
		return entries[0], nil
	}
	if q, ok := fiscal.InFileName(doc.asked.FileName); ok {
		return q.String(), nil
	}
	if doc.store.Len() == 0 {
		return "", nil
	}
	return "", &fault.UnknownQuarterError{}
}

// passedThrough makes sure that a result names the period that was passed to Clari as it is: as the id of a time period, or where
// there are none in the name of the job's file.
func (doc *reading) passedThrough(ids []string) error {
	asked := doc.asked.Period
	if len(ids) > 0 {
		if slices.Contains(ids, asked) {
			return nil
		}
		return &fault.WrongQuarterError{Asked: asked, Got: ids[0]}
	}
	if fiscal.NamesPeriod(doc.asked.FileName, asked) {
		return nil
	}
	return &fault.WrongQuarterError{Asked: asked, Got: cmp.Or(doc.asked.FileName, "nothing that names it") + " by the job's file name"}
}

// flatQuarter makes sure that the rows are of the quarter that was asked for, or finds which one Clari chose. It returns the quarter
// also where it is the wrong one.
//
// The flat shapes have no ids, so it goes by what there is, the surest first: the period in the job's file name, the start days
// against the quarter's own where they are known, the number in the labels, and the fiscal year in them. The year decides
// only where nothing surer does, for a customer's labels may name fiscal years in another way than Clari's ids do.
func (doc *reading) flatQuarter() (f Found, err error) {
	asked := doc.asked.Period
	named, inFile := fiscal.InFileName(doc.asked.FileName)
	want, isQuarter := fiscal.Parse(asked)
	switch {
	case asked == "" && inFile:
		want = named
	case asked == "":
		var known bool
		if want, known = doc.flat.QuarterOfLabels(); !known {
			if doc.store.Len() == 0 {
				return f, nil
			}
			return f, &fault.UnknownQuarterError{}
		}
	case !isQuarter:
		f.Quarter = asked
		return f, doc.passedThrough(nil)
	case inFile && named != want:
		f.Quarter = asked
		return f, &fault.WrongQuarterError{Asked: asked, Got: named.String() + " by the job's file name"}
	}
	f.Quarter = want.String()
	f.Start, f.End = doc.asked.days(f.Quarter)
	start, end := f.Start, f.End
	dated := !start.IsZero() && !end.IsZero()
	if start.IsZero() && end.IsZero() { // a fiscal year begins at most a year before the one that it is named for
		start = time.Date(want.Year-1, 1, 1, 0, 0, 0, 0, time.UTC)
		end = time.Date(want.Year+1, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	got := doc.flat.Outside(start, end)
	if got == "" {
		got = doc.flat.OtherThan(want, inFile || dated)
	}
	if got != "" {
		return f, &fault.WrongQuarterError{Asked: f.Quarter, Got: got}
	}
	return f, nil
}
