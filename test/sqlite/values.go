package sqlite

import (
	"fmt"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/cloudquery/plugin-sdk/v4/types"
)

// declared is the type a column is declared with. SQLite takes only the affinity from it (INT, TEXT, BLOB or REAL
// somewhere in the name); the rest of the name is there for people and for telling whether a column's type has changed.
func declared(t arrow.DataType) string {
	switch {
	case arrow.IsInteger(t.ID()):
		return "INTEGER"
	case arrow.IsFloating(t.ID()):
		return "REAL"
	}
	switch t.ID() {
	case arrow.STRING, arrow.LARGE_STRING:
		return "TEXT"
	case arrow.BINARY, arrow.LARGE_BINARY:
		return "BLOB"
	case arrow.BOOL:
		return "BOOL_INTEGER"
	}
	name := t.Name()
	if extension, ok := t.(arrow.ExtensionType); ok {
		name = extension.ExtensionName()
	}
	return strings.ToUpper(name) + "_TEXT"
}

// encoder returns what stores a column's value i, which is not null.
func encoder(column arrow.Array) func(i int) any {
	switch column := column.(type) {
	case *array.String:
		return func(i int) any { return column.Value(i) }
	case *array.Boolean:
		return func(i int) any {
			if column.Value(i) {
				return int64(1)
			}
			return int64(0)
		}
	case *array.Int64:
		return func(i int) any { return column.Value(i) }
	case *array.Uint64:
		// SQLite has no unsigned integer: from 2^63 on the bits are kept and SQL sees a negative number.
		return func(i int) any { return int64(column.Value(i)) }
	case *array.Float64:
		return func(i int) any { return column.Value(i) }
	case *array.Binary:
		return func(i int) any { return column.Value(i) }
	case *array.LargeBinary:
		return func(i int) any { return column.Value(i) }
	case *array.Timestamp:
		return timestamps(column)
	case *types.JSONArray:
		stored := column.Storage().(*array.Binary)
		return func(i int) any { return string(stored.Value(i)) }
	default:
		return func(i int) any { return column.ValueStr(i) }
	}
}

// timestamps formats a timestamp anew only where it differs from the one before: most are the same in all rows.
func timestamps(column *array.Timestamp) func(i int) any {
	t := column.DataType().(*arrow.TimestampType)
	layout := layout(t.Unit)
	last, text := column.Value(0), ""
	return func(i int) any {
		if v := column.Value(i); v != last || text == "" {
			last, text = v, v.ToTime(t.Unit).UTC().Format(layout)
		}
		return text
	}
}

// layout has as many fractional digits as the unit, so that within one column text order is time order.
func layout(unit arrow.TimeUnit) string {
	fraction := map[arrow.TimeUnit]string{arrow.Millisecond: ".000", arrow.Microsecond: ".000000", arrow.Nanosecond: ".000000000"}
	return "2006-01-02 15:04:05" + fraction[unit] + "Z"
}

// decoder returns what appends a stored value, which is not null, to a column.
func decoder(column array.Builder) func(v any) error {
	switch column := column.(type) {
	case *array.StringBuilder:
		return func(v any) error { column.Append(text(v)); return nil }
	case *array.BooleanBuilder:
		return func(v any) error { column.Append(v != int64(0)); return nil }
	case *array.Uint64Builder:
		return func(v any) error {
			n, ok := v.(int64)
			column.Append(uint64(n))
			return unless(ok, v, "an integer")
		}
	case *array.BinaryBuilder:
		return func(v any) error {
			b, ok := v.([]byte)
			column.Append(b)
			return unless(ok, v, "a blob")
		}
	case *array.TimestampBuilder:
		layout := layout(column.Type().(*arrow.TimestampType).Unit)
		return func(v any) error {
			t, err := time.Parse(layout, text(v))
			if err == nil {
				column.AppendTime(t)
			}
			return err
		}
	case *types.JSONBuilder:
		return func(v any) error { column.AppendBytes([]byte(text(v))); return nil }
	default:
		return func(v any) error { return column.AppendValueFromString(text(v)) }
	}
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return fmt.Sprint(v)
}

func unless(ok bool, v any, want string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("stored value %v (%T) is not %s", v, v, want)
}
