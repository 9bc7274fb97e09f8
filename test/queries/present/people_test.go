package present

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
)

// weeksOf are the weeks and user ids of a person in a text that reads as the mart, of one field.
func weeksOf(t *testing.T, d *story.Database, mart, person string) (weeks []story.Row) {
	t.Helper()
	return d.Query(t, "SELECT k.week_start_date, k.user_id, k.membership FROM "+mart+" k WHERE k.person_id = '"+person+"' AND k.field_name = 'Commit' ORDER BY k.week_start_date, k.user_id")
}

// TestWhoComesLater: whoever is in no export before the third has no rows in the weeks before it.
func TestWhoComesLater(t *testing.T) {
	t.Parallel()
	s := story.ThreeExports(t, nil)
	story.Each(t, s, "append", func(t *testing.T, d *story.Database) {
		last := s.Jobs[2].ID
		person := d.Query(t, "SELECT u.person_id FROM clari_forecast_users u WHERE u.job_id = '"+last+"' AND NOT u.has_reports ORDER BY u.person_id")[0]["person_id"]
		before := weeksOf(t, d, "clari_person_week", person)
		for _, table := range []string{"users", "entries"} {
			d.Exec(t, fmt.Sprintf("DELETE FROM clari_forecast_%s WHERE person_id = '%s' AND job_id <> '%s'", table, person, last))
		}
		d.Exec(t, "UPDATE clari_forecast_exports SET users = users - 1 WHERE job_id <> '"+last+"'")
		d.Exec(t, fmt.Sprintf("UPDATE clari_forecast_entries SET forecast_value = NULL, adjustment_value = NULL, is_updated = FALSE WHERE person_id = '%s' AND week_end_date < '2000-01-13'", person))
		got := weeksOf(t, d, "clari_person_week", person)
		if len(before) < 3 || len(got) != 1 || got[0]["membership"] != "known" || got[0]["week_start_date"] != before[len(before)-1]["week_start_date"] {
			t.Errorf("%v, and before the edit %v", got, before)
		}
		wrong := story.Mutant(t, "clari_person_week", "h.first_whole IS NULL OR h.first_whole >= m.first_at", "1 = 1")
		if len(weeksOf(t, d, "("+wrong+")", person)) == 1 {
			t.Error("weeks before somebody came count, and nobody notices")
		}
		came := d.Query(t, "SELECT c.job_id, c.change_type FROM clari_forecast_changes c WHERE c.person_id = '"+person+"' AND c.field_id IS NULL")
		story.Equal(t, "who came", came, []story.Row{{"job_id": last, "change_type": "came"}})
	})
}

// TestWhoChangesRoles: a person who has another user id since the third export is there once in each week, and has moved.
func TestWhoChangesRoles(t *testing.T) {
	t.Parallel()
	s := story.ThreeExports(t, nil)
	story.Each(t, s, "append", func(t *testing.T, d *story.Database) {
		last := s.Jobs[2].ID
		person := d.Query(t, "SELECT u.person_id FROM clari_forecast_users u WHERE u.job_id = '"+last+"' AND NOT u.has_reports ORDER BY u.person_id")[0]["person_id"]
		before := weeksOf(t, d, "clari_person_week", person)
		for _, table := range []string{"users", "entries"} {
			d.Exec(t, fmt.Sprintf("UPDATE clari_forecast_%s SET user_id = '281000:new', role = 'Another' WHERE person_id = '%s' AND job_id = '%s'", table, person, last))
		}
		got := weeksOf(t, d, "clari_person_week", person)
		if len(got) != len(before) {
			t.Errorf("%d weeks, before the edit %d: %v", len(got), len(before), got)
		}
		for _, r := range got {
			if r["user_id"] != "281000:new" {
				t.Errorf("a week under the former id: %v", r)
			}
		}
		wrong := story.Mutant(t, "clari_person_week", "WHERE r.claim = 3\n", "WHERE r.claim > 1\n")
		if len(weeksOf(t, d, "("+wrong+")", person)) == len(before) {
			t.Error("who changed roles is there twice, and nobody notices")
		}
		moved := d.Query(t, "SELECT c.job_id, c.change_type, c.role_after FROM clari_forecast_changes c WHERE c.person_id = '"+person+"' AND c.field_id IS NULL")
		story.Equal(t, "who moved", moved, []story.Row{{"job_id": last, "change_type": "moved", "role_after": "Another"}})
	})
}

// TestChangesOfOtherTypes: exports with other types are not compared.
func TestChangesOfOtherTypes(t *testing.T) {
	t.Parallel()
	s := story.ThreeExports(t, map[string]any{"types": []string{"forecast"}})
	story.Each(t, s, "append", func(t *testing.T, d *story.Database) {
		amounts := "SELECT c.job_id, c.week_start_date FROM %s c WHERE c.field_id IS NOT NULL AND c.job_before = '" + s.Jobs[0].ID + "'"
		if got := d.Query(t, fmt.Sprintf(amounts, "clari_forecast_changes")); len(got) > 0 {
			t.Errorf("an export without quotas has changed them: %v", got[0])
		}
		if wrong := story.Mutant(t, "clari_forecast_changes", "c.types_before = c.types AND ", ""); len(d.Query(t, fmt.Sprintf(amounts, "("+wrong+")"))) == 0 {
			t.Error("types are not compared, and nobody notices")
		}
	})
}

// TestChangesOfLostRows: weeks of which rows were lost are not compared.
func TestChangesOfLostRows(t *testing.T) {
	t.Parallel()
	s := story.ThreeExports(t, nil)
	story.Each(t, s, "append", func(t *testing.T, d *story.Database) {
		last := s.Jobs[2].ID
		lost := d.Query(t, "SELECT e.time_frame_id, e.user_id FROM clari_forecast_entries e WHERE e.job_id = '"+last+"' ORDER BY e.time_frame_id, e.user_id")[0]
		of := "SELECT c.user_id FROM %s c WHERE c.job_id = '" + last + "' AND c.time_frame_id = '" + lost["time_frame_id"] + "'"
		d.Exec(t, fmt.Sprintf("DELETE FROM clari_forecast_entries WHERE job_id = '%s' AND time_frame_id = '%s' AND user_id = '%s'", last, lost["time_frame_id"], lost["user_id"]))
		if got := d.Query(t, fmt.Sprintf(of, "clari_forecast_changes")); len(got) > 0 {
			t.Errorf("a week with lost rows is compared: %v", got[0])
		}
		if wrong := story.Mutant(t, "clari_forecast_changes", "c.rows_missing < 1 AND c.missing_before < 1", "1 = 1"); len(d.Query(t, fmt.Sprintf(of, "("+wrong+")"))) == 0 {
			t.Error("lost rows are taken for changes, and nobody notices")
		}
	})
}

// TestWhoEntersNothing: who has no entry in a week is there all the same, and has not submitted. Weeks to come are not.
func TestWhoEntersNothing(t *testing.T) {
	t.Parallel()
	s := story.ThreeExports(t, nil)
	story.Each(t, s, "overwrite", func(t *testing.T, d *story.Database) {
		const rows = "SELECT p.user_id, p.effective_value, p.is_submitted FROM %s p WHERE p.week_start_date = (SELECT MAX(e.week_start_date) FROM clari_forecast_time_frames_current w JOIN clari_forecast_entries e ON e.time_frame_id = w.time_frame_id) AND p.field_name = 'Commit' AND p.user_id = '%s'"
		user := d.Query(t, "SELECT u.user_id FROM clari_forecast_users_current u WHERE u.has_reports ORDER BY u.user_id")[0]["user_id"]
		d.Exec(t, "DELETE FROM clari_forecast_entries WHERE user_id = '"+user+"' AND week_start_date = (SELECT MAX(week_start_date) FROM clari_forecast_entries)")
		story.Equal(t, "who enters nothing", d.Query(t, fmt.Sprintf(rows, "clari_person_week", user)), []story.Row{{"user_id": user, "is_submitted": "0"}})
		if wrong := story.Mutant(t, "clari_person_week", "LEFT JOIN entries e\n", "JOIN entries e\n"); len(d.Query(t, fmt.Sprintf(rows, "("+wrong+")", user))) > 0 {
			t.Error("the mutant still has who enters nothing")
		}
		newest := "SELECT MAX(p.week_start_date) AS week FROM %s p"
		week := d.Query(t, fmt.Sprintf(newest, "clari_person_week"))
		d.Exec(t, "UPDATE clari_forecast_exports SET snapshot_date = '2000-01-05'")
		story.Equal(t, "the newest week that has begun", d.Query(t, fmt.Sprintf(newest, "clari_person_week")), []story.Row{{"week": "2000-01-02"}})
		wrong := story.Mutant(t, "clari_person_week", "WHERE w.start_date <= n.snapshot_date", "WHERE 1 = 1")
		story.Equal(t, "with weeks to come", d.Query(t, fmt.Sprintf(newest, "("+wrong+")")), week)
	})
}

// TestPairs: a call has a quota where a tab has one field of quotas, and where clari_quota_pairs names one.
func TestPairs(t *testing.T) {
	t.Parallel()
	fields := append(sim.Fields(3), sim.Field{ID: "quota_2", Name: "Stretch", Type: "quota"})
	s := story.Tell(t, sim.Config{Tenant: sim.Tenant{People: 3, Tabs: []sim.Tab{{ID: "tab", Encoding: sim.Arrays, Fields: fields}}}}, map[string]any{
		"forecasts": []map[string]any{{"id": "tab", "types": story.AllTypes}}, "periods": []string{"current"},
	}, false, story.Day(3, 0))
	story.Each(t, s, "overwrite", func(t *testing.T, d *story.Database) {
		of := func() []story.Row {
			return d.Query(t, `SELECT field_name, MAX(quota_field) AS quota_field, MAX(CASE WHEN unpaired_quota THEN 1 ELSE 0 END) AS unpaired, COUNT(quota_value) AS n
				FROM clari_person_week GROUP BY field_name`)
		}
		story.Equal(t, "two fields of quotas", of(), []story.Row{{"field_name": "Commit", "unpaired": "1", "n": "0"}, {"field_name": "Best Case", "unpaired": "1", "n": "0"}})
		d.Exec(t, "INSERT INTO clari_quota_pairs VALUES ('tab', 'Commit', 'Stretch')")
		weeks := d.Query(t, "SELECT COUNT(c.quota_value) AS n FROM clari_forecast_current c WHERE c.field_name = 'Stretch' AND c.week_start_date <= '2000-01-04'")[0]["n"]
		story.Equal(t, "a pair", of(), []story.Row{{"field_name": "Commit", "unpaired": "0", "quota_field": "Stretch", "n": weeks}, {"field_name": "Best Case", "unpaired": "1", "n": "0"}})
		wrong := story.Mutant(t, "clari_person_week", "HAVING COUNT(DISTINCT field_id) = 1", "HAVING COUNT(DISTINCT field_id) > 0")
		if got := d.Query(t, "SELECT COUNT(*) AS n FROM ("+wrong+") k WHERE k.unpaired_quota"); got[0]["n"] != "0" {
			t.Errorf("the mutant pairs nothing: %v", got)
		}
		stretch := d.Query(t, `SELECT COUNT(*) AS n FROM clari_person_week p JOIN clari_forecast_current c ON c.forecast_key = p.forecast_key AND c.user_id = p.user_id
			AND c.time_frame_id = p.time_frame_id AND c.field_name = 'Stretch' AND c.quota_value = p.quota_value`)[0]["n"]
		if stretch != weeks || strings.TrimLeft(weeks, "0") == "" {
			t.Errorf("%s of %s quotas are those of the pair", stretch, weeks)
		}
	})
}

// TestSecondRole: whoever takes a role beside another has not come, and whoever gives one of two up has not gone: both have moved.
func TestSecondRole(t *testing.T) {
	t.Parallel()
	s := story.ThreeExports(t, nil)
	story.Each(t, s, "append", func(t *testing.T, d *story.Database) {
		first, last := s.Jobs[0].ID, s.Jobs[2].ID
		people := d.Query(t, "SELECT u.person_id, u.user_id, u.role FROM clari_forecast_users u WHERE u.job_id = '"+last+"' ORDER BY u.person_id")
		takes, gives := people[0], people[1]
		second := func(person story.Row, jobs string) { // the same person in another role, in some exports
			d.Exec(t, fmt.Sprintf("CREATE TEMP TABLE more AS SELECT * FROM clari_forecast_users WHERE person_id = '%s' AND job_id %s", person["person_id"], jobs))
			d.Exec(t, "UPDATE more SET user_id = '281000:second', role = 'Second'")
			d.Exec(t, fmt.Sprintf("INSERT INTO clari_forecast_users SELECT * FROM more; DROP TABLE more; UPDATE clari_forecast_exports SET users = users + 1 WHERE job_id %s", jobs))
		}
		second(takes, "= '"+last+"'")
		second(gives, "= '"+first+"'")
		const moved = "SELECT c.person_id, c.job_id, c.change_type, c.role_before, c.role_after FROM %s c WHERE c.field_id IS NULL AND c.person_id IN ('%s', '%s')"
		want := []story.Row{
			{"person_id": takes["person_id"], "job_id": last, "change_type": "moved", "role_after": "Second"},
			{"person_id": gives["person_id"], "job_id": s.Jobs[1].ID, "change_type": "moved", "role_before": "Second"},
		}
		got := func(from string) []story.Row {
			return d.Query(t, fmt.Sprintf(moved, from, takes["person_id"], gives["person_id"]))
		}
		story.Equal(t, "second roles", got("clari_forecast_changes"), want)
		if wrong := story.Mutant(t, "clari_forecast_changes", "MAX(r.person_was) AS was_there", "MAX(r.was_there) AS was_there"); len(story.Difference(got("("+wrong+")"), want)) == 0 {
			t.Error("a second role is taken for somebody new, and nobody notices")
		}
	})
}

// TestSubmissionsAfterKilledSync: who left before this week is not on its list, also when a sync was killed after the newest that landed.
func TestSubmissionsAfterKilledSync(t *testing.T) {
	t.Parallel()
	s, _ := story.Play(t, []story.Step{{Day: 1}, {Day: 12}, {Day: 13, Killed: true}})
	s.AsTables = true
	for _, mode := range []string{"overwrite", "append"} {
		t.Run(mode, func(t *testing.T) {
			story.Each(t, s, mode, func(t *testing.T, d *story.Database) {
				var want, left []story.Row
				for u := range oracle.Of(s.Jobs[1])["clari_forecast_users"] {
					want = append(want, story.Row{"user_id": u["user_id"].(string)}, story.Row{"user_id": u["user_id"].(string)}) // in Commit and Best Case
				}
				for u := range oracle.Of(s.Jobs[0])["clari_forecast_users"] {
					if !slices.ContainsFunc(want, func(r story.Row) bool { return r["user_id"] == u["user_id"] }) {
						left = append(left, story.Row{"user_id": u["user_id"].(string)})
					}
				}
				if len(left) != 2 {
					t.Fatalf("%d people have left", len(left))
				}
				var got []story.Row
				for _, r := range d.File(t, "submissions") {
					if r["is_this_week"] == "1" {
						got = append(got, story.Row{"user_id": r["user_id"]})
					}
				}
				story.Equal(t, "this week", got, want)
				wrong := story.Mutant(t, "clari_person_week", "(w.start_date <= m.snapshot_date", "(1 = 1")
				back := d.Query(t, fmt.Sprintf("SELECT k.user_id FROM (%s) k WHERE k.user_id = '%s' AND k.week_start_date = '2000-01-09'", wrong, left[0]["user_id"]))
				if len(back) == 0 {
					t.Error("who left comes back, and nobody notices")
				}
			})
		})
	}
}

// TestWaterfallOfNew: whoever had no amount last week is new in this one, and whoever has none in this one is gone.
func TestWaterfallOfNew(t *testing.T) {
	t.Parallel()
	s := story.ThreeExports(t, nil)
	story.Each(t, s, "overwrite", func(t *testing.T, d *story.Database) {
		people := d.Query(t, "SELECT u.user_id FROM clari_forecast_users_current u WHERE u.manager_user_id IS NOT NULL ORDER BY u.user_id")
		came, went := people[0]["user_id"], people[1]["user_id"]
		const clear = "UPDATE clari_forecast_entries SET forecast_value = NULL, adjustment_value = NULL WHERE user_id = '%s' AND week_start_date = '%s'"
		d.Exec(t, fmt.Sprintf(clear, came, "2000-01-02"))
		d.Exec(t, fmt.Sprintf(clear, went, "2000-01-09"))
		kinds := func(text string) []story.Row {
			return d.Answer(t, fmt.Sprintf("SELECT w.user_id, w.kind FROM (%s) w WHERE w.kind <> 'own' AND w.field_name = 'Commit' AND w.user_id IN ('%s', '%s')", text, came, went))
		}
		want := []story.Row{{"user_id": came, "kind": "new"}, {"user_id": went, "kind": "gone"}}
		story.Equal(t, "waterfall", kinds(story.ByName("waterfall").Select), want)
		for _, part := range []string{"WHEN s.was IS NULL THEN 'new' ", "WHEN s.is_now IS NULL THEN 'gone' "} {
			if len(story.Difference(kinds(story.Mutant(t, "waterfall", part, "WHEN 1 = 0 THEN '' ")), want)) == 0 {
				t.Errorf("without %s, and nobody notices", part)
			}
		}
	})
}
