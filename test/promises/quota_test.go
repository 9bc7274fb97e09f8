package promises

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

const lc3Page = "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%[1]s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"

func lc3Balancer(status int) sim.Effect {
	return sim.AnswerBody(status, "text/html", fmt.Sprintf(lc3Page, fmt.Sprint(status, " ", http.StatusText(status))))
}

// TestBalancersPagePaysTwice: one page of a load balancer (nginx, HTML, 404 or 403: for a moment no backend, or a WAF) in place of the
// answer about a job that is well: the paid job is forgotten and another is created. docs/reliability.md: "No export is paid for twice, unless
// the first job is beyond recovery." Clari's own refusals are JSON.
func TestBalancersPagePaysTwice(t *testing.T) {
	for _, status := range []int{404, 403} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Run: sim.Fixed(4 * time.Minute)}, nil).WithState()
				if err := w.Sync(world.Interrupt{Response: world.On(sim.Status, (*world.Process).Kill)}.Options()); err != world.ErrKilled {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				w.Sim.Add(sim.Fault{Op: sim.Status, Do: lc3Balancer(status)})
				t.Logf("sync: %v", w.Sync())
				w.Spent(1)
			})
		})
	}
}

// TestBalancersPageLosesHistoryForGood: the same one page, while a settled quarter is landed again for a table that was selected later: its
// job counts as unusable for ever, though its result lives for weeks.
func TestBalancersPageLosesHistoryForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, map[string]any{"periods": []string{"1999_Q1"}}).WithState()
		few := world.SyncOptions{SyncOptions: sdk.SyncOptions{Tables: []string{"clari_forecast_entries", "clari_forecast_exports"}}}
		w.MustSync(few)
		w.MustSync(few)
		dayAt(5, 0)
		w.Sim.Add(sim.Fault{Op: sim.Status, Do: lc3Balancer(404)})
		t.Logf("sync: %v", w.Sync())
		for day := 6; day < 20; day++ {
			dayAt(day, 0)
			w.MustSync()
		}
		if len(w.Destination.Rows("clari_forecast_users", nil)) == 0 {
			t.Errorf("14 more syncs, the result lives until day 30, and clari_forecast_users has no row of 1999_Q1; state %v", w.State)
		}
	})
}

// alter alters the jobs that Clari shows.
type alter struct {
	http.RoundTripper
	alter func(job map[string]any)
}

func (a *alter) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := a.RoundTripper.RoundTrip(r)
	op := world.OpOf(r)
	if err != nil || resp.StatusCode != 200 || op != sim.List && op != sim.Status {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	var o map[string]any
	if json.Unmarshal(body, &o) == nil {
		if job, ok := o["job"].(map[string]any); ok {
			a.alter(job)
		}
		if jobs, ok := o["jobs"].([]any); ok {
			for _, job := range jobs {
				a.alter(job.(map[string]any))
			}
		}
		body, _ = json.Marshal(o)
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// TestStartTimeOfARun: startTime is when a job leaves the queue, and is not there before (Clari's reference does not say; its one example
// had no queue). The job of a lost answer is then never found, and the export is paid for twice. The id says when the job was made: in the
// reference's example 606e23c9 81a6da229d75b515 begins with the second of startTime 1617830857175.
// TestJobComesAfterTheAnswer: a gateway answers 504 (or the client's own minute is over) while Clari still works: the job comes 15 s after
// the answer. It is looked for 5 and 10 s after, and not again: the export is paid for twice.
func TestJobComesAfterTheAnswer(t *testing.T) {
	for name, effect := range map[string]sim.Effect{"504": sim.Answer(504), "our own timeout": sim.Hang()} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := world.New(t, sim.Config{Run: sim.Fixed(30 * time.Second)}, map[string]any{"periods": []string{"1999_Q4"}}).WithState()
				w.Sim.Add(sim.Fault{Op: sim.Create, Do: effect})
				late := 15 * time.Second
				if name != "504" {
					late = 75 * time.Second
				}
				o := world.Interrupt{Request: world.On(sim.Create, func(*world.Process) {
					time.AfterFunc(late, func() {
						w.Sim.Plant(sim.Job{Forecast: "forecast", Asked: "1999_Q4", Types: []string{"forecast", "forecast_updated", "quota", "adjustment"}, Historical: true, Format: "JSON", Run: 30 * time.Second})
					})
				})}.Options()
				t.Logf("sync: %v", w.Sync(o))
				if n := len(w.Sim.Ledger().Jobs); n != 1 {
					t.Errorf("%d exports paid for one", n)
				}
			})
		})
	}
}
