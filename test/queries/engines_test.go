package queries

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
	"github.com/cq-source-clari/cq-source-clari/test/queries/truth"
)

// around is what a sync of all blocks does not bring: a failed export, a row that the destination lost, and tables of Salesforce.
var around = []string{
	"UPDATE clari_forecast_exports SET outcome = 'failed', error = 'clari: no' WHERE forecast_id = 'renewals'",
	"DELETE FROM clari_forecast_entries WHERE forecast_id = 'bookings' AND user_id = (SELECT MIN(user_id) FROM clari_forecast_users WHERE forecast_id = 'bookings')",
	"CREATE TABLE salesforce_user (id TEXT, is_active BOOLEAN)", "CREATE TABLE salesforce_user_role (id TEXT, name TEXT)", "CREATE TABLE salesforce_period (id TEXT)",
	"CREATE TABLE salesforce_" + story.Opportunity,
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
	program := story.DBT(t, "DBT_NEWEST", "NOT COMPARED WITH DUCKDB")
	t.Run("blocks", func(t *testing.T) {
		t.Parallel()
		s := *story.OfBlocks(t)
		s.AsTables, s.Edits = true, around
		texts := map[string]string{}
		for _, q := range queries.All() {
			if truth.Oracles[q.Name] != nil && q.Name != "salesforce" && q.Name != "clari_limits_current" || q.IsTable {
				continue
			}
			if texts[q.Name] = q.Select; q.IsView {
				texts[q.Name] = "SELECT * FROM " + q.Name
			}
		}
		texts["quota_use"] = story.ByName("quota_use").Select // with activities
		answers := map[string]map[string][]story.Row{"DuckDB": s.InDuckDB(t, program, "append", false, texts)}
		for _, name := range story.Products {
			d := story.Land(t, &s, name, "append")
			d.MakeViews(t, &s)
			answers[name] = map[string][]story.Row{}
			for question, text := range texts {
				answers[name][question] = d.Answer(t, text)
			}
		}
		for name := range texts {
			for _, engine := range []string{"PostgreSQL", "DuckDB"} {
				story.Equal(t, name+" in "+engine, plainly(t, answers[engine][name]), plainly(t, answers["SQLite"][name]))
			}
		}
		if len(texts) < 20 {
			t.Errorf("%d queries", len(texts))
		}
	})
	t.Run("variants", func(t *testing.T) {
		t.Parallel()
		s, texts := truth.Of(years(t)), map[string]string{}
		for i, text := range variantTexts(t) {
			texts[variants[i].name] = text
		}
		got := s.InDuckDB(t, program, "append", false, texts)
		for _, v := range variants {
			story.Equal(t, v.name, got[v.name], v.answer(s, &story.Database{Mode: "overwrite"}))
		}
	})
}

// plainly is rows without what each database writes in its own way: lists, and JSON with its blanks and order.
func plainly(t *testing.T, rows []story.Row) (out []story.Row) {
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
