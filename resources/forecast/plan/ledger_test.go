package plan

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

// TestStateIsSmall: a place's record stays under 1 KiB with all that forecasts keep there.
func TestStateIsSmall(t *testing.T) {
	at := time.Date(2026, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	types := []string{"forecast", "forecast_updated", "quota", "adjustment", "crm_total", "crm_closed"}
	all := journal.Contents{Types: types, Whole: true}
	place := journal.Place{
		Job: strings.Repeat("f", 24), AskedAt: at, ExportedAt: at, LandedAt: at, Expires: at, Contents: all, Before: &all, Schema: 9,
		Tables: []string{"clari_forecast_entries", "clari_forecast_users", "clari_forecast_fields", "clari_forecast_time_periods", "clari_forecast_time_frames"},
		Open:   true, Days: journal.Days{Newest: 20_000, Bits: 1<<40 - 1},
	}
	day := at.Truncate(24 * time.Hour)
	state := State{
		Quarter: "2026_Q4", End: day, WeekEnd: day, WholeOn: day, HadRows: true, Family: "arrays", Locale: "1.234,56", AllNext: true, Shown: types, Weeks: 99, Jobs: 99,
		Rows: []int64{100_000_000, 1_000_000, 10_000, 100, 100},
	}
	text, err := json.Marshal(map[string]any{"job": place, "kind": state})
	if err != nil || len(text) > 1024 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func planner(t *testing.T, ledger *journal.Journal, today time.Time, change func(*spec.Spec)) *Planner {
	t.Helper()
	s := spec.Default()
	f := spec.DefaultForecast()
	f.ID = "net_arr"
	s.Forecasts = []spec.Forecast{f}
	if change != nil {
		change(&s)
	}
	return New(t.Context(), &s, Shard{}, today, ledger)
}

func day(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return at
}

// TestWhole: under history auto asks for all weeks of the current quarter once after each week that is over, a full day after its end.
func TestWhole(t *testing.T) {
	p := planner(t, journal.Open(t.Context(), nil, nil), day("2026-03-04"), func(s *spec.Spec) { s.History = true })
	landed := journal.Place{Job: "1"}
	for _, test := range []struct {
		name    string
		today   string // 2026-03-01 is a Sunday
		include string
		ongoing bool
		there   journal.Place
		state   State
		want    bool
	}{
		{"nothing landed", "2026-03-04", "auto", true, journal.Place{}, State{}, true},
		{"a past quarter", "2026-03-04", "auto", false, landed, State{WholeOn: day("2026-03-04"), WeekEnd: day("2026-03-07")}, true},
		{"always", "2026-03-04", "true", true, landed, State{WholeOn: day("2026-03-04"), WeekEnd: day("2026-03-07")}, true},
		{"never", "2026-03-04", "false", false, journal.Place{}, State{}, false},
		{"in the same week", "2026-03-06", "auto", true, landed, State{WholeOn: day("2026-03-03"), WeekEnd: day("2026-03-07")}, false},
		{"on the day after its end people still edit it", "2026-03-08", "auto", true, landed, State{WholeOn: day("2026-03-03"), WeekEnd: day("2026-03-07")}, false},
		{"a day after that", "2026-03-09", "auto", true, landed, State{WholeOn: day("2026-03-03"), WeekEnd: day("2026-03-07")}, true},
		{"that one has landed", "2026-03-10", "auto", true, landed, State{WholeOn: day("2026-03-09"), WeekEnd: day("2026-03-14")}, false},
		{"after weeks without a sync", "2026-03-31", "auto", true, landed, State{WholeOn: day("2026-03-09"), WeekEnd: day("2026-03-14")}, true},
		{"the newest week is one to come", "2026-03-10", "auto", true, landed, State{WholeOn: day("2026-03-09"), WeekEnd: day("2026-04-25")}, false},
		{"the same, and a week is over", "2026-03-16", "auto", true, landed, State{WholeOn: day("2026-03-09"), WeekEnd: day("2026-04-25")}, true},
		{"no week is known: in the same calendar week", "2026-03-08", "auto", true, landed, State{WholeOn: day("2026-03-02")}, false},
		{"no week is known: on the next Monday", "2026-03-09", "auto", true, landed, State{WholeOn: day("2026-03-02")}, true},
		{"another shape came", "2026-03-04", "auto", true, landed, State{WholeOn: day("2026-03-04"), WeekEnd: day("2026-03-07"), AllNext: true}, true},
		{"never whole so far", "2026-03-04", "auto", true, landed, State{WeekEnd: day("2026-03-07")}, true},
	} {
		p.today = day(test.today)
		if got := p.whole(test.include, test.ongoing, test.there, test.state); got != test.want {
			t.Errorf("%s: all weeks: %t", test.name, got)
		}
	}
}

// TestKeys: the format and the weeks make another request of the same place; what the rows are of makes another place.
func TestKeys(t *testing.T) {
	key := func(change func(*spec.Spec)) *Item {
		p := planner(t, journal.Open(t.Context(), nil, nil), day("2026-03-04"), func(s *spec.Spec) {
			s.Periods = []string{"2025_Q1"}
			change(s)
		})
		items, err := p.Next()
		if err != nil || len(items) != 1 {
			t.Fatalf("%d items, %v", len(items), err)
		}
		return items[0]
	}
	first := key(func(*spec.Spec) {})
	for name, test := range map[string]struct {
		change         func(*spec.Spec)
		request, place bool // is another
	}{
		"types in another order": {func(s *spec.Spec) { slices.Reverse(s.Forecasts[0].Types) }, false, false},
		"types":                  {func(s *spec.Spec) { s.Forecasts[0].Types = []string{"quota"} }, true, false},
		"weeks":                  {func(s *spec.Spec) { s.Forecasts[0].IncludeHistorical = "false" }, true, false},
		"format":                 {func(s *spec.Spec) { s.ExportFormat = "csv" }, true, false},
		"history":                {func(s *spec.Spec) { s.History = true }, false, false},
		"scope":                  {func(s *spec.Spec) { s.Forecasts[0].ScopeID = "1::MGR" }, true, true},
		"currency":               {func(s *spec.Spec) { s.Forecasts[0].Currency = "EUR" }, true, true},
		"period":                 {func(s *spec.Spec) { s.Periods = []string{"2025_Q2"} }, true, true},
		"base URL":               {func(s *spec.Spec) { s.BaseURL = "https://other.test/v4" }, true, true},
	} {
		i := key(test.change)
		if (i.Key != first.Key) != test.request || (i.Place != first.Place) != test.place {
			t.Errorf("%s: another request %t, another place %t", name, i.Key != first.Key, i.Place != first.Place)
		}
	}
}

// TestCalendarsApart: a tab goes by its own results; one whose results tell nothing goes by the others', unless those differ.
func TestCalendarsApart(t *testing.T) {
	p := planner(t, journal.Open(t.Context(), nil, nil), day("2026-03-04"), func(s *spec.Spec) {
		for _, id := range []string{"other", "mute"} {
			f := spec.DefaultForecast()
			f.ID = id
			s.Forecasts = append(s.Forecasts, f)
		}
	})
	first, other, mute := Tab{ForecastID: "net_arr"}, Tab{ForecastID: "other"}, Tab{ForecastID: "mute"}
	ends := func(tab Tab) string {
		_, end := p.Days(tab, "2026_Q1")
		return end.Format(time.DateOnly)
	}
	p.Learn(first, "2026_Q1", day("2026-01-01"), day("2026-03-31"))
	if ends(first) != "2026-03-31" || ends(mute) != "2026-03-31" {
		t.Errorf("the quarter ends %s, and for a tab that tells nothing %s", ends(first), ends(mute))
	}
	p.Learn(other, "2026_Q1", day("2026-02-01"), day("2026-04-30"))
	if ends(first) != "2026-03-31" || ends(other) != "2026-04-30" || ends(mute) != (time.Time{}).Format(time.DateOnly) {
		t.Errorf("tabs apart: %s, %s, %s", ends(first), ends(other), ends(mute))
	}
	p.LearnCurrent(other, "2026_Q1")
	if _, known := p.current(mute); known || !p.IsCurrent(other, "2026_Q1") || p.IsCurrent(first, "2026_Q1") {
		t.Error("which quarter is current is not each tab's own")
	}
}

// TestNamedByRefreshAndReload: a quarter that only reload names is in the plan for its stored result; refresh once ends when it was exported again.
func TestNamedByRefreshAndReload(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*spec.Spec)
		finals int
		want   string
	}{
		{"nobody names it", func(*spec.Spec) {}, 1, ""},
		{"reload", func(s *spec.Spec) { s.Reload = []string{"2025_Q4"} }, 1, "reload stored"},
		{"refresh", func(s *spec.Spec) { s.Refresh.Periods = []string{"2025_Q4"} }, 2, "refresh"},
		{"refresh, before what is there", func(s *spec.Spec) { s.Refresh = spec.Refresh{Periods: []string{"2025_Q4"}, Before: "2026-01-01"} }, 2, ""},
		{"refresh, before what is there, which has landed once", func(s *spec.Spec) { s.Refresh = spec.Refresh{Periods: []string{"2025_Q4"}, Before: "2026-01-01"} }, 1, "refresh"},
		{"refresh, after what is there", func(s *spec.Spec) { s.Refresh = spec.Refresh{Periods: []string{"2025_Q4"}, Before: "2026-02-20"} }, 2, "refresh"},
		{"refresh of what was never there", func(s *spec.Spec) { s.Refresh.Periods = []string{"2024_Q1"} }, 2, ""},
		{"both, and a period", func(s *spec.Spec) {
			s.Periods, s.Reload, s.Refresh.Periods = []string{"2025_Q4"}, []string{"2025_Q4"}, []string{"2025_Q4"}
		}, 2, "backfill"},
	} {
		store := &memory{}
		ledger := journal.Open(t.Context(), store, func(err error) { t.Error(err) })
		p := planner(t, ledger, day("2026-03-04"), nil)
		there := journal.Place{Job: "1", ExportedAt: day("2026-02-15")}
		if test.finals == 2 {
			there.Before = &journal.Contents{}
		}
		ledger.SaveRecord(p.PlaceKey(Tab{ForecastID: "net_arr"}, "2025_Q4"), there, State{})
		p = planner(t, ledger, day("2026-03-04"), func(s *spec.Spec) {
			s.Periods, s.FiscalYearStartMonth = []string{"2026_Q3"}, 1
			test.change(s)
		})
		items, err := p.Next()
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, i := range items {
			if i.Period != "2026_Q3" {
				if got = i.Why; i.Stored {
					got += " stored"
				}
			}
		}
		if got != test.want {
			t.Errorf("%s: planned %q, want %q", test.name, got, test.want)
		}
		ledger.Close(t.Context())
	}
}
