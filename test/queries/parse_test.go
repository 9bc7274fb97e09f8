package queries

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
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

// TestParses: a parser of Snowflake, BigQuery, Databricks and Redshift takes each query, and knows where each of its columns is from. It does
// not know types, and nothing is run.
func TestParses(t *testing.T) {
	t.Parallel()
	program := story.DBT(t, "DBT_NEWEST", "NOT PARSED FOR OTHER DATABASES")
	type query struct {
		Name string `json:"name"`
		Text string `json:"text"`
	}
	tables := map[string][]string{
		"salesforce_user": {"id", "is_active"}, "salesforce_user_role": {"id", "name"}, "salesforce_period": {"id"},
		"salesforce_opportunity": {"id", "owner_id", "is_won", "close_date", "amount"},
	}
	for _, m := range story.OfBlocks(t).Writes("overwrite") {
		if m, ok := m.(*message.WriteMigrateTable); ok {
			tables[m.Table.Name] = m.Table.Columns.Names()
		}
	}
	ask := func(all []query) string {
		asked, err := json.Marshal(map[string]any{"dialects": []string{"snowflake", "bigquery", "databricks", "redshift"}, "tables": tables, "queries": all})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		story.WriteFile(t, filepath.Join(dir, "asked.json"), string(asked))
		out, err := exec.CommandContext(t.Context(), story.Python(program), "-c", parse, filepath.Join(dir, "asked.json")).CombinedOutput()
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
	if problems := ask(wrong); strings.Count(problems, "\n") != 8 {
		t.Errorf("two wrong queries in four dialects: %s", problems)
	}
	clickHouse(t, program, tables)
}

// clickHouse writes the views and queries for ClickHouse, where the columns of a join keep their table's alias in their name, unless they are given
// another: each column has one, and no star stands for columns.
func clickHouse(t *testing.T, program string, tables map[string][]string) {
	t.Helper()
	dir, views := t.TempDir(), 0
	var columns strings.Builder
	for table, names := range tables {
		for _, name := range names {
			fmt.Fprintf(&columns, "%s\t%s\n", table, name)
		}
	}
	story.WriteFile(t, filepath.Join(dir, "columns.tsv"), columns.String())
	cmd := exec.CommandContext(t.Context(), story.Python(program), "../../docs/queries/clickhouse.py", filepath.Join(dir, "columns.tsv"), filepath.Join(dir, "out"))
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, q := range queries.All() {
		name := q.Name
		if q.IsView {
			name = "views"
			views++
		}
		text, err := os.ReadFile(filepath.Join(dir, "out", name+".sql"))
		if err != nil {
			t.Error(err)
			continue
		}
		if star.Match(text) {
			t.Errorf("%s has a star: %s", name, star.Find(text))
		}
		if q.IsView && !regexp.MustCompile(`(?m)^CREATE .* `+q.Name+`( ENGINE .*)? AS$`).Match(text) {
			t.Errorf("%s is not made", q.Name)
		}
	}
	if views < 20 {
		t.Errorf("%d views", views)
	}
}

// star is one in place of columns.
var star = regexp.MustCompile(`(?i)SELECT\s+\*|\w\.\*`)
