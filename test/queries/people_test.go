package queries

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
)

// threeExports are of all weeks of one tab, each kept whole. Two of six people leave between them.
func threeExports(t *testing.T, spec map[string]any) *story {
	t.Helper()
	s, _ := play(t, []step{{day: 1}, {day: 5, spec: spec}, {day: 12}})
	s.now = presentOf(s.jobs)
	return s
}

// weeksOf are the weeks and user ids of a person in a text that reads as the mart, of one field.
func (d *database) weeksOf(t *testing.T, mart, person string) (weeks []row) {
	t.Helper()
	return d.query(t, "SELECT k.week_start_date, k.user_id, k.membership FROM "+mart+" k WHERE k.person_id = '"+person+"' AND k.field_name = 'Commit' ORDER BY k.week_start_date, k.user_id")
}

// TestWhoComesLater: whoever is in no export before the third has no rows in the weeks before it.
func TestWhoComesLater(t *testing.T) {
	t.Parallel()
	s := threeExports(t, nil)
	each(t, s, "append", func(t *testing.T, d *database) {
		last := s.jobs[2].ID
		person := d.query(t, "SELECT u.person_id FROM clari_forecast_users u WHERE u.job_id = '"+last+"' AND NOT u.has_reports ORDER BY u.person_id")[0]["person_id"]
		before := d.weeksOf(t, "clari_person_week", person)
		for _, table := range []string{"users", "entries"} {
			d.exec(t, fmt.Sprintf("DELETE FROM clari_forecast_%s WHERE person_id = '%s' AND job_id <> '%s'", table, person, last))
		}
		d.exec(t, "UPDATE clari_forecast_exports SET users = users - 1 WHERE job_id <> '"+last+"'")
		d.exec(t, fmt.Sprintf("UPDATE clari_forecast_entries SET forecast_value = NULL, adjustment_value = NULL, is_updated = FALSE WHERE person_id = '%s' AND week_end_date < '2000-01-13'", person))
		got := d.weeksOf(t, "clari_person_week", person)
		if len(before) < 3 || len(got) != 1 || got[0]["membership"] != "known" || got[0]["week_start_date"] != before[len(before)-1]["week_start_date"] {
			t.Errorf("%v, and before the edit %v", got, before)
		}
		wrong := mutant(t, "clari_person_week", "h.first_whole IS NULL OR h.first_whole >= m.first_at", "1 = 1")
		if len(d.weeksOf(t, "("+wrong+")", person)) == 1 {
			t.Error("weeks before somebody came count, and nobody notices")
		}
		came := d.query(t, "SELECT c.job_id, c.change_type FROM clari_forecast_changes c WHERE c.person_id = '"+person+"' AND c.field_id IS NULL")
		equal(t, "who came", came, []row{{"job_id": last, "change_type": "came"}})
	})
}

// TestWhoChangesRoles: a person who has another user id since the third export is there once in each week, and has moved.
func TestWhoChangesRoles(t *testing.T) {
	t.Parallel()
	s := threeExports(t, nil)
	each(t, s, "append", func(t *testing.T, d *database) {
		last := s.jobs[2].ID
		person := d.query(t, "SELECT u.person_id FROM clari_forecast_users u WHERE u.job_id = '"+last+"' AND NOT u.has_reports ORDER BY u.person_id")[0]["person_id"]
		before := d.weeksOf(t, "clari_person_week", person)
		for _, table := range []string{"users", "entries"} {
			d.exec(t, fmt.Sprintf("UPDATE clari_forecast_%s SET user_id = '281000:new', role = 'Another' WHERE person_id = '%s' AND job_id = '%s'", table, person, last))
		}
		got := d.weeksOf(t, "clari_person_week", person)
		if len(got) != len(before) {
			t.Errorf("%d weeks, before the edit %d: %v", len(got), len(before), got)
		}
		for _, r := range got {
			if r["user_id"] != "281000:new" {
				t.Errorf("a week under the former id: %v", r)
			}
		}
		wrong := mutant(t, "clari_person_week", "WHERE r.claim = 3\n", "WHERE r.claim > 1\n")
		if len(d.weeksOf(t, "("+wrong+")", person)) == len(before) {
			t.Error("who changed roles is there twice, and nobody notices")
		}
		moved := d.query(t, "SELECT c.job_id, c.change_type, c.role_after FROM clari_forecast_changes c WHERE c.person_id = '"+person+"' AND c.field_id IS NULL")
		equal(t, "who moved", moved, []row{{"job_id": last, "change_type": "moved", "role_after": "Another"}})
	})
}

// TestChangesOfOtherTypes: exports with other types are not compared.
func TestChangesOfOtherTypes(t *testing.T) {
	t.Parallel()
	s := threeExports(t, map[string]any{"types": []string{"forecast"}})
	each(t, s, "append", func(t *testing.T, d *database) {
		amounts := "SELECT c.job_id, c.week_start_date FROM %s c WHERE c.field_id IS NOT NULL AND c.job_before = '" + s.jobs[0].ID + "'"
		if got := d.query(t, fmt.Sprintf(amounts, "clari_forecast_changes")); len(got) > 0 {
			t.Errorf("an export without quotas has changed them: %v", got[0])
		}
		if wrong := mutant(t, "clari_forecast_changes", "c.types_before = c.types AND ", ""); len(d.query(t, fmt.Sprintf(amounts, "("+wrong+")"))) == 0 {
			t.Error("types are not compared, and nobody notices")
		}
	})
}

// TestChangesOfLostRows: weeks of which rows were lost are not compared.
func TestChangesOfLostRows(t *testing.T) {
	t.Parallel()
	s := threeExports(t, nil)
	each(t, s, "append", func(t *testing.T, d *database) {
		last := s.jobs[2].ID
		lost := d.query(t, "SELECT e.time_frame_id, e.user_id FROM clari_forecast_entries e WHERE e.job_id = '"+last+"' ORDER BY e.time_frame_id, e.user_id")[0]
		of := "SELECT c.user_id FROM %s c WHERE c.job_id = '" + last + "' AND c.time_frame_id = '" + lost["time_frame_id"] + "'"
		d.exec(t, fmt.Sprintf("DELETE FROM clari_forecast_entries WHERE job_id = '%s' AND time_frame_id = '%s' AND user_id = '%s'", last, lost["time_frame_id"], lost["user_id"]))
		if got := d.query(t, fmt.Sprintf(of, "clari_forecast_changes")); len(got) > 0 {
			t.Errorf("a week with lost rows is compared: %v", got[0])
		}
		if wrong := mutant(t, "clari_forecast_changes", "c.rows_missing < 1 AND c.missing_before < 1", "1 = 1"); len(d.query(t, fmt.Sprintf(of, "("+wrong+")"))) == 0 {
			t.Error("lost rows are taken for changes, and nobody notices")
		}
	})
}

// TestWhoEntersNothing: who has no entry in a week is there all the same, and has not submitted. Weeks to come are not.
func TestWhoEntersNothing(t *testing.T) {
	t.Parallel()
	s := threeExports(t, nil)
	each(t, s, "overwrite", func(t *testing.T, d *database) {
		const rows = "SELECT p.user_id, p.effective_value, p.is_submitted FROM %s p WHERE p.week_start_date = (SELECT MAX(e.week_start_date) FROM clari_forecast_time_frames_current w JOIN clari_forecast_entries e ON e.time_frame_id = w.time_frame_id) AND p.field_name = 'Commit' AND p.user_id = '%s'"
		user := d.query(t, "SELECT u.user_id FROM clari_forecast_users_current u WHERE u.has_reports ORDER BY u.user_id")[0]["user_id"]
		d.exec(t, "DELETE FROM clari_forecast_entries WHERE user_id = '"+user+"' AND week_start_date = (SELECT MAX(week_start_date) FROM clari_forecast_entries)")
		equal(t, "who enters nothing", d.query(t, fmt.Sprintf(rows, "clari_person_week", user)), []row{{"user_id": user, "is_submitted": "0"}})
		if wrong := mutant(t, "clari_person_week", "LEFT JOIN entries e\n", "JOIN entries e\n"); len(d.query(t, fmt.Sprintf(rows, "("+wrong+")", user))) > 0 {
			t.Error("the mutant still has who enters nothing")
		}
		newest := "SELECT MAX(p.week_start_date) AS week FROM %s p"
		week := d.query(t, fmt.Sprintf(newest, "clari_person_week"))
		d.exec(t, "UPDATE clari_forecast_exports SET snapshot_date = '2000-01-05'")
		equal(t, "the newest week that has begun", d.query(t, fmt.Sprintf(newest, "clari_person_week")), []row{{"week": "2000-01-02"}})
		wrong := mutant(t, "clari_person_week", "WHERE w.start_date <= n.snapshot_date", "WHERE 1 = 1")
		equal(t, "with weeks to come", d.query(t, fmt.Sprintf(newest, "("+wrong+")")), week)
	})
}

// TestPairs: a call has a quota where a tab has one field of quotas, and where clari_quota_pairs names one.
func TestPairs(t *testing.T) {
	t.Parallel()
	fields := append(sim.Fields(3), sim.Field{ID: "quota_2", Name: "Stretch", Type: "quota"})
	s := tell(t, sim.Config{Tenant: sim.Tenant{People: 3, Tabs: []sim.Tab{{ID: "tab", Encoding: sim.Arrays, Fields: fields}}}}, map[string]any{
		"forecasts": []map[string]any{{"id": "tab", "types": allTypes}}, "periods": []string{"current"},
	}, false, day(3, 0))
	each(t, s, "overwrite", func(t *testing.T, d *database) {
		of := func() []row {
			return d.query(t, `SELECT field_name, MAX(quota_field) AS quota_field, MAX(CASE WHEN unpaired_quota THEN 1 ELSE 0 END) AS unpaired, COUNT(quota_value) AS n
				FROM clari_person_week GROUP BY field_name`)
		}
		equal(t, "two fields of quotas", of(), []row{{"field_name": "Commit", "unpaired": "1", "n": "0"}, {"field_name": "Best Case", "unpaired": "1", "n": "0"}})
		d.exec(t, "INSERT INTO clari_quota_pairs VALUES ('tab', 'Commit', 'Stretch')")
		weeks := d.query(t, "SELECT COUNT(c.quota_value) AS n FROM clari_forecast_current c WHERE c.field_name = 'Stretch' AND c.week_start_date <= '2000-01-04'")[0]["n"]
		equal(t, "a pair", of(), []row{{"field_name": "Commit", "unpaired": "0", "quota_field": "Stretch", "n": weeks}, {"field_name": "Best Case", "unpaired": "1", "n": "0"}})
		wrong := mutant(t, "clari_person_week", "HAVING COUNT(DISTINCT field_id) = 1", "HAVING COUNT(DISTINCT field_id) > 0")
		if got := d.query(t, "SELECT COUNT(*) AS n FROM ("+wrong+") k WHERE k.unpaired_quota"); got[0]["n"] != "0" {
			t.Errorf("the mutant pairs nothing: %v", got)
		}
		stretch := d.query(t, `SELECT COUNT(*) AS n FROM clari_person_week p JOIN clari_forecast_current c ON c.forecast_key = p.forecast_key AND c.user_id = p.user_id
			AND c.time_frame_id = p.time_frame_id AND c.field_name = 'Stretch' AND c.quota_value = p.quota_value`)[0]["n"]
		if stretch != weeks || strings.TrimLeft(weeks, "0") == "" {
			t.Errorf("%s of %s quotas are those of the pair", stretch, weeks)
		}
	})
}

// TestSecondRole: whoever takes a role beside another has not come, and whoever gives one of two up has not gone: both have moved.
func TestSecondRole(t *testing.T) {
	t.Parallel()
	s := threeExports(t, nil)
	each(t, s, "append", func(t *testing.T, d *database) {
		first, last := s.jobs[0].ID, s.jobs[2].ID
		people := d.query(t, "SELECT u.person_id, u.user_id, u.role FROM clari_forecast_users u WHERE u.job_id = '"+last+"' ORDER BY u.person_id")
		takes, gives := people[0], people[1]
		second := func(person row, jobs string) { // the same person in another role, in some exports
			d.exec(t, fmt.Sprintf("CREATE TEMP TABLE more AS SELECT * FROM clari_forecast_users WHERE person_id = '%s' AND job_id %s", person["person_id"], jobs))
			d.exec(t, "UPDATE more SET user_id = '281000:second', role = 'Second'")
			d.exec(t, fmt.Sprintf("INSERT INTO clari_forecast_users SELECT * FROM more; DROP TABLE more; UPDATE clari_forecast_exports SET users = users + 1 WHERE job_id %s", jobs))
		}
		second(takes, "= '"+last+"'")
		second(gives, "= '"+first+"'")
		const moved = "SELECT c.person_id, c.job_id, c.change_type, c.role_before, c.role_after FROM %s c WHERE c.field_id IS NULL AND c.person_id IN ('%s', '%s')"
		want := []row{
			{"person_id": takes["person_id"], "job_id": last, "change_type": "moved", "role_after": "Second"},
			{"person_id": gives["person_id"], "job_id": s.jobs[1].ID, "change_type": "moved", "role_before": "Second"},
		}
		got := func(from string) []row {
			return d.query(t, fmt.Sprintf(moved, from, takes["person_id"], gives["person_id"]))
		}
		equal(t, "second roles", got("clari_forecast_changes"), want)
		if wrong := mutant(t, "clari_forecast_changes", "MAX(r.person_was) AS was_there", "MAX(r.was_there) AS was_there"); len(difference(got("("+wrong+")"), want)) == 0 {
			t.Error("a second role is taken for somebody new, and nobody notices")
		}
	})
}

// TestSubmissionsAfterKilledSync: who left before this week is not on its list, also when a sync was killed after the newest that landed.
func TestSubmissionsAfterKilledSync(t *testing.T) {
	t.Parallel()
	s, _ := play(t, []step{{day: 1}, {day: 12}, {day: 13, killed: true}})
	s.asTables = true
	for _, mode := range []string{"overwrite", "append"} {
		t.Run(mode, func(t *testing.T) {
			each(t, s, mode, func(t *testing.T, d *database) {
				var want, left []row
				for u := range oracle.Of(s.jobs[1])["clari_forecast_users"] {
					want = append(want, row{"user_id": u["user_id"].(string)}, row{"user_id": u["user_id"].(string)}) // in Commit and Best Case
				}
				for u := range oracle.Of(s.jobs[0])["clari_forecast_users"] {
					if !slices.ContainsFunc(want, func(r row) bool { return r["user_id"] == u["user_id"] }) {
						left = append(left, row{"user_id": u["user_id"].(string)})
					}
				}
				if len(left) != 2 {
					t.Fatalf("%d people have left", len(left))
				}
				var got []row
				for _, r := range d.file(t, "submissions") {
					if r["is_this_week"] == "1" {
						got = append(got, row{"user_id": r["user_id"]})
					}
				}
				equal(t, "this week", got, want)
				wrong := mutant(t, "clari_person_week", "(w.start_date <= m.snapshot_date", "(1 = 1")
				back := d.query(t, fmt.Sprintf("SELECT k.user_id FROM (%s) k WHERE k.user_id = '%s' AND k.week_start_date = '2000-01-09'", wrong, left[0]["user_id"]))
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
	s := threeExports(t, nil)
	each(t, s, "overwrite", func(t *testing.T, d *database) {
		people := d.query(t, "SELECT u.user_id FROM clari_forecast_users_current u WHERE u.manager_user_id IS NOT NULL ORDER BY u.user_id")
		came, went := people[0]["user_id"], people[1]["user_id"]
		const clear = "UPDATE clari_forecast_entries SET forecast_value = NULL, adjustment_value = NULL WHERE user_id = '%s' AND week_start_date = '%s'"
		d.exec(t, fmt.Sprintf(clear, came, "2000-01-02"))
		d.exec(t, fmt.Sprintf(clear, went, "2000-01-09"))
		kinds := func(text string) []row {
			return d.answer(t, fmt.Sprintf("SELECT w.user_id, w.kind FROM (%s) w WHERE w.kind <> 'own' AND w.field_name = 'Commit' AND w.user_id IN ('%s', '%s')", text, came, went))
		}
		want := []row{{"user_id": came, "kind": "new"}, {"user_id": went, "kind": "gone"}}
		equal(t, "waterfall", kinds(byName("waterfall").Select), want)
		for _, part := range []string{"WHEN s.was IS NULL THEN 'new' ", "WHEN s.is_now IS NULL THEN 'gone' "} {
			if len(difference(kinds(mutant(t, "waterfall", part, "WHEN 1 = 0 THEN '' ")), want)) == 0 {
				t.Errorf("without %s, and nobody notices", part)
			}
		}
	})
}
