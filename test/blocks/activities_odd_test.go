package blocks

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// oneWindow is a world of one window of activities whose result is given.
func oneWindow(t *testing.T, body string, more map[string]any) *world.World {
	fields := map[string]any{"activities": map[string]any{"since": "1999-12-25"}, "forecasts": []map[string]any{{"id": "net_arr"}}}
	for key, value := range more {
		fields[key] = value
	}
	return world.New(t, sim.Config{Intercept: world.Answer(func(w http.ResponseWriter) { _, _ = io.WriteString(w, body) })}, fields)
}

// TestActivitiesOdd: what no column takes is counted in the export's row, and told once with a harmless example.
func TestActivitiesOdd(t *testing.T) {
	t.Parallel()
	const body = `{"total":2,"activities":[
		{"activityId":"a","date":"soon","subject":{"text":"Hi"},"mood":"good","participants":[{"email":"a@x","isInternal":"perhaps","team":1},{"isInternal":true}]},
		{"activityId":"b\u0000","date":"Dec 1","mood":"bad","accounts":[{"accountId":"1","tier":1}]}]}`
	synctest.Test(t, func(t *testing.T) {
		w := oneWindow(t, body, nil)
		if err := w.Sync(world.Only("clari_activities", "clari_activity_*")); err != nil {
			t.Fatal(err)
		}
		row := w.Destination.Rows("clari_activity_exports", nil)[0]
		if fmt.Sprint(row["values_unread"], row["labels_unknown"]) != "6 4" { // two dates, a subject, a flag, a NUL, somebody without a name; total, mood, team, tier
			t.Errorf("values_unread %v, labels_unknown %v", row["values_unread"], row["labels_unknown"])
		}
		told := map[string]float64{}
		for _, line := range w.Logs.Parsed(t) {
			if line["level"] != "warn" {
				continue
			}
			if line["window_start"] != "1999-12-25" {
				t.Errorf("no window in %v", line)
			}
			for _, name := range []string{"values_unread", "labels_unknown"} {
				if n, ok := line[name].(float64); ok {
					where, _ := line["column"].(string)
					if where == "" {
						where, _ = line["label"].(string)
					}
					example, _ := line["example"].(string)
					told[where+" "+example] = n
				}
			}
		}
		want := map[string]float64{
			"occurred_at aaaa": 2, `subject {"aaaa":"aa"}`: 1, "is_internal aaaaaaa": 1, "NUL character ": 1, `element without an id {"aaaaaaaaaa":aaaa}`: 1,
			"member total": 1, "key of activities mood": 1, "key of participants team": 1, "key of accounts tier": 1,
		}
		for key, n := range want {
			if told[key] != n {
				t.Errorf("%q is told of %v, want %v", key, told[key], n)
			}
		}
		if len(told) != len(want) {
			t.Errorf("told: %v", told)
		}
	})
}

// TestActivitiesPartial: half a result is no result, and the window is tried again the next day.
func TestActivitiesPartial(t *testing.T) {
	t.Parallel()
	for _, member := range []string{`"error":{"code":500}`, `"errors":["half"]`, `"truncated":true`, `"nextLink":"https://api.clari.com/2"`, `"nextPage":2`} {
		for _, body := range []string{`{"activities":[{"activityId":"a"}],` + member + `}`, `{` + member + `,"activities":[{"activityId":"a"}]}`} {
			synctest.Test(t, func(t *testing.T) {
				w := oneWindow(t, body, nil)
				err := w.Sync(world.Only("clari_activities", "clari_activity_*"))
				if err == nil || !strings.Contains(err.Error(), "partial result: it says so itself") {
					t.Errorf("%s: %v", body, err)
				}
				if n := len(w.Destination.Rows("clari_activities", nil)); n != 0 {
					t.Errorf("%s: %d rows", body, n)
				}
			})
		}
	}
	for _, member := range []string{`"error":null`, `"errors":[]`, `"truncated":false`, `"nextLink":""`} {
		synctest.Test(t, func(t *testing.T) {
			w := oneWindow(t, `{"activities":[{"activityId":"a"}],`+member+`}`, nil)
			w.MustSync(world.Only("clari_activities", "clari_activity_*"))
			if row := w.Destination.Rows("clari_activity_exports", nil)[0]; fmt.Sprint(row["labels_unknown"]) != "0" {
				t.Errorf("%s: %v", member, row["labels_unknown"])
			}
		})
	}
}

// TestActivitiesKept: keep_results keeps the results of activities too, those that fail included.
func TestActivitiesKept(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"landed": `{"activities":[{"activityId":"a"}]}`, "failed": `{"activities":[{"subject":"no id"}]}   `} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				w := oneWindow(t, body, map[string]any{"keep_results": folder})
				if err := w.Sync(world.Only("clari_activities", "clari_activity_*")); (err == nil) != (name == "landed") {
					t.Error(err)
				}
				job := w.Sim.Ledger().Created()[0].ID
				file, err := os.Open(filepath.Join(folder, "activities", "1999-12-25..2000-01-01", job+".json.gz"))
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close()
				zip, err := gzip.NewReader(file)
				if err != nil {
					t.Fatal(err)
				}
				if text, err := io.ReadAll(zip); err != nil || string(text) != body {
					t.Errorf("%q, %v", text, err)
				}
			})
		})
	}
}

// TestActivitiesFit: no row has more than 1 MiB, whatever Clari adds to an activity.
func TestActivitiesFit(t *testing.T) {
	t.Parallel()
	long, _ := json.Marshal(strings.Repeat("x", 1<<20))
	body := `{"activities":[{"activityId":"a","small":1,"huge":` + string(long) + `,"subject":` + string(long) + `,
		"participants":[{"email":"a@x","name":` + string(long) + `,"huge":` + string(long) + `}]}]}`
	synctest.Test(t, func(t *testing.T) {
		w := oneWindow(t, body, nil)
		w.MustSync(world.Only("clari_activities", "clari_activity_*"))
		for _, table := range []string{"clari_activities", "clari_activity_participants"} {
			for _, r := range w.Destination.Rows(table, nil) {
				if text := r.Text(); len(text) > 1<<20 || !strings.Contains(text, "cut_members") || !strings.Contains(text, "huge") {
					t.Errorf("%s: a row of %d bytes: %.300s", table, len(text), text)
				}
			}
		}
		if row := w.Destination.Rows("clari_activity_exports", nil)[0]; fmt.Sprint(row["values_unread"]) != "6" { // two texts too long for their columns, four members too long for a row
			t.Error("what was cut is not counted")
		}
	})
}
