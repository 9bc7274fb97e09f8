package job

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// order is where an item stands in its part of the plan.
type order struct {
	late   int  // put back at the end of the part, so many times
	rank   int  // see Item.Rank
	usedUp bool // its attempts were used up in the last sync
	index  int
}

func (o order) compare(other order) int {
	last := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	return cmp.Or(o.late-other.late, o.rank-other.rank, last(o.usedUp)-last(other.usedUp), o.index-other.index)
}

// plan is what a run has to do of the part at hand: items in their order, each not before it is due. It is safe for concurrent use.
type plan struct {
	mu      sync.Mutex
	waiting []*Export       // in order
	open    map[int]bool    // numbers of the items that are neither read nor over
	changed chan struct{}   // told of each change
	tabs    map[string]bool // of all items so far
}

func newPlan() *plan {
	return &plan{open: map[int]bool{}, changed: make(chan struct{}, 1), tabs: map[string]bool{}}
}

// add puts an export where its order says: a new item, or another try of one.
func (p *plan) add(e *Export) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, _ := slices.BinarySearchFunc(p.waiting, e, func(a, b *Export) int { return cmp.Or(a.order.compare(b.order), -1) })
	p.waiting = slices.Insert(p.waiting, i, e)
	p.open[e.Number], p.tabs[e.Tab] = true, true
	p.tell()
}

// read notes that the item of e has been read, or will not be.
func (p *plan) read(e *Export) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, e.Number)
	p.tell()
}

func (p *plan) tell() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// next takes the first item that is due, and of those one that is preferred where there is one. It waits for one to be due, and returns nil when all
// items of the part are read, or the context has ended.
func (p *plan) next(ctx context.Context, preferred func(*Export) bool) *Export {
	for ctx.Err() == nil {
		e, due, over := p.take(preferred)
		if e != nil || over {
			return e
		}
		timer := time.NewTimer(time.Until(due))
		if due.IsZero() {
			timer.Stop()
		}
		select {
		case <-timer.C:
		case <-p.changed:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return nil
}

// take is next without waiting: due is when it is worth trying again, zero where only a change brings something.
func (p *plan) take(preferred func(*Export) bool) (e *Export, due time.Time, over bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, found := time.Now(), -1
	for i, w := range p.waiting {
		switch {
		case w.due.After(now):
			if due.IsZero() || w.due.Before(due) {
				due = w.due
			}
		case found < 0, !preferred(p.waiting[found]) && preferred(w):
			found = i
		}
		if found >= 0 && preferred(p.waiting[found]) {
			break
		}
	}
	if found < 0 {
		return nil, due, len(p.open) == 0
	}
	e = p.waiting[found]
	p.waiting = slices.Delete(p.waiting, found, found+1)
	return e, due, false
}

// tabCount is how many tabs the plan has had so far.
func (p *plan) tabCount() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.tabs)
}

// again is a step's word that the item is to be tried once more, as another item of the plan.
type again struct {
	due   time.Time // not before; zero: at once
	last  bool      // at the end of its part
	spend string    // why it may be bought a second time; empty: that is not why
	err   error     // what became of this try
}

func (a *again) Error() string { return a.err.Error() }
func (a *again) Unwrap() error { return a.err }

// retry is another try of an export's item; an extra landing has no other.
func (e *Export) retry(a *again) *Export {
	n := &Export{
		Item: e.Item, Kind: e.Kind, Number: e.Number, RequestedAt: e.RequestedAt, Attempts: e.Attempts, Created: e.Created, Polls: e.Polls,
		order: e.order, paid: e.paid, landing: e.landing, span: e.span, due: a.due,
	}
	n.Place, n.planned = e.planned, e.planned
	if n.cause, n.spend = e.cause, a.spend; a.spend != "" {
		n.spent = e.Job.ID
		if n.cause == nil {
			n.cause = a.err
		}
	}
	if a.last {
		n.order.late++
	}
	return n
}
