package invariant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// rowsStay: a sync that fails, is cancelled or killed takes no row away; nor does any sync with a state backend. Without one a
// sync that succeeds may delete what it did not see, if the user said overwrite-delete-stale; then the tables mirror what landed.
func rowsStay(g *observer.Observer, p *observer.Sync, wrong report) {
	mirror := g.Mirrors(p)
	for table, ids := range g.Before {
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
	if !mirror || !p.Alone() {
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

// landedIsTrue: an export that the sync says landed is there, whole, exactly as the truth of its job, and the job is one that was asked
// for what the row says, or cannot be told from it. That goes for failed syncs too: they pass a barrier before they end. Of two results
// of one tab, quarter and day only the later can be there.
func landedIsTrue(g *observer.Observer, p *observer.Sync, wrong report) {
	type where struct {
		observer.Place
		day any
	}
	last := map[where]world.Row{}
	for _, r := range p.Exports {
		at := where{observer.PlaceOf(r), r["snapshot_date"]}
		if g.Spec["history"] != true {
			at.day = nil
		}
		if world.HasLanded(r) {
			last[at] = r
		}
		if stored := g.Destination.Tables["clari_forecast_exports"][r["_cq_id"].(string)]; p.WantsExports() && stored.Line() != r.Line() {
			wrong("row of exports is not there: %v", r)
		}
	}
	for _, r := range last {
		job, ok := g.Job(r["job_id"])
		if !ok || job.UserID != 1 {
			wrong("landed from job %v, which no job of this user is: %v", r["job_id"], r)
			continue
		}
		if why := foreign(g, p, r, job); why != "" {
			wrong("landed from a job of another %s: %v\nis not what %+v was asked for", why, r, job)
		}
		if r["outcome"] == "adopted" && g.ForgotDay(p) || r["outcome"] == "landed_again" && g.SpecChanged() { // its rows may be there for two days
			continue
		}
		if differs := g.Differences(p, job); len(differs) > 0 {
			wrong("%s %s is not what job %s holds:%s", r["forecast_id"], r["requested_period"], job.ID, world.Lines(differs))
		}
	}
}

// foreign tells in what a job differs from what the row of its export says was asked for. Of a job that no sync made, types and weeks
// count by what its result has: no less than what the request's last result had, as far as that is known.
func foreign(g *observer.Observer, p *observer.Sync, r world.Row, job sim.Job) string {
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
		return tooShort(g, p, job, r["include_historical"] == true, strings.Contains(fmt.Sprint(r["types"]), `"forecast"`))
	}
	return ""
}

// tooShort tells what the result of a job lacks that nobody knows to be the request's own: what the request's last result had; where
// nothing is known of one, forecast amounts and a second week, if they were asked for.
func tooShort(g *observer.Observer, p *observer.Sync, job sim.Job, allWeeks, forecast bool) string {
	has, want := observer.ExtentOf(job), observer.Extent{Types: map[string]bool{}}
	if before, known := g.LastLanded(p, observer.Place{Forecast: job.Forecast, Scope: job.Scope, Currency: job.Currency, Quarter: job.Got}, allWeeks, job.ID); known {
		want = observer.ExtentOf(before)
	} else {
		want.Types["forecast"], want.Weeks = forecast, 2
	}
	for name, wanted := range want.Types {
		if wanted && !has.Types[name] && !slices.Contains(job.Types, name) { // the result may name a type that nobody has a value of
			return "extent: it has no " + name
		}
	}
	if allWeeks && has.Weeks < want.Weeks {
		return fmt.Sprintf("extent: it has %d weeks, and not %d", has.Weeks, want.Weeks)
	}
	return ""
}

// doneIsThere: the journal is never ahead of the rows, above all after a kill. What this sync noted as done is in the destination.
func doneIsThere(g *observer.Observer, p *observer.Sync, wrong report) {
	was := observer.Places(p.Journal)
	for key, e := range observer.Places(g.State) {
		if e.Job == "" || e.Job == was[key].Job {
			continue
		}
		job, ok := g.Job(e.Job)
		if !ok {
			wrong("the ledger has a job that there never was: %+v", e)
			continue
		}
		if job.Forecast == "" { // a window of activities
			continue
		}
		if g.Replaced(p, job) || g.ForgotDay(p) {
			continue
		}
		if differs := g.Differences(p, job); len(differs) > 0 {
			wrong("the journal calls job %s of %s %s done, and it is not there:%s", job.ID, job.Forecast, job.Got, world.Lines(differs))
		}
	}
}
