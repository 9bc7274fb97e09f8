// Package truth compares what landed in the embedded destination with what the stand-in for Clari exported.
package truth

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// tables are the rows that the tables must hold of an export.
func tables(x sim.Export) map[string]iter.Seq[row] {
	return map[string]iter.Seq[row]{
		"clari_forecast_entries":      rows(x.Entries()),
		"clari_forecast_users":        rows(x.Users()),
		"clari_forecast_fields":       rows(x.Fields()),
		"clari_forecast_time_periods": rows(x.TimePeriods()),
		"clari_forecast_time_frames":  rows(x.TimeFrames()),
	}
}

// Differ compares all rows of a job with its truth. It returns what differs, a line each and at most a few for a table, and how
// many rows were compared.
func Differ(db *sql.DB, job sim.Job) (wrong []string, compared int, err error) {
	want := tables(job.Export)
	for _, table := range slices.Sorted(maps.Keys(want)) {
		left := map[string]int{} // wanted and not landed; below zero: the other way round
		for r := range want[table] {
			left[r.text()]++
			compared++
		}
		landed, err := load(db, table, job.ID)
		if err != nil {
			return nil, 0, err
		}
		for _, r := range landed {
			left[r.text()]--
		}
		maps.DeleteFunc(left, func(_ string, n int) bool { return n == 0 })
		for i, line := range slices.Sorted(maps.Keys(left)) {
			if i == 4 {
				wrong = append(wrong, fmt.Sprintf("%s: and %d more", table, len(left)-i))
				break
			}
			wrong = append(wrong, fmt.Sprintf("%s: job %s: %+d of %s", table, job.ID, -left[line], line))
		}
	}
	return wrong, compared, nil
}

// row is column to value, in the form in which the destination stores it. Nulls are left out.
type row map[string]any

// origin are the columns that tell where a row is from.
var origin = []string{
	"_cq_id", "_cq_sync_time", "_cq_source_name", "forecast_id", "scope_id", "requested_currency", "requested_period", "job_id",
	"exported_at", "snapshot_date",
}

func (r row) text() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r)) {
		fmt.Fprintf(&b, "%s=%v ", name, r[name])
	}
	return b.String()
}

// load reads the rows of a job.
func load(db *sql.DB, table, jobID string) ([]row, error) {
	found, err := db.Query("SELECT * FROM "+table+" WHERE job_id = ?", jobID)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	names, err := found.Columns()
	if err != nil {
		return nil, err
	}
	values, targets := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	var all []row
	for found.Next() {
		if err := found.Scan(targets...); err != nil {
			return nil, err
		}
		r := row{}
		for i, name := range names {
			if values[i] != nil && !slices.Contains(origin, name) {
				r[name] = stored(name, values[i])
			}
		}
		all = append(all, r)
	}
	return all, found.Err()
}

// rows turns the stand-in's structs into rows: a field of a struct is the column of the same name.
func rows[T any](seq iter.Seq[T]) iter.Seq[row] {
	names := columns(reflect.TypeFor[T]())
	return func(yield func(row) bool) {
		for v := range seq {
			r, fields := row{}, reflect.ValueOf(v)
			for i, name := range names {
				value := fields.Field(i)
				if value.Kind() == reflect.Struct && value.Type() != reflect.TypeFor[time.Time]() { // sql.Null
					if !value.FieldByName("Valid").Bool() {
						continue
					}
					value = value.FieldByName("V")
				} else if value.IsZero() && !slices.Contains(keys, name) {
					continue
				}
				r[name] = stored(name, value.Interface())
			}
			if !yield(r) {
				return
			}
		}
	}
}

// keys are empty text where there is none: no component of a key is null.
var keys = []string{"parent_role"}

var wordStart = regexp.MustCompile(`([a-z])([A-Z])`)

// columns are the names of a struct's fields as a table has them.
func columns(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		name := strings.NewReplacer("CRM", "Crm", "ID", "Id").Replace(t.Field(i).Name)
		names = append(names, strings.ToLower(wordStart.ReplaceAllString(name, "${1}_${2}")))
	}
	return names
}

// stored is a value as the destination stores it, JSON in a form of its own so that equal values are equal text.
func stored(name string, v any) any {
	switch v := v.(type) {
	case bool:
		return map[bool]int64{true: 1}[v]
	case time.Time:
		if strings.HasSuffix(name, "_date") {
			return v.UTC().Format(time.DateOnly)
		}
		return v.UTC().Format("2006-01-02 15:04:05.000000Z")
	case string:
		var value any
		if (name == "extra" || name == "user_scope") && json.Unmarshal([]byte(v), &value) == nil {
			text, _ := json.Marshal(value)
			return string(text)
		}
	}
	return v
}

// newest are the jobs whose rows are the present state: a later export of the same overwrites those of an earlier one.
const newest = `
	SELECT e.job_id FROM clari_forecast_exports e WHERE e.outcome IN ('exported', 'adopted') AND NOT EXISTS (
		SELECT 1 FROM clari_forecast_exports n WHERE n.outcome IN ('exported', 'adopted') AND n.exported_at > e.exported_at
			AND (n.forecast_id, n.scope_id, n.requested_currency, n.requested_period)
				= (e.forecast_id, e.scope_id, e.requested_currency, e.requested_period))`

// Landed compares the newest job of each tab and quarter that clari_forecast_exports says has landed, and tells how many there are
// and how many rows were compared. jobs are those of the stand-in's ledger.
func Landed(db *sql.DB, jobs []sim.Job) (wrong []string, landed, compared int, err error) {
	found, err := db.Query(newest)
	if err != nil {
		return nil, 0, 0, err
	}
	defer found.Close()
	var ids []string
	for found.Next() {
		var id string
		if err := found.Scan(&id); err != nil {
			return nil, 0, 0, err
		}
		ids = append(ids, id)
	}
	if err := found.Err(); err != nil {
		return nil, 0, 0, err
	}
	for _, id := range ids {
		i := slices.IndexFunc(jobs, func(j sim.Job) bool { return j.ID == id })
		if i < 0 {
			wrong = append(wrong, fmt.Sprintf("clari_forecast_exports: job %s is not in the ledger", id))
			continue
		}
		lines, n, err := Differ(db, jobs[i])
		if err != nil {
			return nil, 0, 0, err
		}
		wrong, compared = append(wrong, lines...), compared+n
	}
	return wrong, len(ids), compared, nil
}
