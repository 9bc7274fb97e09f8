package lifecycle

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// schedule is everything that a seed decides: a tenant, a spec, and some syncs with what goes wrong in each.
type schedule struct {
	seed        uint64
	config      sim.Config
	spec        map[string]any // without key and URL
	tabs        []randomTab
	state       bool
	deleteStale bool
	start       time.Duration // from the bubble's beginning to the first sync: labels with two digits for the year mean 20xx
	since       time.Time     // first day of the activities; zero: neither they nor audit events are asked for
	lasting     []randomFault // not disarmed by the end
	steps       []step
}

// randomTab is a forecast of the spec.
type randomTab struct {
	id, currency string
	types        []string
	periods      []randomPeriod
}

func (t randomTab) String() string { return t.id + " " + t.currency }

// randomPeriod is one item of periods, and the quarters that it stands for by the rules of the grammar, worked out here anew.
type randomPeriod struct {
	text     string
	from, to randomBound
}

// randomBound is a quarter, or an offset to the current one.
type randomBound struct {
	quarter sim.Quarter // zero: relative
	offset  int
}

func (b randomBound) at(current sim.Quarter) sim.Quarter {
	if b.quarter != (sim.Quarter{}) {
		return b.quarter
	}
	return current.Add(b.offset)
}

func (p randomPeriod) relative() bool {
	return p.from.quarter == (sim.Quarter{}) || p.to.quarter == (sim.Quarter{})
}

// quarters are those of the item; the label that stands for the current one is "current" where Clari chooses it.
func (p randomPeriod) quarters(current sim.Quarter) (all []sim.Quarter) {
	for q := p.from.at(current); !p.to.at(current).Before(q); q = q.Add(1) {
		all = append(all, q)
	}
	return all
}

// step is one sync and what happens before and in it.
type step struct {
	pause   time.Duration // since the sync before
	turn    time.Duration // not zero: wait for the next quarter's beginning on Clari's clock, and begin so much later or earlier
	faults  []randomFault
	keep    bool           // what was armed before stays armed
	spec    map[string]any // keys that differ in this sync
	tables  []string       // nil: all
	foreign int            // jobs of other users made just before, which take up places in the queue
	others  []stranger     // jobs of the same user that no sync has made
	events  []event        // what befalls jobs
	backend trouble
	slow    time.Duration // what the destination takes for each message
	beside  time.Duration // not zero: a second sync of the same spec begins so long after this one
	stop    stop
	final   bool // undisturbed, and with room for everything
}

// moment is a time in a sync: after its start, or, with n, at its nth request of a kind.
type moment struct {
	after    time.Duration
	op       sim.Op // "" any
	n        int
	answered bool // after its answer, not before it goes out
}

func (m moment) String() string {
	if m.n > 0 {
		return fmt.Sprintf("at request %d of kind %q, answered: %t", m.n, m.op, m.answered)
	}
	return fmt.Sprintf("after %s", m.after)
}

// stranger is a job of this user that is made at a moment in the web page, or by another source.
type stranger struct {
	moment
	like   bool   // a creation that comes by at this moment: its tab, quarter and currency
	change string // how it differs from what the syncs ask for
	job    sim.Job
}

// changes are the ways in which a stranger's job differs from what is asked for.
var changes = map[string]func(*sim.Job){
	"nothing": func(*sim.Job) {},
	"format":  func(j *sim.Job) { j.Format = map[string]string{"JSON": "CSV", "CSV": "JSON"}[j.Format] },
	"types":   func(j *sim.Job) { j.Types = j.Types[:1] },
	"amounts": func(j *sim.Job) { j.Types = []string{"quota"} },
	"weeks":   func(j *sim.Job) { j.Historical = false },
	"extent":  func(j *sim.Job) { j.Types, j.Historical = j.Types[:1], false },
}

// event is what befalls the jobs that syncs have made, at a moment.
type event struct {
	moment
	what string
}

// befalls are the things that befall jobs.
var befalls = map[string]func(j *sim.Job, now time.Time){
	"vanish":   func(j *sim.Job, _ time.Time) { j.Vanished = true },
	"fail":     func(j *sim.Job, now time.Time) { j.EndAs(sim.Failed, now) },
	"expire":   func(j *sim.Job, now time.Time) { j.Life = max(now.Sub(j.EndsAt()), time.Nanosecond) },
	"withhold": func(j *sim.Job, _ time.Time) { j.Withheld = 24 * time.Hour },
	"spoil":    func(j *sim.Job, _ time.Time) { j.RowsTruncated = true },
}

// trouble is what is wrong with the state backend in a sync.
type trouble struct {
	slowest   time.Duration // a flush takes up to so long
	fails     int           // the nth flush and all after it fail; 0: none
	hangs     int           // the nth flush hangs; 0: none
	losesLast bool          // what the last flush wrote is gone after the sync
	older     bool          // its entries are of a form that has less, when the sync begins
}

// kept tells whether the backend has everything that it was given.
func (t trouble) kept() bool { return t.fails == 0 && t.hangs == 0 && !t.losesLast && !t.older }

type randomFault struct {
	kind string
	sim.Fault
}

// stop is how a sync is ended from outside: killed, or cancelled.
type stop struct {
	kill, cancel bool
	moment
	message int // instead: after the nth message to the destination
}

func (s stop) String() string {
	how, when := "", ""
	switch {
	case s.kill:
		how = "killed"
	case s.cancel:
		how = "cancelled"
	default:
		return "runs to its end"
	}
	when = s.moment.String()
	if s.message > 0 {
		when = fmt.Sprintf("after message %d", s.message)
	}
	return how + " " + when
}

func (s *schedule) String() string {
	var b strings.Builder
	c := s.config
	fmt.Fprintf(&b, "schedule %d: state backend %t, delete stale %t, starts %s\n", s.seed, s.state, s.deleteStale, epoch.Add(s.start).Format(time.DateTime))
	fmt.Fprintf(&b, "  tenant: %d people, changes every %s; %s, skew %s, life %s, places %d, quota %d, rate %d, words %v, without %v\n",
		c.Tenant.People, c.Tenant.ChangeEvery, c.JSON, c.Skew, c.Life, c.Concurrent, c.Monthly, c.RequestsPerSecond, c.Words, c.OmitKeys)
	fmt.Fprintf(&b, "  spec:")
	for _, key := range slices.Sorted(maps.Keys(s.spec)) {
		fmt.Fprintf(&b, " %s=%v", key, s.spec[key])
	}
	for _, f := range s.lasting {
		fmt.Fprintf(&b, "\n  always: %s %s", f.kind, f.Op)
	}
	for i, step := range s.steps {
		fmt.Fprintf(&b, "\n  sync %d: after %s, %s", i+1, step.pause, step.stop)
		if step.final {
			b.WriteString(", without faults")
		}
		if step.keep {
			b.WriteString(", earlier faults stay")
		}
		if len(step.spec) > 0 || step.tables != nil || step.foreign > 0 {
			fmt.Fprintf(&b, ", spec %v, tables %v, %d foreign jobs", step.spec, step.tables, step.foreign)
		}
		if step.turn != 0 {
			fmt.Fprintf(&b, ", %s from the quarter's turn", step.turn)
		}
		if step.backend != (trouble{}) || step.slow > 0 || step.beside > 0 {
			fmt.Fprintf(&b, ", backend %+v, destination takes %s, another sync after %s", step.backend, step.slow, step.beside)
		}
		for _, o := range step.others {
			fmt.Fprintf(&b, "\n    another job %s, like it: %t, differs in %s", o.moment, o.like, o.change)
		}
		for _, e := range step.events {
			fmt.Fprintf(&b, "\n    jobs %s %s", e.what, e.moment)
		}
		for _, f := range step.faults {
			fmt.Fprintf(&b, "\n    %s: %s %s %s from %d count %d", f.kind, f.Op, f.Forecast, f.Period, f.From, f.Count)
		}
	}
	return b.String()
}
