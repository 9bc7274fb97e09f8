package lifecycle

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// dice draws.
type dice struct{ *rand.Rand }

// in tells one time in n.
func (d dice) in(n int) bool { return d.IntN(n) == 0 }

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

// newSchedule draws the schedule of a seed. Only what can be asked of a plugin is drawn: jobs that end within the timeouts unless a
// fault says otherwise, and no fault whose effect nobody could tell from a right answer.
func newSchedule(seed uint64) *schedule {
	d := dice{rand.New(rand.NewPCG(seed, 20260101))}
	s := &schedule{seed: seed, state: !d.in(3), start: 700*24*time.Hour + time.Duration(d.IntN(120*24*60))*time.Minute}
	s.deleteStale = d.in(2)
	s.tenant(d)
	s.draftSpec(d)
	for range pick(d, 1, 1, 1, 1, 2, 3) {
		s.steps = append(s.steps, s.draftStep(d))
	}
	switch {
	case s.big():
	case s.long():
		longList(d, s)
	case !d.in(3):
		pick(d, plots...).play(d, s)
	}
	s.withBackend()
	s.around()
	// What an earlier sync left behind may still be of no use to the first of these: a job with a bad result is adopted, and fails.
	s.steps = append(s.steps, step{pause: 3 * time.Hour, final: true}, step{pause: time.Hour, final: true})
	return s
}

// forecastIDs begin with one another, and one looks like a file name.
var forecastIDs = []string{"net", "net_arr", "net_arr_2002_Q1", "bookings"}

// big schedules have results that do not fit into memory, as the spool sees it: one in 2,000, with little else to do.
func (s *schedule) big() bool { return s.seed%2000 == 999 }

// long schedules meet a job list longer than anybody can want to read: one in 1,000.
func (s *schedule) long() bool { return s.seed%1000 == 333 }

func (s *schedule) tenant(d dice) {
	tenant := sim.Tenant{
		Seed: s.seed, People: 1 + d.IntN(2), Span: 1 + d.IntN(3),
		ChangeEvery: pick(d, 0, time.Hour), MissingCRM: pick(d, 0, 2), BlankWeeks: d.in(4),
	}
	for _, id := range forecastIDs {
		fields := sim.Fields(1 + d.IntN(8)/7)
		if d.in(10) {
			fields = append(fields, sim.MonthlyField())
		}
		tenant.Tabs = append(tenant.Tabs, sim.Tab{ID: id, Fields: fields})
	}
	if s.big() {
		tenant.People, tenant.Span = 120, 8 // more entries than a record takes
		for i := range tenant.Tabs {
			tenant.Tabs[i].Fields = sim.Fields(4)
		}
	}
	s.config = sim.Config{
		Tenant: tenant, Key: fmt.Sprintf("k%d+/=sek", s.seed),
		JSON:    pick(d, sim.Arrays, sim.Arrays, sim.FlatObjects, sim.FlatLists),
		WrapJob: !d.in(2), WrapList: !d.in(2), CreatedAs: pick(d, 200, 201, 202),
		Queue: sim.Between(0, pick(d, 0, 5*time.Second, 20*time.Second)), Run: sim.Between(0, pick(d, time.Second, 10*time.Second, 40*time.Second)),
		Concurrent: pick(d, 1, 2, 3, 3), Monthly: pick(d, 1000, 1000, 4+d.IntN(40)), Life: pick(d, 0, 0, time.Hour, 48*time.Hour),
		RequestsPerSecond: pick(d, 0, 0, 20), Skew: pick(d, 0, 0, 0, 90*time.Second, -7*time.Minute, 5*time.Hour, -9*time.Hour), Gzip: d.in(3), ContentLength: d.in(2),
		Quirks: sim.Quirks{ShuffledWeeks: d.in(4), TwoIDs: d.in(6), SplitEntries: d.in(6)},
	}
	if d.in(3) {
		s.config.Words = map[string]string{"DONE": "COMPLETED"}
	}
	if d.in(4) {
		s.config.OmitKeys = [][]string{{"endTime", "expiredTime"}, {"startTime"}, {"currency"}, {"module"}, {"fileName"}}[d.IntN(5)]
	}
}

func (s *schedule) draftSpec(d dice) {
	seconds := func(of ...int) string { return fmt.Sprintf("%ds", pick(d, of...)) }
	types := []string{"forecast", "forecast_updated", "quota", "adjustment"}
	top := s.periods(d)
	ids := slices.Clone(forecastIDs)
	d.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	tabs := pick(d, 1, 1, 1, 1, 1, 2, 3)
	if s.big() {
		tabs, top = 1, []randomPeriod{{text: "current"}}
	}
	for i := range tabs {
		tab := randomTab{id: ids[i], types: types[:1+d.IntN(4)], periods: top}
		if i > 0 && d.in(4) { // the same tab once more, in another currency
			tab.id, tab.currency = ids[i-1], pick(d, "EUR", "GBP")
		}
		s.tabs = append(s.tabs, tab)
	}
	own := d.IntN(4 * len(s.tabs)) // the tab with periods of its own, if there is one
	if s.big() {
		own = -1
	}
	relative := slices.ContainsFunc(top, randomPeriod.relative)
	var forecasts []map[string]any
	for i := range s.tabs {
		tab := &s.tabs[i]
		fields := map[string]any{"id": tab.id, "types": tab.types, "include_historical": pick(d, "auto", "true", "false")}
		if tab.currency != "" {
			fields["currency"] = tab.currency
		}
		if i == own {
			tab.periods = s.periods(d)
			fields["periods"] = texts(tab.periods)
			relative = relative || slices.ContainsFunc(tab.periods, randomPeriod.relative)
		}
		forecasts = append(forecasts, fields)
	}
	queue := pick(d, 120, 600, 1800)
	s.spec = map[string]any{
		"forecasts": forecasts, "periods": texts(top), "export_format": pick(d, "json", "json", "json", "csv"),
		"concurrency": 1 + d.IntN(3), "delay_between_exports": seconds(0, 0, 1, 10), "poll_interval": seconds(2, 5, 5), "poll_max_interval": seconds(5, 20, 60),
		"queue_timeout": fmt.Sprintf("%ds", queue), "run_timeout": seconds(300, 600, 1800), "export_attempts": 1 + d.IntN(3), "max_retries": pick(d, 0, 1, 3, 8),
		"quota_reserve": pick(d, 0, 0, 0, 1, 3), "settle_days": pick(d, 0, 0, 3, 14), "on_empty": pick(d, "auto", "auto", "fail", "warn"),
		"time_zone": pick(d, "UTC", "UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Kiritimati", "Asia/Kolkata"), "history": s.state && d.in(4),
	}
	if relative || d.in(3) { // where current is not asked for, or cannot be had
		s.spec["fiscal_year_start_month"] = 2
	}
}

// periods never name a quarter to come by its number, which may be the current one in a later sync.
func (s *schedule) periods(d dice) []randomPeriod {
	current := randomPeriod{text: "current"}
	at := func(text string, from, to int) randomPeriod {
		return randomPeriod{text: text, from: randomBound{offset: from}, to: randomBound{offset: to}}
	}
	old := sim.Quarter{Year: 2001, Number: 1 + d.IntN(4)}
	explicit := randomPeriod{text: old.String(), from: randomBound{quarter: old}, to: randomBound{quarter: old}}
	return slices.Clone(pick(d,
		[]randomPeriod{current},
		[]randomPeriod{at("previous", -1, -1), current, at("next", 1, 1)},
		[]randomPeriod{at("previous..current", -1, 0)},
		[]randomPeriod{current, explicit},
		[]randomPeriod{at("previous", -1, -1)},
		[]randomPeriod{explicit},
		[]randomPeriod{at("current..current+1", 0, 1), explicit},
	))
}

func texts(periods []randomPeriod) (out []string) {
	for _, p := range periods {
		out = append(out, p.text)
	}
	return out
}

func (s *schedule) draftStep(d dice) step {
	const day = 24 * time.Hour
	st := step{
		pause: pick(d, time.Minute, 10*time.Minute, time.Hour, 5*time.Hour, 7*time.Hour, day, day, 3*day, 20*day, 60*day) + time.Duration(d.IntN(60))*time.Second,
		keep:  d.in(4), stop: s.draftStop(d), spec: map[string]any{},
	}
	if d.in(4) {
		st.foreign = 1 + d.IntN(3)
	}
	if s.state && d.in(6) {
		st.spec["refresh"] = []string{pick(d, "previous", "current-2..current", "2001_Q4")}
		if s.spec["fiscal_year_start_month"] == nil {
			st.spec["refresh"] = []string{"2001_Q4"}
		}
	}
	if d.in(8) {
		st.tables = pick(d, []string{"clari_forecast_entries", "clari_forecast_exports"}, []string{"clari_forecast_users", "clari_forecast_exports", "clari_limits"})
	}
	for range d.IntN(5) {
		st.faults = append(st.faults, s.draftFault(d))
	}
	if d.in(6) {
		st.slow = time.Duration(1+d.IntN(5000)) * time.Millisecond
	}
	if d.in(5) {
		st.others = append(st.others, s.draftStranger(d))
	}
	if d.in(8) {
		st.events = append(st.events, event{s.draftMoment(d), pick(d, slices.Sorted(maps.Keys(befalls))...)})
	}
	if d.in(5) {
		st.backend = s.draftTrouble(d)
	}
	if d.in(30) {
		st.beside = time.Duration(1+d.IntN(120)) * time.Second
	}
	return st
}

func (s *schedule) draftTrouble(d dice) trouble {
	switch d.IntN(6) {
	case 0:
		return trouble{fails: 1 + d.IntN(8)}
	case 1:
		return trouble{hangs: 1 + d.IntN(8)}
	case 2:
		return trouble{losesLast: true}
	case 3:
		return trouble{older: true}
	default:
		return trouble{slowest: time.Duration(1+d.IntN(30)) * time.Second}
	}
}

// draftMoment is often one at which much is under way.
func (s *schedule) draftMoment(d dice) moment {
	if d.in(3) {
		return moment{after: time.Duration(d.IntN(180)-30) * time.Second}
	}
	return moment{op: pick(d, sim.Create, sim.Create, sim.Status, sim.Status, sim.List, sim.Results, sim.Limits), n: 1 + d.IntN(4), answered: d.in(2)}
}

// draftStranger is one like a creation that comes by, or like an export of the plan.
func (s *schedule) draftStranger(d dice) stranger {
	o := stranger{moment: s.draftMoment(d), change: pick(d, slices.Sorted(maps.Keys(changes))...)}
	if o.like = o.op == sim.Create; o.like {
		o.answered = false
	}
	tab := pick(d, s.tabs...)
	o.job = sim.Job{Forecast: tab.id, Currency: tab.currency, Types: tab.types, Historical: true, Run: time.Duration(d.IntN(60)) * time.Second}
	if p := pick(d, tab.periods...); p.from.quarter != (sim.Quarter{}) {
		o.job.Asked = p.text
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

func (s *schedule) draftFault(d dice) randomFault {
	kind := pick(d, sim.Kinds()...)
	if d.in(6) {
		kind = pick(d, oddFaults...)
	}
	op := pick(d, kind.Ops...)
	f := randomFault{kind.Name, sim.Fault{Op: op, From: 1 + d.IntN(6), Count: pick(d, 1, 1, 1, 2, 3, 10), Do: kind.Build()}}
	if d.in(3) {
		f.Forecast = pick(d, s.tabs...).id
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

func (s *schedule) draftStop(d dice) stop {
	st := stop{}
	switch d.IntN(8) {
	case 0, 1, 2:
		st.kill = true
	case 3:
		st.cancel = true
	default:
		return st
	}
	switch d.IntN(4) {
	case 0:
		st.after = time.Duration(d.IntN(240)) * time.Second
	case 1:
		st.message = 1 + d.IntN(60)
	case 2:
		st.op, st.n, st.answered = pick(d, sim.Create, sim.Create, sim.Create, sim.Results, sim.List, sim.Limits, sim.Status, sim.Cancel), 1+d.IntN(4), d.in(2)
	default:
		st.n, st.answered = 1+d.IntN(40), d.in(2)
	}
	return st
}
