package schedule

import (
	"math/rand/v2"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// drawBlocks gives one schedule in twelve activities and audit events, with faults of their own. It draws from dice of its own: the rest of the
// schedule is that of the seed.
func (s *Schedule) drawBlocks() {
	d := dice{rand.New(rand.NewPCG(s.Seed, 20260202))}
	if !d.in(12) || s.big() || s.long() {
		return
	}
	s.Config.Around = sim.Around{
		ActivityEvery: pick(d, 7*time.Hour, 13*time.Hour), ActivityTwice: pick(d, 0, 4), ActivityLate: pick(d, 0, 20*time.Hour),
		AuditEvery: 17 * time.Hour, AuditTimes: pick(d, sim.Millis, sim.Seconds, sim.Instant),
	}
	s.Since = world.Epoch.Add(s.Start).AddDate(0, 0, -d.IntN(40)).Truncate(24 * time.Hour)
	s.Spec["activities"] = map[string]any{"since": s.Since.Format(time.DateOnly), "window_days": pick(d, 10, 15, 30), "overlap_days": pick(d, 2, 3)}
	s.Spec["audit"] = map[string]any{"overlap": "1h"}
	s.Spec["opportunities"] = map[string]any{"ids": ListedOpportunities}
	s.Config.Around.OpportunityWrap = pick(d, "", "opportunities")
	s.Config.Around.TrendScalars, s.Config.Around.ActivityDateTexts = s.Config.Around.OpportunityWrap != "", s.Config.Around.ActivityTwice > 0
	for i := range s.Steps {
		st := &s.Steps[i]
		if st.Final {
			continue
		}
		for range d.IntN(3) {
			st.Faults = append(st.Faults, drawBlockFault(d))
		}
		if !st.Stop.Kill && !st.Stop.Cancel && d.in(3) { // killed about where activities are exported
			st.Stop = stop{Kill: d.in(2), Moment: Moment{Op: pick(d, sim.Create, sim.Results, sim.Status), N: 2 + d.IntN(5), Answered: d.in(2)}}
			st.Stop.Cancel = !st.Stop.Kill
		}
	}
}

// ListedOpportunities are looked up beside those of the activities.
var ListedOpportunities = []string{"006000000000001AAA", "006000000000002", "006000000000039AAA"}

func drawBlockFault(d dice) Fault {
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
	return Fault{f.Do.Name, f}
}
