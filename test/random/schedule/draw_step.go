package schedule

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

func (s *Schedule) drawStep(d dice) Step {
	const day = 24 * time.Hour
	st := Step{
		Pause: pick(d, time.Minute, 10*time.Minute, time.Hour, 5*time.Hour, 7*time.Hour, day, day, 3*day, 20*day, 60*day) + time.Duration(d.IntN(60))*time.Second,
		Keep:  d.in(4), Stop: s.drawStop(d), Spec: map[string]any{},
	}
	if d.in(4) {
		st.Foreign = 1 + d.IntN(3)
	}
	if s.State && d.in(6) {
		refresh := pick(d, Refreshes...)
		if s.Spec["fiscal_year_start_month"] == nil {
			refresh = Refreshes[2]
		}
		st.Spec["refresh"] = []string{refresh.Text}
	}
	if d.in(8) {
		st.Tables = pick(d, []string{"clari_forecast_entries", "clari_forecast_exports"}, []string{"clari_forecast_users", "clari_forecast_exports", "clari_limits"})
	}
	for range d.IntN(5) {
		st.Faults = append(st.Faults, s.drawFault(d))
	}
	if d.in(6) {
		st.Slow = time.Duration(1+d.IntN(5000)) * time.Millisecond
	}
	if d.in(5) {
		st.Others = append(st.Others, s.drawOtherJob(d))
	}
	if d.in(8) {
		st.Events = append(st.Events, event{s.drawMoment(d), pick(d, slices.Sorted(maps.Keys(JobEvents))...)})
	}
	if d.in(5) {
		st.Backend = s.drawBackend(d)
	}
	if d.in(30) {
		st.Beside = time.Duration(1+d.IntN(120)) * time.Second
	}
	return st
}

func (s *Schedule) drawBackend(d dice) Backend {
	switch d.IntN(6) {
	case 0:
		return Backend{Fails: 1 + d.IntN(8)}
	case 1:
		return Backend{Hangs: 1 + d.IntN(8)}
	case 2:
		return Backend{LosesLast: true}
	case 3:
		return Backend{Older: true}
	default:
		return Backend{Slowest: time.Duration(1+d.IntN(30)) * time.Second}
	}
}

// drawMoment is often one at which much is under way.
func (s *Schedule) drawMoment(d dice) Moment {
	if d.in(3) {
		return Moment{After: time.Duration(d.IntN(180)-30) * time.Second}
	}
	return Moment{Op: pick(d, sim.Create, sim.Create, sim.Status, sim.Status, sim.List, sim.Results, sim.Limits), N: 1 + d.IntN(4), Answered: d.in(2)}
}

// drawOtherJob is one like a creation that comes by, or like an export of the plan.
func (s *Schedule) drawOtherJob(d dice) OtherJob {
	o := OtherJob{Moment: s.drawMoment(d), change: pick(d, slices.Sorted(maps.Keys(Changes))...)}
	if o.like = o.Op == sim.Create; o.like {
		o.Answered = false
	}
	tab := pick(d, s.Tabs...)
	o.job = sim.Job{Forecast: tab.ID, Currency: tab.Currency, Types: tab.Types, Historical: true, Run: time.Duration(d.IntN(60)) * time.Second}
	if p := pick(d, tab.Periods...); p.From.Quarter != (sim.Quarter{}) {
		o.job.Asked = p.Text
	}
	return o
}

// oddFaults are the answers that the stand-in has no name for.
var oddFaults = []sim.Kind{
	{Name: "null-item", Ops: []sim.Op{sim.List}, Build: func() sim.Effect { return sim.OddItem("null") }},
	{Name: "item-without-id", Ops: []sim.Op{sim.List}, Build: func() sim.Effect { return sim.OddItem(`{"status":"DONE","module":"FORECAST"}`) }},
	{Name: "item-without-status", Ops: []sim.Op{sim.List}, Build: func() sim.Effect { return sim.OddItem(`{"jobId":"5f0c2e9b","module":"FORECAST"}`) }},
	{Name: "null-limits", Ops: []sim.Op{sim.Limits}, Build: func() sim.Effect { return sim.AnswerJSON(200, map[string]any{"jobs": nil}) }},
	{Name: "long-limits", Ops: []sim.Op{sim.Limits}, Build: func() sim.Effect { return sim.Padded(2 << 20) }},
	{Name: "held-back", Ops: sim.Ops, Build: func() sim.Effect { return sim.Throttled().RetryAfter(100 * time.Second) }},
	{Name: "unavailable-for-long", Ops: sim.Ops, Build: func() sim.Effect { return sim.Answer(503).RetryAfter(100 * time.Second) }},
	{Name: "500-retry-after", Ops: []sim.Op{sim.List, sim.Status, sim.Cancel, sim.Results, sim.Limits}, Build: func() sim.Effect { return sim.Answer(500).RetryAfter(40 * time.Second) }},
	{Name: "504-retry-after", Ops: []sim.Op{sim.List, sim.Status, sim.Cancel, sim.Results, sim.Limits}, Build: func() sim.Effect { return sim.Answer(504).RetryAfter(40 * time.Second) }},
}

func (s *Schedule) drawFault(d dice) Fault {
	kind := pick(d, sim.Kinds()...)
	if d.in(6) {
		kind = pick(d, oddFaults...)
	}
	op := pick(d, kind.Ops...)
	f := Fault{kind.Name, sim.Fault{Op: op, From: 1 + d.IntN(6), Count: pick(d, 1, 1, 1, 2, 3, 10), Do: kind.Build()}}
	if d.in(3) {
		f.Forecast = pick(d, s.Tabs...).ID
	}
	if kind.Name == "wrong-quarter" {
		// Where Clari chooses the quarter, whatever it chose is right: only what was asked for by name can be wrong.
		f.Forecast, f.From, f.Period = "", 1, pick(d, "2001_Q4", "2002_Q3", "2002_Q4", "2003_Q1")
	}
	switch kind.Class {
	case sim.Course, sim.Content:
		f.From, f.Count = min(f.From, 3), cmp.Or(min(f.Count, 3), 1)
	}
	return f
}

func (s *Schedule) drawStop(d dice) stop {
	st := stop{}
	switch d.IntN(8) {
	case 0, 1, 2:
		st.Kill = true
	case 3:
		st.Cancel = true
	default:
		return st
	}
	switch d.IntN(4) {
	case 0:
		st.After = time.Duration(d.IntN(240)) * time.Second
	case 1:
		st.Message = 1 + d.IntN(60)
	case 2:
		st.Op, st.N, st.Answered = pick(d, sim.Create, sim.Create, sim.Create, sim.Results, sim.List, sim.Limits, sim.Status, sim.Cancel), 1+d.IntN(4), d.in(2)
	default:
		st.N, st.Answered = 1+d.IntN(40), d.in(2)
	}
	return st
}
