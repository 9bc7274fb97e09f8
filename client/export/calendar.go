package export

import (
	"context"
	"sync"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
)

// calendar is the fiscal calendar as far as results have shown it: Clari knows it, we do not. It is kept in state, so that most
// syncs know the current quarter before they ask.
type calendar struct {
	mu      sync.Mutex
	Current string               `json:"current,omitempty"` // the quarter that Clari last called current
	Ends    map[string]time.Time `json:"ends,omitempty"`    // last day of each quarter seen

	asked chan struct{} // closed once this run has seen which quarter is current
}

func newCalendar() *calendar {
	return &calendar{Ends: map[string]time.Time{}, asked: make(chan struct{})}
}

// learn takes in what a result says. chosen is set where Clari chose the quarter, which makes it the current one.
func (c *calendar) learn(found Landed, chosen bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Ends == nil { // read so from state
		c.Ends = map[string]time.Time{}
	}
	if !found.End.IsZero() {
		c.Ends[found.Quarter] = found.End
	}
	if !chosen || found.Quarter == "" {
		return
	}
	c.Current = found.Quarter
	select {
	case <-c.asked:
	default:
		close(c.asked)
	}
}

// current is the current quarter, if it is known: from a result of this run, or from an earlier one while the end of the quarter
// that it named is still ahead.
func (c *calendar) current(today time.Time) (fiscal.Quarter, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.asked:
	default:
		if end, ok := c.Ends[c.Current]; !ok || today.After(end) {
			return fiscal.Quarter{}, false
		}
	}
	return fiscal.Parse(c.Current)
}

// known is current, else what the first month of the fiscal year (0: not set) tells.
func (c *calendar) known(today time.Time, startMonth int) (fiscal.Quarter, bool) {
	if q, ok := c.current(today); ok || startMonth == 0 {
		return q, ok
	}
	return fiscal.Of(today, startMonth), true
}

// end is the last day of a quarter: what a result said, else what the first month of the fiscal year (0: not set) tells.
func (c *calendar) end(label string, startMonth int) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if end, ok := c.Ends[label]; ok {
		return end
	}
	if q, ok := fiscal.Parse(label); ok && startMonth > 0 {
		_, last := q.Days(startMonth)
		return last
	}
	return time.Time{}
}

// maxEnds bounds the calendar in state: about ten years, under 2 KiB.
const maxEnds = 40

func (c *calendar) save(ctx context.Context, j *journal, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.Ends) > maxEnds {
		oldest := ""
		for q := range c.Ends {
			if oldest == "" || q < oldest {
				oldest = q
			}
		}
		delete(c.Ends, oldest)
	}
	j.save(ctx, key, c)
}

// day is the calendar day of an instant in a time zone, as midnight UTC: the form in which days are compared.
func day(t time.Time, loc *time.Location) time.Time {
	y, m, d := t.In(loc).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
