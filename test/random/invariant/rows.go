package invariant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// wants are the selected ones of the tables that a result fills.
func (p *Sync) wants(tables ...string) (selected []string) {
	for _, table := range tables {
		if p.Tables == nil || slices.Contains(p.Tables, table) {
			selected = append(selected, table)
		}
	}
	return selected
}

// differ compares what landed from a job with its truth, in the tables of the sync.
func (g *Observer) differ(p *Sync, job sim.Job) []string {
	wrong, done := g.compared[job.ID]
	if !done {
		wrong = g.Destination.Differ(job, p.wants(world.ResultTables...)...)
		g.compared[job.ID] = wrong
	}
	return wrong
}

// rowsStay: a sync that fails, is cancelled or killed takes no row away; nor does any sync with a state backend. Without one a
// sync that succeeds may delete what it did not see, if the user said overwrite-delete-stale; then the tables mirror what landed.
func (g *Observer) rowsStay(p *Sync, wrong report) {
	mirror := g.mirrors(p)
	for table, ids := range g.before {
		gone := 0
		for id := range ids {
			if g.Destination.Tables[table][id] == nil {
				gone++
			}
		}
		if gone > 0 && !mirror {
			wrong("%d of %d rows of %s are gone", gone, len(ids), table)
		}
	}
	if !mirror || !p.alone() {
		return
	}
	landed := map[any]bool{}
	for _, r := range p.Exports {
		landed[r["job_id"]] = world.HasLanded(r)
	}
	for _, table := range world.ResultTables {
		if other := g.Destination.Rows(table, func(r world.Row) bool { return !landed[r["job_id"]] }); len(other) > 0 {
			wrong("%d rows of %s are of no export of this sync, such as %v", len(other), table, other[0])
		}
	}
}

// mirrors tells whether the tables may have lost what this sync did not land: the user said so, and there is no state backend.
func (g *Observer) mirrors(p *Sync) bool {
	return g.Destination.DeleteStale && g.State == nil && (p.Err == nil || !p.alone())
}

// landedIsTrue: an export that the sync says landed is there, whole, exactly as the truth of its job, and the job is one that was asked
// for what the row says, or cannot be told from it. That goes for failed syncs too: they pass a barrier before they end. Of two results
// of one tab, quarter and day only the later can be there.
func (g *Observer) landedIsTrue(p *Sync, wrong report) {
	type where struct {
		place
		day any
	}
	last := map[where]world.Row{}
	for _, r := range p.Exports {
		at := where{placeOf(r), r["snapshot_date"]}
		if g.Spec["history"] != true {
			at.day = nil
		}
		if world.HasLanded(r) {
			last[at] = r
		}
		if stored := g.Destination.Tables["clari_forecast_exports"][r["_cq_id"].(string)]; p.wantsExports() && stored.Line() != r.Line() {
			wrong("row of exports is not there: %v", r)
		}
	}
	for _, r := range last {
		job, ok := g.job(r["job_id"])
		if !ok || job.UserID != 1 {
			wrong("landed from job %v, which no job of this user is: %v", r["job_id"], r)
			continue
		}
		if why := g.foreign(p, r, job); why != "" {
			wrong("landed from a job of another %s: %v\nis not what %+v was asked for", why, r, job)
		}
		if r["outcome"] == "adopted" && g.forgotDay(p) || r["outcome"] == "landed_again" && g.specChanged() { // its rows may be there for two days
			continue
		}
		if differs := g.differ(p, job); len(differs) > 0 {
			wrong("%s %s is not what job %s holds:%s", r["forecast_id"], r["requested_period"], job.ID, world.Lines(differs))
		}
	}
}

// foreign tells in what a job differs from what the row of its export says was asked for. Of a job that no sync made, types and weeks
// count by what its result has: no less than what the request's last result had, as far as that is known.
func (g *Observer) foreign(p *Sync, r world.Row, job sim.Job) string {
	switch {
	case job.Forecast != r["forecast_id"]:
		return "tab"
	case job.Currency != r["requested_currency"] && (job.Request != 0 || job.Export.JobCurrency != r["requested_currency"] && r["requested_currency"] != ""):
		return "currency"
	case job.Got != r["requested_period"]:
		return "quarter"
	case r["outcome"] != "landed_again" && !strings.EqualFold(job.Format, fmt.Sprint(r["export_format"])):
		return "format"
	case job.Request != 0 && (job.Historical != r["include_historical"] || len(job.Types) != strings.Count(fmt.Sprint(r["types"]), ",")+1):
		return "extent"
	case job.Request == 0:
		return g.tooShort(p, job, r["include_historical"] == true, strings.Contains(fmt.Sprint(r["types"]), `"forecast"`))
	}
	return ""
}

// tooShort tells what the result of a job lacks that nobody knows to be the request's own: what the request's last result had; where
// nothing is known of one, forecast amounts and a second week, if they were asked for.
func (g *Observer) tooShort(p *Sync, job sim.Job, allWeeks, forecast bool) string {
	has, want := extentOf(job), extent{types: map[string]bool{}}
	if before, known := g.lastLanded(p, place{job.Forecast, job.Scope, job.Currency, job.Got}, allWeeks, job.ID); known {
		want = extentOf(before)
	} else {
		want.types["forecast"], want.weeks = forecast, 2
	}
	for name, wanted := range want.types {
		if wanted && !has.types[name] && !slices.Contains(job.Types, name) { // the result may name a type that nobody has a value of
			return "extent: it has no " + name
		}
	}
	if allWeeks && has.weeks < want.weeks {
		return fmt.Sprintf("extent: it has %d weeks, and not %d", has.weeks, want.weeks)
	}
	return ""
}

// lastLanded is the job whose rows landed last for a request, in a sync before that state knows of.
func (g *Observer) lastLanded(p *Sync, at place, allWeeks bool, except string) (job sim.Job, known bool) {
	if !g.kept(p) {
		return sim.Job{}, false
	}
	for _, before := range g.Played[:p.Number-1] {
		for _, r := range before.Exports {
			if !before.StoppedAt.IsZero() || !world.HasLanded(r) || placeOf(r) != at || r["include_historical"] != allWeeks || r["job_id"] == except {
				continue
			}
			if j, ok := g.job(r["job_id"]); ok {
				job, known = j, true
			}
		}
	}
	return job, known
}

// extent is what a result has: types, and weeks.
type extent struct {
	types map[string]bool
	weeks int
}

func extentOf(j sim.Job) extent {
	e, weeks := extent{types: map[string]bool{}}, map[string]bool{}
	for r := range j.Export.Entries() {
		weeks[r.TimeFrameID] = true
		for name, has := range map[string]bool{
			"forecast": r.ForecastValue.Valid, "quota": r.QuotaValue.Valid, "adjustment": r.AdjustmentValue.Valid, "forecast_updated": r.IsUpdated.Valid,
		} {
			if has {
				e.types[name] = true
			}
		}
	}
	e.weeks = len(weeks)
	return e
}

func (p *Sync) wantsExports() bool { return len(p.wants("clari_forecast_exports")) > 0 }

func (g *Observer) job(id any) (sim.Job, bool) {
	for _, j := range g.ledger.Jobs {
		if j.ID == id {
			return j, true
		}
	}
	return sim.Job{}, false
}

// doneIsThere: the journal is never ahead of the rows, above all after a kill. What this sync noted as done is in the destination.
func (g *Observer) doneIsThere(p *Sync, wrong report) {
	was := places(p.Journal)
	for key, e := range places(g.State) {
		if e.Job == "" || e.Job == was[key].Job {
			continue
		}
		job, ok := g.job(e.Job)
		if !ok {
			wrong("the ledger has a job that there never was: %+v", e)
			continue
		}
		if job.Forecast == "" { // a window of activities
			continue
		}
		if g.replaced(p, job) || g.forgotDay(p) {
			continue
		}
		if differs := g.differ(p, job); len(differs) > 0 {
			wrong("the journal calls job %s of %s %s done, and it is not there:%s", job.ID, job.Forecast, job.Got, world.Lines(differs))
		}
	}
}

// forgotDay tells whether state may have forgotten for which day the rows of a job landed before, so that they are there for two.
func (g *Observer) forgotDay(p *Sync) bool { return g.Spec["history"] == true && !g.kept(p) }

// replaced tells whether another job of the sync has landed in the place of one.
func (g *Observer) replaced(p *Sync, job sim.Job) bool {
	newest := world.Row{}
	for _, r := range p.Exports {
		if world.HasLanded(r) && r["forecast_id"] == job.Forecast && r["requested_currency"] == job.Currency && r["requested_period"] == job.Got {
			newest = r
		}
	}
	return newest["job_id"] != job.ID
}
