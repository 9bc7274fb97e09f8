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
)

const dbt = "../../docs/dbt"

var (
	jinja  = regexp.MustCompile(`\{\{ (?:source\('\w+', '(\w+)'\)|ref\('(\w+)'\)) \}\}`)
	config = regexp.MustCompile(`(?m)^\{\{ config\(.*\) \}\}\n`)
)

// TestModels: each query is a model, which renders to the same SQL.
func TestModels(t *testing.T) {
	t.Parallel()
	for _, q := range queries.All() {
		text, err := os.ReadFile(filepath.Join(dbt, "models", q.Name+".sql"))
		if err != nil {
			t.Error(err)
			continue
		}
		if q.IsTable { // its rows are a var
			continue
		}
		if sources := strings.Count(string(text), "{{ source(") + strings.Count(string(text), "{{ ref("); sources != strings.Count(q.Select, "FROM clari_")+strings.Count(q.Select, "JOIN clari_")+strings.Count(q.Select, "JOIN salesforce_") {
			t.Errorf("%s has %d references", q.Name, sources)
		}
		if used := strings.Count(string(text), "{% if var('clari_using_activities', false) %}"); used != strings.Count(q.Select, "-- activities\n") {
			t.Errorf("%s: %d parts need activities", q.Name, used)
		}
		rendered := strings.NewReplacer("{% if var('clari_using_activities', false) %}", "-- activities", "{% endif %}", "-- end of activities").Replace(string(text))
		rendered = jinja.ReplaceAllString(config.ReplaceAllString(rendered, ""), "$1$2")
		_, rendered, _ = strings.Cut(rendered, "\n") // where it comes from
		if strings.TrimSpace(rendered) != q.Select {
			t.Errorf("%s: the model is not the query:\n%s", q.Name, rendered)
		}
		for _, used := range q.Uses {
			if queries.Foreign(used) {
				continue
			}
			if view := byName(used).IsView; !strings.Contains(string(text), fmt.Sprintf(map[bool]string{true: "ref('%s')", false: "source('clari', '%s')"}[view], used)) {
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
	Tags        []string
	Columns     []described
	Tests       []any
	Freshness   any
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
		if (table.Freshness != nil) != (table.Name == "clari_forecast_exports") {
			t.Errorf("freshness of %s: %v", table.Name, table.Freshness)
		}
		for _, c := range table.Columns {
			tagged := slices.Contains(c.Tags, "pii")
			who := slices.Contains([]string{"user_name", "email", "person_id", "crm_user_id", "manager_name", "updated_by", "adjusted_by"}, c.Name)
			what := strings.HasSuffix(c.Name, "_value") || strings.HasSuffix(c.Name, "_date") || strings.HasPrefix(c.Name, "forecast_") || strings.HasPrefix(c.Name, "field_")
			if who && !tagged || what && tagged || c.Description == "" {
				t.Errorf("%s.%s: tags %v, description %q", table.Name, c.Name, c.Tags, c.Description)
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
func documented(t *testing.T, s *story, d *database) {
	t.Helper()
	run := 0
	made := map[string]bool{}
	for _, q := range viewsOf(s) {
		made[q.Name] = true
	}
	for _, m := range load[struct{ Models []described }](t, "models/models.yml").Models {
		if !made[m.Name] {
			continue
		}
		tests := m.Tests
		for _, c := range m.Columns {
			for _, test := range c.Tests {
				if test == "unique" {
					tests = append(tests, map[string]any{"clari_unique_together": map[string]any{"key": []any{c.Name}}})
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
				key := strings.Trim(fmt.Sprint(unique["key"]), "[]")
				key = strings.Join(strings.Fields(key), ", ")
				query = fmt.Sprintf("SELECT %s FROM %s GROUP BY %[1]s HAVING COUNT(*) > 1", key, m.Name)
			} else {
				to := test["clari_known"].(map[string]any)["to"].(string)
				to = to[len("ref('") : len(to)-len("')")]
				query = fmt.Sprintf("SELECT c.forecast_key FROM %s c LEFT JOIN %s o ON o.forecast_key = c.forecast_key AND o.%[3]s = c.%[3]s WHERE o.forecast_key IS NULL",
					m.Name, to, test["column"])
			}
			if wrong := d.query(t, query); len(wrong) > 0 {
				t.Errorf("%d rows, such as %v, of\n%s", len(wrong), wrong[0], query)
			}
			run++
		}
	}
	if run < 15 {
		t.Errorf("%d tests of the package were run", run)
	}
}
