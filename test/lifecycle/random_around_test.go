package lifecycle

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// around gives one schedule in twelve activities and audit events, with faults of their own. It draws from dice of its own: the rest of the
// schedule is that of the seed.
func (s *schedule) around() {
	d := dice{rand.New(rand.NewPCG(s.seed, 20260202))}
	if !d.in(12) || s.big() || s.long() {
		return
	}
	s.config.Around = sim.Around{
		ActivityEvery: pick(d, 7*time.Hour, 13*time.Hour), ActivityTwice: pick(d, 0, 4), ActivityLate: pick(d, 0, 20*time.Hour),
		AuditEvery: 17 * time.Hour, AuditTimes: pick(d, sim.Millis, sim.Seconds, sim.Instant),
	}
	s.since = epoch.Add(s.start).AddDate(0, 0, -d.IntN(40)).Truncate(24 * time.Hour)
	s.spec["activities"] = map[string]any{"since": s.since.Format(time.DateOnly), "window_days": pick(d, 10, 15, 30), "overlap_days": pick(d, 2, 3)}
	s.spec["audit"] = map[string]any{"overlap": "1h"}
	s.spec["opportunities"] = map[string]any{"ids": listedOpportunities}
	s.config.Around.OpportunityWrap = pick(d, "", "opportunities")
	s.config.Around.TrendScalars, s.config.Around.ActivityDateTexts = s.config.Around.OpportunityWrap != "", s.config.Around.ActivityTwice > 0
	for i := range s.steps {
		st := &s.steps[i]
		if st.final {
			continue
		}
		for range d.IntN(3) {
			st.faults = append(st.faults, drawAround(d))
		}
		if !st.stop.kill && !st.stop.cancel && d.in(3) { // killed about where activities are exported
			st.stop = stop{kill: d.in(2), moment: moment{op: pick(d, sim.Create, sim.Results, sim.Status), n: 2 + d.IntN(5), answered: d.in(2)}}
			st.stop.cancel = !st.stop.kill
		}
	}
}

// listedOpportunities are looked up beside those of the activities.
var listedOpportunities = []string{"006000000000001AAA", "006000000000002", "006000000000039AAA"}

func drawAround(d dice) randomFault {
	f := sim.Fault{Op: sim.CreateActivity, From: 1 + d.IntN(4), Count: pick(d, 1, 1, 2, 10)}
	if d.in(8) {
		f.Op = sim.Opportunities
		f.Do = pick(d, sim.Answer(500), sim.Reset(), sim.Throttled(), sim.Answer(403), sim.Malformed())
	} else if d.in(3) {
		f.Op = sim.AuditEvents
		f.Do = pick(d, sim.Answer(500), sim.Reset(), sim.Throttled(), sim.NoAuditRights(), sim.LinkRepeats(), sim.OtherShape(), sim.Malformed())
	} else {
		f.Do = pick(d, sim.Answer(504).AfterProcessing(), sim.Answer(504).AfterProcessing(), sim.Answer(500), sim.Reset(), sim.Throttled(), sim.Answer(403),
			sim.Ends(sim.Failed), sim.RowsTruncated(), sim.ActivityWithoutID(2))
	}
	return randomFault{f.Do.Name, f}
}

// aroundLands: once an undisturbed sync has succeeded, whatever came before, all activities are there that the days exported hold, none twice, and
// those of the time that the last job of an earlier sync may be fresh: and all audit events that Clari could still list in every sync.
func (g *witness) aroundLands(p *playedSync, wrong report) {
	if g.since.IsZero() || !p.final || p.err != nil || p.tables != nil {
		return
	}
	const fresh = 7 * time.Hour // the result of an earlier sync that serves, and its time in the queue
	zone, err := time.LoadLocation(g.spec["time_zone"].(string))
	if err != nil {
		panic(err)
	}
	first := time.Date(g.since.Year(), g.since.Month(), g.since.Day(), 0, 0, 0, 0, zone)
	end := p.end.Add(g.config.Skew)
	all := func(at time.Time) map[string]sim.Activity {
		found := map[string]sim.Activity{}
		for a := range g.sim.Activities(sim.Activities{First: first, Last: end, Types: sim.ActivityTypes, At: at}) {
			found[a.ID] = a
		}
		return found
	}
	due, ever := all(p.start.Add(g.config.Skew-fresh)), all(end)
	maps.DeleteFunc(due, func(_ string, a sim.Activity) bool { return a.At.After(p.start.Add(g.config.Skew - fresh)) })
	seen, parents := map[any]bool{}, map[any]sim.Activity{}
	for _, r := range g.wh.rows("clari_activities", nil) {
		id := r["activity_id"]
		if seen[id] {
			wrong("activity %v is there twice", id)
		}
		seen[id] = true
		a, ok := ever[id.(string)]
		if !ok || r["occurred_at"] != a.At.UnixMicro() || r["activity_type"] != a.Type {
			wrong("no such activity: %v", r)
		}
		parents[r["_cq_id"]] = a
	}
	for _, id := range slices.Sorted(maps.Keys(due)) {
		if !seen[id] {
			wrong("activity %s of %s is lost; windows of this sync: %v", id, due[id].At, p.windows)
			break
		}
	}
	people := 0
	for _, a := range parents {
		people += len(a.Participants)
	}
	if rows := g.wh.rows("clari_activity_participants", nil); len(rows) != people {
		wrong("%d participants of %d", len(rows), people)
	}
	g.opportunitiesLand(p, wrong)
	// Audit events: those of the last days, which every sync could list.
	from := p.start.Add(g.config.Skew - 20*24*time.Hour)
	missing := map[string]int{}
	for e := range g.sim.AuditEvents(from, p.start.Add(g.config.Skew), p.start.Add(g.config.Skew)) {
		missing[auditLine(e)]++
	}
	for _, r := range g.wh.rows("clari_audit_events", nil) {
		line := r.line("_cq_id", "event_id")
		if missing[line]--; r["occurred_at"].(int64) >= from.UnixMicro() && missing[line] < 0 && r["occurred_at"].(int64) < p.start.Add(g.config.Skew).UnixMicro() {
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
func (g *witness) opportunitiesLand(p *playedSync, wrong report) {
	due, there := slices.Clone(listedOpportunities), []string{}
	landed := map[any]bool{}
	for _, r := range p.windows {
		landed[r["job_id"]] = hasLanded(r)
	}
	for _, r := range g.wh.rows("clari_activity_opportunities", func(r row) bool { return landed[r["job_id"]] }) {
		due = append(due, r["opportunity_id"].(string))
	}
	for _, r := range g.wh.rows("clari_opportunities", nil) {
		there = append(there, r["opportunity_id"].(string))
	}
	for _, id := range due {
		if !slices.ContainsFunc(there, func(o string) bool { return o[:15] == id[:15] }) {
			wrong("opportunity %s is not there", id)
			break
		}
	}
	if differs := g.opportunityDiffer(there); len(differs) > 0 {
		wrong("opportunities are not what Clari has:%s", lines(differs))
	}
}

// windowsAccounted: a window's row tells how many jobs it took, and no job was made for none. Where a creation's end is unclear nobody knows.
func (g *witness) windowsAccounted(p *playedSync, wrong report) {
	if g.since.IsZero() || len(p.wants("clari_activity_exports")) == 0 || p.doomed() {
		return
	}
	made := 0
	for _, j := range p.created {
		if !isActivity(j) {
			continue
		}
		if made++; !g.clean(j) {
			return
		}
	}
	told, landed := int64(0), map[any]bool{}
	for _, r := range p.windows {
		attempts, _ := r["attempts"].(int64)
		told += attempts
		if hasLanded(r) && landed[r["job_id"]] {
			wrong("job %v landed twice", r["job_id"])
		}
		landed[r["job_id"]] = hasLanded(r)
	}
	if told < int64(made) {
		wrong("%d jobs of activities were made, and the table of exports tells of %d: %v", made, told, p.windows)
	}
}

// windowsNotSkipped: an older window that has never landed is planned in every sync, although newer ones have.
func (g *witness) windowsNotSkipped(p *playedSync, wrong report) {
	if g.since.IsZero() || len(p.wants("clari_activity_exports")) == 0 || p.err != nil || p.tables != nil {
		return
	}
	// A sync that succeeded has every window since the first day: they touch.
	covered := map[string]string{}
	for _, r := range g.wh.rows("clari_activity_exports", hasLanded) {
		from, to := fmt.Sprint(r["window_start"]), fmt.Sprint(r["window_end"])
		covered[from] = max(covered[from], to)
	}
	reached := g.since.Format(time.DateOnly)
	for _, from := range slices.Sorted(maps.Keys(covered)) {
		if from > reached {
			break
		}
		reached = max(reached, covered[from])
	}
	if yesterday := p.start.Add(g.config.Skew - 36*time.Hour).Format(time.DateOnly); reached < yesterday && p.final {
		wrong("windows that landed reach from %s to %s only", g.since.Format(time.DateOnly), reached)
	}
}

func isActivity(j sim.Job) bool { return j.Forecast == "" && strings.Contains(j.Asked, "..") }
