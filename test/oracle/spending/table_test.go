package spending

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The quarters of a calendar year.
func quarterEnd(quarter string) time.Time {
	year, err := time.Parse("2006", quarter[:4])
	if err != nil {
		panic(err)
	}
	return year.AddDate(0, 3*int(quarter[6]-'0'), 0)
}

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return t
}

var (
	some   = Request{Forecast: "net_arr", Period: "2026_Q1", Types: []string{"forecast"}, AllWeeks: true, Format: "json"}
	more   = Request{Forecast: "net_arr", Period: "2026_Q1", Types: []string{"forecast", "quota"}, AllWeeks: true, Format: "json"}
	latest = Request{Forecast: "net_arr", Period: "2026_Q1", Types: []string{"forecast"}, Format: "json"}
	other  = Request{Forecast: "net_arr", Period: "2026_Q1", Types: []string{"quota"}, AllWeeks: true, Format: "csv"}
)

// job is one of the first quarter that was asked for at a time, ran for a minute, and lives for 30 days.
func job(r Request, asked string, fate Fate) *Job {
	t := at(asked)
	return &Job{Request: r, ID: asked, Quarter: "2026_Q1", At: t, Ended: t.Add(time.Minute), Gone: t.AddDate(0, 0, 30), Read: t.Add(2 * time.Minute), Fate: fate}
}

// landed is a sync of ten minutes that bought a job and landed it.
func landed(j *Job, well bool) Sync {
	return Sync{
		Start: j.At, End: j.At.Add(10 * time.Minute), Well: well, Settings: Defaults(), Bought: []*Job{j}, Landed: []Landing{{j, j.At.Add(5 * time.Minute)}},
	}
}

// lost is one that was killed before it landed anything.
func lost(jobs ...*Job) Sync {
	return Sync{Start: jobs[0].At, End: jobs[0].At.Add(10 * time.Minute), Settings: Defaults(), Bought: jobs}
}

// again lands a job once more.
func again(j *Job, when string, well bool) Sync {
	return Sync{Start: at(when), End: at(when).Add(time.Minute), Well: well, Settings: Defaults(), Landed: []Landing{{j, at(when)}}}
}

// TestTable has one case or more for each row of section 3.2.
func TestTable(t *testing.T) {
	final := job(some, "2026-04-16 09:00", Good)
	bad := func(asked string) Sync { return lost(job(some, asked, BadContent)) }
	refresh := func(before string) func(*Sync, *Item) {
		return func(_ *Sync, i *Item) {
			i.Refresh = &Refresh{}
			if before != "" {
				i.Refresh.Before = at(before)
			}
		}
	}
	history := func(s *Sync, _ *Item) { s.Settings.History = true }
	for _, tt := range []struct {
		name  string
		past  []Sync
		now   string
		alter func(*Sync, *Item)
		want  Request
		row   string
		buy   bool
	}{
		{name: "nothing was ever bought", now: "2026-02-01 09:00", row: "9", buy: true},
		{name: "no backend", past: []Sync{landed(job(some, "2026-02-01 09:00", Good), false)}, now: "2026-02-01 09:20", alter: func(s *Sync, _ *Item) { s.Settings.Backend = false }, row: "9", buy: true},
		{name: "the state was lost", past: []Sync{landed(job(some, "2026-02-01 09:00", Good), false)}, now: "2026-02-01 09:20", alter: func(s *Sync, _ *Item) { s.Forgot = true }, row: "9", buy: true},

		{name: "unclear", past: []Sync{lost(job(some, "2026-02-01 09:00", Unclear))}, now: "2026-02-02 09:00", row: "1", buy: true},
		{name: "unclear, and landed since", past: []Sync{lost(job(some, "2026-02-01 09:00", Unclear)), landed(job(some, "2026-02-01 10:00", Good), false)}, now: "2026-02-01 10:20", row: "6"},

		{name: "refresh, always", past: []Sync{landed(final, true), again(final, "2026-04-17 09:00", true)}, now: "2026-04-18 09:00", alter: refresh(""), row: "2", buy: true},
		{name: "refresh, always, but a moment ago", past: []Sync{landed(job(some, "2026-02-01 09:00", Good), false)}, now: "2026-02-01 09:20", alter: refresh(""), row: "6"},
		{name: "refresh, always, and a job serves", past: []Sync{lost(job(some, "2026-02-01 09:00", Good))}, now: "2026-02-01 09:20", alter: refresh(""), row: "2"},
		{name: "refresh before an instant", past: []Sync{landed(final, true), again(final, "2026-04-17 09:00", true)}, now: "2026-05-18 09:00", alter: refresh("2026-05-01 00:00"), row: "2", buy: true},
		{name: "refresh, done", past: []Sync{landed(final, true), again(final, "2026-04-17 09:00", true)}, now: "2026-05-18 09:00", alter: refresh("2026-04-01 00:00"), row: "4"},
		{name: "refresh, asked for since", past: []Sync{landed(final, true), lost(job(some, "2026-05-02 09:00", Good))}, now: "2026-05-18 09:00", alter: refresh("2026-05-01 00:00"), row: "2"},
		{name: "refresh, bad since", past: []Sync{landed(final, true), again(final, "2026-04-17 09:00", true), bad("2026-05-18 09:00")}, now: "2026-05-18 12:00", alter: refresh("2026-05-01 00:00"), row: "7"},
		{name: "refresh, bad since, tried again", past: []Sync{landed(final, true), again(final, "2026-04-17 09:00", true), bad("2026-05-18 09:00")}, now: "2026-05-19 09:00", alter: refresh("2026-05-01 00:00"), row: "2", buy: true},

		{name: "a job runs", past: []Sync{lost(&Job{Request: some, At: at("2026-02-01 09:00"), Ended: at("2026-02-01 09:50"), Gone: at("2026-03-01 09:00"), Fate: Good})}, now: "2026-02-01 09:30", row: "3"},
		{name: "a job runs for too long", past: []Sync{lost(&Job{Request: some, At: at("2026-02-01 09:00"), Ended: at("2026-02-01 10:50"), Gone: at("2026-03-01 09:00"), Fate: Good})}, now: "2026-02-01 10:30", row: "9", buy: true},
		{name: "a job ended a while ago", past: []Sync{lost(job(some, "2026-02-01 09:00", Good))}, now: "2026-02-01 14:00", row: "3"},
		{name: "a job ended long ago", past: []Sync{lost(job(some, "2026-02-01 09:00", Good))}, now: "2026-02-01 16:00", row: "9", buy: true},
		{name: "a job of final rows ended long ago", past: []Sync{lost(final)}, now: "2026-04-20 16:00", row: "3"},
		{
			name: "a job of final rows ended long ago, and nobody can say that they are", past: []Sync{lost(final)}, now: "2026-04-20 16:00",
			alter: func(s *Sync, _ *Item) { s.Settings.NoCalendar = true }, row: "9", buy: true,
		},
		{
			name: "a job of final rows ended long ago, and the place tells that they are", past: []Sync{landed(job(some, "2026-02-01 09:00", Good), true), lost(final)}, now: "2026-04-20 16:00",
			alter: func(s *Sync, _ *Item) { s.Settings.NoCalendar = true }, row: "3",
		},
		{name: "a job of final rows, gone", past: []Sync{lost(final)}, now: "2026-05-20 16:00", row: "9", buy: true},
		{name: "a job that something newer landed over", past: []Sync{lost(job(some, "2026-02-01 09:00", Good)), landed(job(more, "2026-02-01 09:10", Good), true)}, now: "2026-02-01 09:30", row: "9", buy: true},
		{name: "a result that could not be read here", past: []Sync{lost(job(some, "2026-02-01 09:00", Unreadable))}, now: "2026-02-20 09:00", row: "3"},
		{name: "a job that failed", past: []Sync{lost(job(some, "2026-02-01 09:00", Failed))}, now: "2026-02-01 09:30", row: "9", buy: true},
		{name: "a job of another request", past: []Sync{lost(job(other, "2026-02-01 09:00", Good))}, now: "2026-02-01 09:30", row: "9", buy: true},

		{name: "settled", past: []Sync{landed(final, true), again(final, "2026-04-17 09:00", true)}, now: "2027-04-18 09:00", row: "4"},
		{name: "settled with more", past: []Sync{landed(job(more, "2026-04-16 09:00", Good), true), landed(job(more, "2026-04-17 09:00", Good), true)}, now: "2026-04-18 09:00", row: "4"},
		{name: "settled with less", past: []Sync{landed(final, true), again(final, "2026-04-17 09:00", true)}, now: "2026-04-18 09:00", want: more, row: "9", buy: true},

		{name: "final once, and spoilt since", past: []Sync{landed(job(some, "2026-04-16 09:00", BadContent), true)}, now: "2026-04-17 09:30", row: "5", buy: true},
		{name: "final once, closed", past: []Sync{landed(final, true)}, now: "2026-04-16 09:30", row: "5"},
		{name: "final once, open for long", past: []Sync{landed(final, false)}, now: "2026-04-17 09:30", row: "5"},
		{name: "final once, gone", past: []Sync{landed(final, true)}, now: "2026-05-17 09:30", row: "5", buy: true},

		{name: "open, a moment ago", past: []Sync{landed(job(some, "2026-02-01 09:00", Good), false)}, now: "2026-02-01 09:30", row: "6"},
		{name: "open, an hour ago", past: []Sync{landed(job(some, "2026-02-01 09:00", Good), false)}, now: "2026-02-01 10:00", row: "9", buy: true},
		{name: "open and final, hours ago", past: []Sync{landed(final, false)}, now: "2026-04-17 04:00", row: "6"},
		{name: "closed, a moment ago", past: []Sync{landed(job(some, "2026-02-01 09:00", Good), true)}, now: "2026-02-01 09:30", row: "9", buy: true},
		{name: "open, with less", past: []Sync{landed(job(some, "2026-02-01 09:00", Good), false)}, now: "2026-02-01 09:30", want: more, row: "9", buy: true},
		{name: "open, with the latest week", past: []Sync{landed(job(latest, "2026-02-01 09:00", Good), false)}, now: "2026-02-01 09:30", row: "9", buy: true},
		{name: "open, the latest week wanted", past: []Sync{landed(job(some, "2026-02-01 09:00", Good), false)}, now: "2026-02-01 09:30", want: latest, row: "6"},
		{name: "open, either wanted", past: []Sync{landed(job(latest, "2026-02-01 09:00", Good), false)}, now: "2026-02-01 09:30", want: latest, alter: func(_ *Sync, i *Item) { i.EitherWeeks = true }, row: "9", buy: true},
		{name: "open, with more", past: []Sync{landed(job(more, "2026-02-01 09:00", Good), false)}, now: "2026-02-01 09:30", row: "6"},
		{name: "open, under history", past: []Sync{landed(job(some, "2026-02-01 09:00", Good), false)}, now: "2026-02-01 09:30", alter: history, row: "6"},
		{name: "open, under history, the day is over", past: []Sync{landed(job(some, "2026-02-01 23:40", Good), false)}, now: "2026-02-02 00:05", alter: history, row: "9", buy: true},

		{name: "bad today", past: []Sync{bad("2026-02-01 09:00")}, now: "2026-02-01 23:30", row: "7"},
		{name: "bad yesterday", past: []Sync{bad("2026-02-01 09:00")}, now: "2026-02-02 00:30", row: "9", buy: true},
		{name: "bad often, of a past quarter", past: []Sync{bad("2026-05-01 09:00"), bad("2026-05-02 09:00"), bad("2026-05-04 09:00")}, now: "2026-05-07 09:00", row: "7"},
		{name: "bad often, of a past quarter, the day has come", past: []Sync{bad("2026-05-01 09:00"), bad("2026-05-02 09:00"), bad("2026-05-04 09:00")}, now: "2026-05-08 09:00", row: "9", buy: true},
		{name: "bad, but of another request", past: []Sync{bad("2026-02-01 09:00")}, now: "2026-02-01 09:30", want: more, row: "9", buy: true},
		{name: "bad, but refreshed", past: []Sync{bad("2026-02-01 09:00")}, now: "2026-02-01 09:30", alter: refresh("2026-02-01 09:15"), row: "9", buy: true},
		{name: "empty", past: []Sync{lost(job(some, "2026-02-01 09:00", Empty))}, now: "2026-02-01 09:30", row: "9", buy: true},
		{name: "too long", past: []Sync{lost(&Job{Request: some, At: at("2026-02-01 09:00"), Fate: TooLong, Limit: 8 << 30})}, now: "2026-09-01 09:30", row: "7"},
		{name: "too long, and the limit is raised", past: []Sync{lost(&Job{Request: some, At: at("2026-02-01 09:00"), Fate: TooLong, Limit: 4 << 30})}, now: "2026-02-01 09:30", row: "9", buy: true},

		{name: "two requests share a final place", past: []Sync{landed(final, true)}, now: "2026-04-17 09:00", want: other, row: "8"},
		{name: "two requests share a final place for six days", past: []Sync{landed(final, true)}, now: "2026-04-23 08:59", want: other, row: "8"},
		{name: "two requests share a final place for a week", past: []Sync{landed(final, true)}, now: "2026-04-24 09:00", want: other, row: "9", buy: true},
		{name: "two requests share a place that is not final", past: []Sync{landed(job(some, "2026-02-01 09:00", Good), true)}, now: "2026-02-01 09:30", want: other, row: "9", buy: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := History{QuarterEnd: quarterEnd}
			for _, s := range tt.past {
				h.Add(s)
			}
			if tt.want.Forecast == "" {
				tt.want = some
			}
			s, wanted := Sync{Start: at(tt.now), End: at(tt.now), Settings: Defaults()}, Item{Request: tt.want, Quarter: "2026_Q1"}
			if tt.alter != nil {
				tt.alter(&s, &wanted)
			}
			v := h.Due(s, wanted)
			require.Equal(t, []any{tt.row, tt.buy}, []any{v.Row, v.Buy}, v.Why)
		})
	}
}

// TestWindows is the table for windows of activities, 4.2.
func TestWindows(t *testing.T) {
	days := Request{Period: "2026-01-01..2026-01-31", Format: "json"}
	window := func(asked string) *Job {
		j := job(days, asked, Good)
		j.Quarter = days.Period
		return j
	}
	for _, tt := range []struct {
		name   string
		past   []Sync
		now    string
		newest bool
		row    string
		buy    bool
	}{
		{name: "never exported", now: "2026-02-05 09:00", row: "9", buy: true},
		{name: "done", past: []Sync{landed(window("2026-02-01 09:00"), true)}, now: "2026-02-05 09:00", row: "4"},
		{name: "exported before its last day was over", past: []Sync{landed(window("2026-01-30 09:00"), true)}, now: "2026-02-05 09:00", row: "9", buy: true},
		{name: "the newest", past: []Sync{landed(window("2026-02-01 09:00"), true)}, now: "2026-02-02 09:00", newest: true, row: "9", buy: true},
		{name: "the newest, a moment ago", past: []Sync{landed(window("2026-01-20 09:00"), false)}, now: "2026-01-20 09:30", newest: true, row: "6"},
		{name: "paid for", past: []Sync{lost(window("2026-01-20 09:00"))}, now: "2026-01-20 09:30", newest: true, row: "3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := History{QuarterEnd: func(string) time.Time { panic("a window has no quarter") }}
			for _, s := range tt.past {
				h.Add(s)
			}
			v := h.Due(Sync{Start: at(tt.now), End: at(tt.now), Settings: Defaults()}, Item{Request: days, Quarter: days.Period, Window: &Window{Last: at("2026-02-01 00:00"), Newest: tt.newest}})
			require.Equal(t, []any{tt.row, tt.buy}, []any{v.Row, v.Buy}, v.Why)
		})
	}
}
