package queries

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
)

// parse is a program that reads queries as other databases would, in their order, and finds each column in a table or view. It prints what it cannot.
const parse = `
import json, sys
from sqlglot import parse_one
from sqlglot.optimizer.qualify import qualify
asked = json.load(open(sys.argv[1]))
for dialect in asked["dialects"]:
    schema = {t: {c: "unknown" for c in columns} for t, columns in asked["tables"].items()}
    for q in asked["queries"]:
        try:
            found = qualify(parse_one(q["text"], read=dialect), schema=schema, dialect=dialect, quote_identifiers=False)
            schema[q["name"]] = {c: "unknown" for c in found.named_selects}
        except Exception as e:
            print(dialect, q["name"], " ".join(str(e).split()))
`

// TestParses: a parser of Snowflake, BigQuery, ClickHouse, Databricks and Redshift takes each query, and knows where each of its columns is from. It does
// not know types, and nothing is run.
func TestParses(t *testing.T) {
	t.Parallel()
	program := os.Getenv("DBT_NEWEST")
	switch {
	case program == "" && os.Getenv("CI") != "true":
		t.Skip("NOT PARSED FOR OTHER DATABASES: DBT_NEWEST is not set: .ci/dbt installs it")
	case program == "":
		t.Fatal("DBT_NEWEST is not set: .ci/dbt installs dbt and sqlglot, and prints where dbt is")
	}
	type query struct {
		Name string `json:"name"`
		Text string `json:"text"`
	}
	ask := func(all []query) string {
		tables := map[string][]string{
			"salesforce_user": {"id", "is_active"}, "salesforce_user_role": {"id", "name"}, "salesforce_period": {"id"},
			"salesforce_opportunity": {"id", "owner_id", "is_won", "close_date", "amount"},
		}
		for _, m := range blocks(t) {
			if m, ok := m.(*message.WriteMigrateTable); ok {
				tables[m.Table.Name] = m.Table.Columns.Names()
			}
		}
		asked, err := json.Marshal(map[string]any{"dialects": []string{"snowflake", "bigquery", "clickhouse", "databricks", "redshift"}, "tables": tables, "queries": all})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		write(t, filepath.Join(dir, "asked.json"), string(asked))
		out, err := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(program), "python"), "-c", parse, filepath.Join(dir, "asked.json")).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	var all []query
	for _, q := range queries.All() {
		all = append(all, query{q.Name, q.Select})
	}
	if problems := ask(all); problems != "" {
		t.Error(problems)
	}
	wrong := []query{{"syntax", "SELECT forecast_id FROM WHERE"}, {"column", "SELECT e.forecast_value, e.no_such FROM clari_forecast_entries e"}}
	if problems := ask(wrong); strings.Count(problems, "\n") != 10 {
		t.Errorf("two wrong queries in five dialects: %s", problems)
	}
}
