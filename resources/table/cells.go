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

// bitmap is a list of bits, in Arrow's order.
type bitmap struct {
	bytes      []byte
	n, cleared int
	rows       int // about as many bits are to come
}

func (m *bitmap) start(rows int) { *m = bitmap{rows: rows} }

func (m *bitmap) room() {
	if m.bytes == nil {
		m.bytes = make([]byte, 0, (m.rows+7)/8)
	}
}

func (m *bitmap) add(bit bool) {
	if m.n%8 == 0 {
		m.room()
		m.bytes = append(m.bytes, 0)
	}
	if bit {
		m.bytes[m.n/8] |= 1 << (m.n % 8)
	} else {
		m.cleared++
	}
	m.n++
}

// repeat adds the last bit n times more.
func (m *bitmap) repeat(n int) {
	if n == 0 {
		return
	}
	last := m.bytes[(m.n-1)/8]>>((m.n-1)%8)&1 != 0
	for ; n > 0 && m.n%8 != 0; n-- {
		m.add(last)
	}
	fill := byte(0)
	if last {
		fill = 0xff
	} else {
		m.cleared += n / 8 * 8
	}
	for ; n >= 8; n -= 8 {
		m.bytes = append(m.bytes, fill)
		m.n += 8
	}
	for ; n > 0; n-- {
		m.add(last)
	}
}

// takeNulls fills an empty bitmap whose cleared bits are nulls with bits of another one. Without nulls it needs no bits.
func (m *bitmap) takeNulls(from *bitmap, runs []Run) {
	if from.cleared > 0 {
		m.take(from, runs)
		return
	}
	for _, r := range runs {
		m.n += int(r.Rows)
	}
}

// take adds bits of another bitmap.
func (m *bitmap) take(from *bitmap, runs []Run) {
	for _, r := range runs {
		m.add(from.bytes[r.From/8]>>(r.From%8)&1 != 0)
		m.repeat(int(r.Rows) - 1)
	}
}

// addBits adds one bit of each word to an empty bitmap.
func (m *bitmap) addBits(b Bits) {
	shift := bits.TrailingZeros32(b.Mask)
	m.room()
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
	f.valid.takeNulls(&source.valid, runs)
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
	f.valid.takeNulls(&source.valid, runs)
	return f.valid.n
}

func (f *flags) array() arrow.Array {
	return newArray(arrow.FixedWidthTypes.Boolean, &f.valid, f.values.bytes)
}

// texts is a column of text or JSON.
type texts struct {
	dataType arrow.DataType
	bytes    []byte
	ends     []int32 // 0, then where each cell ends in bytes
	valid    bitmap
}

func (t *texts) start(rows int) {
	t.bytes = make([]byte, 0, len(t.bytes)+len(t.bytes)/8) // a little more than the last record took
	t.ends = append(make([]int32, 0, rows+1), 0)
	t.valid.start(rows)
}

func addText[T string | []byte](t *texts, text T, valid bool) {
	t.bytes = append(t.bytes, text...)
	t.ends = append(t.ends, int32(len(t.bytes)))
	t.valid.add(valid)
}

func (t *texts) take(from builder, runs []Run) (bytes int) {
	source := from.(*texts)
	rows := 0
	for _, r := range runs {
		bytes += int(r.Rows) * (offsetBytes + int(source.ends[r.From+1]-source.ends[r.From]))
		rows += int(r.Rows)
	}
	if bytes > farTooMuch && rows > 1 {
		return bytes
	}
	t.bytes = slices.Grow(t.bytes, bytes-rows*offsetBytes)
	for _, r := range runs {
		t.bytes = append(t.bytes, source.bytes[source.ends[r.From]:source.ends[r.From+1]]...)
		t.ends = append(t.ends, int32(len(t.bytes)))
		t.repeatText(int(r.Rows) - 1)
	}
	t.valid.takeNulls(&source.valid, runs)
	return bytes
}

// repeat adds the last cell n times more.
func (t *texts) repeat(n int) {
	t.repeatText(n)
	t.valid.repeat(n)
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
