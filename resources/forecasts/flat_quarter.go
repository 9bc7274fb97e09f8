package forecasts

import (
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// quarterOfFile finds the period in clari_export_forecast_new_summary_2021_Q12915_20210407_212737.json: other digits may follow
// it directly, and the forecast tab's id before it may look like one.
func quarterOfFile(name string) (fiscal.Quarter, bool) {
	found := quarterInName.FindAllString(name, -1)
	if len(found) == 0 {
		return fiscal.Quarter{}, false
	}
	return fiscal.Parse(found[len(found)-1])
}

// quarter makes sure that the rows are of the quarter that was asked for, or finds which one Clari chose, and returns its label.
//
// The flat shapes have no ids, so it goes by what there is, the surest first: the period in the job's file name, the start days
// against the quarter's own where they are known, the number in the labels, and the fiscal year in them. The year decides
// only where nothing surer does, for a customer's labels may name fiscal years in another way than Clari's ids do.
func (b *flatBuffer) quarter(a Asked) (string, error) {
	named, inFile := quarterOfFile(a.FileName)
	want, isQuarter := fiscal.Parse(a.Quarter)
	switch {
	case a.Quarter == "" && inFile:
		want = named
	case a.Quarter == "":
		var known bool
		if want, known = b.weeks.quarterOfLabels(); !known {
			if b.entries.count == 0 {
				return "", nil
			}
			return "", &UnknownQuarterError{}
		}
	case !isQuarter:
		return a.Quarter, nil // passed through as it is: there is nothing to compare with
	case inFile && named != want:
		return "", &WrongQuarterError{Asked: a.Quarter, Got: named.String() + " by the job's file name"}
	}
	if got := b.weeks.outside(a.QuarterStart, a.QuarterEnd); got != "" {
		return "", &WrongQuarterError{Asked: want.String(), Got: got}
	}
	sure := inFile || !a.QuarterStart.IsZero() && !a.QuarterEnd.IsZero()
	for _, week := range b.weeks.weeks {
		label := week.label
		if label.Quarter != 0 && (label.Quarter != want.Number || !sure && label.Year != 0 && label.Year != want.Year) {
			return "", &WrongQuarterError{Asked: want.String(), Got: week.text}
		}
	}
	return want.String(), nil
}

// quarterOfLabels is the quarter that a label names together with its year.
func (w *flatWeeks) quarterOfLabels() (fiscal.Quarter, bool) {
	for _, week := range w.weeks {
		if week.label.Quarter != 0 && week.label.Year != 0 {
			return fiscal.Quarter{Year: week.label.Year, Number: week.label.Quarter}, true
		}
	}
	return fiscal.Quarter{}, false
}

// quarterDays are the first and last day of the quarter that the weeks make up, zero if they are not a whole quarter's. Fiscal
// quarters begin with a month, and their first week holds that day: of a result with history the earliest week tells which it is.
func (w *flatWeeks) quarterDays() (start, end time.Time) {
	const wholeQuarter = 12 * 7 // days from the first week's start to the last one's, at least
	if len(w.weeks) == 0 {
		return start, end
	}
	first, last := w.weeks[0].day, w.weeks[0].day
	for _, week := range w.weeks {
		first, last = min(first, week.day), max(last, week.day)
	}
	start = table.DayTime(first + 6)
	start = start.AddDate(0, 0, 1-start.Day()) // of the month that the first week ends in
	end = start.AddDate(0, 3, -1)
	whole := last-first >= wholeQuarter && !table.DayTime(last).After(end) && !start.Before(table.DayTime(first))
	if !whole {
		return time.Time{}, time.Time{}
	}
	return start, end
}

// outside says of which weeks the rows are when none of them starts in the quarter, or less than eight days before it: its
// first week may begin in the one before. Either end of the quarter may be unknown.
func (w *flatWeeks) outside(start, end time.Time) string {
	if len(w.weeks) == 0 {
		return ""
	}
	first, last := w.weeks[0].day, w.weeks[0].day
	for _, week := range w.weeks {
		tooEarly := !start.IsZero() && week.day < table.Day(start).V-7
		tooLate := !end.IsZero() && week.day > table.Day(end).V
		if !tooEarly && !tooLate {
			return ""
		}
		first, last = min(first, week.day), max(last, week.day)
	}
	return "weeks that start from " + dayText(first) + " to " + dayText(last)
}
