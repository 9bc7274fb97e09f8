package fiscal

import (
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// Calendar is the fiscal calendar as far as results have shown it: Clari knows it, we do not. It is kept in state, so that most syncs
// know the current quarter before they ask. The zero value knows nothing. It is safe for concurrent use.
type Calendar struct {
	mu      sync.Mutex
	current string               // the quarter that Clari last called current
	asked   bool                 // Clari has said so in this sync
	ends    map[string]time.Time // last day of each quarter seen
	starts  map[string]time.Time // first day of those of which it is known

	// StartMonth is the first month of the fiscal year as the user gives it, 1 to 12; 0: not given.
	StartMonth int
}

// Learn takes in what a result says of a quarter; a day that it does not say is zero.
func (c *Calendar) Learn(quarter string, start, end time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.init()
	if !start.IsZero() {
		c.starts[quarter] = start
	}
	if !end.IsZero() {
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

// Days are the first and the last day of a quarter, both at midnight UTC, as results have shown them, else as StartMonth tells; zero
// where neither does.
func (c *Calendar) Days(quarter string) (first, last time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first, last = c.starts[quarter], c.ends[quarter]
	q, ok := Parse(quarter)
	if !ok {
		return first, last
	}
	if before, seen := c.ends[q.Add(-1).String()]; seen && first.IsZero() {
		first = before.AddDate(0, 0, 1)
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

// kept bounds the calendar in state: nine years, under 2 KiB.
const kept = 36

type saved struct {
	Current string               `json:"current,omitempty"`
	Ends    map[string]time.Time `json:"ends,omitempty"`
	Days    map[string]int       `json:"days,omitempty"` // how many each quarter has
}

// MarshalJSON writes what later syncs need.
func (c *Calendar) MarshalJSON() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := saved{Current: c.current, Ends: map[string]time.Time{}, Days: map[string]int{}}
	var labels []string
	for label := range c.ends {
		labels = append(labels, label)
	}
	slices.Sort(labels)
	for _, label := range labels[max(0, len(labels)-kept):] {
		end := c.ends[label]
		s.Ends[label] = end
		if start, known := c.starts[label]; known {
			s.Days[label] = int(end.Sub(start)/(24*time.Hour)) + 1
		}
	}
	return json.Marshal(s)
}

// UnmarshalJSON reads what an earlier sync knew.
func (c *Calendar) UnmarshalJSON(text []byte) error {
	var s saved
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current, c.ends, c.starts = s.Current, s.Ends, nil
	c.init()
	for label, n := range s.Days {
		if end, ok := c.ends[label]; ok && n > 0 {
			c.starts[label] = end.AddDate(0, 0, 1-n)
		}
	}
	return nil
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
