// Package schedule draws the schedules of the random world: from a seed, a tenant, a spec, and syncs with what goes wrong in them. It knows
// nothing of how they are played.
package schedule

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// Schedule is everything that a seed decides: a tenant, a spec, and some syncs with what goes wrong in each.
type Schedule struct {
	Seed        uint64
	Config      sim.Config
	Spec        map[string]any // without key and URL
	Tabs        []Tab
	State       bool
	Batches     bool // the destination also writes out in mid-stream
	DeleteStale bool
	Start       time.Duration // from the bubble's beginning to the first sync: labels with two digits for the year mean 20xx
	Since       time.Time     // first day of the activities; zero: neither they nor audit events are asked for
	Lasting     []Fault       // not disarmed by the end
	Steps       []Step
}

// Tab is a forecast of the spec.
type Tab struct {
	ID, Currency string
	Types        []string
	Periods      []Period
}

func (t Tab) String() string { return t.ID + " " + t.Currency }

// Period is one item of periods, and the quarters that it stands for by the rules of the grammar, worked out here anew.
type Period struct {
	Text     string
	From, To bound
}

// bound is a quarter, or an offset to the current one.
type bound struct {
	Quarter sim.Quarter // zero: relative
	offset  int
}

func (b bound) at(current sim.Quarter) sim.Quarter {
	if b.Quarter != (sim.Quarter{}) {
		return b.Quarter
	}
	return current.Add(b.offset)
}

func (p Period) relative() bool {
	return p.From.Quarter == (sim.Quarter{}) || p.To.Quarter == (sim.Quarter{})
}

// Refreshes are the periods that a spec may name to be exported again.
var Refreshes = []Period{
	{Text: "previous", From: bound{offset: -1}, To: bound{offset: -1}},
	{Text: "current-2..current", From: bound{offset: -2}},
	{Text: "2001_Q4", From: bound{Quarter: sim.Quarter{Year: 2001, Number: 4}}, To: bound{Quarter: sim.Quarter{Year: 2001, Number: 4}}},
}

// Quarters are those of the item; the label that stands for the current one is "current" where Clari chooses it.
func (p Period) Quarters(current sim.Quarter) (all []sim.Quarter) {
	for q := p.From.at(current); !p.To.at(current).Before(q); q = q.Add(1) {
		all = append(all, q)
	}
	return all
}

func (s *Schedule) String() string {
	var b strings.Builder
	c := s.Config
	fmt.Fprintf(&b, "schedule %d: state backend %t, delete stale %t, batches %t, starts %s\n", s.Seed, s.State, s.DeleteStale, s.Batches, world.Epoch.Add(s.Start).Format(time.DateTime))
	fmt.Fprintf(&b, "  tenant: %d people, changes every %s; %s, skew %s, life %s, places %d, quota %d, rate %d, words %v, without %v\n",
		c.Tenant.People, c.Tenant.ChangeEvery, c.JSON, c.Skew, c.Life, c.Concurrent, c.Monthly, c.RequestsPerSecond, c.Words, c.OmitKeys)
	fmt.Fprintf(&b, "  spec:")
	for _, key := range slices.Sorted(maps.Keys(s.Spec)) {
		fmt.Fprintf(&b, " %s=%v", key, s.Spec[key])
	}
	for _, f := range s.Lasting {
		fmt.Fprintf(&b, "\n  always: %s %s", f.Kind, f.Op)
	}
	for i, step := range s.Steps {
		fmt.Fprintf(&b, "\n  sync %d: after %s, %s", i+1, step.Pause, step.Stop)
		if step.Final {
			b.WriteString(", without faults")
		}
		if step.Keep {
			b.WriteString(", earlier faults stay")
		}
		if len(step.Spec) > 0 || step.Tables != nil || step.Foreign > 0 {
			fmt.Fprintf(&b, ", spec %v, tables %v, %d foreign jobs", step.Spec, step.Tables, step.Foreign)
		}
		if step.Hang > 0 {
			fmt.Fprintf(&b, ", the destination hangs at message %d", step.Hang)
		}
		if step.Turn != 0 {
			fmt.Fprintf(&b, ", %s from the quarter's turn", step.Turn)
		}
		if step.Backend != (Backend{}) || step.Slow > 0 || step.Beside > 0 {
			fmt.Fprintf(&b, ", backend %+v, destination takes %s, another sync after %s", step.Backend, step.Slow, step.Beside)
		}
		for _, o := range step.Others {
			fmt.Fprintf(&b, "\n    another job %s, like it: %t, differs in %s", o.Moment, o.like, o.change)
		}
		for _, e := range step.Events {
			fmt.Fprintf(&b, "\n    jobs %s %s", e.What, e.Moment)
		}
		for _, f := range step.Faults {
			fmt.Fprintf(&b, "\n    %s: %s %s %s from %d count %d", f.Kind, f.Op, f.Forecast, f.Period, f.From, f.Count)
		}
	}
	return b.String()
}
