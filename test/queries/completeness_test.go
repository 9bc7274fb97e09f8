package queries

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
	"github.com/cq-source-clari/cq-source-clari/test/queries/truth"
)

// TestCompleteness: where all rows arrived nothing is missing; what a destination loses is named, table by table, with its cure, and what a
// later export has overwritten is no loss.
func TestCompleteness(t *testing.T) {
	t.Parallel()
	eachStory(t, false, func(t *testing.T, s *truth.Story, d *story.Database) {
		newest := d.Query(t, "SELECT k.job_id FROM clari_completeness k WHERE k.table_name = 'clari_forecast_fields' ORDER BY k.exported_at DESC, k.job_id")[0]["job_id"]
		if !slices.Contains(s.Now.Jobs, newest) {
			t.Fatalf("the newest export is %s", newest)
		}
		of := func(condition string) []story.Row {
			return d.Query(t, "SELECT * FROM clari_completeness WHERE job_id = '"+newest+"' AND "+condition)
		}
		missing := func() (tables []string) {
			for _, r := range d.File(t, "missing_rows") {
				if r["job_id"] != newest || r["cure"] != "reload" || r["requested_period"] == "" {
					t.Errorf("missing_rows names %v", r)
				}
				tables = append(tables, r["table_name"]+" "+r["rows_missing"])
			}
			return tables
		}
		weeks := of("table_name = 'clari_forecast_entries'")
		if len(weeks) == 0 || len(of("time_frame_id IS NULL")) != 4 {
			t.Fatalf("the newest export has %d weeks, and %v", len(weeks), of("time_frame_id IS NULL"))
		}
		sent := 0
		for _, r := range s.Now.Entries {
			if r["job_id"] == newest {
				sent++
			}
		}
		if got := d.Query(t, "SELECT SUM(rows_sent) AS n FROM clari_completeness WHERE job_id = '"+newest+"' AND time_frame_id IS NOT NULL")[0]["n"]; got != strconv.Itoa(sent) {
			t.Errorf("%s rows of entries sent, want %d", got, sent)
		}
		if got := missing(); got != nil {
			t.Errorf("nothing was lost, but %v is missing", got)
		}
		if d.Name == "SQLite" && len(d.Query(t, story.Mutant(t, "missing_rows", "c.rows_missing > 0", "c.rows_missing >= 0"))) == 0 {
			t.Error("what is there counts as missing, and nobody notices")
		}

		week := weeks[0]["time_frame_id"]
		d.Exec(t, "DELETE FROM clari_forecast_entries WHERE job_id = '"+newest+"' AND time_frame_id = '"+week+"'")
		d.Exec(t, "DELETE FROM clari_forecast_fields WHERE job_id = '"+newest+"'")
		fields := of("table_name = 'clari_forecast_fields'")
		if len(fields) != 1 || fields[0]["rows_there"] != "0" {
			t.Fatalf("fields are %v", fields)
		}
		want := "clari_forecast_entries " + weeks[0]["rows_sent"] + ", clari_forecast_fields " + fields[0]["rows_sent"]
		if got := strings.Join(missing(), ", "); got != want {
			t.Errorf("missing is %s, want %s", got, want)
		}

		// A sync that was killed has sent rows of these weeks: whether those of before were lost or overwritten nobody can tell.
		d.Exec(t, "UPDATE clari_forecast_entries SET job_id = 'killed', exported_at = '2100-01-01 00:00:00' WHERE job_id = '"+newest+"'")
		for _, r := range of("table_name = 'clari_forecast_entries'") {
			if r["time_frame_id"] != week {
				t.Errorf("a week that a later export has rows of is judged: %v", r)
			}
		}
		if wrong := story.Mutant(t, "clari_completeness", " OR s.newest_at <= s.exported_at", " OR 1 = 1"); d.Name == "SQLite" && len(weeks) > 1 && len(d.Query(t, "SELECT * FROM ("+wrong+") k WHERE k.job_id = '"+newest+"' AND k.time_frame_id <> '"+week+"'")) == 0 {
			t.Error("rows that a later export has overwritten count as lost, and nobody notices")
		}
	})
}
