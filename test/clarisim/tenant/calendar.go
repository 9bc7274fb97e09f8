package tenant

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// A Quarter is a fiscal quarter, written 2026_Q1 as Clari does.
type Quarter struct{ Year, Number int }

var quarterPattern = regexp.MustCompile(`^(\d{4})_Q([1-4])$`)

// ParseQuarter reads a label such as 2026_Q1. Clari takes anything else for "the current quarter".
func ParseQuarter(label string) (Quarter, bool) {
	m := quarterPattern.FindStringSubmatch(label)
	if m == nil {
		return Quarter{}, false
	}
	year, _ := strconv.Atoi(m[1])
	number, _ := strconv.Atoi(m[2])
	return Quarter{year, number}, true
}

func (q Quarter) String() string { return fmt.Sprintf("%04d_Q%d", q.Year, q.Number) }

// Add is the quarter n quarters later, or earlier where n is negative.
func (q Quarter) Add(n int) Quarter {
	i := q.Year*4 + q.Number - 1 + n
	return Quarter{i / 4, i%4 + 1}
}

// Before says whether q comes earlier than o.
func (q Quarter) Before(o Quarter) bool {
	return q.Year < o.Year || q.Year == o.Year && q.Number < o.Number
}

// A Calendar is a fiscal calendar. All its days are UTC.
type Calendar struct {
	// Start is the month in which the fiscal year opens; 0 is February. A fiscal year is named for
	// the year it ends in: with February, February 2025 opens 2026_Q1.
	Start time.Month
	// WeekStart is the day on which weeks begin.
	WeekStart time.Weekday
}

func (c Calendar) start() time.Month {
	if c.Start == 0 {
		return time.February
	}
	return c.Start
}

// QuarterOf is the fiscal quarter that t falls in.
func (c Calendar) QuarterOf(t time.Time) Quarter {
	t = t.UTC()
	year, month := t.Year(), int(t.Month()-c.start())
	switch {
	case month < 0:
		month += 12
	case c.start() != time.January:
		year++
	}
	return Quarter{year, month/3 + 1}
}

// Days are the first and the last day of a quarter.
func (c Calendar) Days(q Quarter) (first, last time.Time) {
	year := q.Year
	if c.start() != time.January {
		year--
	}
	first = time.Date(year, c.start()+time.Month(3*(q.Number-1)), 1, 0, 0, 0, 0, time.UTC)
	return first, first.AddDate(0, 3, -1)
}

// A Week is a time frame: seven days, numbered from 0 within a quarter.
type Week struct {
	Number      int
	First, Last time.Time
}

// ID is the time frame's id in the shape of five arrays, for instance TF:2022-12-07.
func (w Week) ID() string { return "TF:" + w.First.Format(time.DateOnly) }

// Weeks are all weeks of a quarter in order. Week 0 is the one that holds the day before the quarter opens, as observed
// in production pipelines; it is also the last week of the quarter before, so that its id occurs in both.
func (c Calendar) Weeks(q Quarter) []Week {
	opens, last := c.Days(q)
	first := opens.AddDate(0, 0, -1)
	first = first.AddDate(0, 0, -(int(first.Weekday()-c.WeekStart)+7)%7)
	var weeks []Week
	for ; !first.After(last); first = first.AddDate(0, 0, 7) {
		weeks = append(weeks, Week{len(weeks), first, first.AddDate(0, 0, 6)})
	}
	return weeks
}

// Latest is the index of the week that t falls in: the last one of a quarter that is over, and week 0 of one still to come.
func Latest(weeks []Week, t time.Time) int {
	i := int(t.Sub(weeks[0].First) / (7 * 24 * time.Hour))
	return max(0, min(i, len(weeks)-1))
}
