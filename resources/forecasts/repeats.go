package forecasts

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// occurrence is one entry of a key that comes more than once: 16 bytes, so that a result in which every key does still fits.
type occurrence struct {
	hash   uint64
	offset int64
}

// findRepeats looks up where the entries are whose keys repeat, merges them as a trial, and returns how many entries vanish in
// others.
func (a *reread) findRepeats(ctx context.Context) (merged int, err error) {
	if a.repeated.n == 0 {
		return 0, nil
	}
	for _, s := range a.segments {
		err := a.each(ctx, s, func(e *Entry, offset int64) error {
			if hash := keyHash(a.seed, e); a.repeated.has(hash) {
				a.repeats = append(a.repeats, occurrence{hash, offset})
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	slices.SortFunc(a.repeats, func(x, y occurrence) int {
		return cmp.Or(cmp.Compare(x.hash, y.hash), cmp.Compare(x.offset, y.offset))
	})
	rows := 0
	err = a.eachMerged(ctx, func(*Entry) error { rows++; return nil })
	return len(a.repeats) - rows, err
}

func (a *reread) emitRepeats(ctx context.Context, out rows) error {
	return a.eachMerged(ctx, func(e *Entry) error {
		a.fillContact(e, nil)
		return out.Entry(e)
	})
}

// eachMerged hands on one entry for each key that repeats.
func (a *reread) eachMerged(ctx context.Context, do func(*Entry) error) error {
	var readers []*entryReader // reused by all groups
	for rest := a.repeats; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].hash == rest[0].hash {
			n++
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		var err error
		if readers, err = a.mergeGroup(rest[:n], readers, do); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// mergeGroup merges entries of one hash: of one key, but for a rare collision. Each distinct entry keeps its reader.
func (a *reread) mergeGroup(group []occurrence, readers []*entryReader, do func(*Entry) error) ([]*entryReader, error) {
	distinct := 0
	for _, o := range group {
		if distinct == len(readers) {
			readers = append(readers, &entryReader{r: a.r})
		}
		e, err := readers[distinct].read(o.offset)
		if err != nil {
			return nil, err
		}
		same := slices.IndexFunc(readers[:distinct], func(r *entryReader) bool { return sameKey(&r.e, e) })
		if same < 0 {
			distinct++
			continue
		}
		table.Own(entryColumns, e)
		if column, ok := table.Merge(entryColumns, &readers[same].e, e); !ok {
			return nil, &ConflictError{Key: keyText(e), Column: column}
		}
	}
	for _, r := range readers[:distinct] {
		if err := do(&r.e); err != nil {
			return nil, err
		}
	}
	return readers, nil
}

func sameKey(a, b *Entry) bool {
	return a.UserID == b.UserID && a.FieldID == b.FieldID && a.TimeFrameID == b.TimeFrameID && a.TimePeriodID == b.TimePeriodID
}

func keyText(e *Entry) string {
	return fmt.Sprintf("entry %s/%s/%s/%s", e.TimePeriodID, e.TimeFrameID, e.UserID, e.FieldID)
}

// entryReader reads single entries from anywhere in the result. What it returns is good until its next read.
type entryReader struct {
	r io.ReaderAt
	cursor
	e Entry
}

func (r *entryReader) read(offset int64) (*Entry, error) {
	for size := max(1<<10, cap(r.b)); ; size *= 2 {
		if cap(r.b) < size {
			r.b = make([]byte, size)
		}
		n, err := r.r.ReadAt(r.b[:size], offset)
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("read result again: %w", err)
		}
		r.b, r.i, r.err, r.whole = r.b[:n], 0, nil, err == io.EOF
		if r.entry(&r.e); r.err != errShort {
			break
		}
	}
	if r.err != nil {
		return nil, fmt.Errorf("read result again: %w", r.err)
	}
	return &r.e, nil
}
