package fiscal

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Calendar is the fiscal calendar as far as results have shown it: Clari knows it, we do not. It is kept in state, so that most syncs
// know the current quarter before they ask. The zero value knows nothing. It is safe for concurrent use.
type Calendar struct {
	mu       sync.Mutex
	current  string               // the quarter that Clari last called current
	asked    bool                 // Clari has said so in this sync
	ends     map[string]time.Time // last day of each quarter seen
	starts   map[string]time.Time // first day of those of which it is known
	disputed map[string]bool      // quarters with other days elsewhere

	// StartMonth is the first month of the fiscal year as the user gives it, 1 to 12; 0: not given.
	StartMonth int
}

// Learn takes in what a result says of a quarter; a day that it does not say is zero.
func (c *Calendar) Learn(quarter string, start, end time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.init()
	if !start.IsZero() && !c.disputed[quarter] {
		c.starts[quarter] = start
	}
	if !end.IsZero() && !c.disputed[quarter] {
		c.ends[quarter] = end
	}
}

// LearnCurrent takes in which quarter Clari calls current.
func (c *Calendar) LearnCurrent(quarter string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current, c.asked = quarter, true
}

func (c *Calendar) init() {
	if c.ends == nil {
		c.ends = map[string]time.Time{}
	}
	if c.starts == nil {
		c.starts = map[string]time.Time{}
	}
	if c.disputed == nil {
		c.disputed = map[string]bool{}
	}
}

// turning is how long before the known end of a quarter the calendar does not trust it to be the current one still: Clari's day is another
// than the user's for up to a day.
const turning = 2

// Current is the current quarter as Clari has called it: in this sync, or in an earlier one while the end of that quarter is far enough
// ahead of today, a midnight in UTC.
func (c *Calendar) Current(today time.Time) (Quarter, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.asked {
		if end, ok := c.ends[c.current]; !ok || today.AddDate(0, 0, turning).After(end) {
			return Quarter{}, false
		}
	}
	return Parse(c.current)
}

// CurrentOr is Current, else what StartMonth tells.
func (c *Calendar) CurrentOr(today time.Time) (Quarter, bool) {
	if q, ok := c.Current(today); ok || c.StartMonth == 0 {
		return q, ok
	}
	return Of(today, c.StartMonth), true
}

// Known are the first and the last day of a quarter, both at midnight UTC, as results have shown them; zero where they have not.
func (c *Calendar) Known(quarter string) (first, last time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known(quarter)
}

func (c *Calendar) known(quarter string) (first, last time.Time) {
	first, last = c.starts[quarter], c.ends[quarter]
	if q, ok := Parse(quarter); ok && first.IsZero() && !c.disputed[quarter] {
		if before, seen := c.ends[q.Add(-1).String()]; seen {
			first = before.AddDate(0, 0, 1)
		}
	}
	return first, last
}

// Days are those of Known, else as StartMonth tells.
func (c *Calendar) Days(quarter string) (first, last time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first, last = c.known(quarter)
	q, ok := Parse(quarter)
	if !ok {
		return first, last
	}
	if c.StartMonth > 0 {
		start, end := q.Days(c.StartMonth)
		if first.IsZero() {
			first = start
		}
		if last.IsZero() {
			last = end
		}
	}
	return first, last
}

// kept bounds what is kept of a calendar: nine years.
const kept = 36

// Span is what is kept of one quarter. Days are such as "2026-04-30", and empty where they are not known.
type Span struct {
	Quarter  string `json:"quarter"`
	Start    string `json:"start,omitempty"`
	End      string `json:"end,omitempty"`
	Current  bool   `json:"current,omitempty"`  // Clari called it current last
	Disputed bool   `json:"disputed,omitempty"` // its days are not the same everywhere: see Dispute
}

// Spans is what later syncs need: the newest quarters, and the current one.
func (c *Calendar) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := map[string]bool{}
	for _, known := range []map[string]time.Time{c.ends, c.starts} {
		for label := range known {
			seen[label] = true
		}
	}
	for label := range c.disputed {
		seen[label] = true
	}
	labels := slices.Sorted(maps.Keys(seen))
	labels = labels[max(0, len(labels)-kept):]
	if c.current != "" && !slices.Contains(labels, c.current) {
		labels = append(labels, c.current)
	}
	spans := make([]Span, len(labels))
	for i, label := range labels {
		spans[i] = Span{Quarter: label, Start: written(c.starts[label]), End: written(c.ends[label]), Current: label == c.current, Disputed: c.disputed[label]}
	}
	return spans
}

func written(day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return day.Format(time.DateOnly)
}

// Restore takes in what an earlier sync knew.
func (c *Calendar) Restore(spans []Span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.init()
	for _, s := range spans {
		if day, err := time.Parse(time.DateOnly, s.Start); err == nil {
			c.starts[s.Quarter] = day
		}
		if day, err := time.Parse(time.DateOnly, s.End); err == nil {
			c.ends[s.Quarter] = day
		}
		if s.Disputed {
			c.disputed[s.Quarter] = true
		}
		if s.Current {
			c.current = s.Quarter
		}
	}
}

// Dispute notes that a quarter has other days elsewhere: of a calendar of many tabs its days are not told any more.
func (c *Calendar) Dispute(quarter string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.init()
	c.disputed[quarter] = true
	delete(c.starts, quarter)
	delete(c.ends, quarter)
}

// Disputes reports whether any quarter has other days elsewhere.
func (c *Calendar) Disputes() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.disputed) > 0
}

// Begins is the first instant of a calendar day at a place. Midnight it is not where clocks are set forward at midnight, nor where they are
// set back over it; a day that a place left out begins with the next one.
func Begins(year int, month time.Month, day int, at *time.Location) time.Time {
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	// Whatever the offset, the day has not begun 15 hours before, and its first instant is in the zone of then or begins a later one.
	t := midnight.Add(-15 * time.Hour).In(at)
	for {
		_, offset := t.Zone()
		_, next := t.ZoneBounds()
		first := midnight.Add(-time.Duration(offset) * time.Second).In(at)
		if first.Before(t) { // clocks went over the day's beginning
			first = t
		}
		if next.IsZero() || first.Before(next) {
			return first
		}
		t = next
	}
}

// Day is the calendar day of an instant in a time zone, as midnight UTC: the form in which days are compared.
func Day(t time.Time, loc *time.Location) time.Time {
	y, m, d := t.In(loc).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
