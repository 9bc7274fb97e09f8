package table

import (
	"math/bits"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/cloudquery/plugin-sdk/v4/types"
	"github.com/google/uuid"
)

// builder is a column of one record in the making. Arrow's own builders would do, but a cell costs three times as much there.
type builder interface {
	start(rows int) // makes room for about as many cells, in memory that no array uses

	// take fills a column that was started with cells of another one of its kind, and returns the room that they take. It stops
	// where that is far too much.
	take(from builder, runs []Run) (bytes int)
	array() arrow.Array
}

// bitmap is a list of bits, in Arrow's order. There are no bytes before the first bit that is cleared: most columns have no nulls.
type bitmap struct {
	bytes      []byte
	n, cleared int
	rows       int // about as many bits are to come
}

func (m *bitmap) start(rows int) { *m = bitmap{rows: rows} }

// write makes the bytes of the bits so far, all of which are set.
func (m *bitmap) write() {
	m.bytes = make([]byte, 0, (max(m.rows, m.n+1)+7)/8)
	n := m.n
	m.n = 0
	m.addSet(n)
}

func (m *bitmap) add(bit bool) {
	if bit {
		m.addSet(1)
	} else {
		m.addCleared(1)
	}
}

func (m *bitmap) addSet(n int) {
	if m.bytes != nil {
		m.append(0xff, n)
	}
	m.n += n
}

func (m *bitmap) addCleared(n int) {
	if m.bytes == nil && n > 0 {
		m.write()
	}
	m.append(0, n)
	m.n += n
	m.cleared += n
}

// append writes n bits, all of which are those of fill.
func (m *bitmap) append(fill byte, n int) {
	end := m.n + n
	if used := m.n % 8; used > 0 {
		m.bytes[len(m.bytes)-1] |= fill << used
		n -= 8 - used
	}
	for ; n > 0; n -= 8 {
		m.bytes = append(m.bytes, fill)
	}
	if used := end % 8; used > 0 {
		m.bytes[len(m.bytes)-1] &= 1<<used - 1
	}
}

// take adds bits of another bitmap.
func (m *bitmap) take(from *bitmap, runs []Run) {
	for _, r := range runs {
		if from.cleared == 0 || from.bytes[r.From/8]>>(r.From%8)&1 != 0 {
			m.addSet(int(r.Rows))
		} else {
			m.addCleared(int(r.Rows))
		}
	}
}

// addBits adds one bit of each word to an empty bitmap.
func (m *bitmap) addBits(b Bits) {
	if b.all() {
		m.addSet(len(b.Words))
		return
	}
	shift := bits.TrailingZeros32(b.Mask)
	m.write()
	for words := range slices.Chunk(b.Words, 8) {
		var all byte
		for i, w := range words {
			all |= byte(w>>shift&1) << i
		}
		m.bytes = append(m.bytes, all)
		m.cleared += len(words) - bits.OnesCount8(all)
	}
	m.n += len(b.Words)
}

// parts is what an array is made of but for its bytes, in one piece: apart they are six allocations a column.
type parts struct {
	buffers [3]memory.Buffer
	all     [3]*memory.Buffer
	data    array.Data
}

// newArray makes an array whose length and nulls are those of valid.
func newArray(t arrow.DataType, valid *bitmap, buffers ...[]byte) arrow.Array {
	p := &parts{}
	if valid.cleared > 0 {
		p.buffers[0].Reset(valid.bytes)
		p.all[0] = &p.buffers[0]
	}
	for i, b := range buffers {
		p.buffers[1+i].Reset(b)
		p.all[1+i] = &p.buffers[1+i]
	}
	p.data.Reset(t, valid.n, p.all[:1+len(buffers)], nil, valid.cleared, 0)
	p.data.Retain() // as a new one is
	return array.MakeFromData(&p.data)
}

// fixed is a column of numbers, days or instants.
type fixed[T arrow.FixedWidthType] struct {
	dataType arrow.DataType
	values   []T
	valid    bitmap
}

func (f *fixed[T]) start(rows int) {
	f.values = make([]T, 0, rows)
	f.valid.start(rows)
}

func (f *fixed[T]) add(cell Opt[T]) {
	f.values = append(f.values, cell.V)
	f.valid.add(cell.Valid)
}

func (f *fixed[T]) take(from builder, runs []Run) int {
	source := from.(*fixed[T])
	for _, r := range runs {
		for range r.Rows {
			f.values = append(f.values, source.values[r.From])
		}
	}
	f.valid.take(&source.valid, runs)
	return 8 * len(f.values)
}

func (f *fixed[T]) array() arrow.Array {
	return newArray(f.dataType, &f.valid, arrow.GetBytes(f.values))
}

// flags is a column of true and false.
type flags struct{ values, valid bitmap }

func (f *flags) start(rows int) {
	f.values.start(rows)
	f.valid.start(rows)
}

func (f *flags) add(cell Opt[bool]) {
	f.values.add(cell.V)
	f.valid.add(cell.Valid)
}

func (f *flags) take(from builder, runs []Run) int {
	source := from.(*flags)
	f.values.take(&source.values, runs)
	f.valid.take(&source.valid, runs)
	return f.valid.n
}

func (f *flags) array() arrow.Array {
	if f.values.bytes == nil {
		f.values.write()
	}
	return newArray(arrow.FixedWidthTypes.Boolean, &f.valid, f.values.bytes)
}

// texts is a column of text or JSON.
type texts struct {
	dataType arrow.DataType
	room     int // that bytes may need
	bytes    []byte
	ends     []int32 // 0, then where each cell ends in bytes
	valid    bitmap
}

func (t *texts) start(rows int) {
	t.room, t.bytes = len(t.bytes)+len(t.bytes)/8, nil // a little more than the last record took
	t.ends = append(make([]int32, 0, rows+1), 0)
	t.valid.start(rows)
}

func addText[T string | []byte](t *texts, text T, valid bool) {
	if t.bytes == nil {
		t.bytes = make([]byte, 0, max(t.room, len(text)))
	}
	t.bytes = append(t.bytes, text...)
	t.ends = append(t.ends, int32(len(t.bytes)))
	t.valid.add(valid)
}

func (t *texts) take(from builder, runs []Run) (bytes int) {
	source := from.(*texts)
	rows := 0
	for _, r := range runs {
		bytes += int(r.Rows) * int(source.ends[r.From+1]-source.ends[r.From])
		rows += int(r.Rows)
	}
	if room := bytes + rows*offsetBytes; room > farTooMuch && rows > 1 {
		return room
	}
	t.bytes = make([]byte, 0, bytes)
	for _, r := range runs {
		t.bytes = append(t.bytes, source.bytes[source.ends[r.From]:source.ends[r.From+1]]...)
		t.ends = append(t.ends, int32(len(t.bytes)))
		if r.Rows > 1 {
			t.repeatText(int(r.Rows) - 1)
		}
	}
	t.valid.take(&source.valid, runs)
	return bytes + rows*offsetBytes
}

// repeat adds the last cell, which is valid or not, n times more.
func (t *texts) repeat(n int, valid bool) {
	t.repeatText(n)
	if valid {
		t.valid.addSet(n)
	} else {
		t.valid.addCleared(n)
	}
}

func (t *texts) repeatText(n int) {
	end := t.ends[len(t.ends)-1]
	size := end - t.ends[len(t.ends)-2]
	for range n {
		end += size
		t.ends = append(t.ends, end)
	}
	for left := n * int(size); left > 0; { // as many as there are already, so that a long run takes few copies
		have := min(n*int(size)-left+int(size), left)
		t.bytes = append(t.bytes, t.bytes[len(t.bytes)-have:]...)
		left -= have
	}
}

func (t *texts) array() arrow.Array {
	return newArray(t.dataType, &t.valid, arrow.GetBytes(t.ends), t.bytes)
}

// lists is a column of lists of text.
type lists struct{ *array.ListBuilder }

func (l lists) start(int) {}

func (l lists) take(builder, []Run) int { panic("table: a list is in no batch") }

func (l lists) array() arrow.Array { return l.NewArray() }

// ids is the column _cq_id, or _cq_parent_id.
type ids struct {
	bytes []byte
	valid bitmap
}

func (i *ids) start(rows int) {
	i.bytes = make([]byte, 0, rows*len(uuid.UUID{}))
	i.valid.start(rows)
}

func (i *ids) add(id uuid.UUID) {
	i.bytes = append(i.bytes, id[:]...)
	i.valid.add(true)
}

func (i *ids) addNull() {
	i.bytes = append(i.bytes, make([]byte, len(uuid.UUID{}))...)
	i.valid.add(false)
}

func (i *ids) array() arrow.Array { return newArray(types.ExtensionTypes.UUID, &i.valid, i.bytes) }
