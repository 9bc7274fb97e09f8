package table

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/cloudquery/plugin-sdk/v4/types"
)

// What a record holds at most, unless a single row is larger. The CLI drops a message over 100 MiB with one log line.
const (
	maxRows  = 5_000
	maxBytes = 4 << 20
)

// Writer turns rows into records and hands them on. A nil Writer is that of a table nobody asked for: it drops its rows.
// It is not safe for concurrent use.
type Writer[R any] struct {
	send   Send
	schema *arrow.Schema
	id     *identity[R]

	ids      *types.UUIDBuilder
	builders []array.Builder // one a column of R
	cells    []func(*R) int

	fillShared  func(rows int) []arrow.Array
	shared      []arrow.Array // _cq_parent_id and the shared columns, filled once for as many rows as were ever needed
	sharedRows  int
	sharedBytes int // in one row

	rows  int // since the last record
	bytes int
	total int64
}

// Writer opens a writer whose rows all have the cells of shared.
func (d *Def[S, R]) Writer(o Options, shared *S, send Send) *Writer[R] {
	w := &Writer[R]{send: send, schema: d.Schema(o).ToArrowSchema(), id: newIdentity(d, o, shared)}
	w.ids = array.NewBuilder(memory.DefaultAllocator, types.ExtensionTypes.UUID).(*types.UUIDBuilder)
	for _, c := range d.Columns {
		b := array.NewBuilder(memory.DefaultAllocator, c.Type)
		w.builders = append(w.builders, b)
		w.cells = append(w.cells, c.open(b))
	}
	for _, c := range d.Shared {
		w.sharedBytes += c.open(array.NewBuilder(memory.DefaultAllocator, c.Type))(shared)
	}
	w.fillShared = func(rows int) []arrow.Array {
		parents := array.NewBuilder(memory.DefaultAllocator, types.ExtensionTypes.UUID)
		parents.AppendNulls(rows)
		arrays := []arrow.Array{parents.NewArray()}
		for _, c := range d.Shared {
			b := array.NewBuilder(memory.DefaultAllocator, c.Type)
			b.Reserve(rows)
			cell := c.open(b)
			for range rows {
				cell(shared)
			}
			arrays = append(arrays, b.NewArray())
		}
		return arrays
	}
	return w
}

// Append adds a row and sends a record when one is full. It keeps nothing of r.
func (w *Writer[R]) Append(ctx context.Context, r *R) error {
	if w == nil {
		return nil
	}
	w.ids.Append(w.id.of(r))
	w.bytes += 2*uuidBytes + w.sharedBytes
	for _, cell := range w.cells {
		w.bytes += cell(r)
	}
	w.rows++
	if w.rows < maxRows && w.bytes < maxBytes {
		return nil
	}
	return w.Flush(ctx)
}

// Flush sends the rows that wait for a record to fill.
func (w *Writer[R]) Flush(ctx context.Context) error {
	if w == nil || w.rows == 0 {
		return nil
	}
	if w.rows > w.sharedRows {
		w.shared, w.sharedRows = w.fillShared(w.rows), w.rows
	}
	columns := make([]arrow.Array, 0, 1+len(w.shared)+len(w.builders))
	columns = append(columns, w.ids.NewArray())
	for _, a := range w.shared {
		columns = append(columns, array.NewSlice(a, 0, int64(w.rows)))
	}
	for _, b := range w.builders {
		columns = append(columns, b.NewArray())
	}
	record := array.NewRecord(w.schema, columns, int64(w.rows))
	n, tooMuch := record.NumRows(), w.bytes > maxBytes
	w.total += n
	w.rows, w.bytes = 0, 0
	if n > 1 && tooMuch { // by the last row
		if err := w.send(ctx, record.NewSlice(0, n-1)); err != nil {
			return err
		}
		record = record.NewSlice(n-1, n)
	}
	return w.send(ctx, record)
}

// Rows is how many rows were handed on in records.
func (w *Writer[R]) Rows() int64 {
	if w == nil {
		return 0
	}
	return w.total
}
