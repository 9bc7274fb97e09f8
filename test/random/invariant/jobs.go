package invariant

import (
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
)

// noJobAgain: no export is paid for twice. A second job for one request is created only when the first is of no use: it failed, its
// result is gone or bad, or it could not be told for sure that there is one; within a sync the log then says so. With a state backend
// that goes for the job of an earlier sync too, unless its rows have landed or it is too old.
func noJobAgain(g *observer.Observer, p *observer.Sync, wrong report) {
	again := 0
	first := map[observer.Asked]sim.Job{}
	for _, earlier := range g.Played[:len(g.Played)-1] {
		for _, j := range earlier.Created {
			first[observer.AskedFor(j)] = j
		}
	}
	inSync := map[observer.Asked]bool{}
	for _, j := range p.Created {
		before, repeated := first[observer.AskedFor(j)]
		if repeated {
			before, _ = g.Job(before.ID) // as it is now
		}
		switch {
		case !repeated:
		case inSync[observer.AskedFor(j)]:
			again++
			if ofUse(g, p, before, j) {
				wrong("job %s of %s %q created although job %s of this sync serves", j.ID, j.Forecast, j.Asked, before.ID)
			}
		case g.Kept(p) && !g.LandedFrom(before) && ofUse(g, p, before, j):
			wrong("job %s of %s %q created although job %s of an earlier sync could be adopted", j.ID, j.Forecast, j.Asked, before.ID)
		}
		first[observer.AskedFor(j)], inSync[observer.AskedFor(j)] = j, true
	}
	told := 0
	for _, text := range []string{"exporting again what was paid for"} {
		told += strings.Count(p.Logs.String(), text)
	}
	if told < again {
		wrong("%d jobs were created again, and the log tells of %d", again, told)
	}
}

// ofUse tells whether job a served when the present sync created b for the same request. In doubt it says no.
func ofUse(g *observer.Observer, p *observer.Sync, a, b sim.Job) bool {
	const margin = 2 * time.Minute
	now := b.CreatedAt
	switch {
	case a.End != "" && a.End != sim.Done, !a.CancelledAt.IsZero(), a.WrongBy != 0, a.RowsTruncated, a.Vanished, a.Withheld > 0, a.CellsTruncated,
		g.IsEmpty(a), a.Export.Quirks.RepeatEntry, a.Export.Quirks.MissingID:
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
		if age > g.Duration("queue_timeout")+g.Duration("run_timeout")-margin {
			return false
		}
	}
	// What was asked of it or for it since then was all answered, as it should be.
	known := g.Clean(a) && g.AliveAfter(a)
	for _, r := range g.Ledger.Requests[a.Request : b.Request-1] {
		about := r.JobID == a.ID || (r.Op == sim.Create || r.Op == sim.CreateActivity) && r.Forecast == a.Forecast && r.Period == a.Asked
		unanswered := r.Status/100 != 2 || r.Cut || len(r.Faults) > 0
		if about && unanswered || !known && r.Op == sim.List && unanswered {
			return false
		}
	}
	if g.Tally.Fired["refused"]+int(p.Refusals.Load()) > 0 {
		return false
	}
	return known || onlyCandidate(g, p, a, b)
}

// onlyCandidate tells whether job a, of whose creation nobody heard, could be told from the job list when b was created: the list was
// had, and no other job in it or request of the plan may be meant.
func onlyCandidate(g *observer.Observer, p *observer.Sync, a, b sim.Job) bool {
	if a.Hidden || a.Twin || observer.IsActivity(a) || g.Config.Skew != 0 || slices.Contains(g.Config.OmitKeys, "startTime") {
		return false
	}
	if p := g.Creator(a); p == nil || p.Backend.Slowest > 10*time.Second { // three calls may take longer than "creating" is waited for
		return false
	}
	without := func(key string) bool { return slices.Contains(g.Config.OmitKeys, key) }
	if without("module") || without("currency") && a.Currency != "" {
		return false
	}
	if tooShort(g, p, a, a.Historical, slices.Contains(a.Types, "forecast")) != "" {
		return false
	}
	listed := slices.ContainsFunc(g.Ledger.Requests[a.Request:b.Request-1], func(r sim.Request) bool { return r.Op == sim.List })
	tabs := 0
	for _, tab := range g.TabsOf(p) {
		if strings.HasPrefix(tab.ID, a.Forecast) || slices.Contains(g.Config.OmitKeys, "fileName") {
			tabs++
		}
	}
	for _, j := range g.Ledger.Jobs {
		near := j.CreatedAt.Sub(a.CreatedAt).Abs() < 3*time.Minute && j.UserID == 1 && j.CreatedAt.Before(b.CreatedAt)
		if j.ID != a.ID && near && j.Forecast == a.Forecast {
			return false
		}
	}
	return listed && tabs == 1
}
