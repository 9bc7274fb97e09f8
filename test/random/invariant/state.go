package invariant

import (
	"regexp"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// stateKnowsJobs: state has the id of the last job that was created for each request, a moment after Clari has told it.
func stateKnowsJobs(g *observer.Observer, p *observer.Sync, wrong report) {
	if g.State == nil || !p.Backend.Kept() {
		return
	}
	last := map[observer.Asked]sim.Job{}
	for _, j := range p.Created {
		last[observer.AskedFor(j)] = j
	}
	text := g.StateText()
	for _, j := range last {
		if j.End != "" && j.End != sim.Done || !j.CancelledAt.IsZero() || g.IsEmpty(j) { // of no use
			continue
		}
		told := g.Creation(j).Answered.Add(-g.Config.Skew)
		superseded := func(r sim.Request) bool { // nobody knows what a later creation for the same tab and period has made of it
			return (r.Op == sim.Create || r.Op == sim.CreateActivity) && r.Number > j.Request && r.Forecast == j.Forecast && r.Period == j.Asked ||
				(r.Op == sim.Results || r.Op == sim.Status) && r.JobID == j.ID && r.Status/100 == 4 // its result is of no use, and the next creation may have been noted
		}
		if !g.Clean(j) || g.LastOf(p).Sub(told) < p.Backend.Written() || slices.ContainsFunc(p.Requests, superseded) {
			continue
		}
		if !strings.Contains(text, j.ID) {
			wrong("state does not know job %s of %s %q, which Clari told %s before the end", j.ID, j.Forecast, j.Asked, g.LastOf(p).Sub(told))
		}
	}
}

// stateKnowsLanded: when a sync has ended, state has the jobs that landed. An empty result of the current quarter need not tell which that is, and then it has no
// place.
func stateKnowsLanded(g *observer.Observer, p *observer.Sync, wrong report) {
	if g.State == nil || !p.Backend.Kept() || g.Spec["history"] == true {
		return
	}
	last := map[observer.Place]world.Row{}
	for _, r := range p.Exports {
		j, _ := g.Job(r["job_id"])
		placeless := j.Asked == "" && r["entries"] == int64(0) && slices.Contains(g.Config.OmitKeys, "fileName")
		if world.HasLanded(r) && !placeless {
			last[observer.PlaceOf(r)] = r
		}
	}
	text := g.StateText()
	for at, r := range last {
		if !strings.Contains(text, r["job_id"].(string)) {
			wrong("%v landed from job %v, and state does not know", at, r["job_id"])
		}
	}
}

var quarterLabel = regexp.MustCompile(`\d{4}_Q[1-4]`)

// stateKeepsCalendar: what state knows of quarters it goes on to know.
func stateKeepsCalendar(g *observer.Observer, p *observer.Sync, wrong report) {
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
