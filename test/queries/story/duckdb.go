package story

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/types"
)

// answers is a program that runs a script in DuckDB, and prints what some queries return, as JSON: rows by name.
const answers = `
import datetime, decimal, duckdb, json, sys
script, queries = open(sys.argv[1]).read(), json.load(open(sys.argv[2]))
db = duckdb.connect()
db.execute(script)
def plain(v):
    if isinstance(v, datetime.datetime): return v.isoformat() + "Z"
    if isinstance(v, datetime.date): return v.isoformat()
    if isinstance(v, decimal.Decimal): return float(v)
    if v is None or isinstance(v, (bool, int, float, str)): return v
    return str(v)
out = {}
for name, text in queries.items():
    try:
        found = db.execute(text)
    except Exception as e:
        sys.exit(name + ": " + str(e))
    columns = [c[0] for c in found.description]
    out[name] = [{c: plain(v) for c, v in zip(columns, row)} for row in found.fetchall()]
json.dump(out, sys.stdout)
`

// DuckDB is the script that makes the tables in a schema as CloudQuery's DuckDB destination does, as far as queries see it. Rows are in a file for each
// record: DuckDB reads them ten times as fast as their text in the script.
func DuckDB(t *testing.T, in string, messages []message.WriteMessage, daysAsText bool) string {
	t.Helper()
	typeOf := duckType
	dir := t.TempDir()
	var b strings.Builder
	if daysAsText {
		typeOf = textDays
		b.WriteString("SET old_implicit_casting = true;\n")
	}
	fmt.Fprintf(&b, "CREATE SCHEMA %s; USE %[1]s;\n", in)
	made, insert := map[string]bool{}, map[string]string{}
	for n, m := range messages {
		switch m := m.(type) {
		case *message.WriteMigrateTable:
			var columns []string
			for _, c := range m.Table.Columns {
				key := ""
				if c.PrimaryKey {
					key, insert[m.Table.Name] = " PRIMARY KEY", "INSERT OR REPLACE"
				}
				columns = append(columns, fmt.Sprintf("%q %s%s", c.Name, typeOf(c.Type), key))
			}
			if !made[m.Table.Name] {
				fmt.Fprintf(&b, "CREATE TABLE %s (%s);\n", m.Table.Name, strings.Join(columns, ", "))
			}
			made[m.Table.Name] = true
		case *message.WriteInsert:
			name, _ := m.Record.Schema().Metadata().GetValue(schema.MetadataTableName)
			var names, columns []string
			for _, f := range m.Record.Schema().Fields() {
				names = append(names, fmt.Sprintf("%q", f.Name))
				columns = append(columns, fmt.Sprintf("'%s': '%s'", f.Name, typeOf(f.Type)))
			}
			file := filepath.Join(dir, fmt.Sprintf("%d.csv", n))
			WriteFile(t, file, duckRows(m.Record))
			fmt.Fprintf(&b, "%s INTO %s (%s) SELECT * FROM read_csv('%s', auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', nullstr = '\\N', allow_quoted_nulls = false, columns = {%s});\n",
				cmp.Or(insert[name], "INSERT"), name, strings.Join(names, ", "), file, strings.Join(columns, ", "))
		}
	}
	return b.String()
}

func duckType(t arrow.DataType) string {
	switch t.ID() {
	case arrow.INT64:
		return "BIGINT"
	case arrow.FLOAT64:
		return "DOUBLE"
	case arrow.BOOL:
		return "BOOLEAN"
	case arrow.TIMESTAMP:
		return "TIMESTAMP"
	case arrow.DATE32:
		return "DATE"
	case arrow.LIST:
		return "VARCHAR[]"
	}
	if _, ok := t.(*types.UUIDType); ok {
		return "UUID"
	}
	return "VARCHAR"
}

// textDays are types of a destination that keeps days and times as text. Such databases compare text with days, as DuckDB does only when asked to.
func textDays(t arrow.DataType) string {
	if id := t.ID(); id == arrow.DATE32 || id == arrow.TIMESTAMP {
		return "VARCHAR"
	}
	return duckType(t)
}

// duckRows are the rows of a record as CSV. All that is not null is quoted.
func duckRows(record arrow.Record) string {
	var b strings.Builder
	for i := range int(record.NumRows()) {
		for c, column := range record.Columns() {
			if c > 0 {
				b.WriteByte(',')
			}
			if column.IsNull(i) {
				b.WriteString(`\N`)
				continue
			}
			text := column.ValueStr(i)
			switch a := column.(type) {
			case *array.Timestamp:
				text = a.Value(i).ToTime(a.DataType().(*arrow.TimestampType).Unit).UTC().Format("2006-01-02 15:04:05.000000")
			case *array.List: // of words
				text = strings.ReplaceAll(text, `"`, "")
			}
			b.WriteString(`"` + strings.ReplaceAll(text, `"`, `""`) + `"`)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// InDuckDB lands a story in DuckDB, which comes with a program of dbt, makes the views there, and runs queries by name.
func (s *Story) InDuckDB(t *testing.T, program, writeMode string, daysAsText bool, texts map[string]string) map[string][]Row {
	t.Helper()
	today, asked, dir := s.todayIn("DuckDB"), map[string]string{}, t.TempDir()
	for name, text := range texts {
		asked[name] = strings.ReplaceAll(text, "CURRENT_DATE", today)
	}
	queries, err := json.Marshal(asked)
	if err != nil {
		t.Fatal(err)
	}
	script := DuckDB(t, "story", s.Writes(writeMode), daysAsText) + strings.Join(s.viewTexts(today), ";\n")
	WriteFile(t, filepath.Join(dir, "script.sql"), script)
	WriteFile(t, filepath.Join(dir, "queries.json"), string(queries))
	cmd := exec.CommandContext(t.Context(), Python(program), "-c", answers, "script.sql", "queries.json")
	cmd.Dir = dir
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, problems.String())
	}
	var found map[string][]map[string]any
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	all := map[string][]Row{}
	for name, rows := range found {
		for _, r := range rows {
			one := Row{}
			for column, v := range r {
				if text, ok := Plain(column, v); ok {
					one[column] = text
				}
			}
			all[name] = append(all[name], one)
		}
	}
	return all
}

// WriteFile writes a file of a test.
func WriteFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
