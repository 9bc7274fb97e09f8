package spending

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A thrifty engine buys what is due, in 20 seconds each, and lands again what costs nothing. fate says what becomes of a job.
type thrifty struct {
	h    History
	spec Settings
	fate func(Request) Fate
}

func newThrifty() *thrifty {
	return &thrifty{h: History{QuarterEnd: quarterEnd}, spec: Defaults(), fate: func(Request) Fate { return Good }}
}

// sync runs one and returns what it bought. It ends well if all that it wanted is there.
func (p *thrifty) sync(t *testing.T, now time.Time, wanted ...Item) (bought []*Job) {
	s := Sync{Start: now, Well: true, Settings: p.spec, Wanted: wanted}
	for _, item := range wanted {
		s.End = now
		v := p.h.Due(s, item)
		if !v.Buy {
			if v.Row == "5" {
				all := p.h.there[placeOf(item.Request, item.Quarter)]
				s.Landed = append(s.Landed, Landing{all[len(all)-1].Job, now})
			}
			s.Well = s.Well && v.Row != "7"
			continue
		}
		j := &Job{
			Request: item.Request, ID: fmt.Sprint(len(s.Bought) + 1), Quarter: item.Quarter, At: now, Ended: now.Add(10 * time.Second), Read: now.Add(20 * time.Second),
			Gone: now.AddDate(0, 0, 30), Sent: now.Add(20 * time.Second), Fate: p.fate(item.Request),
		}
		s.Bought = append(s.Bought, j)
		if now = now.Add(20 * time.Second); j.Fate == Good {
			s.Landed = append(s.Landed, Landing{j, now})
		} else {
			s.Well = false
		}
	}
	s.End = now
	require.Empty(t, p.h.Add(s))
	return s.Bought
}

func quarterOf(t time.Time) string {
	return fmt.Sprintf("%d_Q%d", t.Year(), (int(t.Month())-1)/3+1)
}

func item(period, quarter string, types ...string) Item {
	return Item{Request: Request{Forecast: "net_arr", Period: period, Types: types, AllWeeks: true}, Quarter: quarter}
}

// TestYear: a year of daily syncs of one tab with [previous, current, next] buys two exports a day, that of the quarter before for 15 days
// more, and in the end once for good.
func TestYear(t *testing.T) {
	p := newThrifty()
	count := map[string]int{}
	for now := at("2026-01-01 08:00"); now.Year() == 2026; now = now.AddDate(0, 0, 1) {
		began := quarterEnd(quarterOf(now))
		previous, next := quarterOf(began.AddDate(0, -4, 0)), quarterOf(began)
		for _, j := range p.sync(t, now, item("", quarterOf(now), "forecast"), item(next, next, "forecast"), item(previous, previous, "forecast")) {
			switch j.Quarter {
			case previous:
				count["previous"]++
			case next:
				count["next"]++
			default:
				count["current"]++
			}
		}
	}
	// A quarter ends at midnight. Its exports of the first to the 14th of the next one are not final, that of the 15th is.
	require.Equal(t, map[string]int{"current": 365, "next": 365, "previous": 4 * 15}, count)
}

// TestRetry: one of 24 exports fails for good; half an hour later the orchestrator tries again, and pays for that one only.
func TestRetry(t *testing.T) {
	p := newThrifty()
	p.fate = func(r Request) Fate {
		if r.Forecast == "tab 7" {
			return Failed
		}
		return Good
	}
	var wanted []Item
	for tab := range 24 {
		i := item("", "2026_Q1", "forecast")
		i.Forecast = fmt.Sprint("tab ", tab)
		wanted = append(wanted, i)
	}
	nine := at("2026-02-01 09:00")
	require.Len(t, p.sync(t, nine, wanted...), 24)
	retry := p.sync(t, nine.Add(8*time.Minute+30*time.Minute), wanted...)
	require.Len(t, retry, 1)
	require.Equal(t, "tab 7", retry[0].Forecast)
	late := p.sync(t, nine.Add(10*time.Hour), wanted...)
	require.Len(t, late, 24, "long after, all are exported anew")
}

// TestTypesThereAndBack: a final place that holds types A, then B, then A again is bought at most once a week.
func TestTypesThereAndBack(t *testing.T) {
	p := newThrifty()
	a, b := item("2025_Q4", "2025_Q4", "forecast"), item("2025_Q4", "2025_Q4", "quota")
	day := func(n int) time.Time { return at("2026-02-01 09:00").AddDate(0, 0, n) }
	require.Len(t, p.sync(t, day(0), a), 1)
	require.Empty(t, p.sync(t, day(1), b))
	require.Len(t, p.sync(t, day(7), b), 1)
	require.Empty(t, p.sync(t, day(8), a))
	require.Len(t, p.sync(t, day(14), a), 1, "what is there is of B")
	require.Empty(t, p.sync(t, day(15), a))
}

// TestSibling: one tab can never be read. The other one's final quarter is bought once all the same, though no sync ends well, and the bad one
// on fewer and fewer days.
func TestSibling(t *testing.T) {
	p := newThrifty()
	good, bad := item("2025_Q4", "2025_Q4", "forecast"), item("2025_Q4", "2025_Q4", "forecast")
	bad.Forecast = "bad"
	p.fate = func(r Request) Fate {
		if r.Forecast == "bad" {
			return BadContent
		}
		return Good
	}
	count := map[string]int{}
	for hour := range 24 * 30 {
		for _, j := range p.sync(t, at("2026-02-01 09:00").Add(time.Duration(hour)*time.Hour), good, bad) {
			count[j.Forecast]++
		}
	}
	require.Equal(t, map[string]int{"net_arr": 1, "bad": 7}, count) // days 0, 1, 3, 7, 14, 21, 28
}

// TestExcess: what a sync must not buy is told.
func TestExcess(t *testing.T) {
	request := item("", "2026_Q1", "forecast")
	at := func(minutes int) time.Time { return at("2026-02-01 09:00").Add(time.Duration(minutes) * time.Minute) }
	bought := func(minute int, fate Fate) *Job {
		return &Job{Request: request.Request, ID: fmt.Sprint("at ", minute), Quarter: "2026_Q1", At: at(minute), Ended: at(minute + 1), Gone: at(1e6), Fate: fate}
	}
	stray := bought(0, Good)
	stray.Forecast = "nobody asked"
	waiting := func(tab int) *Job {
		j := bought(tab, Good)
		j.Forecast = fmt.Sprint("tab ", tab)
		return j
	}
	earlier := landed(bought(-40, Good), false)
	exhausted := lost(bought(-90, Failed), bought(-80, Failed))
	for _, tt := range []struct {
		name   string
		past   []Sync
		bought []*Job
		want   []string
	}{
		{name: "once", bought: []*Job{bought(0, Good)}},
		{name: "twice", bought: []*Job{bought(0, Good), bought(5, Good)}, want: []string{"at 5 3.3"}},
		{name: "kept", past: []Sync{earlier}, bought: []*Job{bought(0, Good)}, want: []string{"at 0 6"}},
		{name: "failed once", bought: []*Job{bought(0, Failed), bought(5, Good)}},
		{name: "failed twice", bought: []*Job{bought(0, Failed), bought(5, Failed), bought(10, Good)}, want: []string{"at 10 3.3"}},
		{name: "failed before", past: []Sync{exhausted}, bought: []*Job{bought(0, Failed), bought(5, Good)}, want: []string{"at 5 3.3"}},
		{name: "failed before, and DONE since", past: []Sync{exhausted, lost(bought(-70, Empty))}, bought: []*Job{bought(0, Failed), bought(5, Good)}},
		{name: "timed out", bought: []*Job{bought(0, TimedOut), bought(5, Good)}, want: []string{"at 5 3.3"}},
		{name: "lost", bought: []*Job{bought(0, Lost), bought(5, Good)}},
		{name: "unclear", bought: []*Job{bought(0, Unclear), bought(5, Unclear), bought(9, Good)}},
		{name: "bad", bought: []*Job{bought(0, BadContent), bought(5, Good)}, want: []string{"at 5 3.3"}},
		{name: "not wanted", bought: []*Job{stray}, want: []string{"at 0 none"}},
		{name: "not sent", bought: []*Job{waiting(1), waiting(2), waiting(3)}, want: []string{"at 3 3.3"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := History{QuarterEnd: quarterEnd}
			for _, s := range tt.past {
				h.Add(s)
			}
			wanted := []Item{request}
			for _, j := range tt.bought {
				if j.Forecast[:3] == "tab" {
					wanted = append(wanted, Item{Request: j.Request, Quarter: j.Quarter})
				}
			}
			var got []string
			for _, e := range h.Add(Sync{Start: at(0), End: at(4), Settings: Defaults(), Wanted: wanted, Bought: tt.bought}) {
				require.Contains(t, e.String(), e.Why)
				got = append(got, e.Job.ID+" "+e.Row)
			}
			require.Equal(t, tt.want, got)
		})
	}
}

// TestOnceCurrent: a quarter that was exported as current stays in the plan until it is settled, though periods no longer name it; also where the sync was
// stopped once its rows were sent.
func TestOnceCurrent(t *testing.T) {
	current, named := item("", "2026_Q1", "forecast"), item("2026_Q1", "2026_Q1", "forecast")
	well := landed(job(current.Request, "2026-03-31 09:00", Good), true)
	stopped := lost(job(current.Request, "2026-03-31 09:00", Unclear))
	sent := stopped
	sent.Perhaps = sent.Bought
	for _, tt := range []struct {
		name   string
		before Sync
		excess int
	}{{"landed", well, 0}, {"sent", sent, 0}, {"stopped before", stopped, 1}} {
		t.Run(tt.name, func(t *testing.T) {
			h := History{QuarterEnd: quarterEnd}
			h.Add(tt.before)
			next := Sync{Start: at("2026-04-01 09:00"), End: at("2026-04-01 09:10"), Well: true, Settings: Defaults(), Wanted: []Item{item("", "2026_Q2", "forecast")}}
			next.Bought = []*Job{job(named.Request, "2026-04-01 09:00", Good)}
			require.Len(t, h.Add(next), tt.excess)
			next.Bought[0] = job(item("2025_Q4", "2025_Q4", "forecast").Request, "2026-04-01 09:00", Good)
			next.Bought[0].Quarter = "2025_Q4"
			require.Len(t, h.Add(next), 1, "that one was never current")
		})
	}
}
