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
)

// view is what the template of a view takes.
type view struct {
	Table   string
	Columns string   // in lines
	Key     []string // of a row, within what Scope tells
}

// writeViews writes a current view for each table, and the one of entries as last known. Columns are named one by one: SELECT * would
// have columns that only the view needs, and PostgreSQL freezes it anyway.
func writeViews(dir string, tables schema.Tables) error {
	for _, t := range tables {
		v := view{Table: t.Name, Columns: columnLines(t)}
		name, kind := t.Name+"_current", "present"
		switch {
		case t.Name == entriesTable:
			name, kind = "clari_forecast_current", "entries"
		case t.Name == exportsTable:
			kind = "exports"
		case t.Columns.Get("forecast_key") == nil:
			kind = "newest"
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

// Same compares the keys of k and another.
func (v view) Same(other string) string {
	var terms []string
	for _, key := range v.Key {
		column := strings.TrimPrefix(key, "r.")
		terms = append(terms, other+"."+column+" = k."+column)
	}
	return strings.Join(terms, " AND ")
}
