package schedule

import (
	"fmt"
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

// New draws the schedule of a seed. Only what can be asked of a plugin is drawn: jobs that end within the timeouts unless a
// fault says otherwise, and no fault whose effect nobody could tell from a right answer.
func New(seed uint64) *Schedule {
	d := dice{rand.New(rand.NewPCG(seed, 20260101))}
	s := &Schedule{Seed: seed, State: !d.in(3), Start: 700*24*time.Hour + time.Duration(d.IntN(120*24*60))*time.Minute}
	s.DeleteStale = d.in(2)
	s.tenant(d)
	s.drawSpec(d)
	for range pick(d, 1, 1, 1, 1, 2, 3) {
		s.Steps = append(s.Steps, s.drawStep(d))
	}
	switch {
	case s.big():
	case s.long():
		longList(d, s)
	case !d.in(3):
		pick(d, combinations...).play(d, s)
	}
	s.withBackend()
	s.drawBlocks()
	// What an earlier sync left behind may still be of no use to the first of these: a job with a bad result is adopted, and fails.
	s.Steps = append(s.Steps, Step{Pause: 3 * time.Hour, Final: true}, Step{Pause: time.Hour, Final: true})
	return s
}

// forecastIDs begin with one another, and one looks like a file name.
var forecastIDs = []string{"net", "net_arr", "net_arr_2002_Q1", "bookings"}

// big schedules have results that do not fit into memory, as the spool sees it: one in 2,000, with little else to do.
func (s *Schedule) big() bool { return s.Seed%2000 == 999 }

// long schedules meet a job list longer than anybody can want to read: one in 1,000.
func (s *Schedule) long() bool { return s.Seed%1000 == 333 }

func (s *Schedule) tenant(d dice) {
	tenant := sim.Tenant{
		Seed: s.Seed, People: 1 + d.IntN(2), Span: 1 + d.IntN(3),
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
	s.Config = sim.Config{
		Tenant: tenant, Key: fmt.Sprintf("k%d+/=sek", s.Seed),
		JSON:    pick(d, sim.Arrays, sim.Arrays, sim.FlatObjects, sim.FlatLists),
		WrapJob: !d.in(2), WrapList: !d.in(2), CreatedAs: pick(d, 200, 201, 202),
		Queue: sim.Between(0, pick(d, 0, 5*time.Second, 20*time.Second)), Run: sim.Between(0, pick(d, time.Second, 10*time.Second, 40*time.Second)),
		Concurrent: pick(d, 1, 2, 3, 3), Monthly: pick(d, 1000, 1000, 4+d.IntN(40)), Life: pick(d, 0, 0, time.Hour, 48*time.Hour),
		RequestsPerSecond: pick(d, 0, 0, 20), Skew: pick(d, 0, 0, 0, 90*time.Second, -7*time.Minute, 5*time.Hour, -9*time.Hour), Gzip: d.in(3), ContentLength: d.in(2),
		Quirks: sim.Quirks{ShuffledWeeks: d.in(4), TwoIDs: d.in(6), SplitEntries: d.in(6)},
	}
	if d.in(3) {
		s.Config.Words = map[string]string{"DONE": "COMPLETED"}
	}
	if d.in(4) {
		s.Config.OmitKeys = [][]string{{"endTime", "expiredTime"}, {"startTime"}, {"currency"}, {"module"}, {"fileName"}}[d.IntN(5)]
	}
}

func (s *Schedule) drawSpec(d dice) {
	seconds := func(of ...int) string { return fmt.Sprintf("%ds", pick(d, of...)) }
	types := []string{"forecast", "forecast_updated", "quota", "adjustment"}
	top := s.periods(d)
	ids := slices.Clone(forecastIDs)
	d.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	tabs := pick(d, 1, 1, 1, 1, 1, 2, 3)
	if s.big() {
		tabs, top = 1, []Period{{Text: "current"}}
	}
	for i := range tabs {
		tab := Tab{ID: ids[i], Types: types[:1+d.IntN(4)], Periods: top}
		if i > 0 && d.in(4) { // the same tab once more, in another currency
			tab.ID, tab.Currency = ids[i-1], pick(d, "EUR", "GBP")
		}
		s.Tabs = append(s.Tabs, tab)
	}
	own := d.IntN(4 * len(s.Tabs)) // the tab with periods of its own, if there is one
	if s.big() {
		own = -1
	}
	relative := slices.ContainsFunc(top, Period.relative)
	var forecasts []map[string]any
	for i := range s.Tabs {
		tab := &s.Tabs[i]
		fields := map[string]any{"id": tab.ID, "types": tab.Types, "include_historical": pick(d, "auto", "true", "false")}
		if tab.Currency != "" {
			fields["currency"] = tab.Currency
		}
		if i == own {
			tab.Periods = s.periods(d)
			fields["periods"] = texts(tab.Periods)
			relative = relative || slices.ContainsFunc(tab.Periods, Period.relative)
		}
		forecasts = append(forecasts, fields)
	}
	queue := pick(d, 120, 600, 1800)
	s.Spec = map[string]any{
		"forecasts": forecasts, "periods": texts(top), "export_format": pick(d, "json", "json", "json", "csv"),
		"concurrency": 1 + d.IntN(3), "delay_between_exports": seconds(0, 0, 1, 10), "poll_interval": seconds(2, 5, 5), "poll_max_interval": seconds(5, 20, 60),
		"queue_timeout": fmt.Sprintf("%ds", queue), "run_timeout": seconds(300, 600, 1800), "export_attempts": 1 + d.IntN(3), "max_retries": pick(d, 0, 1, 3, 8),
		"quota_reserve": pick(d, 0, 0, 0, 1, 3), "settle_days": pick(d, 0, 0, 3, 14), "on_empty": pick(d, "auto", "auto", "fail", "warn"),
		"time_zone": pick(d, "UTC", "UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Kiritimati", "Asia/Kolkata"), "history": s.State && d.in(4),
	}
	if relative || d.in(3) { // where current is not asked for, or cannot be had
		s.Spec["fiscal_year_start_month"] = 2
	}
}

// periods never name a quarter to come by its number, which may be the current one in a later sync.
func (s *Schedule) periods(d dice) []Period {
	current := Period{Text: "current"}
	at := func(text string, from, to int) Period {
		return Period{Text: text, From: bound{offset: from}, To: bound{offset: to}}
	}
	old := sim.Quarter{Year: 2001, Number: 1 + d.IntN(4)}
	explicit := Period{Text: old.String(), From: bound{Quarter: old}, To: bound{Quarter: old}}
	return slices.Clone(pick(d,
		[]Period{current},
		[]Period{at("previous", -1, -1), current, at("next", 1, 1)},
		[]Period{at("previous..current", -1, 0)},
		[]Period{current, explicit},
		[]Period{at("previous", -1, -1)},
		[]Period{explicit},
		[]Period{at("current..current+1", 0, 1), explicit},
	))
}

func texts(periods []Period) (out []string) {
	for _, p := range periods {
		out = append(out, p.Text)
	}
	return out
}
