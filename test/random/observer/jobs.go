package observer

import (
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// Creation is the one that created a job.
func (g *Observer) Creation(j sim.Job) sim.Request {
	return g.Ledger.Requests[j.Request-1]
}

// Clean tells whether the creation of a job was answered as it should be.
func (g *Observer) Clean(j sim.Job) bool {
	r := g.Creation(j)
	return r.Status/100 == 2 && !r.Cut && !slices.ContainsFunc(r.Faults, func(name string) bool { return !OfJob(name) })
}

// Troubled tells whether the sync failed to learn of a job what it asked.
func (g *Observer) Troubled(p *Sync, j sim.Job) bool {
	return slices.ContainsFunc(p.Requests, func(r sim.Request) bool {
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

// Asked is a request for an export, as Clari sees it.
type Asked struct {
	forecast, period, currency, types, format string
	historical                                bool
}

func AskedFor(j sim.Job) Asked {
	return Asked{j.Forecast, j.Asked, j.Currency, strings.Join(j.Types, ","), j.Format, j.Historical}
}

// LandedFrom tells whether rows of a job are in the destination, as far as the exports table knows.
func (g *Observer) LandedFrom(j sim.Job) bool {
	of := func(r world.Row) bool { return world.HasLanded(r) && r["job_id"] == j.ID }
	return len(g.Destination.Rows("clari_forecast_exports", of))+len(g.Destination.Rows("clari_activity_exports", of)) > 0
}

// AliveAfter tells whether the process that created a job lived, and was not cancelled, until it had written down what it heard of it.
func (g *Observer) AliveAfter(j sim.Job) bool {
	p := g.Creator(j)
	return p != nil && (p.StoppedAt.IsZero() || g.Creation(j).Answered.Add(p.Backend.Written()-g.Config.Skew).Before(p.StoppedAt))
}

// Creator is the sync that created a job, nil where none did.
func (g *Observer) Creator(j sim.Job) *Sync {
	for _, p := range g.Played {
		if slices.ContainsFunc(p.Created, func(o sim.Job) bool { return o.ID == j.ID }) {
			return p
		}
	}
	return nil
}

// OfJob tells whether an effect changes a job, not an answer.
func OfJob(name string) bool { return ofJobs[name] || strings.HasPrefix(name, "takes-") }

func IsActivity(j sim.Job) bool { return j.Forecast == "" && strings.Contains(j.Asked, "..") }
