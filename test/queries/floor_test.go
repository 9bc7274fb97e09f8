package queries

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// step is a sync of a world in which something is unlike the sync before.
type step struct {
	day    int
	spec   map[string]any // what changes
	killed bool           // while it sends entries: half of them arrive, and nothing after them
	again  bool           // its exports count as landed once more, not as exported
}

// sent is what arrived of a sync.
type sent struct {
	rows   map[string][]world.Row
	landed bool
}

var (
	latestWeek = map[string]any{"include_historical": false}
	allWeeks   = map[string]any{"include_historical": true}
)

// worlds are those of which the floor decides what is present.
var worlds = map[string][]step{
	"killed while it sends":                        {{day: 1}, {day: 5, killed: true}},
	"killed, then landed":                          {{day: 1}, {day: 5, killed: true}, {day: 11}},
	"killed at first":                              {{day: 1, killed: true}},
	"the shape changes":                            {{day: 1}, {day: 5, spec: map[string]any{"export_format": "csv"}}},
	"the shape changes in a sync that is killed":   {{day: 1}, {day: 5, spec: map[string]any{"export_format": "csv"}, killed: true}},
	"the shape changes and back":                   {{day: 1}, {day: 5, spec: map[string]any{"export_format": "csv"}}, {day: 11, spec: map[string]any{"export_format": "json"}}},
	"the latest week after all weeks":              {{day: 1}, {day: 5, spec: latestWeek}, {day: 12, spec: latestWeek}},
	"the latest week, killed, after all weeks":     {{day: 1}, {day: 5, spec: latestWeek}, {day: 7, spec: latestWeek, killed: true}},
	"all weeks, killed, after the latest week":     {{day: 1}, {day: 5, spec: latestWeek}, {day: 12, spec: allWeeks, killed: true}},
	"the latest week alone":                        {{day: 1, spec: latestWeek}, {day: 5, spec: latestWeek}, {day: 12, spec: latestWeek}},
	"landed again":                                 {{day: 1}, {day: 5, again: true}},
	"the latest week in another shape":             {{day: 1}, {day: 5, spec: map[string]any{"export_format": "csv", "include_historical": false}}},
	"landed again after a later one was killed":    {{day: 1, again: true}, {day: 5, killed: true}},
	"everybody of a week left before the newest":   {{day: 1}, {day: 12, spec: latestWeek}, {day: 13, spec: latestWeek}},
	"the latest week landed again, then all again": {{day: 1}, {day: 5, spec: latestWeek, again: true}, {day: 12, spec: allWeeks, again: true}},
}

// TestFloor: what is present, in worlds in which syncs are killed, shapes and weeks change, and results land again.
func TestFloor(t *testing.T) {
	t.Parallel()
	for name, steps := range worlds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, all := play(t, steps)
			for _, mode := range []string{"overwrite", "append"} {
				t.Run(mode, func(t *testing.T) {
					each(t, s, mode, func(t *testing.T, d *database) {
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

// play runs the syncs of a world, and cuts what those sent that were killed.
func play(t *testing.T, steps []step) (*story, []sent) {
	t.Helper()
	s, all := &story{}, []sent(nil)
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Tenant: sim.Tenant{
			People: 6, Span: 2, ChangeEvery: 12 * time.Hour, Leavers: map[int]time.Time{4: day(3, 0), 5: day(9, 0)},
			Tabs: []sim.Tab{{ID: "net_arr", Encoding: sim.Arrays, Fields: sim.Fields(3)}},
		}}, map[string]any{"periods": []string{"current"}, "delay_between_exports": "0s", "fiscal_year_start_month": 2})
		for _, st := range steps {
			time.Sleep(time.Until(day(st.day, 6)))
			for name, v := range st.spec {
				if name == "include_historical" || name == "types" {
					w.Spec["forecasts"].([]map[string]any)[0][name] = v
				} else {
					w.Spec[name] = v
				}
			}
			l := w.Collect()
			if l.Err != nil {
				t.Fatal(l.Err)
			}
			one := sent{l.Rows, !st.killed}
			if st.killed {
				l.Stream, one.rows = cut(l)
			}
			s.syncs, all = append(s.syncs, recorded{time.Now(), l.Stream}), append(all, one)
		}
		s.jobs, s.today = w.Sim.Ledger().Created(), time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	})
	return s, all
}

// cut is what a destination has of a sync that was killed when half of the entries were written. That tables are there came before.
func cut(l *world.Sent) (stream []message.SyncMessage, rows map[string][]world.Row) {
	rows, done := map[string][]world.Row{}, false
	for _, m := range l.Stream {
		insert, ok := m.(*message.SyncInsert)
		if !ok {
			stream = append(stream, m)
			continue
		}
		name, _ := insert.Record.Schema().Metadata().GetValue("cq:table_name")
		n := insert.Record.NumRows()
		if name == "clari_forecast_entries" && !done {
			n /= 2
		}
		if !done {
			stream = append(stream, &message.SyncInsert{Record: insert.Record.NewSlice(0, n)})
			before := len(rows[name])
			rows[name] = append(rows[name], l.Rows[name][before:before+int(n)]...)
		}
		done = done || name == "clari_forecast_entries"
	}
	return stream, rows
}

// markAgain says of exports that their stored result landed once more.
func markAgain(t *testing.T, d *database, steps []step, all []sent) {
	t.Helper()
	for i, st := range steps {
		if st.again {
			d.exec(t, fmt.Sprintf("UPDATE clari_forecast_exports SET outcome = 'landed_again' WHERE job_id = '%s'", all[i].rows["clari_forecast_exports"][0]["job_id"]))
		}
	}
}

// atFloor are the rows of a table that are present: of each key the newest at or above its floor, rows of a killed sync only where nothing
// landed is.
func atFloor(table string, all []sent, mode string) []world.Row {
	columns := keyOf[table]
	type held struct {
		world.Row
		sync int
	}
	var there []held
	for i, one := range all {
		for _, r := range one.rows[table] {
			if mode == "overwrite" {
				there = slices.DeleteFunc(there, func(h held) bool { return rowKey(h.Row, columns) == rowKey(r, columns) })
			}
			there = append(there, held{r, i})
		}
	}
	export := func(i int) world.Row { return all[i].rows["clari_forecast_exports"][0] }
	isFlat := func(i int) bool { return all[i].rows["clari_forecast_users"][0]["clari_user_id"] == nil }
	newest := -1
	for i, one := range all {
		if one.landed {
			newest = i
		}
	}
	floor := func(r world.Row) int {
		first := cmp.Or(text(r["week_start_date"]), text(r["start_date"]))
		for i := newest; i >= 0; i-- {
			if !all[i].landed || isFlat(i) != isFlat(newest) {
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
		ofShape := newest < 0 || isFlat(h.sync) == isFlat(newest) || table == "clari_forecast_time_frames" && !all[h.sync].landed // weeks have one id in all shapes
		if h.sync < floor(h.Row) || !ofShape {
			continue
		}
		k := rowKey(h.Row, columns)
		if b, ok := best[k]; !ok || all[h.sync].landed || !all[b.sync].landed {
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
func compare(t *testing.T, d *database, what, query string, rows []world.Row) {
	t.Helper()
	var want []row
	for _, r := range rows {
		one := row{}
		for _, name := range []string{"forecast_key", "time_period_id", "time_frame_id", "user_id", "field_id", "job_id", "forecast_value", "quota_value", "person_id"} {
			if v, ok := plain(name, r[name]); ok {
				one[name] = v
			}
		}
		want = append(want, one)
	}
	equal(t, what, d.query(t, query), want)
}

// gone: whoever is known and not present is not present in that week and field under another id either.
func gone(t *testing.T, d *database) {
	t.Helper()
	twice := d.query(t, `SELECT k.person_id FROM clari_forecast_last_known k
		JOIN clari_forecast_current c ON c.forecast_key = k.forecast_key AND c.time_frame_id = k.time_frame_id AND c.person_id = k.person_id AND c.field_id = k.field_id
		WHERE NOT k.in_latest_export`)
	if len(twice) > 0 {
		t.Errorf("%d rows of people who are there are known as gone, such as %v", len(twice), twice[0])
	}
}
