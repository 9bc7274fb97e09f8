package invariant

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// stateKnowsJobs: state has the id of the last job that was created for each request, a moment after Clari has told it.
func (g *Observer) stateKnowsJobs(p *Sync, wrong report) {
	if g.State == nil || !p.Backend.Kept() {
		return
	}
	last := map[asked]sim.Job{}
	for _, j := range p.created {
		last[askedFor(j)] = j
	}
	text := g.stateText()
	for _, j := range last {
		if j.End != "" && j.End != sim.Done || !j.CancelledAt.IsZero() || j.Export.Quirks.Empty { // of no use
			continue
		}
		told := g.request(j).Answered.Add(-g.config.Skew)
		superseded := func(r sim.Request) bool { // nobody knows what a later creation for the same tab and period has made of it
			return (r.Op == sim.Create || r.Op == sim.CreateActivity) && r.Number > j.Request && r.Forecast == j.Forecast && r.Period == j.Asked ||
				(r.Op == sim.Results || r.Op == sim.Status) && r.JobID == j.ID && r.Status/100 == 4 // its result is of no use, and the next creation may have been noted
		}
		if !g.clean(j) || g.lastOf(p).Sub(told) < p.Backend.Written() || slices.ContainsFunc(p.requests, superseded) {
			continue
		}
		if !strings.Contains(text, j.ID) {
			wrong("state does not know job %s of %s %q, which Clari told %s before the end", j.ID, j.Forecast, j.Asked, g.lastOf(p).Sub(told))
		}
	}
}

// lastOf is when a sync could last write.
func (g *Observer) lastOf(p *Sync) time.Time {
	if p.StoppedAt.IsZero() {
		return p.End
	}
	return p.StoppedAt
}

// stateKnowsLanded: when a sync has ended, state has the jobs that landed.
func (g *Observer) stateKnowsLanded(p *Sync, wrong report) {
	if g.State == nil || !p.Backend.Kept() || g.Spec["history"] == true {
		return
	}
	last := map[place]world.Row{}
	for _, r := range p.Exports {
		if world.HasLanded(r) {
			last[placeOf(r)] = r
		}
	}
	text := g.stateText()
	for at, r := range last {
		if !strings.Contains(text, r["job_id"].(string)) {
			wrong("%v landed from job %v, and state does not know", at, r["job_id"])
		}
	}
}

var quarterLabel = regexp.MustCompile(`\d{4}_Q[1-4]`)

// stateKeepsCalendar: what state knows of quarters it goes on to know.
func (g *Observer) stateKeepsCalendar(p *Sync, wrong report) {
	for key, value := range p.Journal {
		if !strings.HasPrefix(key, "clari/v1/calendar/") {
			continue
		}
		for _, label := range quarterLabel.FindAllString(value, -1) {
			if !strings.Contains(g.State[key], label) && len(value) < 1024 {
				wrong("the calendar in state has lost %s", label)
			}
		}
	}
}

// places are the records of a state backend of what is there, by key. Windows of activities have some too.
func places(state map[string]string) map[string]journal.Place {
	found := map[string]journal.Place{}
	for key, value := range state {
		var r struct {
			Job journal.Place `json:"job"`
		}
		if strings.HasPrefix(key, "clari/v1/place/") && json.Unmarshal([]byte(value), &r) == nil {
			found[key] = r.Job
		}
	}
	return found
}
