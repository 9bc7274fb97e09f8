package forecasts

import (
	"fmt"
	"io"
	"slices"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// merger makes one entry of those that share a key. It reads them again, each where it is.
type merger struct {
	r       io.ReaderAt
	readers []*entryReader
}

// spare is how many entries of one key are kept as they are in the memory of their readers. Further ones get memory of their own.
const spare = 8

// merge merges entries of one hash: of one key, but for a rare collision.
func (m *merger) merge(group []occurrence, do func(*Entry) error) (*ConflictError, error) {
	var distinct [1]*Entry
	rows := distinct[:0]
	for i, o := range group {
		if i <= spare && i == len(m.readers) {
			m.readers = append(m.readers, &entryReader{})
		}
		e, err := m.readers[min(i, spare)].read(m.r, o.offset)
		if err != nil {
			return nil, err
		}
		if i >= spare {
			own := *e
			table.Own(entryColumns, &own)
			e = &own
		}
		same := slices.IndexFunc(rows, func(r *Entry) bool { return sameKey(r, e) })
		if same < 0 {
			rows = append(rows, e)
		} else if column, ok := table.Merge(entryColumns, rows[same], e); !ok {
			return &ConflictError{Key: keyText(e), Column: column, offset: o.offset}, nil
		}
	}
	for _, e := range rows {
		if err := do(e); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func sameKey(a, b *Entry) bool {
	return a.UserID == b.UserID && a.FieldID == b.FieldID && a.TimeFrameID == b.TimeFrameID && a.TimePeriodID == b.TimePeriodID
}

func keyText(e *Entry) string {
	return fmt.Sprintf("entry %s/%s/%s/%s", e.TimePeriodID, e.TimeFrameID, e.UserID, e.FieldID)
}

// entryReader reads single entries from anywhere in the result. What it returns is good until its next read.
type entryReader struct {
	cursor
	e Entry
}

func (r *entryReader) read(from io.ReaderAt, offset int64) (*Entry, error) {
	for size := 1 << 10; ; size *= 2 {
		r.b = slices.Grow(r.b[:0], size)[:size]
		n, err := from.ReadAt(r.b, offset)
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
