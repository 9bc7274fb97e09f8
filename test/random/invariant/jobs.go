package invariant

import (
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// request is the one that created a job.
func (g *Observer) request(j sim.Job) sim.Request {
	return g.ledger.Requests[j.Request-1]
}

// clean tells whether the creation of a job was answered as it should be.
func (g *Observer) clean(j sim.Job) bool {
	r := g.request(j)
	return r.Status/100 == 2 && !r.Cut && !slices.ContainsFunc(r.Faults, func(name string) bool { return !ofJob(name) })
}

// troubled tells whether the sync failed to learn of a job what it asked.
func (g *Observer) troubled(p *Sync, j sim.Job) bool {
	return slices.ContainsFunc(p.requests, func(r sim.Request) bool {
		return r.JobID == j.ID && r.Op != sim.Create && (r.Status != 200 || r.Cut || len(r.Faults) > 0)
	}) || g.Tally.Fired["refused"] > 0
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

// noJobAgain: no export is paid for twice. A second job for one request is created only when the first is of no use: it failed, its
// result is gone or bad, or it could not be told for sure that there is one; within a sync the log then says so. With a state backend
// that goes for the job of an earlier sync too, unless its rows have landed or it is too old.
func (g *Observer) noJobAgain(p *Sync, wrong report) {
	again := 0
	first := map[asked]sim.Job{}
	for _, earlier := range g.Played[:len(g.Played)-1] {
		for _, j := range earlier.created {
			first[askedFor(j)] = j
		}
	}
	inSync := map[asked]bool{}
	for _, j := range p.created {
		before, repeated := first[askedFor(j)]
		if repeated {
			before, _ = g.job(before.ID) // as it is now
		}
		switch {
		case !repeated:
		case inSync[askedFor(j)]:
			again++
			if g.ofUse(p, before, j) {
				wrong("job %s of %s %q created although job %s of this sync serves", j.ID, j.Forecast, j.Asked, before.ID)
			}
		case g.kept(p) && !g.landedFrom(before) && g.ofUse(p, before, j):
			wrong("job %s of %s %q created although job %s of an earlier sync could be adopted", j.ID, j.Forecast, j.Asked, before.ID)
		}
		first[askedFor(j)], inSync[askedFor(j)] = j, true
	}
	told := 0
	for _, text := range []string{"exporting again what was paid for"} {
		told += strings.Count(p.Logs.String(), text)
	}
	if told < again {
		wrong("%d jobs were created again, and the log tells of %d", again, told)
	}
}

// landedFrom tells whether rows of a job are in the destination, as far as the exports table knows.
func (g *Observer) landedFrom(j sim.Job) bool {
	of := func(r world.Row) bool { return world.HasLanded(r) && r["job_id"] == j.ID }
	return len(g.Destination.Rows("clari_forecast_exports", of))+len(g.Destination.Rows("clari_activity_exports", of)) > 0
}

// ofUse tells whether job a served when the present sync created b for the same request. In doubt it says no.
func (g *Observer) ofUse(p *Sync, a, b sim.Job) bool {
	const margin = 2 * time.Minute
	now := b.CreatedAt
	calendar := g.Sim.Tenant().Calendar
	switch {
	case a.End != "" && a.End != sim.Done, !a.CancelledAt.IsZero(), a.WrongBy != 0, a.RowsTruncated, a.Vanished, a.Withheld > 0, a.CellsTruncated,
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
	default:
		if age > g.duration("queue_timeout")+g.duration("run_timeout")-margin {
			return false
		}
	}
	// What was asked of it or for it since then was all answered, as it should be.
	known := g.clean(a) && g.aliveAfter(a)
	for _, r := range g.ledger.Requests[a.Request : b.Request-1] {
		about := r.JobID == a.ID || (r.Op == sim.Create || r.Op == sim.CreateActivity) && r.Forecast == a.Forecast && r.Period == a.Asked
		unanswered := r.Status/100 != 2 || r.Cut || len(r.Faults) > 0
		if about && unanswered || !known && r.Op == sim.List && unanswered {
			return false
		}
	}
	if g.Tally.Fired["refused"]+int(p.Refusals.Load()) > 0 {
		return false
	}
	return known || g.onlyCandidate(p, a, b)
}

// aliveAfter tells whether the process that created a job lived, and was not cancelled, until it had written down what it heard of it.
func (g *Observer) aliveAfter(j sim.Job) bool {
	p := g.creator(j)
	return p != nil && (p.StoppedAt.IsZero() || g.request(j).Answered.Add(p.Backend.Written()-g.config.Skew).Before(p.StoppedAt))
}

// creator is the sync that created a job, nil where none did.
func (g *Observer) creator(j sim.Job) *Sync {
	for _, p := range g.Played {
		if slices.ContainsFunc(p.created, func(o sim.Job) bool { return o.ID == j.ID }) {
			return p
		}
	}
	return nil
}

// onlyCandidate tells whether job a, of whose creation nobody heard, could be told from the job list when b was created: the list was
// had, and no other job in it or request of the plan may be meant.
func (g *Observer) onlyCandidate(p *Sync, a, b sim.Job) bool {
	if a.Hidden || a.Twin || isActivity(a) || g.config.Skew != 0 || slices.Contains(g.config.OmitKeys, "startTime") {
		return false
	}
	if p := g.creator(a); p == nil || p.Backend.Slowest > 10*time.Second { // three calls may take longer than "creating" is waited for
		return false
	}
	without := func(key string) bool { return slices.Contains(g.config.OmitKeys, key) }
	if without("module") || without("currency") && a.Currency != "" {
		return false
	}
	if g.tooShort(p, a, a.Historical, slices.Contains(a.Types, "forecast")) != "" {
		return false
	}
	listed := slices.ContainsFunc(g.ledger.Requests[a.Request:b.Request-1], func(r sim.Request) bool { return r.Op == sim.List })
	tabs := 0
	for _, tab := range g.tabsOf(p) {
		if strings.HasPrefix(tab.ID, a.Forecast) || slices.Contains(g.config.OmitKeys, "fileName") {
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

// ofJob tells whether an effect changes a job, not an answer.
func ofJob(name string) bool { return ofJobs[name] || strings.HasPrefix(name, "takes-") }
