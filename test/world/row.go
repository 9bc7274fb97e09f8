package world

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/types"
)

// Row is a row as it was sent: column to value. Null cells are left out. Values are text, float64, int64, bool, days and times as RFC 3339
// text in UTC, and JSON as its canonical text.
type Row map[string]any

// Time is the time in a column, zero where it has none.
func (r Row) Time(column string) time.Time {
	text, _ := r[column].(string)
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// instant is a time as rows have it.
func instant(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// Text is the row as one line of JSON, its columns in order.
func (r Row) Text() string {
	text, err := json.Marshal(r)
	if err != nil { // no float64 of a row is beyond JSON
		return fmt.Sprint(map[string]any(r))
	}
	return string(text)
}

// SortBy sorts rows by a text of theirs, and returns them.
func SortBy(rows []Row, text func(Row) string) []Row {
	type keyed struct {
		key string
		row Row
	}
	all := make([]keyed, len(rows))
	for i, r := range rows {
		all[i] = keyed{text(r), r}
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	for i, k := range all {
		rows[i] = k.row
	}
	return rows
}

// without is a row less what every row carries, as one line that sorts.
func (r Row) Line(without ...string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r)) {
		if !slices.Contains(without, name) {
			fmt.Fprintf(&b, "%s=%v ", name, r[name])
		}
	}
	return b.String()
}

func TableName(record arrow.Record) string {
	name, _ := record.Schema().Metadata().GetValue(schema.MetadataTableName)
	return name
}

func RowAt(record arrow.Record, i int) (Row, error) {
	r := Row{}
	for c, column := range record.Columns() {
		name := record.ColumnName(c)
		if column.IsNull(i) {
			continue
		}
		switch a := column.(type) {
		case *array.String:
			r[name] = strings.Clone(a.Value(i))
		case *array.Float64:
			r[name] = a.Value(i)
		case *array.Int64:
			r[name] = a.Value(i)
		case *array.Boolean:
			r[name] = a.Value(i)
		case *array.Timestamp:
			r[name] = instant(time.UnixMicro(int64(a.Value(i))))
		case *array.Date32:
			r[name] = a.Value(i).ToTime().Format(time.DateOnly)
		case *types.UUIDArray:
			r[name] = a.ValueStr(i)
		case *types.JSONArray:
			text, err := canonical(a.ValueStr(i))
			if err != nil {
				return nil, fmt.Errorf("column %s: %w", name, err)
			}
			r[name] = text
		default:
			r[name] = a.ValueStr(i)
		}
	}
	if r["_cq_id"] == nil {
		return nil, fmt.Errorf("row without _cq_id")
	}
	return r, nil
}

func canonical(text string) (string, error) {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return "", err
	}
	out, err := json.Marshal(v)
	return string(out), err
}

// Texts are the values of a column of a record.
func Texts(record arrow.Record, name string) (values []string) {
	for c, column := range record.Columns() {
		if record.ColumnName(c) == name {
			for i := range column.Len() {
				values = append(values, column.ValueStr(i))
			}
		}
	}
	return values
}
