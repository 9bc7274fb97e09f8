package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
)

// personal are the columns with personal data: who somebody is, or what somebody wrote.
var personal = []string{
	"user_name", "name", "email", "user_id", "person_id", "clari_user_id", "crm_user_id", "manager_user_id", "manager_name", "updated_by", "adjusted_by",
	"user_scope", "extra", "actor_id", "impersonating_actor_id", "ip_address", "session_id", "event_parameters", "subject", "participant_id",
	"owner_crm_user_id", "organizer_crm_user_id",
}

//go:embed dbt.yml.tmpl
var packageText string

var packageFiles = template.Must(template.New("dbt").Funcs(template.FuncMap{"quote": quoted, "isPersonal": isPersonal}).Parse(packageText))

// quoted is text as YAML has it between double quotes, which is as JSON has it.
func quoted(s string) string { return fmt.Sprintf("%q", s) }

// isPersonal says whether a column has personal data. Fields and periods have names too, but no person's.
func isPersonal(table, column string) bool {
	named := strings.Contains(table, "_users") || strings.Contains(table, "_actors") || strings.Contains(table, "_participants")
	return slices.Contains(personal, column) && (column != "name" || named) && (column != "user_id" || !strings.Contains(table, "_jobs"))
}

// genericTests are tests that take several columns: dbt's own take one, and no other package has to be installed for these.
var genericTests = map[string]string{
	"clari_unique_together": `{% test clari_unique_together(model, key) %}
SELECT {{ key | join(', ') }}
FROM {{ model }}
GROUP BY {{ key | join(', ') }}
HAVING COUNT(*) > 1
{% endtest %}
`,
	"clari_known": `{% test clari_known(model, column_name, to) %}
SELECT c.forecast_key, c.{{ column_name }}
FROM {{ model }} c
LEFT JOIN {{ to }} o ON o.forecast_key = c.forecast_key AND o.{{ column_name }} = c.{{ column_name }}
WHERE o.forecast_key IS NULL
{% endtest %}
`,
}

// rowsArrived is a test that fails for each row of the view that a destination lost something of.
const rowsArrived = "SELECT * FROM {{ ref('clari_completeness') }} WHERE rows_missing > 0\n"

// pairsModel has the rows of a var in place of those of a table of the user's own.
const pairsModel = `-- Made by make gen. The rows are the var clari_quota_pairs.
{% set pairs = var('clari_quota_pairs', []) %}
{% for pair in pairs %}
SELECT
  CAST('{{ pair.forecast_id }}' AS {{ dbt.type_string() }}) AS forecast_id, CAST('{{ pair.call_field }}' AS {{ dbt.type_string() }}) AS call_field,
  CAST('{{ pair.quota_field }}' AS {{ dbt.type_string() }}) AS quota_field
{% if not loop.last %}UNION ALL{% endif %}
{% else %}
SELECT f.forecast_id, f.name AS call_field, f.name AS quota_field FROM {{ source('clari', 'clari_forecast_fields') }} f WHERE 1 = 0
{% endfor %}
`

// model is a query as dbt is told of it.
type model struct {
	queries.Query
	Columns []column
	Key     []string // columns that are unique together
}

type column struct {
	Name, Description string
	Personal          bool
	Unique            bool
	References        string // view that has the column beside forecast_key
}

// references are the keys of the views that entries are joined to.
var references = map[string]string{
	"user_id": "clari_forecast_users_current", "field_id": "clari_forecast_fields_current",
	"time_period_id": "clari_forecast_time_periods_current", "time_frame_id": "clari_forecast_time_frames_current",
}

// writePackage writes the dbt package: the queries as models, and what is known of tables and views.
func writePackage(from, dir string, tables schema.Tables) error {
	all, err := queries.Load(os.DirFS(from))
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil { // a query that is gone leaves no model behind
		return err
	}
	for _, sub := range []string{"models", "macros", "tests"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	var models []model
	for _, q := range all {
		models = append(models, modelOf(q, tables))
		text := fmt.Sprintf("-- Made by make gen from docs/queries/%s.sql, where its comment is.\n%s\n", q.Name, q.Render(source, ref, own))
		text = queries.Query{Select: text}.With("activities", "{% if var('clari_using_activities', false) %}", "{% endif %}")
		if q.IsTable {
			text = pairsModel
		}
		if needs := blocksOf(q, all); len(needs) > 0 {
			text = fmt.Sprintf("{{ config(enabled=%s) }}\n%s", strings.Join(needs, " and "), text)
		}
		if err := os.WriteFile(filepath.Join(dir, "models", q.Name+".sql"), []byte(text), 0o644); err != nil {
			return err
		}
	}
	for name, text := range genericTests {
		if err := os.WriteFile(filepath.Join(dir, "macros", name+".sql"), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "tests", "clari_rows_arrived.sql"), []byte(rowsArrived), 0o644); err != nil {
		return err
	}
	for name, data := range map[string]any{"dbt_project.yml": nil, "models/sources.yml": tables, "models/models.yml": models, "README.md": models} {
		var text strings.Builder
		if err := packageFiles.ExecuteTemplate(&text, name, data); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.TrimLeft(text.String(), "\n")), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// blocks are what a spec, or a warehouse, may lack: the var that says whether it is there, and what tables of it begin with.
var blocks = []struct{ name, prefix, variable string }{
	{"activities", "clari_activit", "var('clari_using_activities', false)"},
	{"audit", "clari_audit", "var('clari_using_audit', false)"},
	{"opportunities", "clari_opportunit", "var('clari_using_opportunities', false)"},
	{"salesforce", "salesforce_", "var('clari_salesforce', false)"},
}

// blocksOf are the vars that a model needs: those of the tables that it reads, also by way of views.
func blocksOf(q queries.Query, all []queries.Query) (needs []string) {
	reads := queries.Reads(q.Without("activities"))
	for i := 0; i < len(reads); i++ {
		for _, o := range all {
			if o.Name == reads[i] {
				reads = append(reads, o.Uses...)
			}
		}
	}
	for _, b := range blocks {
		if slices.ContainsFunc(reads, func(name string) bool { return strings.HasPrefix(name, b.prefix) }) {
			needs = append(needs, b.variable)
		}
	}
	return needs
}

func source(table string) string { return fmt.Sprintf("{{ source('clari', '%s') }}", table) }
func own(table string) string    { return fmt.Sprintf("{{ source('salesforce', '%s') }}", table) }
func ref(view string) string     { return fmt.Sprintf("{{ ref('%s') }}", view) }

// modelOf takes what a view shows of its table from there.
func modelOf(q queries.Query, tables schema.Tables) model {
	m := model{Query: q}
	if !q.IsView {
		return m
	}
	name := strings.TrimSuffix(q.Name, "_current")
	if q.Name == "clari_forecast_current" || q.Name == "clari_forecast_last_known" {
		name = entriesTable
	}
	t := tables.Get(name)
	if t == nil {
		return m
	}
	isForecast := t.Columns.Get("forecast_key") != nil
	for _, key := range t.PrimaryKeyComponents() {
		switch {
		case !isForecast:
			m.Key = append(m.Key, key)
		case !slices.Contains([]string{"forecast_id", "scope_id", "requested_currency", "requested_period"}, key):
			m.Key = append(m.Key, key)
		}
	}
	if isForecast {
		m.Key = append([]string{"forecast_key"}, m.Key...)
	}
	for _, c := range t.Columns {
		if c.Name == schema.CqParentIDColumn.Name {
			continue
		}
		out := column{Name: c.Name, Description: c.Description, Personal: isPersonal(t.Name, c.Name), Unique: c.Name == schema.CqIDColumn.Name && q.Name != "clari_forecast_last_known"}
		if q.Name == "clari_forecast_current" {
			out.References = references[c.Name]
		}
		m.Columns = append(m.Columns, out)
	}
	return m
}
