// Package fiscal knows fiscal quarters: their labels, and the calendar as far as it has been seen.
package fiscal

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Quarter is one fiscal quarter. The fiscal year is named for the calendar year it ends in: with a start in February,
// February 2025 opens FY2026. Number is 1 to 4.
type Quarter struct{ Year, Number int }

var quarterForm = regexp.MustCompile(`^([0-9]{4})_Q([1-4])$`)

// Parse reads Clari's label of a fiscal quarter: "2026_Q1".
func Parse(label string) (Quarter, bool) {
	m := quarterForm.FindStringSubmatch(label)
	if m == nil {
		return Quarter{}, false
	}
	year, _ := strconv.Atoi(m[1])
	return Quarter{Year: year, Number: int(m[2][0] - '0')}, true
}

// String is Clari's label of the quarter: "2026_Q1".
func (q Quarter) String() string { return fmt.Sprintf("%04d_Q%d", q.Year, q.Number) }

// index counts quarters from the first of year 0.
func (q Quarter) index() int { return 4*q.Year + q.Number - 1 }

// Add returns the quarter n quarters later, or earlier where n is negative.
func (q Quarter) Add(n int) Quarter {
	i := q.index() + n
	return Quarter{Year: i >> 2, Number: i&3 + 1}
}

// Sub returns how many quarters q is after o; negative where it is before.
func (q Quarter) Sub(o Quarter) int { return q.index() - o.index() }

// Compare is -1, 0 or 1 as q is before, the same as, or after o.
func (q Quarter) Compare(o Quarter) int { return cmp.Compare(q.index(), o.index()) }

// Of returns the fiscal quarter of a calendar day (of the date that day shows in its own location), where the
// fiscal year starts in startMonth (1 to 12). With 1, fiscal years are calendar years.
func Of(day time.Time, startMonth int) Quarter {
	year, month, _ := day.Date()
	since := int(month) - startMonth // whole months since the fiscal year began
	if since < 0 {
		since += 12
		year--
	}
	return Quarter{Year: year + yearsToEnd(startMonth), Number: since/3 + 1}
}

// Days returns the first and the last day of the quarter, both at midnight UTC, where the fiscal year starts in
// startMonth (1 to 12).
func (q Quarter) Days(startMonth int) (first, last time.Time) {
	month := time.Month(startMonth + 3*(q.Number-1))
	first = time.Date(q.Year-yearsToEnd(startMonth), month, 1, 0, 0, 0, 0, time.UTC)
	return first, first.AddDate(0, 3, -1)
}

// drift is how far from the end of a month a quarter of whole weeks may end.
const drift = 7

// LatestEnd is a day after which no quarter of this name can end, whatever the fiscal year. A fiscal year is named for the year that it ends in, but some
// name theirs for the year that it begins in, at the latest in December.
func (q Quarter) LatestEnd() time.Time {
	return time.Date(q.Year, time.Month(12+3*q.Number), 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, drift-1)
}

// yearsToEnd is how many calendar years after its start a fiscal year ends.
func yearsToEnd(startMonth int) int {
	if startMonth == 1 {
		return 0
	}
	return 1
}
