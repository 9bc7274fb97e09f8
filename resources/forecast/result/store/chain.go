package store

import (
	"context"
	"encoding/binary"

	"github.com/cq-source-clari/cq-source-clari/resources/odd"
	"github.com/cq-source-clari/cq-source-clari/resources/spill"
)

// An entry whose extra comes in several parts has a chain of them in the log: what came before, and the part. To make one object of
// all as they come would take the square of their number.
const (
	chained    = 1 << 63 // marks the place of a link; a log is never so long
	linkBytes  = 8 + 8
	longestRun = 1 << 20 // links of a chain that are followed; the rest is counted as too long
)

// link puts a link into the log: what a row had, an object or a link itself, and an object.
func (s *Store) link(before, object spill.Place) (spill.Place, error) {
	b := binary.NativeEndian.AppendUint64(s.linkBuf[:0], uint64(before))
	place, err := s.log.Add(binary.NativeEndian.AppendUint64(b, uint64(object)))
	return place | chained, err
}

// joinExtras makes one object of each chain.
func (s *Store) joinExtras(ctx context.Context) error {
	r := s.log.Reader()
	steps := 0
	for n, linked := range s.linked {
		if !linked {
			continue
		}
		p, save := s.views[n], false
		var memory []byte
		if p == nil {
			var err error
			if memory, err = s.pages.Load(n, nil); err != nil {
				return err
			}
			p, save = view(memory, n), true
		}
		for i := range min(pageRows, s.rows-n*pageRows) {
			if p.extras[i]&chained == 0 {
				continue
			}
			if err := s.joinChain(ctx, r, p, i, &steps); err != nil {
				return err
			}
		}
		if save {
			if err := s.pages.Save(n, memory); err != nil {
				return err
			}
		}
	}
	s.linked = nil
	return nil
}

// joinChain makes one object of the parts of a row's extra, in the order in which they came.
func (s *Store) joinChain(ctx context.Context, r *spill.Reader, p *page, i int, steps *int) error {
	parts := s.parts[:0]
	at := p.extras[i]
	for ; at&chained != 0; *steps++ {
		if *steps%checkEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		link, err := r.Read(spill.Place(at &^ chained))
		if err != nil {
			return err
		}
		at = binary.NativeEndian.Uint64(link)
		if len(parts) < longestRun {
			parts = append(parts, spill.Place(binary.NativeEndian.Uint64(link[8:])))
		} else {
			s.Odd.Values(odd.TooLong, nil, 1)
		}
	}
	s.parts = append(parts, spill.Place(at))
	s.extra.Reset()
	for k := len(s.parts) - 1; k >= 0; k-- {
		if k%checkEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		object, err := r.Read(s.parts[k])
		if err != nil {
			return err
		}
		s.extra.Merge(object)
	}
	object := s.extra.Object()
	s.countCut(&s.extra)
	place, err := s.keep(object)
	p.extras[i] = uint64(place)
	return err
}
