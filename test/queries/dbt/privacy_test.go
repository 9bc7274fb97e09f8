package dbt

import (
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

type transformation struct {
	Kind            string
	Tables, Columns []string
}

// recipe is what docs/data.md says of personal data.
func recipe(t *testing.T) (all []transformation) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/data.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "kind: transformer\n")
	document, _, _ := strings.Cut(rest, "\n---\n")
	var of struct {
		Spec struct {
			Spec struct{ Transformations []transformation }
		}
	}
	if err := yaml.Unmarshal([]byte(document), &of); err != nil {
		t.Fatal(err)
	}
	if all = of.Spec.Spec.Transformations; len(all) < 5 {
		t.Fatalf("%d transformations", len(all))
	}
	return all
}

// TestPrivacyRecipe: after the recipe no name and no address of the tenant is left, nothing that a view names is gone, and who is one person in
// one table is one in the others.
func TestPrivacyRecipe(t *testing.T) {
	t.Parallel()
	hidden := map[string][]string{} // table to columns
	for _, tr := range recipe(t) {
		for _, table := range tr.Tables {
			hidden[table] = append(hidden[table], tr.Columns...)
			for _, column := range tr.Columns {
				for _, q := range queries.All() {
					if tr.Kind == "remove_columns" && slices.Contains(q.Uses, table) && strings.Contains(q.Select, "."+column) {
						t.Errorf("%s.%s is removed, and %s names it", table, column, q.Name)
					}
				}
			}
		}
	}
	everything(t, func(table string, r world.Row, secrets []string) {
		for column, v := range r {
			text := fmt.Sprint(v)
			if slices.Contains(hidden[table], column) {
				text = fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
			}
			for _, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("%s.%s tells %q: %s", table, column, secret, text)
				}
			}
		}
	})
	for _, ids := range [][]string{
		{"user_id"}, {"person_id"}, {"clari_user_id"}, {"crm_user_id", "owner_crm_user_id", "organizer_crm_user_id"}, {"manager_user_id"}, {"actor_id", "impersonating_actor_id"},
	} {
		everything(t, func(table string, r world.Row, _ []string) {
			for _, column := range ids {
				if r[column] != nil && table != "clari_export_jobs" && !slices.Contains(hidden[table], column) {
					t.Errorf("%s.%s is not hidden as in other tables: joins find nothing", table, column)
				}
			}
		})
	}
}

// everything goes through all rows of a sync of all blocks, in every shape, with the names and addresses of the people.
func everything(t *testing.T, each func(table string, r world.Row, secrets []string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		tenant := story.Tenant()
		w := world.New(t, sim.Config{Tenant: tenant, Around: sim.Around{ActivityEvery: 6 * time.Hour}}, map[string]any{
			"forecasts": story.Tabs(), "fiscal_year_start_month": 2, "delay_between_exports": "0s",
			"activities": map[string]any{"since": "1999-12-01"}, "opportunities": map[string]any{}, "audit": map[string]any{"since": "1999-12-20"},
		})
		l := w.Collect()
		if l.Err != nil {
			t.Fatal(l.Err)
		}
		known := map[string]bool{}
		for table, columns := range map[string][]string{
			"clari_forecast_users": {"name", "email"}, "clari_activity_participants": {"name", "email"}, "clari_audit_actors": {"name", "email"},
		} {
			for _, r := range l.Rows[table] {
				for _, column := range columns {
					if text, ok := r[column].(string); ok {
						known[text] = true
					}
				}
			}
		}
		var secrets []string
		for text := range known {
			if strings.ContainsAny(text, "@ ") { // one word may be any word
				secrets = append(secrets, text)
			}
		}
		if len(secrets) < 10 || len(l.Rows["clari_activities"]) == 0 || len(l.Rows["clari_audit_events"]) == 0 {
			t.Fatalf("%d names, %d activities, %d audit events", len(secrets), len(l.Rows["clari_activities"]), len(l.Rows["clari_audit_events"]))
		}
		for table, rows := range l.Rows {
			for _, r := range rows {
				each(table, r, secrets)
			}
		}
	})
}
