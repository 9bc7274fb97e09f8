package reader

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/oracle/decode"
)

// shared are the columns that tell of the export and not of its result.
var shared = []string{
	"forecast_id", "scope_id", "requested_currency", "requested_period", "forecast_key", "job_id", "exported_at", "snapshot_date", "_cq_id", "_cq_parent_id",
}

// compare finds the first cell that differs.
func compare(got landed, want decode.Tables) error {
	for _, table := range slices.Sorted(maps.Keys(decode.Keys)) {
		rows := map[string]map[string]string{}
		ids := map[any]bool{}
		for _, r := range got[table] {
			cells := landedCells(r)
			key := keyOf(table, cells)
			if rows[key] != nil || ids[r["_cq_id"]] {
				return fmt.Errorf("%s: %s twice", table, key)
			}
			rows[key], ids[r["_cq_id"]] = cells, true
		}
		for _, r := range want[table] {
			cells := wantedCells(r)
			key := keyOf(table, cells)
			if rows[key] == nil {
				return fmt.Errorf("%s: %s is missing", table, key)
			}
			if err := differ(rows[key], cells); err != nil {
				return fmt.Errorf("%s: %s: %w", table, key, err)
			}
			delete(rows, key)
		}
		for key := range rows {
			return fmt.Errorf("%s: %s is too much", table, key)
		}
	}
	return nil
}

func keyOf(table string, cells map[string]string) string {
	var parts []string
	for _, name := range decode.Keys[table] {
		parts = append(parts, cells[name])
	}
	return strings.Join(parts, " ")
}

func differ(got, want map[string]string) error {
	names := maps.Clone(got)
	maps.Copy(names, want)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if got[name] != want[name] {
			return fmt.Errorf("%s is %s, want %s", name, or(got[name]), or(want[name]))
		}
	}
	return nil
}

func or(cell string) string {
	if cell == "" {
		return "null"
	}
	return cell
}

// landedCells are the cells of a row as JSON with sorted keys, without those that are null.
func landedCells(r map[string]any) map[string]string {
	cells := map[string]string{}
	for name, v := range r {
		if v == nil || slices.Contains(shared, name) {
			continue
		}
		if text, ok := v.(string); ok && strings.HasSuffix(name, "_at") {
			v = instant(text)
		}
		cells[name] = canonical(v)
	}
	return cells
}

func wantedCells(r decode.Row) map[string]string {
	cells := map[string]string{}
	for name, v := range r {
		if at, ok := v.(time.Time); ok {
			v = at.UnixMicro()
		}
		cells[name] = canonical(v)
	}
	return cells
}

// instant is a time of Arrow's JSON, in microseconds since 1970.
func instant(text string) any {
	for _, layout := range []string{"2006-01-02 15:04:05.999999Z", "2006-01-02T15:04:05.999999Z", "2006-01-02 15:04:05.999999999Z0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UnixMicro()
		}
	}
	return text
}

// canonical is a value as JSON. Numbers are as a float64 has them; those that it does not hold are as text. In which order a key of extra lists the
// labels that did not stay the design leaves open.
func canonical(v any) string {
	b, err := json.Marshal(numbers(v))
	if err != nil {
		panic(err)
	}
	return string(b)
}

func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, err := strconv.ParseFloat(string(v), 64)
		if err != nil {
			return string(v)
		}
		return f + 0
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = numbers(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key, w := range v {
			out[key] = numbers(w)
			if list, ok := out[key].([]any); ok && strings.HasPrefix(key, "other_") {
				slices.SortFunc(list, func(a, b any) int { return strings.Compare(canonical(a), canonical(b)) })
			}
		}
		return out
	}
	return v
}
