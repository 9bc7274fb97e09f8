// Package around runs the queries of the docs on what is around forecasts: activities, opportunities and audit events, in SQLite. Other databases answer
// them alike: package queries compares that.
package around

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	expected "github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

func TestAPIUseByActor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		s, d := land(t, sim.Config{}, map[string]any{"audit": map[string]any{"since": "1999-12-20"}})
		type key struct{ day, actor string }
		calls, exports := map[key]int{}, map[key]int{}
		for e := range s.AuditEvents(time.Date(1999, 12, 20, 0, 0, 0, 0, time.UTC), now, now) {
			k := key{e.At.Format(time.DateOnly), e.ActorID}
			switch {
			case strings.HasPrefix(e.Event, "api."):
				calls[k]++
			case strings.HasPrefix(e.Event, "export"):
				exports[k]++
			}
		}
		n, averages := 0, 0
		differs := func(text string) (wrong []string) {
			rows, err := d.Conn.QueryContext(t.Context(), text)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for rows.Next() {
				var k key
				var actorType, name, email string
				var gotCalls, gotExports, addresses, sessions int
				var average sql.NullFloat64
				if err := rows.Scan(&k.day, &k.actor, &actorType, &name, &email, &gotCalls, &gotExports, &addresses, &sessions, &average); err != nil {
					t.Fatal(err)
				}
				n++
				if wantName, wantEmail := s.Actor(k.actor); gotCalls != calls[k] || gotExports != exports[k] || name != wantName || email != wantEmail || sessions == 0 {
					wrong = append(wrong, fmt.Sprintf("%v %s %s: %d calls, %d exports, want %d and %d", k, name, email, gotCalls, gotExports, calls[k], exports[k]))
				}
				before, days := 0, 0
				for back := 1; back < 12 && days < 7; back++ { // only days with use count
					day, _ := time.Parse(time.DateOnly, k.day)
					b := key{day.AddDate(0, 0, -back).Format(time.DateOnly), k.actor}
					if use := calls[b] + exports[b]; use > 0 {
						before, days = before+use, days+1
					}
				}
				if average.Valid != (days > 0) || average.Valid && fmt.Sprintf("%.3f", average.Float64) != fmt.Sprintf("%.3f", float64(before)/float64(days)) {
					wrong = append(wrong, fmt.Sprintf("%v: average %v, want %d in %d days", k, average, before, days))
				}
				if average.Valid {
					averages++
				}
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			return wrong
		}
		if wrong := differs(story.ByName("api_use_by_actor").Select); len(wrong) > 0 || n < 20 || averages == 0 {
			t.Errorf("%d rows, %d averages\n%s", n, averages, strings.Join(wrong, "\n"))
		}
		for part, instead := range map[string]string{"AND 1 PRECEDING": "AND CURRENT ROW", "event LIKE 'export%' THEN 1": "event LIKE 'api.%' THEN 1"} {
			if len(differs(story.Mutant(t, "api_use_by_actor", part, instead))) == 0 {
				t.Errorf("%q in place of %q, and nobody notices", instead, part)
			}
		}
	})
}

// land syncs once, and lands that with its views. It stays in the bubble of the test, which then asks the stand-in.
func land(t *testing.T, cfg sim.Config, spec map[string]any) (*sim.Server, *story.Database) {
	t.Helper()
	spec["delay_between_exports"] = "0s"
	w := world.New(t, cfg, spec)
	sent := w.Collect()
	if sent.Err != nil {
		t.Fatal(sent.Err)
	}
	told := &story.Story{Syncs: []story.Sync{{At: time.Now(), Stream: sent.Stream}}, Today: time.Now()}
	d := story.Land(t, told, "SQLite", "overwrite")
	d.MakeViews(t, told)
	return w.Sim, d
}

// withActivities syncs forecasts and activities of the same weeks.
func withActivities(t *testing.T) (*sim.Server, *story.Database, time.Time) {
	t.Helper()
	time.Sleep(14*24*time.Hour + 10*time.Minute)
	now := time.Now()
	s, d := land(t, sim.Config{Around: sim.Around{ActivityEvery: 3 * time.Hour}}, map[string]any{
		"activities": map[string]any{"since": "1999-11-01"}, "opportunities": map[string]any{},
	})
	return s, d, now
}

// weeksOf finds the week of the forecast that a day is in.
func weeksOf(s *sim.Server) func(day time.Time) (start time.Time, ok bool) {
	var frames [][2]string // first and last day
	for _, job := range s.Ledger().Created() {
		if job.Activities == nil {
			for f := range expected.Of(job)["clari_forecast_time_frames"] {
				frames = append(frames, [2]string{fmt.Sprint(f["start_date"]), fmt.Sprint(f["end_date"])})
			}
		}
	}
	return func(day time.Time) (time.Time, bool) {
		of := day.Format(time.DateOnly)
		for _, f := range frames {
			if start, err := time.Parse(time.DateOnly, f[0]); err == nil && f[0] <= of && of <= f[1] {
				return start, true
			}
		}
		return time.Time{}, false
	}
}

func activities(s *sim.Server, now time.Time) func(func(sim.Activity) bool) {
	return s.Activities(sim.Activities{
		First: time.Date(1999, 11, 1, 0, 0, 0, 0, time.UTC), Last: now.Truncate(24 * time.Hour), Types: sim.ActivityTypes, At: now,
	})
}

func TestActivityPerOpportunity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d, now := withActivities(t)
		weekOf := weeksOf(s)
		want := map[string]int{}
		for a := range activities(s, now) {
			start, ok := weekOf(a.At)
			if !ok {
				continue
			}
			for _, id := range a.Opportunities {
				key := id + " " + start.Format(time.DateOnly)
				kind := map[string]string{"MEETING": "meetings", "EMAIL_SENT": "sent", "EMAIL_RECEIVED": "received"}[a.Type]
				if kind == "" {
					kind = "attachments"
				}
				want[key+" "+kind]++
				if len(a.Participants) > 1 {
					want[key+" with customer"]++
				}
			}
		}
		rows, err := d.Conn.QueryContext(t.Context(), story.ByName("activity_per_opportunity").Select)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		got := map[string]int{}
		for rows.Next() {
			var id, name, start string
			var meetings, sent, received, attachments, customer int
			var score float64
			if err := rows.Scan(&id, &name, &start, &meetings, &sent, &received, &attachments, &customer, &score); err != nil {
				t.Fatal(err)
			}
			for kind, n := range map[string]int{"meetings": meetings, "sent": sent, "received": received, "attachments": attachments, "with customer": customer} {
				if n > 0 {
					got[id+" "+start[:10]+" "+kind] = n
				}
			}
			if o := s.Opportunity(id); score != o.Score || !strings.HasPrefix(name, "Deal 006") {
				t.Errorf("%s %q has score %v", id, name, score)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) < 50 {
			t.Errorf("%d lines%s", len(got), diff)
		}
	})
}

func TestActivityBesideCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d, now := withActivities(t)
		weekOf := weeksOf(s)
		want := map[string]int{} // person and week
		for a := range activities(s, now) {
			if start, ok := weekOf(a.At); ok && a.Owner != "" {
				want[a.Owner+" "+start.Format(time.DateOnly)]++
			}
		}
		rows, err := d.Conn.QueryContext(t.Context(), story.ByName("activity_beside_call").Select)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		calls, matched := 0, map[string]bool{}
		for rows.Next() {
			var forecast, scope, currency, period, timePeriod, start, user, field string
			var person sql.NullString
			var value float64
			var change sql.NullFloat64
			var meetings, emails, all int
			if err := rows.Scan(&forecast, &scope, &currency, &period, &timePeriod, &start, &user, &person, &field, &value, &change, &meetings, &emails, &all); err != nil {
				t.Fatal(err)
			}
			calls++
			key := person.String + " " + start[:10]
			if all != want[key] || meetings+emails > all {
				t.Errorf("%s %s: %d activities, want %d", user, start, all, want[key])
			}
			if all > 0 {
				matched[key] = true
			}
		}
		if err := rows.Err(); err != nil || calls == 0 || len(matched) < 20 {
			t.Errorf("%d calls, %d with activities, %v", calls, len(matched), err)
		}
	})
}

// TestChangeBesideCall: a call's change is that of its own field, also where all fields have one label.
func TestChangeBesideCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, d, _ := withActivities(t)
		d.Exec(t, "UPDATE clari_forecast_entries SET field_name = 'Commit'")
		calls := map[string]map[string]float64{} // period, user and field to week to call
		for _, job := range s.Ledger().Created() {
			if job.Activities != nil {
				continue
			}
			for e := range expected.Of(job)["clari_forecast_entries"] {
				if call, ok := e["forecast_value"].(float64); ok {
					k := fmt.Sprint(e["time_period_id"], " ", e["user_id"], " ", e["field_id"])
					if calls[k] == nil {
						calls[k] = map[string]float64{}
					}
					calls[k][fmt.Sprint(e["week_start_date"])] = call
				}
			}
		}
		want := map[string]string{}
		for k, weeks := range calls {
			var before float64
			for i, week := range slices.Sorted(maps.Keys(weeks)) {
				if i > 0 {
					want[k+" "+week] = fmt.Sprintf("%.2f", weeks[week]-before)
				}
				before = weeks[week]
			}
		}
		changes := func(text string) map[string]string {
			rows, err := d.Conn.QueryContext(t.Context(), "SELECT q.time_period_id || ' ' || q.user_id || ' ' || q.field_id || ' ' || SUBSTR(q.week, 1, 10), q.change FROM ("+text+") q WHERE q.change IS NOT NULL")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			got := map[string]string{}
			for rows.Next() {
				var k string
				var change float64
				if err := rows.Scan(&k, &change); err != nil {
					t.Fatal(err)
				}
				got[k] = fmt.Sprintf("%.2f", change)
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			return got
		}
		text := story.ByName("activity_beside_call").Select
		if diff := cmp.Diff(want, changes(text)); diff != "" || len(want) < 50 {
			t.Errorf("%d changes%s", len(want), diff)
		}
		if cmp.Equal(want, changes(story.Mutant(t, "activity_beside_call", "c.user_id, c.field_id\n", "c.user_id, c.field_name\n"))) {
			t.Error("fields with one label are taken for one, and nobody notices")
		}
	})
}

// TestTwoTabs: an activity counts once, also where tabs cut their weeks differently.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, d, _ := withActivities(t)
		const total = "SELECT SUM(q.meetings + q.emails_sent + q.emails_received + q.attachments) FROM (%s) q"
		count := func(text string) (n int) {
			t.Helper()
			if err := d.Conn.QueryRowContext(t.Context(), text).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		perOpportunity, besideCall := story.ByName("activity_per_opportunity").Select, story.ByName("activity_beside_call").Select
		const ofFirst = "SELECT SUM(q.activities) FROM (%s) q WHERE q.forecast_id = 'forecast'"
		before, beside := count(fmt.Sprintf(total, perOpportunity)), count(fmt.Sprintf(ofFirst, besideCall))
		// A second tab, whose weeks begin three days later, and a third, whose weeks end early.
		for _, tab := range [][3]string{{"later", "+3 days", "+3 days"}, {"shorter", "+0 days", "-4 days"}} {
			for _, text := range []string{
				`CREATE TEMP TABLE x AS SELECT * FROM clari_forecast_exports WHERE forecast_id = 'forecast'`,
				`UPDATE x SET forecast_id = '%[1]s', forecast_key = '%[1]s' || forecast_key, job_id = job_id || '%[1]s', _cq_id = _cq_id || '%[1]s'`,
				`INSERT INTO clari_forecast_exports SELECT * FROM x`,
				`CREATE TEMP TABLE y AS SELECT * FROM clari_forecast_time_frames WHERE forecast_id = 'forecast'`,
				`UPDATE y SET forecast_id = '%[1]s', forecast_key = '%[1]s' || forecast_key, job_id = job_id || '%[1]s', _cq_id = _cq_id || '%[1]s',
					start_date = date(start_date, '%[2]s'), end_date = date(end_date, '%[3]s'), time_frame_id = '%[1]s' || time_frame_id`,
				`INSERT INTO clari_forecast_time_frames SELECT * FROM y`, `DROP TABLE x`, `DROP TABLE y`,
			} {
				if strings.Contains(text, "%") {
					text = fmt.Sprintf(strings.NewReplacer("%[2]s", tab[1], "%[3]s", tab[2]).Replace(text), tab[0])
				}
				d.Exec(t, text)
			}
		}
		if got := count(fmt.Sprintf(total, perOpportunity)); got < before || float64(got) > 1.1*float64(before) { // days before the first week are in the other grid
			t.Errorf("%d activities of opportunities, before %d", got, before)
		}
		if got := count(fmt.Sprintf(ofFirst, besideCall)); got != beside {
			t.Errorf("%d activities beside calls, before %d", got, beside)
		}
		wrong := story.Mutant(t, "activity_per_opportunity", "JOIN weeks w ON w.activity_id = a.activity_id", "JOIN clari_forecast_time_frames_current w ON DATE(a.occurred_at) BETWEEN w.start_date AND w.end_date")
		if count(fmt.Sprintf(total, wrong)) < 2*before {
			t.Error("activities count once for each tab, and nobody notices")
		}
		if wrong := story.Mutant(t, "activity_beside_call", " AND a.end_date = w.end_date", ""); count(fmt.Sprintf(ofFirst, wrong)) == beside {
			t.Error("weeks that end early count with others, and nobody notices")
		}
	})
}

// TestCurrentViews: each view has as many rows as its table has keys.
func TestCurrentViews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, d, _ := withActivities(t)
		seen := 0
		for _, q := range queries.All() {
			table := strings.TrimSuffix(q.Name, "_current")
			if !strings.HasSuffix(q.Name, "_current") || strings.HasPrefix(table, "clari_forecast") || strings.HasPrefix(table, "clari_audit") {
				continue
			}
			var got, want int
			text := fmt.Sprintf("SELECT (SELECT COUNT(*) FROM %s), COUNT(DISTINCT _cq_id) FROM %s", q.Name, table)
			if err := d.Conn.QueryRowContext(t.Context(), text).Scan(&got, &want); err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("%s has %d rows, and its table %d keys", q.Name, got, want)
			}
			if want > 0 {
				seen++
			}
		}
		if seen < 6 {
			t.Errorf("%d tables have rows", seen)
		}
	})
}
