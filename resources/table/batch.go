package table

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/cloudquery/plugin-sdk/v4/types"
)

// Batch is a number of rows that are kept column by column. Columns of a batch fill a record with all of them at once.
type Batch[B any] interface {
	Rows() int
	Row() int   // the row in view
	View(i int) // puts row i in view
	Slice(from, to int) *B
}

// Lent are the rows U of a small table from which the rows of a batch B borrow cells.
type Lent[B, U any] struct {
	Rows func(*B) []U          // the same in all batches
	Runs func(*B) []Run        // which of them the rows of the batch borrow from, one after the other
	Row  func(b *B, i int) int // which of them row i borrows from
}

// Run are rows of a batch, one behind the other, that borrow from one row.
type Run struct{ From, Rows int32 }

// Runs are the runs of numbers: those at first, first+step and so on.
func Runs(numbers []uint32, first, step int) []Run {
	n := 1
	for i := first + step; i < len(numbers); i += step {
		if numbers[i] != numbers[i-step] {
			n++
		}
	}
	runs := make([]Run, 0, n)
	for i := first; i < len(numbers); i += step {
		if i == first || numbers[i] != numbers[i-step] {
			runs = append(runs, Run{From: int32(numbers[i])})
		}
		runs[len(runs)-1].Rows++
	}
	return runs
}

// Through is a column of what rows borrow. The cells of the small table are made once, and taken from there: one by one through the
// functions of the column they took twice the time.
func Through[B, U any, P interface {
	*B
	Batch[B]
}](c Column[U], lent Lent[B, U],
) Column[B] {
	lender := func(b *B) int { return lent.Row(b, P(b).Row()) }
	return Column[B]{
		Name: c.Name, Description: c.Description, Type: c.Type, key: c.key, lender: lender,
		text: func(buf []byte, b *B) []byte { return c.text(buf, &lent.Rows(b)[lender(b)]) },
		open: func() (builder, func(b *B) int) {
			cells, _ := c.open()
			from, add := c.open()
			filled := false
			column := &steady{builder: cells}
			return column, func(b *B) int {
				if rows := lent.Rows(b); !filled {
					filled = true
					from.start(len(rows))
					for i := range rows {
						add(&rows[i])
					}
				}
				runs := lent.Runs(b)
				return column.fill(uint64(runs[0].From), len(runs) == 1, func() int { return cells.take(from, runs) })
			}
		},
	}
}

// Bits tells of each row of a batch whether it has a value: where one of the bits in mask is set.
type Bits struct {
	Words []uint32
	Mask  uint32
}

func (b Bits) none() bool {
	var some uint32
	for _, w := range b.Words {
		some |= w
	}
	return some&b.Mask == 0
}

func (b Bits) all() bool {
	all := b.Mask
	for _, w := range b.Words {
		all &= w
	}
	return all == b.Mask
}

// Floats is a column of amounts of a batch.
func Floats[B any](name, description string, get func(*B) ([]float64, Bits)) Column[B] {
	return numbers(name, description, arrow.PrimitiveTypes.Float64, get)
}

// Timestamps is a column of instants of a batch, in microseconds since 1970, UTC.
func Timestamps[B any](name, description string, get func(*B) ([]int64, Bits)) Column[B] {
	return numbers(name, description, arrow.FixedWidthTypes.Timestamp_us, get)
}

func numbers[B any, T float64 | int64](name, description string, arrowType arrow.DataType, get func(*B) ([]T, Bits)) Column[B] {
	return Column[B]{
		Name: name, Description: description, Type: arrowType,
		open: func() (builder, func(b *B) int) {
			cells := &fixed[T]{dataType: arrowType}
			column := &steady{builder: cells}
			return column, func(b *B) int {
				values, known := get(b)
				return column.fill(0, known.none(), func() int {
					cells.values = append(cells.values, values...)
					cells.valid.addBits(known)
					if cells.valid.cleared > 0 {
						for i, w := range known.Words {
							if w&known.Mask == 0 {
								cells.values[i] = 0
							}
						}
					}
					return 8 * len(values)
				})
			}
		},
	}
}

// Flags is a column of true and false of a batch.
func Flags[B any](name, description string, get func(*B) (values, known Bits)) Column[B] {
	return Column[B]{
		Name: name, Description: description, Type: arrow.FixedWidthTypes.Boolean,
		open: func() (builder, func(b *B) int) {
			cells := &flags{}
			return cells, func(b *B) int {
				values, known := get(b)
				cells.values.addBits(values)
				cells.valid.addBits(known)
				return len(values.Words)
			}
		},
	}
}

// Texts is a column of text of a batch: each row has a reference, of which text makes the text, the same in all batches. It is null
// where that is empty.
func Texts[B any, R uint32 | uint64](name, description string, refs func(*B) []R, text func(*B, R) string) Column[B] {
	return referred(name, description, arrow.BinaryTypes.String, refs, text)
}

// Documents is a column of JSON documents of a batch, likewise. What text returns is copied.
func Documents[B any, R uint32 | uint64](name, description string, refs func(*B) []R, text func(*B, R) []byte) Column[B] {
	return referred(name, description, types.ExtensionTypes.JSON, refs, text)
}

func referred[B any, R uint32 | uint64, T string | []byte](
	name, description string, arrowType arrow.DataType, refs func(*B) []R, text func(*B, R) T,
) Column[B] {
	return Column[B]{
		Name: name, Description: description, Type: arrowType,
		open: func() (builder, func(b *B) int) {
			cells := &texts{dataType: arrowType}
			column := &steady{builder: cells}
			return column, func(b *B) int {
				refs := refs(b)
				return column.fill(uint64(refs[0]), run(refs) == len(refs), func() (n int) {
					for left := refs; len(left) > 0 && n <= farTooMuch; {
						rows := run(left)
						t := text(b, left[0])
						if n += rows * (offsetBytes + len(t)); n <= farTooMuch || len(refs) == 1 {
							addText(cells, t, len(t) > 0)
							cells.repeat(rows-1, len(t) > 0)
						}
						left = left[rows:]
					}
					return n
				})
			}
		},
	}
}

// run is how many references are the same as the first.
func run[R comparable](refs []R) int {
	n := 1
	for n < len(refs) && refs[n] == refs[0] {
		n++
	}
	return n
}

// steady is a column of a batch that in many records has one and the same cell in all rows: null, a quarter, a currency. Then the
// array of the record before serves again.
type steady struct {
	builder
	rows  int    // to come
	cell  uint64 // of all rows of the last record
	bytes int    // that those take
	last  arrow.Array
	again bool // last serves for this record
	keep  bool // and this one for the next
}

func (s *steady) start(rows int) { s.rows = rows }

// fill fills the column and returns the room that its cells take. all tells whether all rows have one cell, and which.
func (s *steady) fill(cell uint64, all bool, fill func() (bytes int)) (bytes int) {
	s.again = all && s.last != nil && s.cell == cell && s.last.Len() == s.rows
	if !s.again {
		s.last, s.cell, s.keep = nil, cell, all
		s.builder.start(s.rows)
		s.bytes = fill()
	}
	return s.bytes
}

func (s *steady) array() arrow.Array {
	if s.again {
		return s.last
	}
	a := s.builder.array()
	if s.keep {
		s.last = a
	}
	return a
}

// Batches makes records of batches. It is not safe for concurrent use.
type Batches[B any, P interface {
	*B
	Batch[B]
}] struct {
	w      *Writer[B]
	shared []arrow.Array // of the writer, as long as the last record
}

// MaxRows is how many rows a batch may have.
const MaxRows = maxRows

// NewBatches makes records of a table whose rows all have the cells of shared.
func NewBatches[S, B any, P interface {
	*B
	Batch[B]
}](d *Def[S, B], o Options, shared *S,
) *Batches[B, P] {
	w := d.Writer(o, shared, nil)
	w.id.shareStates()
	return &Batches[B, P]{w: w}
}

// Each hands the rows of a batch to send, in their order, in as few records as their bytes allow.
func (m *Batches[B, P]) Each(b *B, send func(arrow.Record) error) error {
	rows := P(b).Rows()
	record, bytes, ok := m.build(b)
	if ok {
		return m.cut(record, bytes, send)
	}
	if err := m.Each(P(b).Slice(0, rows/2), send); err != nil {
		return err
	}
	return m.Each(P(b).Slice(rows/2, rows), send)
}

// build makes one record of a batch, unless that takes far more than a record may: then a part of it has to do.
func (m *Batches[B, P]) build(b *B) (record arrow.Record, bytes int, ok bool) {
	w, rows := m.w, P(b).Rows()
	if rows > w.sharedRows {
		w.fillShared(rows)
	}
	bytes = w.rowBytes * rows
	for i, c := range w.columns {
		c.start(rows)
		if bytes += w.cells[i](b); bytes > farTooMuch && rows > 1 {
			return nil, bytes, false
		}
	}
	w.ids.start(rows)
	for i := range rows {
		P(b).View(i)
		w.ids.add(w.id.of(b))
	}
	columns := make([]arrow.Array, 0, 1+len(w.shared)+len(w.columns))
	columns = append(columns, w.ids.array())
	columns = append(columns, m.sharedOf(rows)...)
	for _, c := range w.columns {
		columns = append(columns, c.array())
	}
	return array.NewRecord(w.schema, columns, int64(rows)), bytes, true
}

// sharedOf are the shared columns of so many rows. Most records have equally many.
func (m *Batches[B, P]) sharedOf(rows int) []arrow.Array {
	if len(m.shared) == 0 || m.shared[0].Len() != rows {
		m.shared = m.shared[:0]
		for _, a := range m.w.shared {
			m.shared = append(m.shared, array.NewSlice(a, 0, int64(rows)))
		}
	}
	return m.shared
}

// farTooMuch is where a column gives up to fill a record, in bytes.
const farTooMuch = 4 * maxBytes

// cut hands a record to send, in halves where it is too large.
func (m *Batches[B, P]) cut(record arrow.Record, bytes int, send func(arrow.Record) error) error {
	rows := record.NumRows()
	if bytes <= maxBytes || rows <= 1 {
		return even(record, send)
	}
	for _, half := range []arrow.Record{record.NewSlice(0, rows/2), record.NewSlice(rows/2, rows)} {
		if err := m.cut(half, m.w.rowBytes*int(half.NumRows())+ownBytes(half), send); err != nil {
			return err
		}
	}
	return nil
}

// ownBytes is the most that the cells of a record's own columns take.
func ownBytes(record arrow.Record) (n int) {
	for _, column := range record.Columns() {
		n += 8 * column.Len()
		if extension, ok := column.(array.ExtensionArray); ok {
			column = extension.Storage()
		}
		if text, ok := column.(array.BinaryLike); ok && text.Len() > 0 {
			last := text.Len() - 1
			n += int(text.ValueOffset64(last)-text.ValueOffset64(0)) + text.ValueLen(last)
		}
	}
	return n
}
