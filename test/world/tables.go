package world

import (
	"context"
	"slices"

	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// ExportsTable has a row for each planned export of a forecast.
const ExportsTable = "clari_forecast_exports"

// ResultTables are the tables that come from the result of a forecast's export.
var ResultTables = resultTables()

func resultTables() (names []string) {
	for _, t := range forecast.Schemas(table.Options{}) {
		if t.Name != ExportsTable {
			names = append(names, t.Name)
		}
	}
	return names
}

// Tables are all tables of the plugin, as it tells of them.
func Tables() schema.Tables {
	tables, err := (*plugin.Client)(nil).Tables(context.Background(), sdk.TableOptions{Tables: []string{"*"}})
	if err != nil {
		panic(err) // the pattern matches all
	}
	return tables.FlattenTables()
}

// TableNames are the names of all tables.
func TableNames() []string { return Tables().TableNames() }

// Family are the names of a table and of those below it, each behind the one whose rows are its rows' parents.
func Family(table string) []string {
	names := []string{table}
	for _, t := range Tables() { // parents come first
		if t.Parent != nil && slices.Contains(names, t.Parent.Name) {
			names = append(names, t.Name)
		}
	}
	return names
}
