package table

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/cloudquery/plugin-sdk/v4/types"
	"github.com/google/uuid"
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

	ids     ids
	parents *ids      // nil for a table without a parent, whose _cq_parent_id is shared: it is always null
	columns []builder // one a column of R
	cells   []func(*R) int

	fillShared func(rows int)
	shared     []arrow.Array // _cq_parent_id and the shared columns, filled once for as many rows as were ever needed
	sharedRows int
	rowBytes   int // what they and _cq_id take in each row

	rows     int // since the last record
	bytes    int
	lastRows int // in the last record
	total    int64
}

// Writer opens a writer whose rows all have the cells of shared.
func (d *Def[S, R]) Writer(o Options, shared *S, send Send) *Writer[R] {
	w := &Writer[R]{send: send, schema: d.Schema(o).ToArrowSchema(), id: newIdentity(d, o, shared)}
	for _, c := range d.Columns {
		column, cell := c.open()
		w.columns, w.cells = append(w.columns, column), append(w.cells, cell)
	}
	w.fillShared = func(rows int) {
		w.shared, w.sharedRows = w.shared[:0], rows
		if w.parents == nil {
			w.shared = append(w.shared, array.MakeArrayOfNull(memory.DefaultAllocator, types.ExtensionTypes.UUID, rows))
		}
		w.rowBytes = 2 * len(uuid.UUID{})
		for _, c := range d.Shared {
			column, cell := c.open()
			column.start(rows)
			n := 0
			for range rows {
				n = cell(shared)
			}
			w.rowBytes += n
			w.shared = append(w.shared, column.array())
		}
	}
	if d.Parent != "" {
		w.parents = &ids{}
	}
	w.fillShared(1)
	return w
}

// Append adds a row and sends a record when one is full. It keeps nothing of r.
func (w *Writer[R]) Append(ctx context.Context, r *R) error { return w.append(ctx, nil, r) }

// AppendChild is Append for a row that belongs to one of the parent table, by that one's ID.
func (w *Writer[R]) AppendChild(ctx context.Context, parent uuid.UUID, r *R) error {
	return w.append(ctx, &parent, r)
}

// ID is the row's _cq_id.
func (w *Writer[R]) ID(r *R) uuid.UUID {
	if w == nil {
		return uuid.UUID{}
	}
	return w.id.of(r)
}

func (w *Writer[R]) append(ctx context.Context, parent *uuid.UUID, r *R) error {
	if w == nil {
		return nil
	}
	if w.rows == 0 {
		w.ids.start(w.lastRows)
		if w.parents != nil {
			w.parents.start(w.lastRows)
		}
		for _, c := range w.columns {
			c.start(w.lastRows)
		}
	}
	w.ids.add(w.id.of(r))
	switch {
	case w.parents == nil:
	case parent == nil:
		w.parents.addNull()
	default:
		w.parents.add(*parent)
	}
	w.bytes += w.rowBytes
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
		w.fillShared(w.rows)
	}
	columns := make([]arrow.Array, 0, 2+len(w.shared)+len(w.columns))
	columns = append(columns, w.ids.array())
	if w.parents != nil {
		columns = append(columns, w.parents.array())
	}
	for _, a := range w.shared {
		columns = append(columns, array.NewSlice(a, 0, int64(w.rows)))
	}
	for _, c := range w.columns {
		columns = append(columns, c.array())
	}
	record := array.NewRecord(w.schema, columns, int64(w.rows))
	n, tooMuch := record.NumRows(), w.bytes > maxBytes
	w.total += n
	w.rows, w.bytes, w.lastRows = 0, 0, w.rows
	if n > 1 && tooMuch { // by the last row
		if err := w.sendEven(ctx, record.NewSlice(0, n-1)); err != nil {
			return err
		}
		record = record.NewSlice(n-1, n)
	}
	return w.sendEven(ctx, record)
}

func (w *Writer[R]) sendEven(ctx context.Context, record arrow.Record) error {
	return even(record, func(part arrow.Record) error { return w.send(ctx, part) })
}

// Rows is how many rows were handed on in records.
func (w *Writer[R]) Rows() int64 {
	if w == nil {
		return 0
	}
	return w.total
}
