package lifecycle

import (
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// plot draws some things that have to come together to matter, and would hardly do so by themselves.
type plot struct {
	name string
	play func(dice, *schedule)
}

var plots = []plot{
	{"a creation is held back for minutes, and then the process is killed in it", heldBackAndKilled},
	{"a creation is lost beside a stranger's job", lostBesideStranger},
	{"a sync without a state backend is stopped beside a stranger's job", stoppedBesideStranger},
	{"something befalls a job that was adopted", adoptedAndBefallen},
	{"a quarter turns", quarterTurns},
	{"the backend is slow, and the process is killed", slowAndKilled},
	{"the backend does not keep what it is given", notKept},
	{"two syncs run at once", twoAtOnce},
	{"the list or the limits cannot be had, ever", listForGood},
	{"the result of what has landed is refused", refusedAfterLanding},
	{"a table is selected when the quarter has settled", tableAfterSettling},
}

// withBackend drops what needs a state backend where there is none.
func (s *schedule) withBackend() {
	if s.state {
		return
	}
	s.spec["history"] = false
	for i := range s.steps {
		s.steps[i].backend = trouble{}
		delete(s.steps[i].spec, "refresh")
	}
}

func creating(n int, do sim.Effect) randomFault {
	return randomFault{do.Name, sim.Fault{Op: sim.Create, From: n, Do: do}}
}

func heldBackAndKilled(d dice, s *schedule) {
	s.state = true
	n, times := 1+d.IntN(2), 1+d.IntN(2)
	wait := time.Duration(70+d.IntN(400)) * time.Second
	f := creating(n, pick(d, sim.Throttled(), sim.Answer(503)).RetryAfter(wait))
	f.Count = times
	s.spec["queue_timeout"], s.spec["max_retries"] = "1800s", 3
	s.steps = []step{{
		pause: time.Hour, spec: map[string]any{}, faults: []randomFault{f},
		stop: stop{kill: true, moment: moment{op: sim.Create, n: n + times, answered: !d.in(3)}},
	}}
}

func lostBesideStranger(d dice, s *schedule) {
	n := 1 + d.IntN(2)
	lost := pick(d, sim.Answer(504), sim.Reset(), sim.Hang(), sim.Answer(500), sim.Answer(504).AfterProcessing(), sim.Reset().AfterProcessing(), sim.Cut(3))
	st := step{pause: time.Hour, spec: map[string]any{}, faults: []randomFault{creating(n, lost)}}
	for range 1 + d.IntN(2) {
		o := s.draftStranger(d)
		o.like, o.moment = true, moment{op: sim.Create, n: n}
		st.others = append(st.others, o)
	}
	if d.in(3) {
		s.state = true
		st.faults, st.stop = nil, stop{kill: true, moment: moment{op: sim.Create, n: n, answered: d.in(2)}}
	}
	if !d.in(3) { // with something landed before
		s.steps = []step{{pause: time.Hour, spec: map[string]any{}}}
	} else {
		s.steps = nil
	}
	s.steps = append(s.steps, st)
}

func stoppedBesideStranger(d dice, s *schedule) {
	s.state = false
	n := 1 + d.IntN(2)
	o := s.draftStranger(d)
	o.like, o.change, o.moment = true, pick(d, "nothing", "types", "weeks"), moment{op: sim.Create, n: n}
	o.job.Run = 10 * time.Minute
	st := step{
		pause: time.Hour, spec: map[string]any{}, others: []stranger{o},
		stop: stop{cancel: true, moment: moment{op: sim.Create, n: n, answered: d.in(2)}},
	}
	if d.in(2) { // it is held back meanwhile
		st.faults = []randomFault{creating(n, sim.Throttled().RetryAfter(200*time.Second))}
		st.stop.moment = moment{op: sim.Create, n: n + 1}
	} else if d.in(2) { // it has been taken for what was lost: found, and not made
		st.faults = []randomFault{creating(n, sim.Answer(504))}
		st.stop.moment = moment{op: sim.Status, n: 1 + d.IntN(3)}
		if d.in(2) {
			st.stop, st.others[0].job.Run = stop{}, 3*time.Hour // beyond run_timeout
		}
	}
	s.steps = []step{st}
}

func adoptedAndBefallen(d dice, s *schedule) {
	s.state = true
	long := creating(1, sim.Takes(0, time.Duration(150+d.IntN(140))*time.Second))
	long.Count = 3
	st := step{pause: time.Duration(1+d.IntN(60)) * time.Second, keep: true, spec: map[string]any{}, events: []event{
		{moment{op: sim.Status, n: 1 + d.IntN(3), answered: d.in(2)}, pick(d, "vanish", "vanish", "fail", "expire", "withhold", "spoil")},
	}}
	if d.in(2) {
		f := randomFault{"limits are refused", sim.Fault{Op: sim.Limits, Count: sim.Always, Do: pick(d, sim.Answer(403), sim.Answer(404), sim.IncompleteLimits())}}
		s.lasting = append(s.lasting, f)
	}
	s.steps = []step{
		{pause: time.Hour, spec: map[string]any{}, faults: []randomFault{long}, stop: stop{kill: true, moment: moment{op: sim.Status, n: 1 + d.IntN(4), answered: true}}},
		st,
	}
}

func quarterTurns(d dice, s *schedule) {
	s.state = !d.in(4)
	s.config.Queue, s.config.Run = sim.Fixed(0), sim.Fixed(30*time.Second)
	around := func() step {
		return step{turn: time.Duration(d.IntN(16*60)-8*60) * time.Minute, spec: map[string]any{}}
	}
	if d.in(2) {
		around = func() step { return step{turn: -time.Duration(d.IntN(240)) * time.Second, spec: map[string]any{}} }
	}
	s.steps = []step{{pause: time.Hour, spec: map[string]any{}}, around()}
	if d.in(2) {
		s.steps = append(s.steps, step{pause: time.Duration(1+d.IntN(10)) * time.Hour, spec: map[string]any{}})
	}
}

func slowAndKilled(d dice, s *schedule) {
	s.state = true
	st := step{pause: time.Hour, spec: map[string]any{}, backend: trouble{slowest: time.Duration(1+d.IntN(30)) * time.Second}}
	long := creating(1, sim.Takes(0, time.Duration(100+d.IntN(180))*time.Second))
	long.Count = 4
	st.faults = []randomFault{long}
	st.stop = stop{kill: true, moment: moment{after: time.Duration(d.IntN(300)) * time.Second}}
	if d.in(2) {
		st.stop.moment = moment{op: pick(d, sim.Status, sim.Results), n: 1 + d.IntN(8), answered: d.in(2)}
	}
	s.steps = []step{st}
	if d.in(2) {
		s.steps = append(s.steps, step{pause: time.Minute, spec: map[string]any{}, backend: trouble{slowest: 30 * time.Second}})
	}
}

func notKept(d dice, s *schedule) {
	s.state = true
	for i := range s.steps {
		s.steps[i].backend = s.draftTrouble(d)
	}
	s.steps = append(s.steps, step{pause: time.Hour, spec: map[string]any{}, backend: trouble{older: true}})
}

func twoAtOnce(d dice, s *schedule) {
	s.state = !d.in(4)
	s.steps = []step{{pause: time.Hour, spec: map[string]any{}}, {pause: 24 * time.Hour, spec: map[string]any{}, beside: time.Duration(1+d.IntN(90)) * time.Second}}
	if d.in(2) {
		s.steps[1].stop = s.draftStop(d)
	}
}

// listForGood: an interrupted creation, and nobody to ask about it, in no sync.
func listForGood(d dice, s *schedule) {
	s.state = true
	op := pick(d, sim.List, sim.List, sim.Limits)
	do := pick(d, sim.Answer(500), sim.Answer(403), sim.Answer(404), sim.Malformed(), sim.HTML(200), sim.Reset(), sim.Shorten(20))
	if op == sim.List && d.in(2) {
		do = pick(d, sim.OddItem("null"), sim.OddItem(`{"status":"DONE"}`), sim.OddItem(`{"jobId":"5f0c2e9b"}`))
	}
	s.lasting = append(s.lasting, randomFault{do.Name, sim.Fault{Op: op, Count: sim.Always, Do: do}})
	s.steps = []step{{
		pause: time.Hour, spec: map[string]any{}, stop: stop{kill: true, moment: moment{op: sim.Create, n: 1 + d.IntN(3), answered: d.in(2)}},
	}}
	if d.in(2) {
		s.steps[0].stop, s.steps[0].faults = stop{}, []randomFault{creating(1+d.IntN(2), sim.Answer(504).AfterProcessing())}
	}
}

func longList(_ dice, s *schedule) {
	s.steps = []step{{pause: time.Hour, spec: map[string]any{}, faults: []randomFault{
		creating(1, sim.Answer(504).AfterProcessing()),
		{"65 MiB", sim.Fault{Op: sim.List, Count: 1, Do: sim.Padded(65 << 20)}},
	}}}
}

// refusedAfterLanding: rows have landed, and state does not know so.
func refusedAfterLanding(d dice, s *schedule) {
	s.state = true
	refused := pick(d, sim.Answer(403), sim.Answer(500), sim.HTML(200), sim.Malformed(), sim.NotFinished(), sim.Answer(404))
	s.steps = []step{
		{pause: time.Hour, spec: map[string]any{}, backend: trouble{losesLast: true}},
		{pause: time.Duration(1+d.IntN(300)) * time.Minute, spec: map[string]any{}, faults: []randomFault{
			{refused.Name, sim.Fault{Op: sim.Results, Count: sim.Always, Do: refused}},
		}},
	}
}

func tableAfterSettling(d dice, s *schedule) {
	s.state = true
	s.spec["settle_days"], s.spec["history"] = 0, false
	explicit := randomPeriod{text: "2001_Q4", from: randomBound{quarter: sim.Quarter{Year: 2001, Number: 4}}, to: randomBound{quarter: sim.Quarter{Year: 2001, Number: 4}}}
	s.tabs = s.tabs[:1]
	s.tabs[0].periods = []randomPeriod{explicit}
	fields := s.spec["forecasts"].([]map[string]any)[:1]
	delete(fields[0], "periods")
	s.spec["forecasts"], s.spec["periods"] = fields, texts(s.tabs[0].periods)
	some := []string{"clari_forecast_entries", "clari_forecast_exports"}
	later := pick(d, 24*time.Hour, 24*time.Hour, 40*24*time.Hour)
	s.steps = []step{
		{pause: time.Hour, spec: map[string]any{}, tables: some},
		{pause: 24 * time.Hour, spec: map[string]any{}, tables: some},
		{pause: later, spec: map[string]any{}, events: []event{{moment{after: -time.Second}, pick(d, "spoil", "vanish", "expire")}}},
	}
}
