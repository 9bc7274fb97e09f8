package present

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
	"github.com/cq-source-clari/cq-source-clari/test/queries/truth"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

var (
	latestWeek = map[string]any{"include_historical": false}
	allWeeks   = map[string]any{"include_historical": true}
)

// worlds are those of which the floor decides what is present.
var worlds = map[string][]story.Step{
	"killed while it sends":                        {{Day: 1}, {Day: 5, Killed: true}},
	"killed, then landed":                          {{Day: 1}, {Day: 5, Killed: true}, {Day: 11}},
	"killed at first":                              {{Day: 1, Killed: true}},
	"the shape changes":                            {{Day: 1}, {Day: 5, Spec: map[string]any{"export_format": "csv"}}},
	"the shape changes in a sync that is killed":   {{Day: 1}, {Day: 5, Spec: map[string]any{"export_format": "csv"}, Killed: true}},
	"the shape changes and back":                   {{Day: 1}, {Day: 5, Spec: map[string]any{"export_format": "csv"}}, {Day: 11, Spec: map[string]any{"export_format": "json"}}},
	"the latest week after all weeks":              {{Day: 1}, {Day: 5, Spec: latestWeek}, {Day: 12, Spec: latestWeek}},
	"the latest week, killed, after all weeks":     {{Day: 1}, {Day: 5, Spec: latestWeek}, {Day: 7, Spec: latestWeek, Killed: true}},
	"all weeks, killed, after the latest week":     {{Day: 1}, {Day: 5, Spec: latestWeek}, {Day: 12, Spec: allWeeks, Killed: true}},
	"the latest week alone":                        {{Day: 1, Spec: latestWeek}, {Day: 5, Spec: latestWeek}, {Day: 12, Spec: latestWeek}},
	"landed again":                                 {{Day: 1}, {Day: 5, Again: true}},
	"the latest week in another shape":             {{Day: 1}, {Day: 5, Spec: map[string]any{"export_format": "csv", "include_historical": false}}},
	"landed again after a later one was killed":    {{Day: 1, Again: true}, {Day: 5, Killed: true}},
	"everybody of a week left before the newest":   {{Day: 1}, {Day: 12, Spec: latestWeek}, {Day: 13, Spec: latestWeek}},
	"the latest week landed again, then all again": {{Day: 1}, {Day: 5, Spec: latestWeek, Again: true}, {Day: 12, Spec: allWeeks, Again: true}},
}

// TestFloor: what is present, in worlds in which syncs are killed, shapes and weeks change, and results land again.
func TestFloor(t *testing.T) {
	t.Parallel()
	for name, steps := range worlds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, all := story.Play(t, steps)
			for _, mode := range []string{"overwrite", "append"} {
				t.Run(mode, func(t *testing.T) {
					story.Each(t, s, mode, func(t *testing.T, d *story.Database) {
						markAgain(t, d, steps, all)
						for table, view := range map[string]string{
							"clari_forecast_entries": "clari_forecast_current", "clari_forecast_users": "clari_forecast_users_current",
							"clari_forecast_fields": "clari_forecast_fields_current", "clari_forecast_time_frames": "clari_forecast_time_frames_current",
						} {
							compare(t, d, view, "SELECT * FROM "+view, atFloor(table, all, mode))
						}
						compare(t, d, "who is known and present", "SELECT * FROM clari_forecast_last_known WHERE in_latest_export", atFloor("clari_forecast_entries", all, mode))
						gone(t, d)
					})
				})
			}
		})
	}
}

// markAgain says of exports that their stored result landed once more.
func markAgain(t *testing.T, d *story.Database, steps []story.Step, all []story.Sent) {
	t.Helper()
	for i, st := range steps {
		if st.Again {
			d.Exec(t, fmt.Sprintf("UPDATE clari_forecast_exports SET outcome = 'landed_again' WHERE job_id = '%s'", all[i].Rows["clari_forecast_exports"][0]["job_id"]))
		}
	}
}

// atFloor are the rows of a table that are present: of each key the newest at or above its floor, rows of a killed sync only where nothing
// landed is.
func atFloor(table string, all []story.Sent, mode string) []world.Row {
	columns := truth.KeyOf[table]
	type held struct {
		world.Row
		sync int
	}
	var there []held
	for i, one := range all {
		for _, r := range one.Rows[table] {
			if mode == "overwrite" {
				there = slices.DeleteFunc(there, func(h held) bool { return rowKey(h.Row, columns) == rowKey(r, columns) })
			}
			there = append(there, held{r, i})
		}
	}
	export := func(i int) world.Row { return all[i].Rows["clari_forecast_exports"][0] }
	isFlat := func(i int) bool { return all[i].Rows["clari_forecast_users"][0]["clari_user_id"] == nil }
	newest := -1
	for i, one := range all {
		if one.Landed {
			newest = i
		}
	}
	floor := func(r world.Row) int {
		first := cmp.Or(text(r["week_start_date"]), text(r["start_date"]))
		for i := newest; i >= 0; i-- {
			if !all[i].Landed || isFlat(i) != isFlat(newest) {
				continue
			}
			x := export(i)
			if x["include_historical"] == true || first != "" && text(x["first_week_start"]) <= first && first <= text(x["last_week_start"]) {
				return i
			}
		}
		return 0
	}
	best := map[string]held{}
	for _, h := range there {
		ofShape := newest < 0 || isFlat(h.sync) == isFlat(newest) || table == "clari_forecast_time_frames" && !all[h.sync].Landed // weeks have one id in all shapes
		if h.sync < floor(h.Row) || !ofShape {
			continue
		}
		k := rowKey(h.Row, columns)
		if b, ok := best[k]; !ok || all[h.sync].Landed || !all[b.sync].Landed {
			best[k] = h
		}
	}
	var rows []world.Row
	for _, h := range best {
		rows = append(rows, h.Row)
	}
	return rows
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func rowKey(r world.Row, columns []string) string {
	var b strings.Builder
	for _, name := range columns {
		fmt.Fprintf(&b, "%v|", r[name])
	}
	return b.String()
}

// compare holds a query to rows, in their key, their job and their call.
func compare(t *testing.T, d *story.Database, what, query string, rows []world.Row) {
	t.Helper()
	var want []story.Row
	for _, r := range rows {
		one := story.Row{}
		for _, name := range []string{"forecast_key", "time_period_id", "time_frame_id", "user_id", "field_id", "job_id", "forecast_value", "quota_value", "person_id"} {
			if v, ok := story.Plain(name, r[name]); ok {
				one[name] = v
			}
		}
		want = append(want, one)
	}
	story.Equal(t, what, d.Query(t, query), want)
}

// gone: whoever is known and not present is not present in that week and field under another id either.
func gone(t *testing.T, d *story.Database) {
	t.Helper()
	twice := d.Query(t, `SELECT k.person_id FROM clari_forecast_last_known k
		JOIN clari_forecast_current c ON c.forecast_key = k.forecast_key AND c.time_frame_id = k.time_frame_id AND c.person_id = k.person_id AND c.field_id = k.field_id
		WHERE NOT k.in_latest_export`)
	if len(twice) > 0 {
		t.Errorf("%d rows of people who are there are known as gone, such as %v", len(twice), twice[0])
	}
}
