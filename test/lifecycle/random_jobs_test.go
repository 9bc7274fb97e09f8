package lifecycle

import (
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// checkManners: what a sync owes to Clari, whatever went wrong. All by the ledger's times, within this sync: a process knows nothing of
// one before it.
//
//   - No request before a Retry-After has run out.
//   - No poll of a job closer to the one before than poll_interval. A poll that was not answered is no poll: its repetition follows the
//     retry policy.
//   - No two jobs created closer together than delay_between_exports.
//   - Never more of its jobs in flight than concurrency. Jobs that it cannot know of, or could not ask about, do not count.
//   - It cancels only jobs that it has created.
func (g *game) checkManners(p *playedSync) {
	for _, r := range (sim.Ledger{Requests: p.requests}).TooEarly() {
		g.wrong(p, "sent before Retry-After ran out: %s", r)
	}
	polled := map[string]time.Time{}
	own := map[string]bool{}
	for _, j := range p.created {
		own[j.ID] = true
	}
	var created time.Time
	for _, r := range p.requests {
		switch r.Op {
		case sim.Status:
			if last := polled[r.JobID]; !last.IsZero() && r.At.Sub(last) < g.duration("poll_interval") {
				g.wrong(p, "a poll %s after the last: %s", r.At.Sub(last), r)
			}
			delete(polled, r.JobID)
			if r.Status == 200 && len(r.Faults) == 0 {
				polled[r.JobID] = r.At
			}
		case sim.Create:
			if r.JobID == "" {
				continue
			}
			if gap := r.At.Sub(created); !created.IsZero() && gap < g.duration("delay_between_exports") {
				g.wrong(p, "a job created %s after the last: %s", gap, r)
			}
			created = r.At
		case sim.Cancel:
			if !own[r.JobID] {
				g.wrong(p, "it cancels a job of somebody else: %s", r)
			}
		}
	}
	for _, at := range p.created {
		n := 0
		for _, j := range p.created {
			if j.Active(at.CreatedAt) && g.clean(j) && !g.troubled(p, j) {
				n++
			}
		}
		if n > g.number("concurrency") {
			g.wrong(p, "%d jobs in flight when job %s was created", n, at.ID)
		}
	}
}

// request is the one that created a job.
func (g *game) request(j sim.Job) sim.Request {
	return g.ledger.Requests[j.Request-1]
}

// clean tells whether the creation of a job was answered as it should be.
func (g *game) clean(j sim.Job) bool {
	r := g.request(j)
	return r.Status/100 == 2 && !r.Cut && !slices.ContainsFunc(r.Faults, func(name string) bool { return !ofJobs[name] })
}

// troubled tells whether the sync failed to learn of a job what it asked.
func (g *game) troubled(p *playedSync, j sim.Job) bool {
	return slices.ContainsFunc(p.requests, func(r sim.Request) bool {
		return r.JobID == j.ID && r.Op != sim.Create && (r.Status != 200 || r.Cut || len(r.Faults) > 0)
	}) || g.tally.fired["refused"] > 0
}

// ofJobs are the names of the effects that change a job, not an answer.
var ofJobs = func() map[string]bool {
	names := map[string]bool{}
	for _, kind := range sim.Kinds() {
		if kind.Class == sim.Course || kind.Class == sim.Content {
			names[kind.Build().Name] = true
		}
	}
	return names
}()

// asked is a request for an export, as Clari sees it.
type asked struct {
	forecast, period, currency, types, format string
	historical                                bool
}

func askedFor(j sim.Job) asked {
	return asked{j.Forecast, j.Asked, j.Currency, strings.Join(j.Types, ","), j.Format, j.Historical}
}

// checkJobs: no export is paid for twice. A second job for one request is created only when the first is of no use: it failed, its
// result is gone or bad, or it could not be told for sure that there is one; within a sync the log then says so. With a state backend
// that goes for the job of an earlier sync too, unless its rows have landed or it is too old.
func (g *game) checkJobs(p *playedSync) {
	again := 0
	first := map[asked]sim.Job{}
	for _, earlier := range g.played[:len(g.played)-1] {
		for _, j := range earlier.created {
			first[askedFor(j)] = j
		}
	}
	inSync := map[asked]bool{}
	for _, j := range p.created {
		before, repeated := first[askedFor(j)]
		switch {
		case !repeated:
		case inSync[askedFor(j)]:
			again++
			if g.ofUse(p, before, j) {
				g.wrong(p, "job %s of %s %q created although job %s of this sync serves", j.ID, j.Forecast, j.Asked, before.ID)
			}
		case g.s.state && !g.landedFrom(before) && g.ofUse(p, before, j):
			g.wrong(p, "job %s of %s %q created although job %s of an earlier sync could be adopted", j.ID, j.Forecast, j.Asked, before.ID)
		}
		first[askedFor(j)], inSync[askedFor(j)] = j, true
	}
	told := 0
	for _, text := range []string{"creating another", "creating again", "exporting once more"} {
		told += strings.Count(p.logs.String(), text)
	}
	if told < again {
		g.wrong(p, "%d jobs were created again, and the log tells of %d", again, told)
	}
}

// landedFrom tells whether rows of a job are in the destination, as far as the exports table knows.
func (g *game) landedFrom(j sim.Job) bool {
	return len(g.wh.rows("clari_forecast_exports", func(r row) bool { return hasLanded(r) && r["job_id"] == j.ID })) > 0
}

// ofUse tells whether job a served when the present sync created b for the same request. In doubt it says no.
func (g *game) ofUse(p *playedSync, a, b sim.Job) bool {
	const margin = 2 * time.Minute
	now := b.CreatedAt
	calendar := g.sim.Tenant().Calendar
	switch {
	case a.End != "" && a.End != sim.Done, !a.CancelledAt.IsZero(), a.WrongBy != 0, a.RowsTruncated, a.CellsTruncated,
		a.Export.Quirks.Empty, a.Export.Quirks.RepeatEntry, a.Export.Quirks.MissingID:
		return false
	case a.Asked == "" && calendar.QuarterOf(a.CreatedAt.Add(-26*time.Hour)) != calendar.QuarterOf(now.Add(26*time.Hour)):
		return false
	case !now.Before(a.ExpiresAt()):
		return false
	}
	age := now.Sub(a.CreatedAt)
	switch a.Status(now) {
	case sim.Done:
		if age > 6*time.Hour-margin {
			return false
		}
	case sim.Scheduled:
		if age > g.duration("queue_timeout")-margin {
			return false
		}
	default:
		if age > g.duration("run_timeout")-margin {
			return false
		}
	}
	// What was asked of it or for it since then was all answered, as it should be.
	known := g.clean(a) && g.aliveAfter(a)
	for _, r := range g.ledger.Requests[a.Request : b.Request-1] {
		about := r.JobID == a.ID || r.Op == sim.Create && r.Forecast == a.Forecast && r.Period == a.Asked
		unanswered := r.Status/100 != 2 || r.Cut || len(r.Faults) > 0
		if about && unanswered || !known && r.Op == sim.List && unanswered {
			return false
		}
	}
	if g.tally.fired["refused"]+int(p.refusals.Load()) > 0 {
		return false
	}
	return known || g.onlyCandidate(p, a, b)
}

// aliveAfter tells whether the process that created a job lived, and was not cancelled, to hear of it.
func (g *game) aliveAfter(j sim.Job) bool {
	for _, p := range g.played {
		if slices.ContainsFunc(p.created, func(o sim.Job) bool { return o.ID == j.ID }) {
			return p.stoppedAt.IsZero() || g.request(j).Answered.Add(-g.s.config.Skew).Before(p.stoppedAt)
		}
	}
	return false
}

// onlyCandidate tells whether job a, of whose creation nobody heard, could be told from the job list when b was created: the list was
// had, and no other job in it or request of the plan may be meant.
func (g *game) onlyCandidate(p *playedSync, a, b sim.Job) bool {
	if a.Hidden || a.Twin || g.s.config.Skew != 0 || slices.Contains(g.s.config.OmitKeys, "startTime") {
		return false
	}
	listed := slices.ContainsFunc(g.ledger.Requests[a.Request:b.Request-1], func(r sim.Request) bool { return r.Op == sim.List })
	tabs := 0
	for _, tab := range g.s.tabs {
		if strings.HasPrefix(tab.id, a.Forecast) || slices.Contains(g.s.config.OmitKeys, "fileName") {
			tabs++
		}
	}
	for _, j := range g.ledger.Jobs {
		near := j.CreatedAt.Sub(a.CreatedAt).Abs() < 3*time.Minute && j.UserID == 1 && j.CreatedAt.Before(b.CreatedAt)
		if j.ID != a.ID && near && j.Forecast == a.Forecast {
			return false
		}
	}
	return listed && tabs == 1
}
