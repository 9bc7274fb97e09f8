package forecasts

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// occurrence is one entry of a key that comes more than once: 16 bytes, so that a result in which every key does still fits.
type occurrence struct {
	hash   uint64
	offset int64
}

// findRepeats looks up where the entries are whose keys repeat, merges them as a trial, and returns how many entries vanish in
// others. Of several conflicts it returns the first of the result.
func (a *reread) findRepeats(ctx context.Context) (merged int, err error) {
	if a.repeated.n == 0 {
		return 0, nil
	}
	var mu sync.Mutex
	err = share(ctx, len(a.stretches), func(ctx context.Context) (func(int) error, func() error) {
		return func(i int) error {
			var found []occurrence
			_, _, err := a.stretches[i].read(ctx, a.r, func(e *Entry, offset int64) error {
				if hash := keyHash(a.seed, e); a.repeated.has(hash) {
					found = append(found, occurrence{hash, offset})
				}
				return nil
			})
			mu.Lock()
			defer mu.Unlock()
			a.repeats = append(a.repeats, found...)
			return err
		}, nothingMore
	})
	if err != nil {
		return 0, err
	}
	slices.SortFunc(a.repeats, func(x, y occurrence) int {
		return cmp.Or(cmp.Compare(x.hash, y.hash), cmp.Compare(x.offset, y.offset))
	})

	batches := a.batches()
	rows := 0
	var first *ConflictError
	err = share(ctx, len(batches), func(ctx context.Context) (func(int) error, func() error) {
		return func(i int) error {
			n := 0
			conflict, err := a.merge(ctx, batches[i], func(*Entry) error { n++; return nil })
			mu.Lock()
			defer mu.Unlock()
			rows += n
			first = earlier(first, conflict)
			return err
		}, nothingMore
	})
	if err == nil && first != nil {
		err = first
	}
	return len(a.repeats) - rows, err
}

// earlier returns the conflict that comes first in the result. Either may be nil.
func earlier(a, b *ConflictError) *ConflictError {
	if a == nil || b != nil && b.offset < a.offset {
		return b
	}
	return a
}

// batches cuts the repeats into pieces of a few thousand, between keys.
func (a *reread) batches() [][]occurrence {
	var batches [][]occurrence
	for rest := a.repeats; len(rest) > 0; {
		n := min(4096, len(rest))
		for n < len(rest) && rest[n].hash == rest[n-1].hash {
			n++
		}
		batches = append(batches, rest[:n])
		rest = rest[n:]
	}
	return batches
}

// merge hands on one entry for each key in a batch, and returns the first conflict in the result, if there is any.
func (a *reread) merge(ctx context.Context, batch []occurrence, do func(*Entry) error) (first *ConflictError, err error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	m := merger{r: a.r}
	for len(batch) > 0 {
		n := 1
		for n < len(batch) && batch[n].hash == batch[0].hash {
			n++
		}
		conflict, err := m.merge(batch[:n], do)
		if err != nil {
			return nil, err
		}
		first = earlier(first, conflict)
		batch = batch[n:]
	}
	return first, nil
}
