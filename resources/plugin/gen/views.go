package main

import (
	_ "embed"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/cloudquery/plugin-sdk/v4/schema"
)

//go:embed view.sql.tmpl
var viewText string

var views = template.Must(template.New("view").Parse(viewText))

// Tables that are treated in a way of their own.
const (
	entriesTable = "clari_forecast_entries"
	exportsTable = "clari_forecast_exports"
	framesTable  = "clari_forecast_time_frames"
)

// view is what the template of a view takes.
type view struct {
	Table   string
	Columns string   // in lines
	Key     []string // of a row, within its forecast_key
	Count   string   // column of the exports' table that says how many rows of this one landed; empty: any landed export counts
	Week    string   // column with the first day of the week; empty: a row is of no week
	Family  string   // tells the shape of a row of which no export is known
}

// writeViews writes a current view for each table, and the one of entries as last known. Columns are named one by one: SELECT * would
// have columns that only the view needs, and PostgreSQL freezes it anyway.
func writeViews(dir string, tables schema.Tables) error {
	for _, t := range tables {
		v := view{Table: t.Name, Columns: columnLines(t), Count: strings.TrimPrefix(t.Name, "clari_forecast_"), Family: "n.family"}
		name, kind := t.Name+"_current", "present"
		switch {
		case t.Name == entriesTable:
			name, kind, v.Week = "clari_forecast_current", "entries", "week_start_date"
		case t.Name == framesTable:
			kind, v.Week = "weeks", "start_date"
		case t.Name == exportsTable:
			kind, v.Count = "exports", ""
		case t.Columns.Get("forecast_key") == nil:
			kind = "newest"
		}
		switch { // ids of rows with labels are labels, and they have none of Clari's own
		case t.Columns.Get("clari_user_id") != nil:
			v.Family = "CASE WHEN r.clari_user_id IS NULL THEN 'flat' ELSE 'arrays' END"
		case t.Columns.Get("field_id") != nil:
			v.Family = "CASE WHEN r.field_id = r.name THEN 'flat' ELSE 'arrays' END"
		}
		for _, key := range t.PrimaryKeyComponents() {
			if !slices.Contains([]string{"forecast_id", "scope_id", "requested_currency", "requested_period"}, key) || kind == "newest" {
				v.Key = append(v.Key, "r."+key)
			}
		}
		if err := writeView(dir, name, kind, v); err != nil {
			return err
		}
		if kind == "entries" {
			if err := writeView(dir, "clari_forecast_last_known", "last_known", v); err != nil {
				return err
			}
		}
	}
	return writeView(dir, "clari_completeness", "completeness", counted)
}

// counted are the tables without weeks whose rows clari_forecast_exports counts for each export.
var counted = []struct{ Table, Counted string }{
	{"clari_forecast_users", "users"},
	{"clari_forecast_fields", "fields"},
	{"clari_forecast_time_periods", "time_periods"},
	{"clari_forecast_time_frames", "time_frames"},
}

func writeView(dir, name, kind string, v any) error {
	var text strings.Builder
	if err := views.ExecuteTemplate(&text, kind, v); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+".sql"), []byte(strings.TrimSpace(text.String())+"\n"), 0o644)
}

// columnLines are the table's own columns and _cq_id, in lines of some 120 characters.
func columnLines(t *schema.Table) string {
	var lines []string
	line := " "
	for _, c := range t.Columns {
		if c.Name == schema.CqParentIDColumn.Name {
			continue
		}
		if len(line)+len(c.Name) > 120 {
			lines, line = append(lines, line), " "
		}
		line += " k." + c.Name + ","
	}
	return strings.TrimSuffix(strings.Join(append(lines, line), "\n"), ",")
}

// JoinKey is the key as a list of columns.
func (v view) JoinKey() string { return strings.Join(v.Key, ", ") }
