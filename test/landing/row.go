package landing

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/types"
)

// Row is a row that was sent: column to value. Null cells are left out. Values are text, float64, int64, bool, days and times as
// RFC 3339 text in UTC, and JSON as its canonical text.
type Row map[string]any

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

func rowsOf(record arrow.Record) (table string, rows []Row, err error) {
	table, _ = record.Schema().Metadata().GetValue(schema.MetadataTableName)
	for i := range int(record.NumRows()) {
		r := Row{}
		for c, column := range record.Columns() {
			if column.IsNull(i) {
				continue
			}
			name := record.ColumnName(c)
			if r[name], err = cell(column, i); err != nil {
				return table, rows, fmt.Errorf("column %s: %w", name, err)
			}
		}
		rows = append(rows, r)
	}
	return table, rows, nil
}

func cell(column arrow.Array, i int) (any, error) {
	switch a := column.(type) {
	case *array.String:
		return strings.Clone(a.Value(i)), nil
	case *array.Float64:
		return a.Value(i), nil
	case *array.Int64:
		return a.Value(i), nil
	case *array.Boolean:
		return a.Value(i), nil
	case *array.Timestamp:
		return time.UnixMicro(int64(a.Value(i))).UTC().Format(time.RFC3339Nano), nil
	case *array.Date32:
		return a.Value(i).ToTime().Format(time.DateOnly), nil
	case *types.JSONArray:
		return canonical(a.ValueStr(i))
	default:
		return strconv.Unquote(strconv.Quote(a.ValueStr(i)))
	}
}

// canonical is JSON with its keys in order, and without needless white space.
func canonical(text string) (string, error) {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return "", err
	}
	out, err := json.Marshal(v)
	return string(out), err
}
