package flat

import (
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// QuarterOfLabels is the quarter that a label names together with its year.
func (r *Rows) QuarterOfLabels() (fiscal.Quarter, bool) {
	for _, week := range r.weeks.all {
		if week.label.Quarter != 0 && week.label.Year != 0 {
			return fiscal.Quarter{Year: week.label.Year, Number: week.label.Quarter}, true
		}
	}
	return fiscal.Quarter{}, false
}

// OtherThan is a label by which the rows are of another quarter than wanted, or of two fiscal years, empty if there is none. Another
// fiscal year than wanted tells only where nothing surer is known.
func (r *Rows) OtherThan(want fiscal.Quarter, sure bool) string {
	year := 0
	for _, week := range r.weeks.all {
		label := week.label
		switch {
		case label.Quarter != 0 && label.Quarter != want.Number:
			return week.text
		case !label.Fiscal:
		case !sure && label.Year != want.Year:
			return week.text
		case year != 0 && year != label.Year:
			return week.text
		default:
			year = label.Year
		}
	}
	return ""
}

// days are the first days of the first week and of the last; false if there are none.
func (w *weeks) days() (first, last int32, ok bool) {
	if len(w.all) == 0 {
		return 0, 0, false
	}
	first, last = w.all[0].day, w.all[0].day
	for _, week := range w.all {
		first, last = min(first, week.day), max(last, week.day)
	}
	return first, last, true
}

// QuarterDays are the first and last day of the quarter that the weeks make up, zero if they are not a whole quarter's. Fiscal
// quarters begin with a month, and their first week holds that day: of a result with history the earliest week tells which it is.
func (r *Rows) QuarterDays() (start, end time.Time) {
	const wholeQuarter = 12 * 7 // days from the first week's start to the last one's, at least
	first, last, ok := r.weeks.days()
	if !ok {
		return start, end
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

// Outside says of which weeks the rows are when none of them starts in the quarter, or less than eight days before it: its
// first week may begin in the one before. Either end of the quarter may be unknown.
func (r *Rows) Outside(start, end time.Time) string {
	first, last, ok := r.weeks.days()
	if !ok {
		return ""
	}
	for _, week := range r.weeks.all {
		tooEarly := !start.IsZero() && week.day < table.Day(start).V-7
		tooLate := !end.IsZero() && week.day > table.Day(end).V
		if !tooEarly && !tooLate {
			return ""
		}
	}
	return "weeks that start from " + dayText(first) + " to " + dayText(last)
}
