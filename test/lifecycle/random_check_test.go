package lifecycle

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// check holds a sync against all invariants.
func (g *game) check(p *playedSync) {
	g.checkRowsStay(p)
	g.checkLanded(p)
	g.checkDone(p)
	g.checkNoKey(p)
	g.checkManners(p)
	g.checkJobs(p)
	if p.stoppedAt.IsZero() {
		g.checkPlan(p)
		g.checkErrors(p)
	} else {
		g.checkStopped(p)
	}
	for _, r := range p.exports {
		switch r["outcome"] {
		case "exported":
			g.tally.landed++
		case "adopted":
			g.tally.landed++
			g.tally.adopted++
		case "settled":
			g.tally.settled++
		}
	}
	g.tally.exports += len(p.exports)
	if p.final && p.number == len(g.s.steps) && p.err != nil {
		g.wrong(p, "the last sync, without faults and with room for everything, failed")
	}
}

// wants are the selected ones of the tables that a result fills.
func (p *playedSync) wants(tables ...string) (selected []string) {
	for _, table := range tables {
		if p.tables == nil || slices.Contains(p.tables, table) {
			selected = append(selected, table)
		}
	}
	return selected
}

// differ compares what landed from a job with its truth, in the tables of the sync.
func (g *game) differ(p *playedSync, job sim.Job) []string {
	wrong, done := g.compared[job.ID]
	if !done {
		wrong = g.wh.differ(job, p.wants(resultTables...)...)
		g.compared[job.ID] = wrong
	}
	return wrong
}

var resultTables = []string{
	"clari_forecast_entries", "clari_forecast_users", "clari_forecast_fields", "clari_forecast_time_periods", "clari_forecast_time_frames",
}

func hasLanded(r row) bool { return r["outcome"] == "exported" || r["outcome"] == "adopted" }

// checkRowsStay: a sync that fails, is cancelled or killed takes no row away; nor does any sync with a state backend. Without one a
// sync that succeeds may delete what it did not see, if the user said overwrite-delete-stale; then the tables mirror what landed.
func (g *game) checkRowsStay(p *playedSync) {
	mirror := p.err == nil && g.s.deleteStale && !g.s.state
	for table, ids := range g.before {
		gone := 0
		for id := range ids {
			if g.wh.tables[table][id] == nil {
				gone++
			}
		}
		if gone > 0 && !mirror {
			g.wrong(p, "%d of %d rows of %s are gone", gone, len(ids), table)
		}
	}
	if !mirror {
		return
	}
	landed := map[any]bool{}
	for _, r := range p.exports {
		landed[r["job_id"]] = hasLanded(r)
	}
	for _, table := range resultTables {
		if other := g.wh.rows(table, func(r row) bool { return !landed[r["job_id"]] }); len(other) > 0 {
			g.wrong(p, "%d rows of %s are of no export of this sync, such as %v", len(other), table, other[0])
		}
	}
}

// checkLanded: an export that the sync says landed is there, whole, exactly as the truth of its job, and the job is one that was asked
// for what the row says. That goes for failed syncs too: they pass a barrier before they end. Of two results of one tab, quarter and
// day only the later can be there.
func (g *game) checkLanded(p *playedSync) {
	if !p.stoppedAt.IsZero() {
		return
	}
	type place struct{ forecast, currency, quarter, day any }
	last := map[place]row{}
	for _, r := range p.exports {
		at := place{r["forecast_id"], r["requested_currency"], r["requested_period"], r["snapshot_date"]}
		if g.spec["history"] != true {
			at.day = nil
		}
		if hasLanded(r) {
			last[at] = r
		}
		if stored := g.wh.tables["clari_forecast_exports"][r["_cq_id"].(string)]; p.wantsExports() && stored.line() != r.line() {
			g.wrong(p, "row of exports is not there: %v", r)
		}
	}
	for _, r := range last {
		job, ok := g.job(r["job_id"])
		if !ok || job.Request == 0 {
			g.wrong(p, "landed from job %v, which no sync has created: %v", r["job_id"], r)
			continue
		}
		if job.Forecast != r["forecast_id"] || job.Currency != r["requested_currency"] || job.Got != r["requested_period"] ||
			job.Historical != r["include_historical"] || len(job.Types) != strings.Count(fmt.Sprint(r["types"]), ",")+1 {
			g.wrong(p, "landed from a job of another request: %v\nis not what %+v was asked for", r, job)
		}
		if wrong := g.differ(p, job); len(wrong) > 0 {
			g.wrong(p, "%s %s is not what job %s holds:%s", r["forecast_id"], r["requested_period"], job.ID, lines(wrong))
		}
	}
}

func (p *playedSync) wantsExports() bool { return len(p.wants("clari_forecast_exports")) > 0 }

func (g *game) job(id any) (sim.Job, bool) {
	for _, j := range g.ledger.Jobs {
		if j.ID == id {
			return j, true
		}
	}
	return sim.Job{}, false
}

// checkDone: the journal is never ahead of the rows, above all after a kill. What this sync noted as done is in the destination.
func (g *game) checkDone(p *playedSync) {
	was := journalled(p.journal)
	for key, e := range journalled(g.state) {
		if e.DoneJobID == "" || e.DoneJobID == was[key].DoneJobID {
			continue
		}
		job, ok := g.job(e.DoneJobID)
		if !ok {
			g.wrong(p, "the journal calls a job done that there never was: %+v", e)
			continue
		}
		if g.replaced(p, job) {
			continue
		}
		if wrong := g.differ(p, job); len(wrong) > 0 {
			g.wrong(p, "the journal calls job %s of %s %s done, and it is not there:%s", job.ID, job.Forecast, job.Got, lines(wrong))
		}
	}
}

// replaced tells whether another job of the sync has landed in the place of one.
func (g *game) replaced(p *playedSync, job sim.Job) bool {
	newest := row{}
	for _, r := range p.exports {
		if hasLanded(r) && r["forecast_id"] == job.Forecast && r["requested_currency"] == job.Currency && r["requested_period"] == job.Got {
			newest = r
		}
	}
	return newest["job_id"] != job.ID
}

// checkPlan: each planned export has landed, or was settled, or is named in the error by tab and period. With no error it has landed or
// was settled. The plan is worked out here from the tenant's calendar; a sync around a quarter's end may go by either quarter.
func (g *game) checkPlan(p *playedSync) {
	tenant := g.sim.Tenant()
	skew := g.s.config.Skew
	current := tenant.Calendar.QuarterOf(p.start.Add(skew - 26*time.Hour))
	if current != tenant.Calendar.QuarterOf(p.end.Add(skew+26*time.Hour)) {
		return
	}
	text := ""
	if p.err != nil {
		text = p.err.Error()
	}
	for _, tab := range g.s.tabs {
		for _, period := range tab.periods {
			for _, quarter := range period.quarters(current) {
				labels := []string{quarter.String(), period.text}
				if quarter == current {
					labels = append(labels, "current")
				}
				if !g.landedOrSettled(p, tab, quarter) && !named(text, tab, labels) {
					g.wrong(p, "%s %s neither landed nor is it in the error", tab, quarter)
				}
			}
		}
	}
}

// named tells whether an error names an export of the tab for one of the periods.
func named(text string, tab randomTab, periods []string) bool {
	name := "forecast " + tab.id
	if tab.currency != "" {
		name += " in " + tab.currency
	}
	for _, period := range periods {
		if regexp.MustCompile(regexp.QuoteMeta(name+" period "+period) + `[ :]`).MatchString(text) {
			return true
		}
	}
	return false
}

// landedOrSettled goes by the sync's rows of clari_forecast_exports. Settled may be called only what two syncs before this have exported
// later than its end and settle_days; the rows of the newest of those exports are there, whole.
func (g *game) landedOrSettled(p *playedSync, tab randomTab, quarter sim.Quarter) bool {
	if !p.wantsExports() {
		return true
	}
	for _, r := range p.exports {
		if r["forecast_id"] != tab.id || r["requested_currency"] != tab.currency || r["requested_period"] != quarter.String() {
			continue
		}
		if hasLanded(r) {
			return true
		}
		if r["outcome"] == "settled" {
			g.checkSettled(p, tab, quarter)
			return true
		}
	}
	return false
}

func (g *game) checkSettled(p *playedSync, tab randomTab, quarter sim.Quarter) {
	_, end := g.sim.Tenant().Calendar.Days(quarter)
	zone, err := time.LoadLocation(g.spec["time_zone"].(string))
	if err != nil {
		panic(err)
	}
	syncs := map[int]bool{}
	var newest row
	for _, before := range g.played[:len(g.played)-1] {
		for _, r := range before.exports {
			if !hasLanded(r) || r["forecast_id"] != tab.id || r["requested_currency"] != tab.currency || r["requested_period"] != quarter.String() {
				continue
			}
			exported := time.UnixMicro(r["exported_at"].(int64)).In(zone).Format(time.DateOnly)
			if exported > end.AddDate(0, 0, g.number("settle_days")).Format(time.DateOnly) {
				syncs[before.number] = true
			}
			if g.wh.tables["clari_forecast_exports"][r["_cq_id"].(string)] != nil {
				newest = r
			}
		}
	}
	if len(syncs) < 2 {
		g.wrong(p, "%s %s is called settled after %d late exports", tab, quarter, len(syncs))
		return
	}
	if job, ok := g.job(newest["job_id"]); ok {
		if wrong := g.differ(p, job); len(wrong) > 0 {
			g.wrong(p, "%s %s is called settled, and its newest export %s is not there:%s", tab, quarter, job.ID, lines(wrong))
		}
	}
}

// checkErrors: the log has one error line for each lost export and each other table that could not be had, and each lost export has a
// row that says why.
func (g *game) checkErrors(p *playedSync) {
	lost := 0
	text := fmt.Sprint(p.err)
	if incomplete, ok := errors.AsType[*job.IncompleteError](p.err); ok {
		lost = len(incomplete.Missing)
	}
	failed := strings.Count(text, "table clari_export_jobs: ") + strings.Count(text, "table clari_limits: ")
	if n := p.logs.count("error", ""); n != lost+failed {
		g.wrong(p, "%d error lines for %d lost exports and %d failed tables", n, lost, failed)
	}
	if p.err != nil && lost+failed == 0 {
		g.wrong(p, "an error about no export and no table")
	}
	rows := 0
	for _, r := range p.exports {
		if r["outcome"] == "failed" || r["outcome"] == "left_out" {
			rows++
			if r["error"] == nil {
				g.wrong(p, "a lost export without a reason: %v", r)
			}
		}
	}
	if p.wantsExports() && rows != lost {
		g.wrong(p, "%d rows of lost exports for %d lost exports", rows, lost)
	}
}

// checkNoKey: the API key is in no log line, no error, no state and no row of what is told of exports and jobs.
func (g *game) checkNoKey(p *playedSync) {
	key := g.sim.Key()
	texts := []string{p.logs.String(), fmt.Sprint(p.err), fmt.Sprint(g.state)}
	for _, table := range []string{"clari_forecast_exports", "clari_export_jobs", "clari_limits"} {
		for _, r := range g.wh.rows(table, nil) {
			texts = append(texts, r.line())
		}
	}
	for _, text := range texts {
		if at := strings.Index(text, key); at >= 0 {
			g.wrong(p, "the key is told: %s", text[max(0, at-200):at])
		}
	}
}

// checkStopped: a cancelled sync ends at once (its clean-up may take two seconds), with an error. A killed process sends nothing more.
// With a state backend it leaves its jobs to the next sync; without one it cancels them, which gives the exports back.
func (g *game) checkStopped(p *playedSync) {
	if p.err == nil {
		g.wrong(p, "a sync that was stopped succeeded")
	}
	allowed := time.Second
	if !g.s.state {
		allowed = 2*time.Second + 100*time.Millisecond
	}
	if took := p.end.Sub(p.stoppedAt); took > allowed {
		g.wrong(p, "it ended only %s after it was stopped", took)
	}
	stopped := p.stoppedAt.Add(g.s.config.Skew)
	throttled := false
	for _, r := range p.requests {
		throttled = throttled || r.Throttled || len(r.Faults) > 0 && r.Op == sim.Cancel
		if r.At.After(stopped) && (p.killed || g.s.state) {
			g.wrong(p, "a request after the end: %s", r)
		}
	}
	if p.killed || g.s.state || throttled || g.tally.fired["refused"] > 0 {
		return
	}
	for _, j := range p.created {
		if !p.stoppedAt.After(g.request(j).Answered.Add(-g.s.config.Skew)) || !g.clean(j) {
			continue
		}
		if j.Active(g.sim.Now()) {
			g.wrong(p, "job %s of %s %s goes on, and nobody will adopt it", j.ID, j.Forecast, j.Asked)
		}
	}
}
