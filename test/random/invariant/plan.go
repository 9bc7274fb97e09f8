package invariant

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
	"github.com/cq-source-clari/cq-source-clari/test/random/schedule"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// planAccounted: each planned export has landed, or was settled, or is named in the error by tab and period. With no error it has landed or
// was settled. The plan is worked out here from the tenant's calendar; a sync around a quarter's end may go by either quarter.
func planAccounted(g *observer.Observer, p *observer.Sync, wrong report) {
	if p.Doomed() {
		return
	}
	tenant := g.Sim.Tenant()
	skew := g.Config.Skew
	current := tenant.Calendar.QuarterOf(p.Start.Add(skew - 26*time.Hour))
	if current != tenant.Calendar.QuarterOf(p.End.Add(skew+26*time.Hour)) {
		return
	}
	text := ""
	if p.Err != nil {
		text = p.Err.Error()
	}
	for _, tab := range g.TabsOf(p) {
		for _, period := range tab.Periods {
			for _, quarter := range period.Quarters(current) {
				labels := []string{quarter.String(), period.Text}
				if quarter == current {
					labels = append(labels, "current")
				}
				if !landedOrSettled(g, p, tab, quarter, wrong) && !named(text, tab, quarter, labels) {
					wrong("%s %s neither landed nor is it in the error", tab, quarter)
				}
			}
		}
	}
}

// named tells whether an error names an export of the tab for one of the periods, perhaps in a range of quarters. Exports are grouped by
// cause, so that tab and period need not stand side by side.
func named(text string, tab schedule.Tab, quarter sim.Quarter, periods []string) bool {
	word := func(s string) bool {
		return regexp.MustCompile(`(^|[^\w.])` + regexp.QuoteMeta(s) + `($|[^\w.]|\.($|\s))`).MatchString(text)
	}
	if !word(tab.ID) || tab.Currency != "" && !word(tab.Currency) {
		return false
	}
	if slices.ContainsFunc(periods, word) {
		return true
	}
	for _, m := range regexp.MustCompile(`(\d{4}_Q\d)\.\.(\d{4}_Q\d)`).FindAllStringSubmatch(text, -1) {
		if m[1] <= quarter.String() && quarter.String() <= m[2] {
			return true
		}
	}
	return false
}

// landedOrSettled goes by the sync's rows of clari_forecast_exports. Settled may be called only what two syncs before this have exported
// later than its end and settle_days; the rows of the newest of those exports are there, whole.
func landedOrSettled(g *observer.Observer, p *observer.Sync, tab schedule.Tab, quarter sim.Quarter, wrong report) bool {
	if !p.WantsExports() {
		return true
	}
	for _, r := range p.Exports {
		if r["forecast_id"] != tab.ID || r["requested_currency"] != tab.Currency || r["requested_period"] != quarter.String() {
			continue
		}
		if world.HasLanded(r) {
			return true
		}
		if r["outcome"] == "kept" {
			return true
		}
		if r["outcome"] == "settled" {
			trulySettled(g, p, tab, quarter, wrong)
			return true
		}
	}
	return false
}

func trulySettled(g *observer.Observer, p *observer.Sync, tab schedule.Tab, quarter sim.Quarter, wrong report) {
	if g.SpecChanged() { // what is there may come from two requests, and be there for two days
		return
	}
	late := lateExports(g, p, observer.Place{Forecast: tab.ID, Scope: "", Currency: tab.Currency, Quarter: quarter.String()}, quarter)
	if len(late) < 2 {
		wrong("%s %s is called settled after %d late exports", tab, quarter, len(late))
		return
	}
	var newest world.Row
	by := p // the sync that landed it: a table that was selected later may be lacking, see TestTableSelectedLater
	for n, r := range late {
		if newest == nil || newest.Time("exported_at").Before(r.Time("exported_at")) {
			newest, by = r, g.Played[max(n, -n)-1]
		}
	}
	together := slices.ContainsFunc(g.Played, func(p *observer.Sync) bool { return !p.Alone() }) // then an older one may have landed last
	if job, ok := g.Job(newest["job_id"]); ok && !together && g.Destination.Tables["clari_forecast_exports"][newest["_cq_id"].(string)] != nil {
		if differs := g.Differences(by, job); len(differs) > 0 {
			wrong("%s %s is called settled, and its newest export %s is not there:%s", tab, quarter, job.ID, world.Lines(differs))
		}
	}
}

// lossesTold: the log has one error line for each lost export and each other table that could not be had, and each lost export has a
// row that says why.
func lossesTold(g *observer.Observer, p *observer.Sync, wrong report) {
	if p.Doomed() || !p.WantsExports() {
		return
	}
	text, lost := fmt.Sprint(p.Err), 0
	for _, r := range slices.Concat(p.Exports, p.Windows) {
		if r["outcome"] == "failed" || r["outcome"] == "left_out" {
			lost++
			if r["error"] == nil {
				wrong("a lost export without a reason: %v", r)
			}
		}
	}
	failed := 0
	for _, table := range world.TableNames() {
		failed += strings.Count(text, "table "+table+": ") + strings.Count(text, "table "+table+" and ")
	}
	if n := p.Logs.Count("error", ""); n != lost+failed {
		wrong("%d error lines for %d lost exports and %d failed tables", n, lost, failed)
	}
	if p.Err != nil && lost+failed == 0 {
		wrong("an error about no export and no table")
	}
	if lost > 0 && p.Err == nil {
		wrong("%d exports are lost, and the sync succeeded", lost)
	}
}

// plannedOnce: no tab and quarter is exported twice in a sync. Under history an old result may land beside the new one, for its day's sake.
func plannedOnce(g *observer.Observer, p *observer.Sync, wrong report) {
	if g.Spec["history"] == true {
		return
	}
	seen := map[observer.Place]world.Row{}
	for _, r := range p.Exports {
		at := observer.PlaceOf(r)
		if !world.HasLanded(r) {
			continue
		}
		if before := seen[at]; before != nil {
			wrong("%v landed twice:\n  %v\n  %v", at, before, r)
		}
		seen[at] = r
	}
}

// watchedPlanned: with a state backend, a quarter once exported as current is exported until it has settled.
func watchedPlanned(g *observer.Observer, p *observer.Sync, wrong report) {
	if !g.Kept(p) || !p.WantsExports() || p.Doomed() || len(p.Exports) == 0 {
		return
	}
	now := map[observer.Place]bool{}
	for _, r := range p.Exports {
		now[observer.PlaceOf(r)] = true
	}
	for _, before := range g.Played[:p.Number-1] {
		for _, r := range before.Exports {
			job, ok := g.Job(r["job_id"])
			if !ok || !before.StoppedAt.IsZero() || !before.WantsExports() || !world.HasLanded(r) || job.Asked != "" || now[observer.PlaceOf(r)] || !inSpec(g, p, job) {
				continue
			}
			quarter, _ := sim.ParseQuarter(fmt.Sprint(r["requested_period"]))
			late := lateExports(g, p, observer.PlaceOf(r), quarter)
			unresolved := slices.ContainsFunc(p.Exports, func(r world.Row) bool { // an export of current that made no job may name another quarter than Clari has
				return r["requested_period"] == "" || r["requested_period"] == nil || r["forecast_id"] == job.Forecast && r["job_id"] == nil && !world.HasLanded(r)
			})
			if len(late) < 2 && !unresolved {
				wrong("%v was exported as current in sync %d, has not settled, and is not in the plan", observer.PlaceOf(r), before.Number)
			}
		}
	}
}

// inSpec says whether the tab of a job is in the spec of a sync, in the job's currency.
func inSpec(g *observer.Observer, p *observer.Sync, j sim.Job) bool {
	return slices.ContainsFunc(g.TabsOf(p), func(tab schedule.Tab) bool { return tab.ID == j.Forecast && tab.Currency == j.Currency })
}

// lateExports are the last exports of a quarter, in each sync before p, that were later than its end and settle_days. One that ran beside
// another has its negative number.
func lateExports(g *observer.Observer, p *observer.Sync, at observer.Place, quarter sim.Quarter) map[int]world.Row {
	_, end := g.Sim.Tenant().Calendar.Days(quarter)
	zone, err := time.LoadLocation(g.Spec["time_zone"].(string))
	if err != nil {
		panic(err)
	}
	late := map[int]world.Row{}
	from := end.AddDate(0, 0, g.Number("settle_days")).Format(time.DateOnly)
	add := func(number int, rows []world.Row) {
		for _, r := range rows {
			if world.HasLanded(r) && observer.PlaceOf(r) == at && r.Time("exported_at").In(zone).Format(time.DateOnly) > from {
				late[number] = r
			}
		}
	}
	for _, before := range g.Played[:p.Number-1] {
		add(before.Number, before.Exports)
		add(-before.Number, before.Also)
	}
	return late
}

// settledStays: a quarter that has settled is exported again only by refresh. A new export would rewrite history.
func settledStays(g *observer.Observer, p *observer.Sync, wrong report) {
	tells := g.Config.JSON == sim.Arrays && g.Spec["export_format"] == "json" || g.Spec["fiscal_year_start_month"] != nil
	if !g.Kept(p) || p.Spec["refresh"] != nil || !tells || g.SpecChanged() { // when a quarter ends that no result tells of is not known
		return
	}
	for _, j := range p.Created {
		quarter, ok := sim.ParseQuarter(j.Asked)
		late := lateExports(g, p, observer.Place{Forecast: j.Forecast, Scope: j.Scope, Currency: j.Currency, Quarter: j.Asked}, quarter)
		for n := range late {
			// One that Clari chose as its current quarter is another request, and settles nothing.
			asked, known := g.Job(late[n]["job_id"])
			if n < 0 || !g.Played[n-1].StoppedAt.IsZero() || known && asked.Asked != j.Asked {
				delete(late, n)
			}
		}
		if ok && len(late) >= 2 {
			wrong("%s %s has settled, and is exported again as job %s", j.Forecast, j.Asked, j.ID)
		}
	}
}

// remembered tells whether each cause in the error of a sync is a failure that is remembered, and not tried again yet, or that this sync has just read once
// more: then its row has the day.
func remembered(p *observer.Sync) bool {
	text := p.Err.Error()
	if strings.Contains(text, "table ") {
		return false
	}
	again := strings.Count(text, "is tried again on")
	return again == strings.Count(text, "; forecast ")+strings.Count(text, "; activities ")+1 || !strings.Contains(text, "activities ") && allHaveNextTry(p)
}

func allHaveNextTry(p *observer.Sync) bool {
	lost := 0
	for _, r := range p.Exports {
		if r["outcome"] != "failed" && r["outcome"] != "left_out" {
			continue
		}
		if lost++; r["next_try"] == nil {
			return false
		}
	}
	return lost > 0
}

// landsInTwo: every quarter that can be exported lands within two undisturbed syncs, whatever came before; but for what failed for its content, and is
// not tried again yet.
func landsInTwo(g *observer.Observer, p *observer.Sync, wrong report) {
	if p.Final && p.Err != nil && p.Number > 1 && g.Played[p.Number-2].Final && !remembered(p) {
		wrong("it failed, undisturbed and after an undisturbed one")
	}
}
