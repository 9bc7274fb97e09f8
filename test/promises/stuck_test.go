package promises

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestBlockedForEver: a sync was killed while its job ran. From then on Clari answers questions about that one job with anything but 403, 404
// or invalid_jobId (nobody knows what it says of jobs it has forgotten: clari-api.md section 12, no. 8): 410, another code, or 500. Every sync
// fails on it, for ever: no new job is made, refresh does not help either.
func TestBlockedForEver(t *testing.T) {
	for _, op := range []sim.Op{sim.Status, sim.Results} {
		for name, effect := range map[string]sim.Effect{
			"410":        sim.AnswerJSON(410, map[string]any{"message": "Gone"}),
			"other code": sim.AnswerJSON(400, map[string]any{"code": "job_expired", "message": "The job has expired."}),
			"500":        sim.Answer(500),
		} {
			t.Run(fmt.Sprint(op, " ", name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := world.New(t, sim.Config{Run: sim.Fixed(4 * time.Minute), OmitKeys: []string{"expiredTime"}}, map[string]any{"max_retries": 1, "periods": []string{"1999_Q3"}, "fiscal_year_start_month": 2}).WithState()
					if err := w.Sync(world.Interrupt{Response: world.On(sim.Status, (*world.Process).Kill)}.Options()); err != world.ErrKilled {
						t.Fatal(err)
					}
					w.Sim.Add(sim.Fault{Op: op, Job: 1, Count: sim.Always, Do: effect})
					w.Spec["refresh"] = []string{}
					var err error
					failed := 0
					for day := 1; day <= 90; day++ {
						dayAt(day, 6)
						if day == 60 {
							w.Spec["refresh"] = []string{"1999_Q3"}
						}
						if err = w.Sync(world.ExportsOnly()); err != nil {
							failed++
						}
					}
					if len(w.Destination.Rows("clari_forecast_entries", nil)) == 0 {
						t.Errorf("%d of 90 daily syncs failed, %d jobs were created, no row of the quarter: %v", failed, len(w.Sim.Ledger().Created()), err)
					}
				})
			})
		}
	}
}

// TestNoQuotaAndNoLimits: the quota is used up and the limits cannot be read (a token without that right). After queue_timeout it is known
// that creations are refused. Yet each of the others is sent, 10 s apart, and refused: 4,000 exports are 11 hours that can bring nothing.
// TestReserveAndNoLimits: with quota_reserve the limits are asked for before each creation, also when they have just failed nine times.
func TestReserveAndNoLimits(t *testing.T) {
	for _, reserve := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, sim.Config{}, map[string]any{"periods": []string{"1994_Q1..1999_Q4"}, "quota_reserve": reserve})
			w.Sim.Add(sim.Fault{Op: sim.Limits, Count: sim.Always, Do: sim.Answer(500)})
			began := time.Now()
			err := w.Sync(world.ExportsOnly())
			t.Logf("quota_reserve %d: 24 exports, %d questions for the limits, %s: %v", reserve, len(w.Sim.Ledger().Of(sim.Limits)), time.Since(began), err)
		})
	}
}
