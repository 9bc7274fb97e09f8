package dbt

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
)

// dbt is where the package is.
const dbt = "../../../docs/dbt"

// A build is the package, installed into a project as users do it and built by dbt over rows of a sync.
type build struct {
	name, dbt, product string
	seed               func(t *testing.T) []message.WriteMessage
	vars               map[string]any
	once               bool                                                                                // not a second time: another build shows what that does
	models             int                                                                                 // at least
	meanwhile          func(t *testing.T, d *story.Database) (later func(t *testing.T, d *story.Database)) // what happens before the first run, and between it and the second
}

var allBlocks = map[string]any{"clari_using_activities": true, "clari_using_audit": true, "clari_using_opportunities": true}

var builds = []build{
	{"forecasts", "DBT_NEWEST", "postgres", func(t *testing.T) []message.WriteMessage { return kept(t).Writes("append") }, map[string]any{"clari_salesforce": true}, false, 33, meanwhile},
	{"all blocks", "DBT_NEWEST", "postgres", blocks, allBlocks, false, 43, nil},
	{"privacy", "DBT_NEWEST", "postgres", func(t *testing.T) []message.WriteMessage { return obfuscated(t, blocks(t)) }, allBlocks, true, 43, nil},
	{"empty", "DBT_NEWEST", "postgres", func(t *testing.T) []message.WriteMessage { return emptied(blocks(t)) }, allBlocks, true, 43, nil},
	{"all blocks", "DBT_NEWEST", "duckdb", blocks, allBlocks, false, 43, nil},
	{"all blocks", "DBT_OLDEST", "duckdb", blocks, allBlocks, false, 43, nil},
}

// TestBuild: dbt builds the package, with all its tests, and again with nothing new.
func TestBuild(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"DBT_NEWEST", "DBT_OLDEST"} {
		t.Run(variable, func(t *testing.T) {
			t.Parallel()
			program := story.DBT(t, variable, "NOT BUILT BY DBT")
			dir := project(t, program)
			for i, b := range builds {
				if b.dbt != variable {
					continue
				}
				t.Run(b.name+" "+b.product, func(t *testing.T) {
					b.run(t, program, dir, fmt.Sprintf("build_%d", i))
				})
			}
		})
	}
}

// project is one that has the package among its packages.
func project(t *testing.T, program string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	path, err := filepath.Abs(dbt)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"dbt_project.yml": "name: clari_integration\nversion: 1.0.0\nconfig-version: 2\nprofile: clari\n",
		"packages.yml":    fmt.Sprintf("packages:\n  - local: %q\n", path),
		"profiles.yml":    "clari: {target: none, outputs: {none: {type: duckdb, path: none.duckdb, schema: none}}}\n",
	} {
		story.WriteFile(t, filepath.Join(dir, name), text)
	}
	if err := os.CopyFS(filepath.Join(dir, "models"), os.DirFS(filepath.Join(dbt, "examples"))); err != nil {
		t.Fatal(err)
	}
	run(t, program, dir, "deps")
	return dir
}

// run is dbt with some arguments. A warning that something is deprecated is an error.
func run(t *testing.T, program, dir string, arguments ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, append([]string{"--no-use-colors", "--warn-error-options", `{"error": "all"}`}, arguments...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DBT_PROFILES_DIR="+dir, "DBT_SEND_ANONYMOUS_USAGE_STATS=false", "DO_NOT_TRACK=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("dbt %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
}

func (b build) run(t *testing.T, program, dir, place string) {
	messages, target := b.seed(t), ""
	var d *story.Database
	var later func(*testing.T, *story.Database)
	switch b.product {
	case "postgres":
		d = story.InSchema(t, place, messages)
		if b.meanwhile != nil {
			later = b.meanwhile(t, d)
		}
		target = fmt.Sprintf("{type: postgres, host: %q, port: 5432, user: clari, password: none, dbname: postgres, schema: %s, threads: 4}", story.Postgres(t).Host(), place)
	case "duckdb":
		file := filepath.Join(dir, "db_"+place+".duckdb")
		text := filepath.Join(dir, place+".sql")
		story.WriteFile(t, text, story.DuckDB(t, place, messages, false))
		if out, err := exec.CommandContext(t.Context(), story.Python(program), "-c", "import duckdb, sys; duckdb.connect(sys.argv[1]).execute(open(sys.argv[2]).read())", file, text).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		target = fmt.Sprintf("{type: duckdb, path: %q, schema: %s, threads: 4}", file, place)
	}
	story.WriteFile(t, filepath.Join(dir, "profiles.yml"), fmt.Sprintf("clari: {target: %s, outputs: {%[1]s: %s}}\n", place, target))
	vars, err := json.Marshal(b.vars)
	if err != nil {
		t.Fatal(err)
	}
	if b.vars == nil {
		vars = []byte("{}")
	}
	whole := []string{"build", "--vars", string(vars)}
	if b.meanwhile != nil { // rows are missing
		whole = append(whole, "--exclude", "clari_rows_arrived")
	}
	run(t, program, dir, whole...)
	var results struct {
		Results []struct {
			Status string
			ID     string `json:"unique_id"`
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "target", "run_results.json"))
	if err == nil {
		err = json.Unmarshal(text, &results)
	}
	if err != nil {
		t.Fatal(err)
	}
	models, tests, units := 0, 0, 0
	for _, r := range results.Results {
		switch kind, _, _ := strings.Cut(r.ID, "."); {
		case kind == "model" && r.Status == "success":
			models++
		case kind == "unit_test" && r.Status == "pass":
			units++
		case r.Status == "pass":
			tests++
		default:
			t.Errorf("%s: %s", r.ID, r.Status)
		}
	}
	if models < b.models || tests < 35 || units < 7 {
		t.Errorf("%d models, %d tests and %d unit tests", models, tests, units)
	}
	metrics(t, filepath.Join(dir, "target", "semantic_manifest.json"))
	made := fmt.Sprintf("%s_clari.clari__forecast_changes", place)
	if b.meanwhile != nil {
		later(t, d)
		d.Exec(t, fmt.Sprintf("UPDATE %s SET user_name = '%s' WHERE forecast_id = 'untouched'", made, untouched))
	}
	if b.once {
		return
	}
	run(t, program, dir, "run", "--vars", string(vars), "--select", "clari__forecast_changes", "clari__person_week") // the second time of an incremental model
	if b.meanwhile != nil {
		sameAsWhole(t, d, made)
	}
}

func blocks(t *testing.T) []message.WriteMessage {
	t.Helper()
	return story.OfBlocks(t).Writes("overwrite")
}

// emptied has the tables alone.
func emptied(messages []message.WriteMessage) []message.WriteMessage {
	return slices.DeleteFunc(messages, func(m message.WriteMessage) bool { _, isTable := m.(*message.WriteMigrateTable); return !isTable })
}

// obfuscated is what the recipe of docs/data.md makes of rows.
func obfuscated(t *testing.T, messages []message.WriteMessage) []message.WriteMessage {
	t.Helper()
	hidden := map[string]bool{}
	for _, tr := range recipe(t) {
		for _, table := range tr.Tables {
			for _, column := range tr.Columns {
				hidden[table+"."+column] = true
			}
		}
	}
	for i, m := range messages {
		insert, ok := m.(*message.WriteInsert)
		if !ok {
			continue
		}
		columns := slices.Clone(insert.Record.Columns())
		table, _ := insert.Record.Schema().Metadata().GetValue(schema.MetadataTableName)
		for c, f := range insert.Record.Schema().Fields() {
			texts, isText := columns[c].(*array.String)
			if !hidden[table+"."+f.Name] || !isText {
				continue
			}
			b := array.NewStringBuilder(memory.DefaultAllocator)
			for row := range texts.Len() {
				if texts.IsNull(row) {
					b.AppendNull()
				} else {
					b.Append(fmt.Sprintf("%x", sha256.Sum256([]byte(texts.Value(row)))))
				}
			}
			columns[c] = b.NewArray()
		}
		messages[i] = &message.WriteInsert{Record: array.NewRecord(insert.Record.Schema(), columns, insert.Record.NumRows())}
	}
	return messages
}
