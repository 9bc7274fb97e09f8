package main

import (
	"crypto/sha256"
	"embed"
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
	"user_scope", "manager_as_of", "current_manager", "current_manager_name", "manager_before", "manager_after", "changed_by", "submitted_by", "crm_user", "extra", "actor_id", "impersonating_actor_id", "ip_address", "session_id", "event_parameters", "subject", "participant_id",
	"owner_crm_user_id", "organizer_crm_user_id",
}

//go:embed dbt.yml.tmpl
var packageText string

//go:embed unit_tests.yml
var unitTests []byte

// examples are what users copy into a project of their own.
//
//go:embed examples
var examples embed.FS

var packageFiles = template.Must(template.New("dbt").Funcs(template.FuncMap{"quote": quoted, "isPersonal": isPersonal, "dbtName": dbtName}).Parse(packageText))

// quoted is text as YAML has it between double quotes, which is as JSON has it.
func quoted(s string) string { return fmt.Sprintf("%q", s) }

// isPersonal says whether a column has personal data. Fields and periods have names too, but no person's.
func isPersonal(table, column string) bool {
	named := strings.Contains(table, "_users") || strings.Contains(table, "api_use") || strings.Contains(table, "_actors") || strings.Contains(table, "_participants")
	return slices.Contains(personal, column) && (column != "name" || named) && (column != "user_id" || !strings.Contains(table, "_jobs"))
}

// macros are tests that take several columns (dbt's own take one, and no other package has to be installed for these), and what an incremental model
// is made of.
var macros = map[string]string{
	"clari_there": `{# What is there of each place (forecast_key), as a hash: how many rows each job has, and of which sync the newest is. #}
{% macro clari_there() %}
SELECT k.forecast_key, {{ dbt.hash(dbt.concat(["'VERSION'", dbt.listagg('k.part', "','", 'ORDER BY k.part')])) }} AS compared
FROM (
  {% for table in ['clari_forecast_exports', 'clari_forecast_entries', 'clari_forecast_users', 'clari_forecast_time_frames'] %}
  SELECT r.forecast_key, {{ dbt.concat(["'" ~ table ~ " '", "r.job_id", "' '", "CAST(COUNT(*) AS " ~ dbt.type_string() ~ ")", "' '",
    "CAST(MAX(r._cq_sync_time) AS " ~ dbt.type_string() ~ ")"]) }} AS part
  FROM {{ source('clari', table) }} r
  WHERE r.job_id IS NOT NULL {% if table == 'clari_forecast_exports' %}AND r.outcome IN ('exported', 'adopted', 'landed_again'){% endif %}

  GROUP BY r.forecast_key, r.job_id
  {% if not loop.last %}UNION ALL{% endif %}

  {% endfor %}
) k
GROUP BY k.forecast_key
{% endmacro %}
`,
	"clari_plan": `{# PostgreSQL expects one row of most parts of a mart, and would join a million entries one by one. #}
{% macro clari_plan() %}{% if target.type == 'postgres' %}SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '128MB'{% endif %}{% endmacro %}
`,
	"clari_analyze": `{# PostgreSQL plans the questions well once it knows the mart. #}
{% macro clari_analyze() %}{% if target.type == 'postgres' %}ANALYZE {{ this }}{% endif %}{% endmacro %}
`,
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
const rowsArrived = "SELECT * FROM {{ ref('clari__completeness') }} WHERE rows_missing > 0\n"

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
		m, err := modelOf(q, all, tables)
		if err != nil {
			return err
		}
		models = append(models, m)
		if err := os.WriteFile(filepath.Join(dir, "models", dbtName(q.Name)+".sql"), []byte(modelText(q, all)), 0o644); err != nil {
			return err
		}
	}
	for name, text := range macros {
		text = strings.ReplaceAll(text, "VERSION", version(all))
		if err := os.WriteFile(filepath.Join(dir, "macros", name+".sql"), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "tests", "clari_rows_arrived.sql"), []byte(rowsArrived), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "models", "unit_tests.yml"), unitTests, 0o644); err != nil {
		return err
	}
	if err := os.CopyFS(dir, examples); err != nil {
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

// version tells the package from one whose incremental models compare something else.
func version(all []queries.Query) string {
	h := sha256.New()
	for _, q := range all {
		if _, kept := added[q.Name]; kept {
			h.Write([]byte(q.Select))
		}
	}
	return fmt.Sprintf("%.6x", h.Sum(nil))
}

// dbtName is the name of a model.
func dbtName(query string) string { return "clari__" + strings.TrimPrefix(query, "clari_") }

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

// configs are those of the models that are no views.
var configs = map[string]string{
	"clari_person_week": `materialized='table', pre_hook="{{ clari.clari_plan() }}", post_hook="{{ clari.clari_analyze() }}"`,
	"clari_forecast_changes": `materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns', ` +
		`post_hook="{{ clari.clari_analyze() }}", pre_hook=["{{ clari.clari_plan() }}", "{% if is_incremental() %}DELETE FROM {{ this }} WHERE forecast_key IN (SELECT t.forecast_key FROM {{ this }} t ` +
		`LEFT JOIN ({{ clari.clari_there() }}) h ON h.forecast_key = t.forecast_key AND h.compared = t.compared WHERE h.forecast_key IS NULL){% endif %}"]`,
}

// wrapped are what a model has around its query: an incremental one keeps what its rows were made of, so that it knows when they are out of date.
var wrapped = map[string][2]string{
	"clari_forecast_changes": {"SELECT m.*, h.compared\nFROM (\n", "\n) m\nJOIN ({{ clari.clari_there() }}) h ON h.forecast_key = m.forecast_key"},
}

// added are the columns that it keeps them in.
var added = map[string][]string{"clari_forecast_changes": {"compared"}}

// templated are the parts of queries that the package takes from vars, and from what a model has already.
var templated = strings.NewReplacer(
	"  SELECT 'Commit' AS field_name\n  UNION ALL SELECT 'Best Case'\n",
	"  {% for field in var('clari_required_fields', ['Commit', 'Best Case']) %}\n  {% if not loop.first %}UNION ALL {% endif %}SELECT '{{ field }}' AS field_name\n  {% endfor %}\n",
	"  -- in dbt: places of which something has changed\n",
	"  {% if is_incremental() %}AND r.forecast_key NOT IN (SELECT t.forecast_key FROM {{ this }} t){% endif %}\n",
	"-- activities\n", "{% if var('clari_using_activities', false) %}\n", "-- end of activities\n", "{% endif %}\n",
)

// modelText is a query as dbt has it.
func modelText(q queries.Query, all []queries.Query) string {
	text := pairsModel
	if !q.IsTable {
		text = fmt.Sprintf("-- Made by make gen from docs/queries/%s.sql, where its comment is.\n%s%s%s\n", q.Name,
			wrapped[q.Name][0], templated.Replace(q.Render(source, ref, own)), wrapped[q.Name][1])
	}
	var config []string
	if needs := blocksOf(q, all); len(needs) > 0 {
		config = append(config, "enabled="+strings.Join(needs, " and "))
	}
	if c := configs[q.Name]; c != "" {
		config = append(config, c)
	}
	if len(config) > 0 {
		text = fmt.Sprintf("{{ config(%s) }}\n%s", strings.Join(config, ", "), text)
	}
	return text
}

func source(table string) string { return fmt.Sprintf("{{ source('clari', '%s') }}", table) }
func own(table string) string    { return fmt.Sprintf("{{ source('salesforce', '%s') }}", table) }
func ref(view string) string     { return fmt.Sprintf("{{ ref('%s') }}", dbtName(view)) }

// modelOf tells of each column of a query what is known of it.
func modelOf(q queries.Query, all []queries.Query, tables schema.Tables) (model, error) {
	m := model{Query: q, Key: uniqueTogether[q.Name]}
	t := tables.Get(tableOf(q.Name))
	if t != nil {
		m.Key = keyOf(t)
	}
	for _, name := range slices.Concat(columnsOf(q, all), added[q.Name]) {
		c := column{Name: name, Personal: isPersonal(q.Name, name), Description: meanings[name]}
		if known := describe(t, tables, name); known != "" && (t != nil || c.Description == "") {
			c.Description = known
		}
		if c.Description == "" {
			return m, fmt.Errorf("%s.%s: nothing is known of this column: add it to meanings", q.Name, name)
		}
		c.Unique = t != nil && name == schema.CqIDColumn.Name && q.Name != "clari_forecast_last_known"
		if q.Name == "clari_forecast_current" && references[name] != "" {
			c.References = dbtName(references[name])
		}
		m.Columns = append(m.Columns, c)
	}
	return m, nil
}

// tableOf is the table that a view shows.
func tableOf(view string) string {
	if view == "clari_forecast_current" || view == "clari_forecast_last_known" {
		return entriesTable
	}
	return strings.TrimSuffix(view, "_current")
}

// keyOf are the columns that are unique together in the view of a table.
func keyOf(t *schema.Table) (key []string) {
	isForecast := t.Columns.Get("forecast_key") != nil
	if isForecast {
		key = append(key, "forecast_key")
	}
	for _, name := range t.PrimaryKeyComponents() {
		if !isForecast || !slices.Contains([]string{"forecast_id", "scope_id", "requested_currency", "requested_period"}, name) {
			key = append(key, name)
		}
	}
	return key
}

// describe is what the table says of a column, else the first table that has it.
func describe(t *schema.Table, tables schema.Tables, name string) string {
	for _, t := range append(schema.Tables{t, tables.Get(entriesTable), tables.Get("clari_forecast_users"), tables.Get(exportsTable)}, tables...) {
		if t != nil && t.Columns.Get(name) != nil {
			return t.Columns.Get(name).Description
		}
	}
	return ""
}
