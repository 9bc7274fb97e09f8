package activity

import (
	"hash/maphash"
	"iter"
	"math/bits"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
	"github.com/cq-source-clari/cq-source-clari/resources/spill"
)

// Store holds the activities of one result until it has been read to its end and found good. An activity that comes twice is one: what the
// first leaves empty is taken from the second, and what both are about is put together. The zero Store is empty.
//
// The activities are in a log, as Clari wrote them, of which a few MiB are in memory and the rest in a file; an activity takes some thirty
// bytes beside. After an error the store is of no more use.
type Store struct {
	First, Last time.Time  // when the earliest and the latest activity took place; zero if none says
	Odd         odd.Counts // what no column takes; All adds what became too long when copies were put together

	file   spill.File
	log    *spill.Log
	reader *spill.Reader         // of what is looked up while more is appended
	places []spill.Place         // of the activities, in the order in which they came
	ids    []spill.Place         // of theirs
	more   map[int][]spill.Place // where an activity comes again, by its number
	index  []uint64              // open addressing: 32 bits of an id's hash over the activity's number, from 1; 0 is free

	compared int64 // bytes of ids that were read to tell activities apart
}

var idSeed = maphash.MakeSeed()

// Append keeps an activity, which was decoded from text. An error is one of the file.
func (s *Store) Append(a *clari.Activity, text []byte) error {
	if s.log == nil {
		s.log, s.more = spill.NewLog(&s.file), map[int][]spill.Place{}
		s.reader = s.log.Reader()
	}
	if 4*(len(s.places)+1) > 3*len(s.index) {
		s.grow()
	}
	tag := maphash.String(idSeed, a.ID) >> 32
	slot, n, err := s.find(tag, a.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		id, err := s.log.Add([]byte(a.ID))
		if err != nil {
			return err
		}
		s.ids = append(s.ids, id)
	}
	place, err := s.log.Add(text)
	if err != nil {
		return err
	}
	if n > 0 {
		s.more[n-1] = append(s.more[n-1], place)
	} else {
		s.places = append(s.places, place)
		s.index[slot] = tag<<32 | uint64(len(s.places))
	}
	if at := a.At; !at.IsZero() {
		if s.First.IsZero() || at.Before(s.First) {
			s.First = at
		}
		if at.After(s.Last) {
			s.Last = at
		}
	}
	return nil
}

// find returns the number of an activity, from 1, or 0 and the slot where to put it.
func (s *Store) find(tag uint64, id string) (slot, n int, err error) {
	for slot = s.start(tag); s.index[slot] != 0; slot = (slot + 1) % len(s.index) {
		if s.index[slot]>>32 != tag {
			continue
		}
		n = int(uint32(s.index[slot]))
		known, err := s.reader.Read(s.ids[n-1])
		s.compared += int64(len(known))
		if err != nil || string(known) == id {
			return slot, n, err
		}
	}
	return slot, 0, nil
}

func (s *Store) start(tag uint64) int {
	slot, _ := bits.Mul64(tag<<32, uint64(len(s.index)))
	return int(slot)
}

// grow gives the index room for more.
func (s *Store) grow() {
	old := s.index
	s.index = make([]uint64, max(1<<10, 2*len(old)))
	for _, entry := range old {
		if entry == 0 {
			continue
		}
		slot := s.start(entry >> 32)
		for s.index[slot] != 0 {
			slot = (slot + 1) % len(s.index)
		}
		s.index[slot] = entry
	}
}

func read(from *spill.Reader, p spill.Place) (clari.Activity, error) {
	text, err := from.Read(p)
	if err != nil {
		return clari.Activity{}, err
	}
	return decode(text)
}

// Len is how many activities there are.
func (s *Store) Len() int { return len(s.places) }

// Close empties the store, and gives memory and file back.
func (s *Store) Close() error {
	err := s.file.Close()
	*s = Store{}
	return err
}

// All yields the activities in the order in which they came, each one good until the next. An error is one of the file, and the end.
func (s *Store) All() iter.Seq2[*clari.Activity, error] {
	return func(yield func(*clari.Activity, error) bool) {
		if len(s.places) == 0 {
			return
		}
		first, again := s.log.Reader(), s.log.Reader() // two: what comes again is elsewhere in the log
		var c copies
		for n, place := range s.places {
			a, err := read(first, place)
			c.Reset()
			c.unknown(a.Extra)
			for _, place := range s.more[n] {
				var from clari.Activity
				if err == nil {
					from, err = read(again, place)
				}
				merge(&a, &from, &c)
			}
			a.Extra = c.Object()
			s.Odd.Values(odd.TooLong, nil, c.Cut())
			if !yield(&a, err) || err != nil {
				return
			}
		}
	}
}

// participantID is what the person is called in every activity.
func participantID(p *clari.Participant) string {
	switch {
	case p.Email != "":
		return strings.ToLower(p.Email)
	case p.CRMUserID != "":
		return p.CRMUserID
	}
	return p.Name
}
