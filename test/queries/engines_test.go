package queries

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
)

// around is what a sync of all blocks does not bring: a failed export, a row that the destination lost, and tables of Salesforce.
var around = []string{
	"UPDATE clari_forecast_exports SET outcome = 'failed', error = 'clari: no' WHERE forecast_id = 'renewals'",
	"DELETE FROM clari_forecast_entries WHERE forecast_id = 'bookings' AND user_id = (SELECT MIN(user_id) FROM clari_forecast_users WHERE forecast_id = 'bookings')",
	"CREATE TABLE salesforce_user (id TEXT, is_active BOOLEAN)", "CREATE TABLE salesforce_user_role (id TEXT, name TEXT)", "CREATE TABLE salesforce_period (id TEXT)",
	"CREATE TABLE salesforce_" + opportunity,
	"INSERT INTO salesforce_user SELECT DISTINCT crm_user_id, TRUE FROM clari_forecast_users WHERE crm_user_id IS NOT NULL",
	"INSERT INTO salesforce_user_role SELECT DISTINCT hierarchy_id, 'a role' FROM clari_forecast_users WHERE hierarchy_id IS NOT NULL",
	"INSERT INTO salesforce_period SELECT DISTINCT crm_id FROM clari_forecast_time_periods WHERE crm_id IS NOT NULL",
	`INSERT INTO salesforce_opportunity SELECT DISTINCT u.crm_user_id, u.crm_user_id, TRUE, p.start_date, 100.5
	FROM clari_forecast_users u JOIN clari_forecast_time_periods p ON p.forecast_key = u.forecast_key WHERE u.crm_user_id IS NOT NULL`,
}

// TestEngines: SQLite, PostgreSQL and DuckDB answer alike what has its oracle in SQLite alone, in package around or in a test of its own; and DuckDB
// answers the variants.
func TestEngines(t *testing.T) {
	t.Parallel()
	program := os.Getenv("DBT_NEWEST")
	switch {
	case program == "" && os.Getenv("CI") != "true":
		t.Skip("NOT COMPARED WITH DUCKDB: DBT_NEWEST is not set: .ci/dbt installs it")
	case program == "":
		t.Fatal("DBT_NEWEST is not set: .ci/dbt installs dbt, and prints where it is")
	}
	t.Run("blocks", func(t *testing.T) {
		t.Parallel()
		s := *ofBlocks(t)
		s.asTables, s.edits = true, around
		texts := map[string]string{}
		for _, q := range queries.All() {
			if checks[q.Name] != nil && q.Name != "salesforce" && q.Name != "clari_limits_current" || q.IsTable {
				continue
			}
			if texts[q.Name] = q.Select; q.IsView {
				texts[q.Name] = "SELECT * FROM " + q.Name
			}
		}
		texts["quota_use"] = byName("quota_use").Select // with activities
		answers := map[string]map[string][]row{"DuckDB": s.inDuckDB(t, program, texts)}
		for name, open := range products {
			d := open(t, s.writes("append"))
			d.mode, d.today = "append", map[string]string{"PostgreSQL": "DATE "}[name]+s.today.Format("'2006-01-02'")
			d.makeViews(t, &s)
			answers[name] = map[string][]row{}
			for question, text := range texts {
				answers[name][question] = d.answer(t, text)
			}
		}
		for name := range texts {
			for _, engine := range []string{"PostgreSQL", "DuckDB"} {
				equal(t, name+" in "+engine, plainly(t, answers[engine][name]), plainly(t, answers["SQLite"][name]))
			}
		}
		if len(texts) < 20 {
			t.Errorf("%d queries", len(texts))
		}
	})
	t.Run("variants", func(t *testing.T) {
		t.Parallel()
		s, texts := years(t), map[string]string{}
		for i, text := range variantTexts(t) {
			texts[variants[i].name] = text
		}
		got := s.inDuckDB(t, program, texts)
		for _, v := range variants {
			equal(t, v.name, got[v.name], v.answer(s, &database{mode: "overwrite"}))
		}
	})
}

// inDuckDB runs queries on a story in DuckDB.
func (s *story) inDuckDB(t *testing.T, program string, texts map[string]string) map[string][]row {
	t.Helper()
	d := &database{today: s.today.Format("DATE '2006-01-02'")}
	asked := map[string]string{}
	for name, text := range texts {
		asked[name] = strings.ReplaceAll(text, "CURRENT_DATE", d.today)
	}
	views := d.viewTexts(s)
	for i := range s.edits {
		views[i] += ";\n"
	}
	return inDuckDB(t, program, duckDB(t, "story", s.writes("append"), duckType)+strings.Join(views, ""), asked)
}

// plainly is rows without what each database writes in its own way: lists, and JSON with its blanks and order.
func plainly(t *testing.T, rows []row) (out []row) {
	t.Helper()
	for _, r := range rows {
		r = maps.Clone(r)
		delete(r, "types")
		delete(r, "submitted_job_ids")
		for name, text := range r {
			var parsed any
			if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
				if err := json.Unmarshal([]byte(text), &parsed); err != nil {
					t.Fatalf("%s %s: %v", name, text, err)
				}
				r[name] = fmt.Sprint(parsed)
			}
		}
		out = append(out, r)
	}
	return out
}
