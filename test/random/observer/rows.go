package observer

import (
	"fmt"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// Wants are the selected ones of the tables that a result fills.
func (p *Sync) Wants(tables ...string) (selected []string) {
	for _, table := range tables {
		if p.Tables == nil || slices.Contains(p.Tables, table) {
			selected = append(selected, table)
		}
	}
	return selected
}

// Differences compares what landed from a job with its truth, in the tables of the sync.
func (g *Observer) Differences(p *Sync, job sim.Job) []string {
	wrong, done := g.Compared[job.ID]
	if !done {
		wrong = g.Destination.Differ(job, p.Wants(world.ResultTables...)...)
		g.Compared[job.ID] = wrong
	}
	return wrong
}

// Mirrors tells whether the tables may have lost what this sync did not land: the user said so, and there is no state backend.
func (g *Observer) Mirrors(p *Sync) bool {
	return g.Destination.DeleteStale && g.State == nil && (p.Err == nil || !p.Alone())
}

// LastLanded is the job whose rows landed last for a request, in a sync before that state knows of.
func (g *Observer) LastLanded(p *Sync, at Place, allWeeks bool, except string) (job sim.Job, known bool) {
	if !g.Kept(p) {
		return sim.Job{}, false
	}
	for _, before := range g.Played[:p.Number-1] {
		for _, r := range before.Exports {
			if !before.StoppedAt.IsZero() || !world.HasLanded(r) || PlaceOf(r) != at || r["include_historical"] != allWeeks || r["job_id"] == except {
				continue
			}
			if j, ok := g.Job(r["job_id"]); ok {
				job, known = j, true
			}
		}
	}
	return job, known
}

// Extent is what a result has: types, and weeks.
type Extent struct {
	Types map[string]bool
	Weeks int
}

func ExtentOf(j sim.Job) Extent {
	e, weeks := Extent{Types: map[string]bool{}}, map[string]bool{}
	for r := range j.Export.Entries() {
		weeks[r.TimeFrameID] = true
		for name, has := range map[string]bool{
			"forecast": r.ForecastValue.Valid, "quota": r.QuotaValue.Valid, "adjustment": r.AdjustmentValue.Valid, "forecast_updated": r.IsUpdated.Valid,
		} {
			if has {
				e.Types[name] = true
			}
		}
	}
	e.Weeks = len(weeks)
	return e
}

func (p *Sync) WantsExports() bool { return len(p.Wants("clari_forecast_exports")) > 0 }

func (g *Observer) Job(id any) (sim.Job, bool) {
	for _, j := range g.Ledger.Jobs {
		if j.ID == id {
			return j, true
		}
	}
	return sim.Job{}, false
}

// ForgotDay tells whether state may have forgotten for which day the rows of a job landed before, so that they are there for two.
func (g *Observer) ForgotDay(p *Sync) bool { return g.Spec["history"] == true && !g.Kept(p) }

// Replaced tells whether another job of the sync has landed in the place of one.
func (g *Observer) Replaced(p *Sync, job sim.Job) bool {
	newest := world.Row{}
	for _, r := range p.Exports {
		if world.HasLanded(r) && r["forecast_id"] == job.Forecast && r["requested_currency"] == job.Currency && r["requested_period"] == job.Got {
			newest = r
		}
	}
	return newest["job_id"] != job.ID
}

// Present are the keys of entries that the current view shows: the newest row of each key that is not older than the newest landed export of
// all weeks of its place, else the oldest landed one. The rows of an export that did not land count, since they have replaced others. Where no landed export
// has a count of entries all count, as in the view.
func (g *Observer) Present() map[Place]map[string]bool {
	floor, whole := map[Place]time.Time{}, map[Place]bool{}
	for _, r := range g.Destination.Rows(world.ExportsTable, landedEntries) {
		p, at, all := PlaceOf(r), r.Time("exported_at"), r["include_historical"] == true
		if since, known := floor[p]; !known || all && (!whole[p] || at.After(since)) || !all && !whole[p] && at.Before(since) {
			floor[p], whole[p] = at, all
		}
	}
	keys := map[Place]map[string]bool{}
	for _, r := range g.Destination.Tables["clari_forecast_entries"] {
		at := PlaceOf(r)
		if since, landed := floor[at]; landed && r.Time("exported_at").Before(since) {
			continue
		}
		if keys[at] == nil {
			keys[at] = map[string]bool{}
		}
		keys[at][fmt.Sprint(r["time_period_id"], " ", r["time_frame_id"], " ", r["user_id"], " ", r["field_id"])] = true
	}
	return keys
}

// landedEntries tells whether an export landed, and its entries with it: a table that never landed from its job has no count.
func landedEntries(r world.Row) bool { return world.HasLanded(r) && r["entries"] != nil }

// Newest is the job whose entries landed last at each place.
func (g *Observer) Newest() map[Place]any {
	jobs, at := map[Place]any{}, map[Place]time.Time{}
	for _, r := range g.Destination.Rows(world.ExportsTable, landedEntries) {
		if p := PlaceOf(r); r.Time("exported_at").After(at[p]) {
			jobs[p], at[p] = r["job_id"], r.Time("exported_at")
		}
	}
	return jobs
}

// Empty says whether an export that landed says itself that it has no entries.
func (g *Observer) Empty(job any) bool {
	return len(g.Destination.Rows(world.ExportsTable, func(r world.Row) bool {
		return world.HasLanded(r) && r["job_id"] == job && r["entries"] == int64(0)
	})) > 0
}
