package promises

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestAnErrorWith200IsPaidFor: one answer in place of a result that is well, and the export is paid for again in the next sync.
func TestAnErrorWith200IsPaidFor(t *testing.T) {
	for name, effect := range map[string]sim.Effect{
		"error object with 200":  sim.AnswerJSON(200, map[string]any{"code": "internal_server_error", "namespace": "exports", "message": "An unexpected error occurred.", "errorId": "e1"}),
		"202 still working":      sim.AnswerJSON(202, map[string]any{"status": "PROCESSING", "message": "The file is being prepared."}),
		"204":                    sim.AnswerBody(204, "application/json", ""),
		"null":                   sim.AnswerBody(200, "application/json", "null"),
		"the job in its place":   sim.AnswerJSON(200, map[string]any{"job": map[string]any{"jobId": "1", "status": "DONE"}}),
		"200 and gateway's page": sim.HTML(200),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, nil).WithState()
				w.Sim.Add(sim.Fault{Op: sim.Results, Do: effect})
				first := w.Sync()
				time.Sleep(10 * time.Minute)
				second := w.Sync()
				if n := w.Sim.Ledger().Spent(); first != nil && n != 1 {
					t.Errorf("%d exports for one; first sync: %v; second: %v", n, first, second)
				}
			})
		})
	}
}

// TestFlappingStatus: two servers behind one address see a job that hangs in different phases. Each change of phase begins its time anew: the
// sync never ends.
// TestChangedBack: a quarter's result met max_result_bytes; fewer types were asked for, and landed; then the limit is raised and the types are
// as before. The first job's result, which is older, lands over the newer rows: clari_forecast_current, which goes by exported_at, has none of the quarter.
