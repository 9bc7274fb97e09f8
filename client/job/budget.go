package job

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// budget bounds what a run buys ahead, and stops it where buying brings nothing. It is safe for concurrent use.
type budget struct {
	mu      sync.Mutex
	unsent  map[*Export]bool // bought or adopted, and neither sent to the last row nor given up
	changed chan struct{}    // closed, and made anew, at each change

	// The brake: Clari's export service may be down.
	failed  []string  // tabs of the jobs that ended badly since the last one that was done
	until   time.Time // no job is created before
	probing *Export   // the one that is tried to see whether it works again
	down    bool      // it does not

	// What destinations take: see first.
	opening opening
	opener  *Export
}

// opening is what is known of the destination before money is spent.
type opening int

const (
	unopened opening = iota // nothing was sent that it had to take
	trying                  // one export is on its way, and nothing is bought until that is past a barrier
	opened                  // it took rows, and the sync went on
)

func newBudget() *budget {
	return &budget{unsent: map[*Export]bool{}, changed: make(chan struct{})}
}

// errServiceDown says why nothing more is bought.
var errServiceDown = errors.New("clari's export jobs fail one after the other, and so did one more after five minutes: its export service may be down")

const (
	brakeAfter = 3
	brakeFor   = 5 * time.Minute
)

func (b *budget) tell() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// hold counts an export as bought and not sent.
func (b *budget) hold(e *Export) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unsent[e] = true
}

// drop notes that an export was sent to its last row, or given up.
func (b *budget) drop(e *Export) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.unsent, e)
	if b.probing == e {
		b.probing = nil
	}
	if b.opener == e && b.opening == trying { // it brought no rows: the next one will
		b.opening, b.opener = unopened, nil
	}
	b.tell()
}

// sent notes that the last row of an export was sent.
func (b *budget) sent(e *Export) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.unsent, e)
	b.tell()
}

// opens reports whether nothing more is bought before the rows of e are past a barrier.
func (b *budget) opens(e *Export) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.opening == trying && b.opener == e
}

// passed notes that a barrier was passed behind rows.
func (b *budget) passed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opening, b.opener = opened, nil
	b.tell()
}

// ended notes how a job ended, or that a creation came to nothing that is known. tabs is how many the plan has.
func (b *budget) ended(e *Export, done bool, tabs int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.tell()
	if done {
		b.failed, b.until, b.probing = nil, time.Time{}, nil
		return
	}
	if b.probing == e {
		b.down, b.probing = true, nil
		return
	}
	b.failed = append(b.failed, e.Tab)
	distinct := len(slices.Compact(slices.Sorted(slices.Values(b.failed))))
	if len(b.failed) >= brakeAfter && distinct >= min(brakeAfter, tabs) && b.until.IsZero() {
		b.until = time.Now().Add(brakeFor)
	}
}

// prefers reports whether an export is as good as any to try: while jobs fail one after the other, one of a tab that has not failed.
func (b *budget) prefers(e *Export) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.until.IsZero() || !slices.Contains(b.failed, e.Tab)
}

// braked is how long nothing is to be bought.
func (b *budget) braked() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Until(b.until)
}

// afford waits until a job may be bought for e with so many places: while places + 1 are bought and not sent, a destination may take nothing any more.
func (b *budget) afford(ctx context.Context, e *Export, places int) error {
	for {
		changed, err := b.try(e, places)
		if changed == nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// try is afford without waiting: changed is nil where the answer is known.
func (b *budget) try(e *Export, places int) (changed <-chan struct{}, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.down:
		return nil, &LeftOutError{Err: errServiceDown}
	case len(b.unsent) > places, b.probing != nil, b.opening == trying:
		return b.changed, nil
	}
	if !b.until.IsZero() {
		b.probing = e
	}
	if b.opening == unopened {
		b.opening, b.opener = trying, e
	}
	b.unsent[e] = true
	return nil, nil
}
