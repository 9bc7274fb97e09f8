package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/docs/parts"
	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
)

// common are the key columns that forecast_key has in one.
var common = []string{"forecast_id", "scope_id", "requested_currency", "requested_period"}

// writeReadme writes the list of tables and the diagram.
func writeReadme(path string) error {
	all := plugin.About()
	return errors.Join(parts.Put(path, "tables", tableList(all), true), parts.Put(path, "entities", diagram(all), true))
}

func tableList(all []plugin.Fetched) string {
	var b strings.Builder
	b.WriteString("\n| table | one row per | key | fetched | costs quota? |\n| --- | --- | --- | --- | --- |\n")
	for _, f := range all {
		row, _, _ := strings.Cut(strings.TrimPrefix(f.Table.Description, "One row per "), ".")
		row, _, _ = strings.Cut(row, ":")
		if f.Block != "" {
			row += " (`" + f.Block + "`)"
		}
		fetched, costs := "incremental", "no"
		if f.Full {
			fetched = "full"
		}
		if f.Costs != "" {
			costs = "one export a " + f.Costs
		}
		fmt.Fprintf(&b, "| [%s](docs/tables/%[1]s.md) | %s | `%s` | %s | %s |\n", f.Table.Name, row, strings.Join(shortKey(f.Table), "`, `"), fetched, costs)
	}
	return b.String() + "\n"
}

// shortKey is the key with forecast_key for the columns that it has in one.
func shortKey(t *schema.Table) []string {
	key := t.PrimaryKeyComponents()
	for _, name := range common {
		if !slices.Contains(key, name) {
			return key
		}
	}
	key = slices.DeleteFunc(key, func(name string) bool { return slices.Contains(common, name) })
	return append([]string{"forecast_key"}, key...)
}

// diagram draws a line from each table to those whose whole key it has, unless another of these leads there too.
func diagram(all []plugin.Fetched) string {
	var b strings.Builder
	b.WriteString("\n```mermaid\nerDiagram\n")
	for _, f := range all {
		var targets []plugin.Fetched
		for _, other := range all {
			if other.Table.Name != f.Table.Name && refers(f, other) {
				targets = append(targets, other)
			}
		}
		for _, to := range targets {
			if !slices.ContainsFunc(targets, func(via plugin.Fetched) bool { return via.Table != to.Table && refers(via, to) }) {
				fmt.Fprintf(&b, "    %s ||--o{ %s : \"%s\"\n", to.Table.Name, f.Table.Name, strings.Join(joined(to.Table), ", "))
			}
		}
	}
	return b.String() + "```\n\n"
}

// refers reports whether a table has the key of another. A row of exports is named by its job, in the tables that are filled with it.
func refers(from, to plugin.Fetched) bool {
	switch {
	case isExports(to.Table):
		if !from.Together(to) {
			return false
		}
	case !from.Together(to) && to.Table.Name != "clari_export_jobs" && len(to.Table.PrimaryKeyComponents()) >= len(from.Table.PrimaryKeyComponents()):
		return false // it would be the other way round
	}
	for _, name := range joined(to.Table) {
		if from.Table.Columns.Get(name) == nil {
			return false
		}
	}
	return true
}

func joined(to *schema.Table) []string {
	switch {
	case !isExports(to):
		return shortKey(to)
	case to.Columns.Get("forecast_key") != nil:
		return []string{"forecast_key", "job_id"}
	}
	return []string{"job_id"}
}

func isExports(t *schema.Table) bool { return strings.HasSuffix(t.Name, "_exports") }
