package forecasts

import (
	"bytes"
	"context"
	"hash/maphash"
	"io"
	"slices"
	"strings"
)

// sweep is the first pass over the list of entries. While one stretch is read, the ones behind it are read already, from where an
// entry seems to begin. Whether it does shows when the stretch before ends: only then what was found is believed, and
// otherwise read again. So all is as if one reader had gone from entry to entry.
type sweep struct {
	r       *io.SectionReader
	seed    maphash.Seed
	stretch int64 // in bytes
	workers int
}

func newSweep(r *io.SectionReader, stretch int64) *sweep {
	return &sweep{r: r, seed: maphash.MakeSeed(), stretch: stretch, workers: workersFor(maxWorkers)}
}

// found is what a stretch holds.
type found struct {
	stretch
	next     int64 // where the entry behind it begins, or where the list ends
	more     bool  // an entry follows
	hashes   []uint64
	quarters []string // different ones, in the order of appearance
	err      error    // the first, in the order of the result
}

// run hands what it finds to accept, one stretch after the other, and returns where the list ends. first is where the first entry
// begins.
func (s *sweep) run(ctx context.Context, first int64, accept func(*found) error) (end int64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var ahead []chan *found
	defer func() {
		cancel()
		for _, result := range ahead { // nobody may read on when the caller has closed the result
			<-result
		}
	}()
	begin, at := first, first // of the next stretch to read; of the next entry to believe
	for {
		for len(ahead) < s.workers && begin < s.r.Size() {
			part := stretch{begin, s.guess(begin + s.stretch)}
			result := make(chan *found, 1)
			go func() { result <- s.read(ctx, part) }()
			ahead = append(ahead, result)
			begin = part.to
		}
		f := <-ahead[0]
		ahead = ahead[1:]
		if at >= f.to {
			continue
		}
		if f.from != at {
			f = s.read(ctx, stretch{at, f.to})
		}
		if err := accept(f); err != nil {
			return 0, err
		}
		if !f.more {
			return f.next, nil
		}
		at = f.next
	}
}

func (s *sweep) read(ctx context.Context, part stretch) *found {
	f := &found{stretch: part}
	n := 0
	f.next, f.more, f.err = part.read(ctx, s.r, func(e *Entry, _ int64) error {
		if id := missingID(e); id != "" {
			return &MissingIDError{Index: n, ID: id}
		}
		n++
		f.hashes = append(f.hashes, keyHash(s.seed, e))
		if isQuarter(e.TimePeriodID) && !slices.Contains(f.quarters, e.TimePeriodID) {
			f.quarters = append(f.quarters, strings.Clone(e.TimePeriodID))
		}
		return nil
	})
	return f
}

// guess returns where an entry seems to begin, from from on: just there if nothing looks like it.
func (s *sweep) guess(from int64) int64 {
	var buf [8 << 10]byte
	n, _ := s.r.ReadAt(buf[:], from) // an error will come again when the stretch is read
	b := buf[:n]
	for i := range b {
		if b[i] != '}' {
			continue
		}
		if rest, ok := bytes.CutPrefix(space(b[i+1:]), []byte(",")); ok {
			if entry := space(rest); len(entry) > 0 && entry[0] == '{' {
				return from + int64(len(b)-len(entry))
			}
		}
	}
	return min(from, s.r.Size())
}

func space(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n") }
