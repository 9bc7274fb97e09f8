// Package budget bounds what a run buys ahead, and stops it where buying brings nothing: a destination that takes no rows, a service that is down. It knows
// exports only as tokens and by their tabs.
package budget

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Budget is that of one run. It is safe for concurrent use.
type Budget struct {
	mu      sync.Mutex
	unsent  map[any]bool  // bought or adopted, and neither sent to the last row nor given up
	changed chan struct{} // closed, and made anew, at each change

	// The brake: Clari's export service may be down.
	failed  []string  // tabs of the jobs that ended badly since the last one that was done
	until   time.Time // no job is created before
	probing any       // the one that is tried to see whether it works again
	down    bool      // it does not

	// What the destination takes is known once rows are past a barrier.
	open   bool // it took some, and the sync went on
	opener any  // the export whose rows are the first on their way: nothing more is bought until then; nil: there is none
}

// New has bought nothing yet.
func New() *Budget {
	return &Budget{unsent: map[any]bool{}, changed: make(chan struct{})}
}

// ErrDown says why nothing more is bought.
var ErrDown = errors.New("clari's export jobs fail one after the other, and so did one more after five minutes: its export service may be down")

const (
	brakeAfter = 3
	brakeFor   = 5 * time.Minute
)

func (b *Budget) tell() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// Hold counts an export as bought and not sent.
func (b *Budget) Hold(who any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unsent[who] = true
}

// Drop notes that an export was sent to its last row, or given up.
func (b *Budget) Drop(who any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.unsent, who)
	if b.probing == who {
		b.probing = nil
	}
	if b.opener == who { // it brought no rows: the next one will
		b.opener = nil
	}
	b.tell()
}

// Sent notes that the last row of an export was sent.
func (b *Budget) Sent(who any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.unsent, who)
	b.tell()
}

// Opens reports whether nothing more is bought before the rows of an export are past a barrier.
func (b *Budget) Opens(who any) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.opener == who
}

// Passed notes that a barrier was passed behind rows.
func (b *Budget) Passed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open, b.opener = true, nil
	b.tell()
}

// Done notes that a job was done: the service works.
func (b *Budget) Done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed, b.until, b.probing = nil, time.Time{}, nil
	b.tell()
}

// Failed notes that a job of an export of a tab ended badly, or that a creation came to nothing that is known. tabs is how many the plan has.
func (b *Budget) Failed(who any, tab string, tabs int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.tell()
	if b.probing == who {
		b.down, b.probing = true, nil
		return
	}
	b.failed = append(b.failed, tab)
	distinct := len(slices.Compact(slices.Sorted(slices.Values(b.failed))))
	if len(b.failed) >= brakeAfter && distinct >= min(brakeAfter, tabs) && b.until.IsZero() {
		b.until = time.Now().Add(brakeFor)
	}
}

// Prefers reports whether an export is as good as any to try: while jobs fail one after the other, one of a tab that has not failed.
func (b *Budget) Prefers(tab string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.until.IsZero() || !slices.Contains(b.failed, tab)
}

// Braked is how long nothing is to be bought.
func (b *Budget) Braked() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Until(b.until)
}

// Afford waits until a job may be bought with so many places: while places + 1 are bought and not sent, a destination may take nothing any more.
func (b *Budget) Afford(ctx context.Context, who any, places int) error {
	for {
		changed, err := b.try(who, places)
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

// try is Afford without waiting: changed is nil where the answer is known.
func (b *Budget) try(who any, places int) (changed <-chan struct{}, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.down:
		return nil, ErrDown
	case len(b.unsent) > places, b.probing != nil, b.opener != nil:
		return b.changed, nil
	}
	if !b.until.IsZero() {
		b.probing = who
	}
	if !b.open {
		b.opener = who
	}
	b.unsent[who] = true
	return nil, nil
}
