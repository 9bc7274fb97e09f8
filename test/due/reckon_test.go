package due

import (
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle/spending"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// reckoning holds whole syncs of a world without trouble to what an independent reckoning says has to be bought.
type reckoning struct {
	w       *world.World
	history spending.History
	jobs    map[string]*spending.Job
	rows    map[any]any // outcome of each landed export, by its id
	seen    int         // requests of syncs before
}

func newReckoning(w *world.World) *reckoning {
	return &reckoning{
		w: w, jobs: map[string]*spending.Job{}, rows: map[any]any{},
		history: spending.History{QuarterEnd: func(label string) time.Time {
			q, _ := fiscal.Parse(label)
			_, last := q.Days(2) // fiscal years open in February, as the stand-in's do
			return last.AddDate(0, 0, 1)
		}},
	}
}

// sync runs one that has to end well, of tabs with periods that are counted from the current quarter, and returns what it did not have to buy.
func (r *reckoning) sync(o world.SyncOptions, tabs []sim.Tab, offsets []int) []spending.Excess {
	r.w.T.Helper()
	s := spending.Sync{Start: time.Now(), Settings: spending.Defaults(), Well: true}
	r.w.MustSync(o)
	s.End = time.Now()
	current := r.w.Sim.Current()
	for _, tab := range tabs {
		for _, offset := range offsets {
			quarter := current.Add(offset).String()
			asked := quarter
			if offset == 0 {
				asked = ""
			}
			s.Wanted = append(s.Wanted, spending.Item{Quarter: quarter, Request: spending.Request{
				Forecast: tab.ID, Period: asked, Types: spec.DefaultForecast().Types, AllWeeks: true, Format: "JSON",
			}})
		}
	}
	ledger := r.w.Sim.Ledger()
	for _, j := range ledger.Created() {
		if r.jobs[j.ID] == nil {
			ended := j.CreatedAt.Add(j.Queue + j.Run)
			r.jobs[j.ID] = &spending.Job{
				Request: spending.Request{Forecast: j.Forecast, Period: j.Asked, Types: j.Types, AllWeeks: j.Historical, Format: j.Format},
				ID:      j.ID, Quarter: j.Got, At: j.CreatedAt, Ended: ended, Gone: ended.Add(30 * 24 * time.Hour), Fate: spending.Good,
			}
			s.Bought = append(s.Bought, r.jobs[j.ID])
		}
	}
	for _, request := range ledger.Requests[r.seen:] {
		if request.Op == sim.Results {
			r.jobs[request.JobID].Sent = request.Answered
		}
	}
	r.seen = len(ledger.Requests)
	for _, row := range r.w.Destination.Rows("clari_forecast_exports", world.HasLanded) {
		if id := row["export_id"]; r.rows[id] != row["outcome"] {
			r.rows[id] = row["outcome"]
			s.Landed = append(s.Landed, spending.Landing{Job: r.jobs[id.(string)], At: s.End})
		}
	}
	return r.history.Add(s)
}

// TestReckoningCatches: a job that nobody had to buy is told.
func TestReckoningCatches(t *testing.T) {
	r := reckoning{history: spending.History{QuarterEnd: func(string) time.Time { return world.Epoch }}}
	asked := spending.Request{Forecast: "a", Period: "2000_Q1", Types: []string{"quota"}}
	job := func(id string, day int) *spending.Job {
		at := world.Epoch.AddDate(0, 0, day)
		return &spending.Job{Request: asked, ID: id, Quarter: "2000_Q1", At: at, Ended: at, Gone: at.AddDate(0, 0, 30), Fate: spending.Good, Sent: at}
	}
	told := 0
	for day, bought := range []bool{true, false, true} { // it has settled by then
		at := world.Epoch.AddDate(0, 0, 20+day)
		s := spending.Sync{Start: at, End: at, Well: true, Settings: spending.Defaults(), Wanted: []spending.Item{{Request: asked, Quarter: "2000_Q1"}}}
		j := job("first", 20)
		if bought {
			j = job(string(rune('a'+day)), 20+day)
			s.Bought = append(s.Bought, j)
		}
		s.Landed = []spending.Landing{{Job: j, At: at}}
		told += len(r.history.Add(s))
	}
	if told != 1 {
		t.Errorf("%d jobs are told of that nobody had to buy, want the third", told)
	}
}
