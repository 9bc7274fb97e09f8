package queries

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
	"github.com/cq-source-clari/cq-source-clari/test/queries/truth"
)

const dbt = "../../docs/dbt"

var (
	jinja  = regexp.MustCompile(`\{\{ (?:source\('\w+', '(\w+)'\)|ref\('clari__(\w+)'\)) \}\}`)
	config = regexp.MustCompile(`(?m)^\{\{ config\(.*\) \}\}\n`)
)

// templated are the parts that models have from vars, and from what they hold already.
var templated = strings.NewReplacer(
	"{% if var('clari_using_activities', false) %}", "-- activities", "{% endif %}\n", "-- end of activities\n",
	"  {% if is_incremental() %}AND r.forecast_key NOT IN (SELECT t.forecast_key FROM {{ this }} t){% endif %}\n", "  -- in dbt: places of which something has changed\n",
	"SELECT m.*, h.compared\nFROM (\n", "", "\n) m\nJOIN ({{ clari.clari_there() }}) h ON h.forecast_key = m.forecast_key", "",
	"  {% for field in var('clari_required_fields', ['Commit', 'Best Case']) %}\n  {% if not loop.first %}UNION ALL {% endif %}SELECT '{{ field }}' AS field_name\n  {% endfor %}\n",
	"  SELECT 'Commit' AS field_name\n  UNION ALL SELECT 'Best Case'\n",
)

// modelName is what dbt calls a query.
func modelName(query string) string { return "clari__" + strings.TrimPrefix(query, "clari_") }

// TestModels: each query is a model, which renders to the same SQL.
func TestModels(t *testing.T) {
	t.Parallel()
	for _, q := range queries.All() {
		text, err := os.ReadFile(filepath.Join(dbt, "models", modelName(q.Name)+".sql"))
		if err != nil {
			t.Error(err)
			continue
		}
		if q.IsTable { // its rows are a var
			continue
		}
		rendered := templated.Replace(string(text))
		rendered = jinja.ReplaceAllStringFunc(config.ReplaceAllString(rendered, ""), func(found string) string {
			m := jinja.FindStringSubmatch(found)
			if m[1] != "" {
				return m[1]
			}
			for _, q := range queries.All() {
				if modelName(q.Name) == "clari__"+m[2] {
					return q.Name
				}
			}
			return found
		})
		_, rendered, _ = strings.Cut(rendered, "\n") // where it comes from
		if strings.TrimSpace(rendered) != q.Select {
			t.Errorf("%s: the model is not the query:\n%s", q.Name, rendered)
		}
		for _, used := range q.Uses {
			if queries.Foreign(used) {
				continue
			}
			call := fmt.Sprintf("source('clari', '%s')", used)
			if story.ByName(used).IsView {
				call = fmt.Sprintf("ref('%s')", modelName(used))
			}
			if !strings.Contains(string(text), call) {
				t.Errorf("%s does not read %s as dbt has to", q.Name, used)
			}
		}
	}
	models, err := fs.Glob(os.DirFS(dbt), "models/*.sql")
	if err != nil || len(models) != len(queries.All()) {
		t.Errorf("%d models of %d queries: %v", len(models), len(queries.All()), err)
	}
}

// described is what the YAML files of the package say.
type described struct {
	Name        string
	Description string
	Columns     []described
	Tests       []any `yaml:"data_tests"`
	Config      struct {
		Tags      []string
		Freshness any
		Meta      map[string]any
	}
}

func load[T any](t *testing.T, name string) (out T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dbt, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

// TestPersonalData: columns that tell who somebody is have the tag, wherever they are; amounts and days have none.
func TestPersonalData(t *testing.T) {
	t.Parallel()
	sources := load[struct {
		Sources []struct{ Tables []described }
	}](t, "models/sources.yml").Sources[0].Tables
	models := load[struct{ Models []described }](t, "models/models.yml").Models
	seen := 0
	for _, table := range slices.Concat(sources, models) {
		if table.Description == "" {
			t.Errorf("%s has no description", table.Name)
		}
		if (table.Config.Freshness != nil) != (table.Name == "clari_forecast_exports") {
			t.Errorf("freshness of %s: %v", table.Name, table.Config.Freshness)
		}
		for _, c := range table.Columns {
			tagged := slices.Contains(c.Config.Tags, "pii")
			who := slices.Contains([]string{"user_name", "email", "person_id", "crm_user_id", "manager_name", "updated_by", "adjusted_by"}, c.Name)
			what := strings.HasSuffix(c.Name, "_value") || strings.HasSuffix(c.Name, "_date") || strings.HasPrefix(c.Name, "forecast_") || strings.HasPrefix(c.Name, "field_")
			if who && !tagged || what && tagged || c.Description == "" {
				t.Errorf("%s.%s: tags %v, description %q", table.Name, c.Name, c.Config.Tags, c.Description)
			}
			if tagged {
				seen++
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d columns with personal data", seen)
	}
}

// documented runs what the package tests: keys are unique, and what entries refer to is there.
func documented(t *testing.T, s *truth.Story, d *story.Database) {
	t.Helper()
	run := 0
	made := map[string]string{} // by the name of the model
	for _, q := range s.Views() {
		made[modelName(q.Name)] = q.Name
	}
	for _, m := range load[struct{ Models []described }](t, "models/models.yml").Models {
		if made[m.Name] == "" {
			continue
		}
		m.Name = made[m.Name]
		tests := m.Tests
		for _, c := range m.Columns {
			for _, test := range c.Tests {
				if test == "unique" {
					tests = append(tests, map[string]any{"clari_unique_together": map[string]any{"arguments": map[string]any{"key": []any{c.Name}}}})
				}
				if known, ok := test.(map[string]any); ok {
					known["column"] = c.Name
					tests = append(tests, known)
				}
			}
		}
		for _, test := range tests {
			test := test.(map[string]any)
			var query string
			if unique, ok := test["clari_unique_together"].(map[string]any); ok {
				key := strings.Trim(fmt.Sprint(argument(unique, "key")), "[]")
				key = strings.Join(strings.Fields(key), ", ")
				query = fmt.Sprintf("SELECT %s FROM %s GROUP BY %[1]s HAVING COUNT(*) > 1", key, m.Name)
			} else {
				to := argument(test["clari_known"].(map[string]any), "to").(string)
				to = made[to[len("ref('"):len(to)-len("')")]]
				query = fmt.Sprintf("SELECT c.forecast_key FROM %s c LEFT JOIN %s o ON o.forecast_key = c.forecast_key AND o.%[3]s = c.%[3]s WHERE o.forecast_key IS NULL",
					m.Name, to, test["column"])
			}
			if wrong := d.Query(t, query); len(wrong) > 0 {
				t.Errorf("%d rows, such as %v, of\n%s", len(wrong), wrong[0], query)
			}
			run++
		}
	}
	if run < 15 {
		t.Errorf("%d tests of the package were run", run)
	}
}

func argument(test map[string]any, name string) any { return test["arguments"].(map[string]any)[name] }

// TestNeedsHistory: what reads clari_forecast_changes, directly or not, and nothing else, says that it needs history: its comment, the lists of the
// docs, and the model.
func TestNeedsHistory(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(dbt, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	meta := map[string]any{}
	for _, m := range load[struct{ Models []described }](t, "models/models.yml").Models {
		meta[m.Name] = m.Config.Meta["needs_history"]
	}
	needs := map[string]bool{}
	for _, q := range queries.All() { // what a view reads comes before it
		needs[q.Name] = q.Name == "clari_forecast_changes" || slices.ContainsFunc(q.Uses, func(used string) bool { return needs[used] })
		if q.History != needs[q.Name] {
			t.Errorf("%s: its comment says needs_history: %t", q.Name, q.History)
		}
		if got := meta[modelName(q.Name)] == true; got != needs[q.Name] {
			t.Errorf("%s: the model's meta says needs_history: %t", q.Name, got)
		}
		history := map[bool]string{true: " `needs_history`"}[needs[q.Name]]
		if line := fmt.Sprintf("| `%s` | %s%s |\n", modelName(q.Name), q.Answer, history); !strings.Contains(string(text), line) {
			t.Errorf("the package's README lacks the line\n%s", line)
		}
	}
}

// TestDescribed: the package tells of each column of each model what it holds.
func TestDescribed(t *testing.T) {
	t.Parallel()
	known := map[string][]string{}
	for _, m := range load[struct{ Models []described }](t, "models/models.yml").Models {
		for _, c := range m.Columns {
			known[m.Name] = append(known[m.Name], c.Name)
		}
	}
	s := *story.All["history"](t)
	s.AsTables = true
	d := story.Land(t, &s, "SQLite", "append")
	d.MakeViews(t, &s)
	made := map[string]bool{}
	for _, q := range s.Views() {
		made[q.Name] = true
	}
	seen := 0
	for _, q := range queries.All() {
		text := "SELECT * FROM " + q.Name
		if !q.IsView {
			text = q.Without("activities")
			if strings.HasPrefix(q.Name, "activity_") || strings.HasPrefix(q.Name, "api_") || q.ReadsForeign() {
				continue
			}
		} else if !made[q.Name] {
			continue
		}
		rows, err := d.Conn.QueryContext(t.Context(), strings.ReplaceAll(text, "CURRENT_DATE", d.Today))
		if err != nil {
			t.Fatalf("%s: %v", q.Name, err)
		}
		names, err := rows.Columns()
		rows.Close()
		if err != nil {
			t.Fatal(err)
		}
		if described := slices.DeleteFunc(known[modelName(q.Name)], func(c string) bool { return c == "compared" }); !slices.Equal(names, described) {
			t.Errorf("%s has the columns %v, and the package tells of %v", q.Name, names, described)
		}
		seen++
	}
	if seen < 25 {
		t.Errorf("%d models", seen)
	}
}
