package queue

import (
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Progress is how far a run is: it goes by the numbers of its exports. It is safe for concurrent use.
type Progress struct {
	Pace  *Pace
	Slots *Slots
	Gap   time.Duration // least time between two creations

	mu    sync.Mutex
	total int             // exports planned so far
	left  int             // those that have not ended
	ahead map[string]int  // those that have not begun, by class
	begun map[int]started // those in between
}

type started struct {
	class string
	at    time.Time
}

// Plan takes in a new export, and numbers it from 1.
func (p *Progress) Plan(class string) (number int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ahead == nil {
		p.ahead, p.begun = map[string]int{}, map[int]started{}
	}
	p.total++
	p.left++
	p.ahead[class]++
	return p.total
}

// Begin notes that an export is on its way.
func (p *Progress) Begin(number int, class string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead[class]--
	p.begun[number] = started{class, time.Now()}
}

// Again notes that a try of an export has come to nothing.
func (p *Progress) Again(number int, class string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.begun, number)
	p.ahead[class]++
}

// End notes that an export has ended.
func (p *Progress) End(number int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left--
	delete(p.begun, number)
}

// Total is how many exports were planned so far.
func (p *Progress) Total() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total
}

// Tell adds to a log line about an export how far the run is: which export of how many it is, how many have not ended, and where it is known how long their
// jobs take, in how long all will be done.
func (p *Progress) Tell(event *zerolog.Event, number int) *zerolog.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	event = event.Int("export", number).Int("of", p.total).Int("left", p.left)
	if d, ok := p.doneIn(); ok {
		event = event.Stringer("done_in", d.Round(time.Second))
	}
	return event
}

// doneIn is how long the exports that have not ended will take, with as many jobs at a time as there are now.
func (p *Progress) doneIn() (left time.Duration, ok bool) {
	atOnce := time.Duration(max(1, p.Slots.Waiting()))
	for _, e := range p.begun {
		took, ok := p.Pace.typical(e.class)
		if !ok {
			return 0, false
		}
		left = max(left, took-time.Since(e.at))
	}
	for class, n := range p.ahead {
		if n == 0 {
			continue
		}
		took, ok := p.Pace.typical(class)
		if !ok {
			return 0, false
		}
		left += time.Duration(n) * max(took/atOnce, p.Gap)
	}
	return left, true
}
