package lifecycle

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// stateKnowsJobs: state has the id of the last job that was created for each request, a moment after Clari has told it.
func (g *witness) stateKnowsJobs(p *playedSync, wrong report) {
	if g.state == nil || !p.backend.kept() {
		return
	}
	last := map[asked]sim.Job{}
	for _, j := range p.created {
		last[askedFor(j)] = j
	}
	text := g.stateText()
	for _, j := range last {
		if j.End != "" && j.End != sim.Done { // the next creation may have been noted in its place
			continue
		}
		told := g.request(j).Answered.Add(-g.config.Skew)
		superseded := func(r sim.Request) bool { // nobody knows what a later creation for the same tab and period has made of it
			return (r.Op == sim.Create || r.Op == sim.CreateActivity) && r.Number > j.Request && r.Forecast == j.Forecast && r.Period == j.Asked ||
				r.Op == sim.Results && r.JobID == j.ID && r.Status/100 == 4 // its result is of no use, and the next creation may have been noted
		}
		if !g.clean(j) || g.lastOf(p).Sub(told) < p.backend.written() || slices.ContainsFunc(p.requests, superseded) {
			continue
		}
		if !strings.Contains(text, j.ID) {
			wrong("state does not know job %s of %s %q, which Clari told %s before the end", j.ID, j.Forecast, j.Asked, g.lastOf(p).Sub(told))
		}
	}
}

// lastOf is when a sync could last write.
func (g *witness) lastOf(p *playedSync) time.Time {
	if p.stoppedAt.IsZero() {
		return p.end
	}
	return p.stoppedAt
}

// written is how long it may take until something is written: a flush may be under way, and then it is the next one's turn.
func (t trouble) written() time.Duration { return 2*t.slowest + time.Second }

// stateKnowsLanded: when a sync has ended, state has the jobs that landed.
func (g *witness) stateKnowsLanded(p *playedSync, wrong report) {
	if g.state == nil || !p.backend.kept() || g.spec["history"] == true {
		return
	}
	last := map[place]row{}
	for _, r := range p.exports {
		if hasLanded(r) {
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
func (g *witness) stateKeepsCalendar(p *playedSync, wrong report) {
	for key, value := range p.journal {
		if !strings.HasPrefix(key, "clari/calendar/") {
			continue
		}
		for _, label := range quarterLabel.FindAllString(value, -1) {
			if !strings.Contains(g.state[key], label) && len(value) < 1024 {
				wrong("the calendar in state has lost %s", label)
			}
		}
	}
}
