package schedule

import (
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// combination draws some things that have to come together to matter, and would hardly do so by themselves.
type combination struct {
	name string
	play func(dice, *Schedule)
}

var combinations = []combination{
	{"a creation is held back for minutes, and then the process is killed in it", heldBackAndKilled},
	{"a creation is lost beside a stranger's job", lostBesideOtherJob},
	{"a sync without a state backend is stopped beside a stranger's job", stoppedBesideOtherJob},
	{"something befalls a job that was adopted", adoptedThenSpoiled},
	{"a quarter turns", quarterTurns},
	{"the backend is slow, and the process is killed", slowAndKilled},
	{"the backend does not keep what it is given", notKept},
	{"two syncs run at once", twoAtOnce},
	{"the list or the limits cannot be had, ever", listForGood},
	{"the result of what has landed is refused", refusedAfterLanding},
	{"a table is selected when the quarter has settled", tableAfterSettling},
}

// withBackend drops what needs a state backend where there is none.
func (s *Schedule) withBackend() {
	if s.State {
		return
	}
	s.Spec["history"] = false
	for i := range s.Steps {
		s.Steps[i].Backend = Backend{}
		delete(s.Steps[i].Spec, "refresh")
	}
}

func creating(n int, do sim.Effect) Fault {
	return Fault{do.Name, sim.Fault{Op: sim.Create, From: n, Do: do}}
}

func heldBackAndKilled(d dice, s *Schedule) {
	s.State = true
	n, times := 1+d.IntN(2), 1+d.IntN(2)
	wait := time.Duration(70+d.IntN(400)) * time.Second
	f := creating(n, pick(d, sim.Throttled(), sim.Answer(503)).RetryAfter(wait))
	f.Count = times
	s.Spec["queue_timeout"], s.Spec["max_retries"] = "1800s", 3
	s.Steps = []Step{{
		Pause: time.Hour, Spec: map[string]any{}, Faults: []Fault{f},
		Stop: stop{Kill: true, Moment: Moment{Op: sim.Create, N: n + times, Answered: !d.in(3)}},
	}}
}

func lostBesideOtherJob(d dice, s *Schedule) {
	n := 1 + d.IntN(2)
	lost := pick(d, sim.Answer(504), sim.Reset(), sim.Hang(), sim.Answer(500), sim.Answer(504).AfterProcessing(), sim.Reset().AfterProcessing(), sim.Cut(3))
	st := Step{Pause: time.Hour, Spec: map[string]any{}, Faults: []Fault{creating(n, lost)}}
	for range 1 + d.IntN(2) {
		o := s.drawOtherJob(d)
		o.like, o.Moment = true, Moment{Op: sim.Create, N: n}
		st.Others = append(st.Others, o)
	}
	if d.in(3) {
		s.State = true
		st.Faults, st.Stop = nil, stop{Kill: true, Moment: Moment{Op: sim.Create, N: n, Answered: d.in(2)}}
	}
	if !d.in(3) { // with something landed before
		s.Steps = []Step{{Pause: time.Hour, Spec: map[string]any{}}}
	} else {
		s.Steps = nil
	}
	s.Steps = append(s.Steps, st)
}

func stoppedBesideOtherJob(d dice, s *Schedule) {
	s.State = false
	n := 1 + d.IntN(2)
	o := s.drawOtherJob(d)
	o.like, o.change, o.Moment = true, pick(d, "nothing", "types", "weeks"), Moment{Op: sim.Create, N: n}
	o.job.Run = 10 * time.Minute
	st := Step{
		Pause: time.Hour, Spec: map[string]any{}, Others: []OtherJob{o},
		Stop: stop{Cancel: true, Moment: Moment{Op: sim.Create, N: n, Answered: d.in(2)}},
	}
	if d.in(2) { // it is held back meanwhile
		st.Faults = []Fault{creating(n, sim.Throttled().RetryAfter(200*time.Second))}
		st.Stop.Moment = Moment{Op: sim.Create, N: n + 1}
	} else if d.in(2) { // it has been taken for what was lost: found, and not made
		st.Faults = []Fault{creating(n, sim.Answer(504))}
		st.Stop.Moment = Moment{Op: sim.Status, N: 1 + d.IntN(3)}
		if d.in(2) {
			st.Stop, st.Others[0].job.Run = stop{}, 3*time.Hour // beyond run_timeout
		}
	}
	s.Steps = []Step{st}
}

func adoptedThenSpoiled(d dice, s *Schedule) {
	s.State = true
	long := creating(1, sim.Takes(0, time.Duration(150+d.IntN(140))*time.Second))
	long.Count = 3
	st := Step{Pause: time.Duration(1+d.IntN(60)) * time.Second, Keep: true, Spec: map[string]any{}, Events: []event{
		{Moment{Op: sim.Status, N: 1 + d.IntN(3), Answered: d.in(2)}, pick(d, "vanish", "vanish", "fail", "expire", "withhold", "spoil")},
	}}
	if d.in(2) {
		f := Fault{"limits are refused", sim.Fault{Op: sim.Limits, Count: sim.Always, Do: pick(d, sim.Answer(403), sim.Answer(404), sim.IncompleteLimits())}}
		s.Lasting = append(s.Lasting, f)
	}
	s.Steps = []Step{
		{Pause: time.Hour, Spec: map[string]any{}, Faults: []Fault{long}, Stop: stop{Kill: true, Moment: Moment{Op: sim.Status, N: 1 + d.IntN(4), Answered: true}}},
		st,
	}
}

func quarterTurns(d dice, s *Schedule) {
	s.State = !d.in(4)
	s.Config.Queue, s.Config.Run = sim.Fixed(0), sim.Fixed(30*time.Second)
	around := func() Step {
		return Step{Turn: time.Duration(d.IntN(16*60)-8*60) * time.Minute, Spec: map[string]any{}}
	}
	if d.in(2) {
		around = func() Step { return Step{Turn: -time.Duration(d.IntN(240)) * time.Second, Spec: map[string]any{}} }
	}
	s.Steps = []Step{{Pause: time.Hour, Spec: map[string]any{}}, around()}
	if d.in(2) {
		s.Steps = append(s.Steps, Step{Pause: time.Duration(1+d.IntN(10)) * time.Hour, Spec: map[string]any{}})
	}
}

func slowAndKilled(d dice, s *Schedule) {
	s.State = true
	st := Step{Pause: time.Hour, Spec: map[string]any{}, Backend: Backend{Slowest: time.Duration(1+d.IntN(30)) * time.Second}}
	long := creating(1, sim.Takes(0, time.Duration(100+d.IntN(180))*time.Second))
	long.Count = 4
	st.Faults = []Fault{long}
	st.Stop = stop{Kill: true, Moment: Moment{After: time.Duration(d.IntN(300)) * time.Second}}
	if d.in(2) {
		st.Stop.Moment = Moment{Op: pick(d, sim.Status, sim.Results), N: 1 + d.IntN(8), Answered: d.in(2)}
	}
	s.Steps = []Step{st}
	if d.in(2) {
		s.Steps = append(s.Steps, Step{Pause: time.Minute, Spec: map[string]any{}, Backend: Backend{Slowest: 30 * time.Second}})
	}
}

func notKept(d dice, s *Schedule) {
	s.State = true
	for i := range s.Steps {
		s.Steps[i].Backend = s.drawBackend(d)
	}
	s.Steps = append(s.Steps, Step{Pause: time.Hour, Spec: map[string]any{}, Backend: Backend{Older: true}})
}

func twoAtOnce(d dice, s *Schedule) {
	s.State = !d.in(4)
	s.Steps = []Step{{Pause: time.Hour, Spec: map[string]any{}}, {Pause: 24 * time.Hour, Spec: map[string]any{}, Beside: time.Duration(1+d.IntN(90)) * time.Second}}
	if d.in(2) {
		s.Steps[1].Stop = s.drawStop(d)
	}
}

// listForGood: an interrupted creation, and nobody to ask about it, in no sync.
func listForGood(d dice, s *Schedule) {
	s.State = true
	op := pick(d, sim.List, sim.List, sim.Limits)
	do := pick(d, sim.Answer(500), sim.Answer(403), sim.Answer(404), sim.Malformed(), sim.HTML(200), sim.Reset(), sim.Shorten(20))
	if op == sim.List && d.in(2) {
		do = pick(d, sim.OddItem("null"), sim.OddItem(`{"status":"DONE"}`), sim.OddItem(`{"jobId":"5f0c2e9b"}`))
	}
	s.Lasting = append(s.Lasting, Fault{do.Name, sim.Fault{Op: op, Count: sim.Always, Do: do}})
	s.Steps = []Step{{
		Pause: time.Hour, Spec: map[string]any{}, Stop: stop{Kill: true, Moment: Moment{Op: sim.Create, N: 1 + d.IntN(3), Answered: d.in(2)}},
	}}
	if d.in(2) {
		s.Steps[0].Stop, s.Steps[0].Faults = stop{}, []Fault{creating(1+d.IntN(2), sim.Answer(504).AfterProcessing())}
	}
}

func longList(_ dice, s *Schedule) {
	s.Steps = []Step{{Pause: time.Hour, Spec: map[string]any{}, Faults: []Fault{
		creating(1, sim.Answer(504).AfterProcessing()),
		{"65 MiB", sim.Fault{Op: sim.List, Count: 1, Do: sim.Padded(65 << 20)}},
	}}}
}

// refusedAfterLanding: rows have landed, and state does not know so.
func refusedAfterLanding(d dice, s *Schedule) {
	s.State = true
	refused := pick(d, sim.Answer(403), sim.Answer(500), sim.HTML(200), sim.Malformed(), sim.NotFinished(), sim.Answer(404))
	s.Steps = []Step{
		{Pause: time.Hour, Spec: map[string]any{}, Backend: Backend{LosesLast: true}},
		{Pause: time.Duration(1+d.IntN(300)) * time.Minute, Spec: map[string]any{}, Faults: []Fault{
			{refused.Name, sim.Fault{Op: sim.Results, Count: sim.Always, Do: refused}},
		}},
	}
}

func tableAfterSettling(d dice, s *Schedule) {
	s.State = true
	s.Spec["settle_days"], s.Spec["history"] = 0, false
	explicit := Period{Text: "2001_Q4", From: bound{Quarter: sim.Quarter{Year: 2001, Number: 4}}, To: bound{Quarter: sim.Quarter{Year: 2001, Number: 4}}}
	s.Tabs = s.Tabs[:1]
	s.Tabs[0].Periods = []Period{explicit}
	fields := s.Spec["forecasts"].([]map[string]any)[:1]
	delete(fields[0], "periods")
	s.Spec["forecasts"], s.Spec["periods"] = fields, texts(s.Tabs[0].Periods)
	some := []string{"clari_forecast_entries", "clari_forecast_exports"}
	later := pick(d, 24*time.Hour, 24*time.Hour, 40*24*time.Hour)
	s.Steps = []Step{
		{Pause: time.Hour, Spec: map[string]any{}, Tables: some},
		{Pause: 24 * time.Hour, Spec: map[string]any{}, Tables: some},
		{Pause: later, Spec: map[string]any{}, Events: []event{{Moment{After: -time.Second}, pick(d, "spoil", "vanish", "expire")}}},
	}
}
