package blocks

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestLongExtras: whatever Clari adds to an event, a job or an opportunity, no row is too long for a destination, and it names what it lacks.
func TestLongExtras(t *testing.T) {
	t.Parallel()
	huge := `"small":1,"huge":"` + strings.Repeat("x", 2<<20) + `"`
	answers := map[sim.Op]string{
		sim.AuditEvents:   `{"items":[{"actorId":"1","actorType":"USER","event":"api.accessed","eventTimestamp":"1999-12-31T00:00:00Z",` + huge + `}],"actors":[{"actorId":"1","actorType":"USER",` + huge + `}]}`,
		sim.List:          `{"jobs":[{"jobId":"1","status":"DONE","module":"FORECAST",` + huge + `}]}`,
		sim.Opportunities: `[{"id":"006A",` + huge + `,"fields":[{"id":"f",` + huge + `,"trendHistory":[{"oldValue":1,"newValue":2,"date":946598400000,` + huge + `}]}]}]`,
	}
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Intercept: func(x *sim.Exchange) bool {
			body, ok := answers[x.Op]
			if ok {
				x.Writer.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(x.Writer, body)
			}
			return ok
		}}, map[string]any{"audit": map[string]any{}, "opportunities": map[string]any{"ids": []string{"006A"}}})
		l := w.Collect()
		if l.Err != nil {
			t.Fatal(l.Err)
		}
		for _, table := range []string{
			"clari_audit_events", "clari_audit_actors", "clari_export_jobs", "clari_opportunities", "clari_opportunity_fields", "clari_opportunity_trend_history",
		} {
			rows := l.Rows[table]
			if len(rows) == 0 {
				t.Errorf("no row of %s", table)
			}
			for _, r := range rows {
				if text := r.Text(); len(text) > 1<<20 || !strings.Contains(fmt.Sprint(r["extra"]), `"cut_members":["huge"]`) {
					t.Errorf("%s: a row of %d bytes: %.300s", table, len(text), text)
				}
			}
		}
	})
}
