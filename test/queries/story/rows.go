package story

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A Row is column to value, as text that is the same in all databases. Nulls are left out.
type Row map[string]string

// File runs one of the queries of the docs.
func (d *Database) File(t *testing.T, name string) []Row {
	t.Helper()
	q := ByName(name)
	if q.Name == "" {
		t.Fatalf("no query %s", name)
	}
	return d.Answer(t, q.Without("activities"))
}

// Answer runs a query on the day of the story.
func (d *Database) Answer(t *testing.T, text string) []Row {
	t.Helper()
	return d.Query(t, strings.ReplaceAll(text, "CURRENT_DATE", d.Today))
}

// Query runs a query as it is.
func (d *Database) Query(t *testing.T, text string) (all []Row) {
	t.Helper()
	rows, err := d.Conn.QueryContext(context.Background(), text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	values, targets := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		r := Row{}
		for i, c := range columns {
			if day, ok := values[i].(time.Time); ok && c.DatabaseTypeName() == "DATE" {
				values[i] = day.Format(time.DateOnly)
			}
			if text, ok := values[i].(string); ok && c.DatabaseTypeName() == "NUMERIC" {
				if values[i], err = strconv.ParseFloat(text, 64); err != nil {
					t.Fatal(err)
				}
			}
			if text, ok := Plain(c.Name(), values[i]); ok {
				r[c.Name()] = text
			}
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return all
}

// Plain is a value as text; not ok where it is null. Booleans are numbers in SQLite.
func Plain(name string, v any) (text string, ok bool) {
	switch v := v.(type) {
	case nil:
		return "", false
	case bool:
		return map[bool]string{false: "0", true: "1"}[v], true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		text := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', 4, 64), "0"), ".")
		return strings.Replace(text, "-0", "0", map[bool]int{true: 1}[text == "-0"]), true
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano), true
	case []byte:
		return Plain(name, string(v))
	}
	text = fmt.Sprint(v)
	if name == "extra" || name == "user_scope" {
		var parsed any
		if json.Unmarshal([]byte(text), &parsed) == nil {
			if out, err := json.Marshal(parsed); err == nil {
				text = string(out)
			}
		}
	}
	for _, layout := range []string{"2006-01-02 15:04:05.000000Z", "2006-01-02 15:04:05.000000", time.RFC3339Nano} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC().Format(time.RFC3339Nano), true
		}
	}
	return text, true
}

// Line is a row as text, of the given columns.
func (r Row) Line(columns []string) string {
	var b strings.Builder
	for _, name := range columns {
		fmt.Fprintf(&b, "%s=%s ", name, r[name])
	}
	return b.String()
}

// Equal compares rows without their order, in the columns that they are wanted with.
func Equal(t *testing.T, what string, got, want []Row) {
	t.Helper()
	if len(want) == 0 {
		t.Errorf("%s: the truth has no rows: the test shows nothing", what)
		return
	}
	if wrong := Difference(got, want); len(wrong) > 0 {
		t.Errorf("%s: %d rows, want %d; %d lines differ:\n%s", what, len(got), len(want), len(wrong), strings.Join(wrong[:min(8, len(wrong))], "\n"))
	}
}

// Difference is a line for each row that is missing or too much.
func Difference(got, want []Row) (wrong []string) {
	names := map[string]bool{}
	for _, r := range want {
		for name := range r {
			names[name] = true
		}
	}
	columns := slices.Sorted(maps.Keys(names))
	count := map[string]int{}
	for _, r := range want {
		count[r.Line(columns)]++
	}
	for _, r := range got {
		count[r.Line(columns)]--
	}
	for line, n := range count {
		if n > 0 {
			wrong = append(wrong, fmt.Sprintf("%s: missing %d", line, n))
		} else if n < 0 {
			wrong = append(wrong, fmt.Sprintf("%s: %d too much", line, -n))
		}
	}
	slices.Sort(wrong)
	return wrong
}
