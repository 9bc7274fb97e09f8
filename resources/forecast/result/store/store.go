// Package store holds a result between its last byte and its first row out: entries as rows of numbers and amounts, at most 100
// bytes each, in memory up to a few MiB and beyond that in a private file; the texts that repeat in dictionaries, the others in
// a log. What contradicts itself is found here. It knows of no shape.
package store

import (
	"context"
	"fmt"
	"math"
	"math/bits"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
	"github.com/cq-source-clari/cq-source-clari/resources/spill"
)

// Key is what an entry is told apart by: the numbers of user, field, frame and period.
type Key [forecast.KeyParts]uint32

// pagesInMemory make 2 MiB.
const pagesInMemory = 4

// Store is one result. Its methods up to Join are for one goroutine.
type Store struct {
	Users   Rows[forecast.User]
	Fields  Rows[forecast.Field]
	Frames  Rows[forecast.TimeFrame]
	Periods Rows[forecast.TimePeriod]

	Odd odd.Counts // what no column takes

	file    spill.File
	pages   *spill.Pages
	log     *spill.Log
	texts   *spill.Log // places in log of labels beyond maxLabels, eight bytes each
	views   []*page    // by number; nil once a page has gone to the file
	rows    int
	inFrame []int64 // rows by the number of their frame
	index   index   // of the rows of the group
	groups  groups
	lastKey Key
	lastRow uint32
	keyRead [4 * forecast.KeyParts]byte // of keyOf

	labels  []Dict // by slot
	long    uint64 // labels in texts
	regions []region
	far     bool // some region has updates

	undated   map[dateOf]bool // days of periods that are contradicted
	linkBuf   [linkBytes]byte
	parts     []spill.Place // of the chain being joined
	linked    []bool        // pages some of whose rows have a chain of extras
	own       *Reader       // of labels, while rows come
	extra     extra.Column
	lastExtra []byte
	lastPlace spill.Place
	conflict  error // the first
}

// What of the different texts of a column of labels is kept in memory.
const (
	maxLabels     = 1 << 16
	maxLabelBytes = 16 << 20
)

// longLabel marks the reference to a label in the log.
const longLabel = 1 << 31

// New makes an empty store.
func New() *Store {
	s := &Store{labels: make([]Dict, forecast.Slots[forecast.Label])}
	s.pages = spill.NewPages(&s.file, rowBytes*pageRows, pagesInMemory)
	s.log, s.texts = spill.NewLog(&s.file), spill.NewLog(&s.file)
	s.Users.setID = func(u *forecast.User, id string) { u.UserID = id }
	s.Fields.setID = func(f *forecast.Field, id string) { f.FieldID = id }
	s.Frames.setID = func(f *forecast.TimeFrame, id string) { f.TimeFrameID = id }
	s.Periods.setID = func(p *forecast.TimePeriod, id string) { p.TimePeriodID = id }
	return s
}

// Close gives memory and file back.
func (s *Store) Close() error { return s.file.Close() }

// Len is how many entries there are.
func (s *Store) Len() int { return s.rows }

// InFrame is how many entries are of a week, by its number.
func (s *Store) InFrame(n uint32) int64 {
	if int(n) >= len(s.inFrame) {
		return 0
	}
	return s.inFrame[n]
}

// Row returns the row of a key, which it makes where there is none.
func (s *Store) Row(k Key) (uint32, error) {
	if k == s.lastKey && s.rows > 0 {
		return s.lastRow, nil
	}
	if next := int(s.lastRow) + 1; next < s.rows { // the parts of entries mostly come in their order
		if p := s.views[next/pageRows]; p != nil && p.key(next%pageRows) == k {
			s.lastKey, s.lastRow = k, uint32(next)
			return s.lastRow, nil
		}
	}
	isNew, regrouped := s.groups.find(k)
	if isNew {
		s.index.empty()
	}
	if regrouped && !isNew || s.index.full() {
		if err := s.reindex(); err != nil {
			return 0, err
		}
	}
	var err error
	hash := k.hash()
	row, slot, found := s.index.find(hash, func(row uint32) bool {
		known, failed := s.keyOf(row)
		if failed != nil {
			err = failed
		}
		return known == k
	})
	if err != nil {
		return 0, err
	}
	if !found {
		if row, err = s.add(k); err != nil {
			return 0, err
		}
		s.index.put(slot, hash, row)
	}
	s.lastKey, s.lastRow = k, row
	return row, nil
}

func (s *Store) keyOf(row uint32) (k Key, err error) {
	n, i := int(row)/pageRows, int(row)%pageRows
	if p := s.views[n]; p != nil {
		return p.key(i), nil
	}
	b := s.keyRead[:]
	err = s.pages.ReadAt(b, n, keysAt+len(b)*i)
	k.decode(b)
	return k, err
}

// reindex makes a new index of the group, with more room, from the keys in its rows.
func (s *Store) reindex() error {
	s.index = index{} // before more memory is asked for
	from := s.groups.from()
	if s.index = indexFor(s.rows - from); from == s.rows {
		return nil
	}
	var buf []byte
	for n := from / pageRows; n < len(s.views); n++ {
		var k Key
		keys := s.views[n]
		if keys == nil {
			if buf == nil {
				buf = make([]byte, 4*forecast.KeyParts*pageRows)
			}
			if err := s.pages.ReadAt(buf, n, keysAt); err != nil {
				return err
			}
		}
		for i := max(0, from-n*pageRows); i < min(pageRows, s.rows-n*pageRows); i++ {
			if keys != nil {
				k = keys.key(i)
			} else {
				k.decode(buf[4*forecast.KeyParts*i:])
			}
			hash := k.hash()
			s.index.put(s.index.free(hash), hash, uint32(n*pageRows+i))
		}
	}
	return nil
}

func (s *Store) add(k Key) (uint32, error) {
	if s.rows == math.MaxUint32 {
		return 0, fault.Malformed("more than %d entries", s.rows)
	}
	row := uint32(s.rows)
	n, i := s.rows/pageRows, s.rows%pageRows
	if i == 0 {
		memory, err := s.pages.Add()
		if err != nil {
			return 0, err
		}
		if n >= pagesInMemory {
			s.views[n-pagesInMemory] = nil
		}
		s.views = append(s.views, view(memory, n))
	}
	s.groups.add(k, s.rows)
	s.rows++
	for int(k[forecast.KeyFrame]) >= len(s.inFrame) {
		s.inFrame = append(s.inFrame, 0)
	}
	s.inFrame[k[forecast.KeyFrame]]++
	s.views[n].begin(i, k)
	return row, nil
}

// isExtra is what an update may be beyond the number of a value.
const isExtra = 1<<8 - 1

func (s *Store) put(row uint32, what uint8, value uint64) error {
	if p := s.views[int(row)/pageRows]; p != nil {
		return s.apply(p, int(row)%pageRows, what, value)
	}
	r := int(row) / pageRows / regionPages
	for len(s.regions) <= r {
		s.regions = append(s.regions, region{})
	}
	s.far = true
	return s.regions[r].add(&s.file, update{row, what, value})
}

// Set sets several values of a row: which of forecast.Values, as bits, and by number the bits of an amount, a time in microseconds
// since 1970, 1 for true, or the reference to a label.
func (s *Store) Set(row, which uint32, values []uint64) (err error) {
	p, i := s.views[int(row)/pageRows], int(row)%pageRows
	for ; which != 0 && err == nil; which &= which - 1 {
		value := bits.TrailingZeros32(which)
		if p != nil {
			err = s.apply(p, i, uint8(value), values[value])
		} else {
			err = s.put(row, uint8(value), values[value])
		}
	}
	return err
}

// Amount sets an amount. value is its number among forecast.Values.
func (s *Store) Amount(row uint32, value int, v float64) error {
	return s.put(row, uint8(value), math.Float64bits(v))
}

// Flag sets a flag.
func (s *Store) Flag(row uint32, value int, yes bool) error {
	var bit uint64
	if yes {
		bit = 1
	}
	return s.put(row, uint8(value), bit)
}

// Label sets a label, which is not empty.
func (s *Store) Label(row uint32, value int, text []byte) error {
	ref, err := s.LabelRef(value, text)
	if err != nil {
		return err
	}
	return s.put(row, uint8(value), uint64(ref))
}

// LabelAhead returns the reference to the label that followed the last one before, and the size in bytes of its JSON string, if
// document begins with that.
func (s *Store) LabelAhead(value int, document []byte) (ref uint32, size int) {
	n, size := s.labels[forecast.Values[value].Slot].Ahead(document)
	return n + 1, size
}

// Extra adds to the extra of a row what x holds. Nothing else uses x at the same time.
func (s *Store) Extra(row uint32, x *extra.Column) error {
	object := x.Object()
	s.countCut(x)
	if object == nil {
		return nil
	}
	place, err := s.keep(object)
	if err != nil {
		return err
	}
	return s.put(row, isExtra, uint64(place))
}

// countCut counts what is too long for an extra.
func (s *Store) countCut(x *extra.Column) { s.Odd.Values(odd.TooLong, nil, x.Cut()) }

// KeepText keeps a text for whoever brings it back with Texts.
func (s *Store) KeepText(text []byte) (spill.Place, error) { return s.log.Add(text) }

// Texts reads what KeepText kept.
func (s *Store) Texts() *spill.Reader { return s.log.Reader() }

// keep puts an object into the log, but one that repeats the last one only once.
func (s *Store) keep(object []byte) (spill.Place, error) {
	if s.lastPlace != 0 && string(s.lastExtra) == string(object) {
		return s.lastPlace, nil
	}
	place, err := s.log.Add(object)
	s.lastExtra, s.lastPlace = append(s.lastExtra[:0], object...), place
	if len(object) > 1<<16 { // not worth the memory
		s.lastExtra, s.lastPlace = nil, 0
	}
	return place, err
}

// LabelRef is how a row refers to a label, which is not empty: by a number from 1, or by its place among the labels in the log.
func (s *Store) LabelRef(value int, text []byte) (uint32, error) {
	d := &s.labels[forecast.Values[value].Slot]
	if !d.Full(maxLabels, maxLabelBytes) {
		n, _ := d.Number(text)
		return n + 1, nil
	}
	if n, known := d.numbers[string(text)]; known {
		return n + 1, nil
	}
	if s.long == longLabel-1 {
		return 0, fault.Malformed("more than %d different labels", s.long)
	}
	place, err := s.log.Add(validBytes(text))
	if err != nil {
		return 0, err
	}
	var b [8]byte
	for i := range b {
		b[i] = byte(place >> (8 * i))
	}
	_, err = s.texts.Add(b[:])
	s.long++
	return uint32(longLabel | (s.long - 1)), err
}

// apply sets a value in a row whose page is in memory.
func (s *Store) apply(p *page, i int, what uint8, value uint64) error {
	if what == isExtra {
		return s.addExtra(p, i, spill.Place(value))
	}
	v := &forecast.Values[what]
	known := p.words[i]&v.Known != 0
	switch v.Kind {
	case forecast.Amount:
		if f := math.Float64frombits(value); !known {
			p.amounts[v.Slot][i] = f
		} else if p.amounts[v.Slot][i] != f {
			s.noteConflict(p, i, v.Name)
		}
	case forecast.Instant:
		if at := int64(value); !known || at > p.instants[v.Slot][i] { // of two times the later
			p.instants[v.Slot][i] = at
		}
	case forecast.Flag:
		if was := p.words[i]&v.True != 0; known && was != (value != 0) {
			s.noteConflict(p, i, v.Name)
		} else if value != 0 {
			p.words[i] |= v.True
		}
	case forecast.Label:
		return s.setLabel(p, i, v, uint32(value))
	}
	p.words[i] |= v.Known
	return nil
}

// setLabel keeps the first label of a row. Others that differ go to extra.
func (s *Store) setLabel(p *page, i int, v *forecast.Value, ref uint32) error {
	before := p.labels[v.Slot][i]
	if before == 0 {
		p.labels[v.Slot][i] = ref
		return nil
	}
	if before == ref {
		return nil
	}
	if s.own == nil {
		s.own = s.Reader()
	}
	first, err := s.own.label(v.Slot, before)
	if err != nil {
		return err
	}
	second, err := s.own.label(v.Slot, ref)
	if err != nil || first == second {
		return err
	}
	s.extra.Reset()
	quoted, _ := jsontext.AppendQuote(nil, second) // it is valid
	s.extra.Other(v.Name, quoted)
	object := s.extra.Object()
	place, err := s.keep(object)
	if err != nil {
		return err
	}
	return s.addExtra(p, i, place)
}

// addExtra adds an object to the extra of a row. Where it has one there is a chain of them, until Join makes one of all.
func (s *Store) addExtra(p *page, i int, place spill.Place) error {
	before := spill.Place(p.extras[i])
	if before == 0 || before == place {
		p.extras[i] = uint64(place)
		return nil
	}
	chain, err := s.link(before, place)
	p.extras[i] = uint64(chain)
	for len(s.linked) <= p.number {
		s.linked = append(s.linked, false)
	}
	s.linked[p.number] = true
	return err
}

func (s *Store) noteConflict(p *page, i int, column string) {
	if s.conflict == nil {
		s.conflict = &Conflict{p.key(i), column}
	}
}

// Conflict is a key that comes with two values for a column.
type Conflict struct {
	Key    Key
	Column string
}

func (c *Conflict) Error() string { return "conflict in " + c.Column }

// Join brings parts of entries together that lay far apart, and returns what is wrong: the first conflict, or why the file cannot
// be read or written.
func (s *Store) Join(ctx context.Context) error {
	s.index = index{}
	if s.conflict == nil && s.far {
		for n := range s.regions {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			if err := s.joinRegion(ctx, n); err != nil {
				return err
			}
		}
		s.regions, s.far = nil, false
	}
	if s.conflict == nil {
		if err := s.joinExtras(ctx); err != nil {
			return err
		}
	}
	if c, ok := s.conflict.(*Conflict); ok {
		return &fault.ConflictError{
			Key: fmt.Sprintf("entry %s/%s/%s/%s", s.Periods.IDs.Texts[c.Key[forecast.KeyPeriod]], s.Frames.IDs.Texts[c.Key[forecast.KeyFrame]],
				s.Users.IDs.Texts[c.Key[forecast.KeyUser]], s.Fields.IDs.Texts[c.Key[forecast.KeyField]]),
			Column: c.Column,
		}
	}
	return s.conflict
}

// checkEvery is after how many steps a loop looks at its context.
const checkEvery = 1 << 12

func (s *Store) joinRegion(ctx context.Context, n int) error {
	r := &s.regions[n]
	if len(r.notes) == 0 && len(r.chunks) == 0 {
		return nil
	}
	first := n * regionPages
	memory, pages := make([][]byte, regionPages), make([]*page, regionPages)
	steps := 0
	err := r.each(&s.file, func(u update) error {
		if steps++; steps%checkEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		at := int(u.row)/pageRows - first
		if pages[at] == nil {
			var err error
			if memory[at], err = s.pages.Load(first+at, nil); err != nil {
				return err
			}
			pages[at] = view(memory[at], first+at)
		}
		return s.apply(pages[at], int(u.row)%pageRows, u.what, u.value)
	})
	*r = region{}
	for i, p := range memory {
		if p != nil && err == nil {
			err = s.pages.Save(first+i, p)
		}
	}
	return err
}
