package table

import (
	"bytes"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/cloudquery/plugin-sdk/v4/types"
)

// Column is one column of a table whose rows are R: what CloudQuery is told of it, how its cell gets into an Arrow record,
// and how two rows of one key share it. R may also be a batch of rows: see Batches.
type Column[R any] struct {
	Name        string
	Description string
	Type        arrow.DataType

	key   keyRole
	text  func(buf []byte, r *R) []byte            // the cell as the SDK's scalar prints it
	open  func() (builder, func(r *R) (bytes int)) // a builder, and what adds a cell to it and returns the room that it takes
	merge func(into, from *R) bool                 // false where both have a value and the values differ

	lender func(r *R) int // number of the row that the cell of the row in view is borrowed from; nil where it is its own
}

type keyRole int

const (
	noKey keyRole = iota
	key
	historyKey
)

// Key makes the column a part of the key. Its cells must never be null.
func (c Column[R]) Key() Column[R] {
	c.key = key
	return c
}

// HistoryKey makes the column a part of the key where Options.History asks for it.
func (c Column[R]) HistoryKey() Column[R] {
	c.key = historyKey
	return c
}

// Unmerged makes the column leave its cell as it is in Merge.
func (c Column[R]) Unmerged() Column[R] {
	c.merge = nil
	return c
}

func (c Column[R]) isKey(o Options) bool {
	return c.key == key || c.key == historyKey && o.History
}

// String is a text column that is never null.
func String[R any](name, description string, get func(*R) *string) Column[R] {
	return Column[R]{
		Name: name, Description: description, Type: arrow.BinaryTypes.String,
		text: func(buf []byte, r *R) []byte { return append(buf, *get(r)...) },
		open: func() (builder, func(*R) int) {
			cells := &texts{dataType: arrow.BinaryTypes.String}
			return cells, func(r *R) int {
				v := *get(r)
				addText(cells, v, true)
				return offsetBytes + len(v)
			}
		},
		merge: func(into, from *R) bool { return *get(into) == *get(from) },
	}
}

// offsetBytes is what a cell takes beyond its text.
const offsetBytes = 4

// NullString is a text column.
func NullString[R any](name, description string, get func(*R) *Opt[string]) Column[R] {
	c := nullable(name, description, arrow.BinaryTypes.String, get,
		func(buf []byte, v string) []byte { return append(buf, v...) })
	c.open = func() (builder, func(*R) int) {
		cells := &texts{dataType: arrow.BinaryTypes.String}
		return cells, func(r *R) int {
			cell := get(r)
			if !cell.Valid {
				addText(cells, "", false)
				return offsetBytes
			}
			addText(cells, cell.V, true)
			return offsetBytes + len(cell.V)
		}
	}
	return c
}

// Float is a column of amounts.
func Float[R any](name, description string, get func(*R) *Opt[float64]) Column[R] {
	return fixedColumn(name, description, arrow.PrimitiveTypes.Float64, get,
		func(buf []byte, v float64) []byte { return strconv.AppendFloat(buf, v, 'f', -1, 64) })
}

// Int is a column of whole numbers.
func Int[R any](name, description string, get func(*R) *Opt[int64]) Column[R] {
	return fixedColumn(name, description, arrow.PrimitiveTypes.Int64, get,
		func(buf []byte, v int64) []byte { return strconv.AppendInt(buf, v, 10) })
}

// Timestamp is a column of instants in microseconds since 1970, UTC.
func Timestamp[R any](name, description string, get func(*R) *Opt[int64]) Column[R] {
	return fixedColumn(name, description, arrow.FixedWidthTypes.Timestamp_us, get,
		func(buf []byte, v int64) []byte { return time.UnixMicro(v).UTC().AppendFormat(buf, time.RFC3339) })
}

// Date is a column of calendar days, counted from 1970.
func Date[R any](name, description string, get func(*R) *Opt[int32]) Column[R] {
	return fixedColumn(name, description, arrow.FixedWidthTypes.Date32, get,
		func(buf []byte, v int32) []byte { return arrow.Date32(v).ToTime().AppendFormat(buf, time.DateOnly) })
}

// Bool is a column of true and false.
func Bool[R any](name, description string, get func(*R) *Opt[bool]) Column[R] {
	c := nullable(name, description, arrow.FixedWidthTypes.Boolean, get, strconv.AppendBool)
	c.open = func() (builder, func(*R) int) {
		cells := &flags{}
		return cells, func(r *R) int {
			cells.add(*get(r))
			return 1
		}
	}
	return c
}

// JSON is a column of JSON documents, null where the cell is nil.
func JSON[R any](name, description string, get func(*R) *[]byte) Column[R] {
	return Column[R]{
		Name: name, Description: description, Type: types.ExtensionTypes.JSON,
		text: func(buf []byte, r *R) []byte { return append(buf, *get(r)...) },
		open: func() (builder, func(*R) int) {
			cells := &texts{dataType: types.ExtensionTypes.JSON}
			return cells, func(r *R) int {
				v := *get(r)
				addText(cells, v, v != nil)
				return offsetBytes + len(v)
			}
		},
		merge: func(into, from *R) bool {
			a, b := get(into), get(from)
			if *a == nil {
				*a = *b
			}
			return *b == nil || bytes.Equal(*a, *b)
		},
	}
}

// Strings is a column of lists of text, null where the list is nil.
func Strings[R any](name, description string, get func(*R) *[]string) Column[R] {
	return Column[R]{
		Name: name, Description: description, Type: arrow.ListOf(arrow.BinaryTypes.String),
		open: func() (builder, func(*R) int) {
			list := array.NewListBuilder(memory.DefaultAllocator, arrow.BinaryTypes.String)
			items := list.ValueBuilder().(*array.StringBuilder)
			return lists{list}, func(r *R) int {
				n, v := offsetBytes, *get(r)
				list.Append(v != nil)
				for _, item := range v {
					items.Append(item)
					n += offsetBytes + len(item)
				}
				return n
			}
		},
	}
}

// nullable is a column of cells that may be null, but for how to open it.
func nullable[R any, T comparable](
	name, description string, arrowType arrow.DataType, get func(*R) *Opt[T], text func([]byte, T) []byte,
) Column[R] {
	return Column[R]{
		Name: name, Description: description, Type: arrowType,
		text: func(buf []byte, r *R) []byte {
			cell := get(r)
			if !cell.Valid {
				return append(buf, array.NullValueStr...)
			}
			return text(buf, cell.V)
		},
		merge: func(into, from *R) bool {
			a, b := get(into), get(from)
			if !a.Valid {
				*a = *b
			}
			return !b.Valid || a.V == b.V
		},
	}
}

func fixedColumn[R any, T float64 | int64 | int32](
	name, description string, arrowType arrow.DataType, get func(*R) *Opt[T], text func([]byte, T) []byte,
) Column[R] {
	c := nullable(name, description, arrowType, get, text)
	c.open = func() (builder, func(*R) int) {
		cells := &fixed[T]{dataType: arrowType}
		return cells, func(r *R) int {
			cells.add(*get(r))
			return 8
		}
	}
	return c
}
