package invariant

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

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
		if j.End != "" && j.End != sim.Done { // the next creation may have been noted in its place
			continue
		}
		told := g.request(j).Answered.Add(-g.config.Skew)
		superseded := func(r sim.Request) bool { // nobody knows what a later creation for the same tab and period has made of it
			return (r.Op == sim.Create || r.Op == sim.CreateActivity) && r.Number > j.Request && r.Forecast == j.Forecast && r.Period == j.Asked ||
				r.Op == sim.Results && r.JobID == j.ID && r.Status/100 == 4 // its result is of no use, and the next creation may have been noted
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
		if !strings.HasPrefix(key, "clari/calendar/") {
			continue
		}
		for _, label := range quarterLabel.FindAllString(value, -1) {
			if !strings.Contains(g.State[key], label) && len(value) < 1024 {
				wrong("the calendar in state has lost %s", label)
			}
		}
	}
}

// journalled are the entries of a state backend that are about exports.
func journalled(state map[string]string) map[string]journalEntry {
	found := map[string]journalEntry{}
	for key, value := range state {
		var e journalEntry
		if strings.HasPrefix(key, "clari/export/") && json.Unmarshal([]byte(value), &e) == nil {
			found[key] = e
		}
	}
	return found
}

type journalEntry struct {
	State     string   `json:"state"`
	JobID     string   `json:"job_id"`
	DoneJobID string   `json:"done_job_id"`
	Tables    []string `json:"tables"`
}
