package invariant

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
	"github.com/cq-source-clari/cq-source-clari/test/random/schedule"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// blocksLand: once an undisturbed sync has succeeded, whatever came before, all activities are there that the days exported hold, none twice, and
// those of the time that the last job of an earlier sync may be fresh: and all audit events that Clari could still list in every sync.
func blocksLand(g *observer.Observer, p *observer.Sync, wrong report) {
	if g.Since.IsZero() || !p.Final || p.Err != nil || p.Tables != nil {
		return
	}
	const fresh = 7 * time.Hour // the result of an earlier sync that serves, and its time in the queue
	zone, err := time.LoadLocation(g.Spec["time_zone"].(string))
	if err != nil {
		panic(err)
	}
	first := time.Date(g.Since.Year(), g.Since.Month(), g.Since.Day(), 0, 0, 0, 0, zone)
	end := p.End.Add(g.Config.Skew)
	all := func(at time.Time) map[string]sim.Activity {
		found := map[string]sim.Activity{}
		for a := range g.Sim.Activities(sim.Activities{First: first, Last: end, Types: sim.ActivityTypes, At: at}) {
			found[a.ID] = a
		}
		return found
	}
	due, ever := all(p.Start.Add(g.Config.Skew-fresh)), all(end)
	maps.DeleteFunc(due, func(_ string, a sim.Activity) bool { return a.At.After(p.Start.Add(g.Config.Skew - fresh)) })
	seen, parents := map[any]bool{}, map[any]sim.Activity{}
	for _, r := range g.Destination.Rows("clari_activities", nil) {
		id := r["activity_id"]
		if seen[id] {
			wrong("activity %v is there twice", id)
		}
		seen[id] = true
		a, ok := ever[id.(string)]
		if !ok || !r.Time("occurred_at").Equal(a.At.Truncate(time.Microsecond)) || r["activity_type"] != a.Type {
			wrong("no such activity: %v", r)
		}
		parents[r["_cq_id"]] = a
	}
	for _, id := range slices.Sorted(maps.Keys(due)) {
		if !seen[id] {
			wrong("activity %s of %s is lost; windows of this sync: %v", id, due[id].At, p.Windows)
			break
		}
	}
	people := 0
	for _, a := range parents {
		people += len(a.Participants)
	}
	if rows := g.Destination.Rows("clari_activity_participants", nil); len(rows) != people {
		wrong("%d participants of %d", len(rows), people)
	}
	opportunitiesLand(g, p, wrong)
	// Audit events: those of the last days, which every sync could list.
	from := p.Start.Add(g.Config.Skew - 20*24*time.Hour)
	missing := map[string]int{}
	for e := range g.Sim.AuditEvents(from, p.Start.Add(g.Config.Skew), p.Start.Add(g.Config.Skew)) {
		missing[world.AuditLine(e)]++
	}
	for _, r := range g.Destination.Rows("clari_audit_events", nil) {
		line := r.Line("_cq_id", "event_id")
		at := r.Time("occurred_at")
		if missing[line]--; !at.Before(from) && missing[line] < 0 && at.Before(p.Start.Add(g.Config.Skew)) {
			wrong("an audit event too many: %s", line)
		}
	}
	for line, n := range missing {
		if n > 0 {
			wrong("an audit event is lost: %s", line)
			break
		}
	}
}

// opportunitiesLand: those that are listed and those of this sync's activities are there, and all that are there are as Clari has them.
func opportunitiesLand(g *observer.Observer, p *observer.Sync, wrong report) {
	due, there := slices.Clone(schedule.ListedOpportunities), []string{}
	landed := map[any]bool{}
	for _, r := range p.Windows {
		landed[r["job_id"]] = world.HasLanded(r)
	}
	for _, r := range g.Destination.Rows("clari_activity_opportunities", func(r world.Row) bool { return landed[r["job_id"]] }) {
		due = append(due, r["opportunity_id"].(string))
	}
	for _, r := range g.Destination.Rows("clari_opportunities", nil) {
		there = append(there, r["opportunity_id"].(string))
	}
	for _, id := range due {
		if !slices.ContainsFunc(there, func(o string) bool { return o[:15] == id[:15] }) {
			wrong("opportunity %s is not there", id)
			break
		}
	}
	if differs := g.OpportunityDiffer(there); len(differs) > 0 {
		wrong("opportunities are not what Clari has:%s", world.Lines(differs))
	}
}

// windowsAccounted: a window's row tells how many jobs it took, and no job was made for none. Where a creation's end is unclear nobody knows.
func windowsAccounted(g *observer.Observer, p *observer.Sync, wrong report) {
	if g.Since.IsZero() || len(p.Wants("clari_activity_exports")) == 0 || p.Doomed() {
		return
	}
	made := 0
	for _, j := range p.Created {
		if !observer.IsActivity(j) {
			continue
		}
		if made++; !g.Clean(j) {
			return
		}
	}
	told, landed := int64(0), map[any]bool{}
	for _, r := range p.Windows {
		attempts, _ := r["attempts"].(int64)
		told += attempts
		if world.HasLanded(r) && landed[r["job_id"]] {
			wrong("job %v landed twice", r["job_id"])
		}
		landed[r["job_id"]] = world.HasLanded(r)
	}
	if told < int64(made) {
		wrong("%d jobs of activities were made, and the table of exports tells of %d: %v", made, told, p.Windows)
	}
}

// windowsNotSkipped: an older window that has never landed is planned in every sync, although newer ones have.
func windowsNotSkipped(g *observer.Observer, p *observer.Sync, wrong report) {
	if g.Since.IsZero() || len(p.Wants("clari_activity_exports")) == 0 || p.Err != nil || p.Tables != nil {
		return
	}
	// A sync that succeeded has every window since the first day: they touch.
	covered := map[string]string{}
	for _, r := range g.Destination.Rows("clari_activity_exports", world.HasLanded) {
		from, to := fmt.Sprint(r["window_start"]), fmt.Sprint(r["window_end"])
		covered[from] = max(covered[from], to)
	}
	reached := g.Since.Format(time.DateOnly)
	for _, from := range slices.Sorted(maps.Keys(covered)) {
		if from > reached {
			break
		}
		reached = max(reached, covered[from])
	}
	if yesterday := p.Start.Add(g.Config.Skew - 36*time.Hour).Format(time.DateOnly); reached < yesterday && p.Final {
		wrong("windows that landed reach from %s to %s only", g.Since.Format(time.DateOnly), reached)
	}
}
