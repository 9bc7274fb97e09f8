package export

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

// memory is a state backend in memory.
type memory map[string]string

func (m memory) GetKey(_ context.Context, key string) (string, error) { return m[key], nil }
func (m memory) SetKey(_ context.Context, key, value string) error    { m[key] = value; return nil }
func (memory) Flush(context.Context) error                            { return nil }
func (m memory) journal(t *testing.T) *journal {
	return &journal{store: m, warn: func(err error) { t.Error(err) }}
}

func parseSpec(t *testing.T, fields string) *spec.Spec {
	t.Helper()
	s, err := spec.Parse([]byte(`{"api_key": "k-0123456789", ` + fields + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func names(exports []*Export) string {
	var out []string
	for _, e := range exports {
		name := e.ForecastID + ":" + e.label()
		if e.Err != nil {
			name += "!"
		}
		if e.refresh {
			name += "*"
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

// now is a day in the third quarter of 2026, where fiscal years are calendar years.
var now = time.Date(2026, 8, 15, 12, 0, 0, 0, time.UTC)

func TestPlanOrder(t *testing.T) {
	tabs := `"forecasts": [{"id": "a"}, {"id": "b"}]`
	for _, test := range []struct {
		name, spec  string
		current     string // known to Clari; empty: nobody knows
		first, rest string
	}{
		{"current alone", tabs, "2026_Q3", "a:current b:current", ""},
		{
			"what matters most comes first", tabs + `, "periods": ["2024_Q1", "previous", "current", "next"]`, "2026_Q3",
			"a:current b:current", "a:2026_Q4 b:2026_Q4 a:2026_Q2 b:2026_Q2 a:2024_Q1 b:2024_Q1",
		},
		{
			"a range over the current quarter", `"forecasts": [{"id": "a"}], "periods": ["current-2..current+1"]`, "2026_Q3",
			"a:current", "a:2026_Q4 a:2026_Q2 a:2026_Q1",
		},
		{
			"an absolute start", `"forecasts": [{"id": "a"}], "periods": ["2026_Q1..current"]`, "2026_Q3",
			"a:current", "a:2026_Q2 a:2026_Q1",
		},
		{
			"the current quarter by name is not exported twice", `"forecasts": [{"id": "a"}], "periods": ["current", "2026_Q3"]`, "2026_Q3",
			"a:current", "",
		},
		{
			"a tab's own periods", `"forecasts": [{"id": "a", "periods": ["2025_Q4"]}, {"id": "b"}]`, "2026_Q3",
			"b:current", "a:2025_Q4",
		},
		{"a form that is not known", `"forecasts": [{"id": "a"}], "periods": ["FY2026"]`, "", "", "a:FY2026"},
		{
			"relative to a current quarter that could not be had", `"forecasts": [{"id": "a"}], "periods": ["current", "previous", "2025_Q1"]`, "",
			"a:current", "a:previous! a:2025_Q1",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlanner(t.Context(), parseSpec(t, test.spec), Shard{}, memory{}.journal(t), newCalendar(), now)
			if got := names(p.current(t.Context())); got != test.first {
				t.Errorf("first part: %s, want %s", got, test.first)
			}
			current, known := fiscal.Parse(test.current)
			if got := names(p.rest(t.Context(), current, known)); got != test.rest {
				t.Errorf("rest: %s, want %s", got, test.rest)
			}
		})
	}
}

func TestCurrentQuarterIsKnownFrom(t *testing.T) {
	end := func(day int) map[string]time.Time {
		return map[string]time.Time{"2026_Q3": time.Date(2026, 8, day, 0, 0, 0, 0, time.UTC)}
	}
	for _, test := range []struct {
		name, spec string
		cal        *calendar
		want       string
	}{
		{"nothing", `"forecasts": [{"id": "a"}]`, newCalendar(), ""},
		{"the first month of the fiscal year", `"forecasts": [{"id": "a"}], "fiscal_year_start_month": 2`, newCalendar(), "2027_Q3"},
		{"state, while the quarter's end is ahead", `"forecasts": [{"id": "a"}]`, &calendar{Current: "2026_Q3", Ends: end(15), asked: make(chan struct{})}, "2026_Q3"},
		{"not state once the quarter has ended", `"forecasts": [{"id": "a"}]`, &calendar{Current: "2026_Q3", Ends: end(14), asked: make(chan struct{})}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlanner(t.Context(), parseSpec(t, test.spec), Shard{}, memory{}.journal(t), test.cal, now)
			current, known := p.knownCurrent()
			if got := current.String(); known != (test.want != "") || known && got != test.want {
				t.Errorf("%s %t, want %q", got, known, test.want)
			}
		})
	}
}

func TestIncludeHistorical(t *testing.T) {
	for _, test := range []struct {
		spec string
		want string // current, next, previous
	}{
		{`"forecasts": [{"id": "a"}]`, "true true true"},
		{`"forecasts": [{"id": "a"}], "history": true`, "false false true"},
		{`"forecasts": [{"id": "a", "include_historical": true}], "history": true`, "true true true"},
		{`"forecasts": [{"id": "a", "include_historical": false}]`, "false false false"},
	} {
		p := newPlanner(t.Context(), parseSpec(t, test.spec+`, "periods": ["previous", "current", "next"]`), Shard{}, memory{}.journal(t), newCalendar(), now)
		var got []string
		for _, e := range slices.Concat(p.current(t.Context()), p.rest(t.Context(), fiscal.Quarter{Year: 2026, Number: 3}, true)) {
			got = append(got, fmt.Sprint(e.IncludeHistorical))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %v, want %s", test.spec, got, test.want)
		}
	}
}

func TestWatchedQuarterStaysInThePlan(t *testing.T) {
	s := parseSpec(t, `"forecasts": [{"id": "a"}]`)
	m := memory{tabKey(s.BaseURL, Tab{ForecastID: "a"}): `["2026_Q2","2026_Q3"]`}
	p := newPlanner(t.Context(), s, Shard{}, m.journal(t), newCalendar(), now)
	if got := names(p.rest(t.Context(), fiscal.Quarter{Year: 2026, Number: 3}, true)); got != "a:2026_Q2" {
		t.Errorf("planned %q: want the past quarter, and not the current one a second time", got)
	}
}

func TestWhatIsFinalOnceComesLast(t *testing.T) {
	s := parseSpec(t, `"forecasts": [{"id": "a"}], "periods": ["2025_Q1..2025_Q4"]`)
	once, err := json.Marshal(entry{State: done, DoneJobID: "j", Settled: []time.Time{now}})
	if err != nil {
		t.Fatal(err)
	}
	p := newPlanner(t.Context(), s, Shard{}, memory{}.journal(t), newCalendar(), now)
	key := p.export(t.Context(), p.tabs[0], "2025_Q3", true).key
	p = newPlanner(t.Context(), s, Shard{}, memory{key: string(once)}.journal(t), newCalendar(), now)
	if got, want := names(p.rest(t.Context(), fiscal.Quarter{}, false)), "a:2025_Q4 a:2025_Q2 a:2025_Q1 a:2025_Q3"; got != want {
		t.Errorf("planned %s, want %s", got, want)
	}
}

func TestRefreshAddsWhatATabHad(t *testing.T) {
	s := parseSpec(t, `"forecasts": [{"id": "a"}, {"id": "b"}], "periods": ["2026_Q1"], "refresh": ["2025_Q1", "2026_Q1"]`)
	had, err := json.Marshal(entry{State: done, DoneJobID: "j"})
	if err != nil {
		t.Fatal(err)
	}
	p := newPlanner(t.Context(), s, Shard{}, memory{}.journal(t), newCalendar(), now)
	key := p.export(t.Context(), p.tabs[1], "2025_Q1", true).key
	p = newPlanner(t.Context(), s, Shard{}, memory{key: string(had)}.journal(t), newCalendar(), now)
	if got, want := names(p.rest(t.Context(), fiscal.Quarter{}, false)), "a:2026_Q1* b:2026_Q1* b:2025_Q1*"; got != want {
		t.Errorf("planned %s, want %s", got, want)
	}
}

func TestShardsPartitionTheTabs(t *testing.T) {
	seen := map[Tab]int{}
	for i := range 100 {
		tab := Tab{ForecastID: fmt.Sprint("tab", i), Currency: "EUR"}
		for num := 1; num <= 3; num++ {
			if (Shard{num, 3}).has(tab) {
				seen[tab]++
			}
		}
		if !(Shard{}).has(tab) || !(Shard{1, 1}).has(tab) {
			t.Errorf("an only shard does not have %v", tab)
		}
	}
	for tab, n := range seen {
		if n != 1 {
			t.Errorf("%v is in %d shards", tab, n)
		}
	}
	if len(seen) != 100 {
		t.Errorf("%d of 100 tabs are in a shard", len(seen))
	}
	// The hash must never change: an export that moves to another shard can lose its rows.
	if !(Shard{2, 3}).has(Tab{ForecastID: "net_arr"}) && !(Shard{1, 3}).has(Tab{ForecastID: "net_arr"}) && !(Shard{3, 3}).has(Tab{ForecastID: "net_arr"}) {
		t.Error("net_arr is in no shard")
	}
}

func TestExportKey(t *testing.T) {
	base := Request{Tab: Tab{ForecastID: "a"}, Period: "2026_Q1", Types: []string{"quota", "forecast"}, Format: "json"}
	key := exportKey("https://x/v4", base, false)
	same := base
	same.Types = []string{"forecast", "quota"}
	if exportKey("https://x/v4", same, false) != key {
		t.Error("the order of types changes the key")
	}
	if base.Types[0] != "quota" {
		t.Error("the request's types were sorted in place")
	}
	for name, change := range map[string]func(*Request){
		"forecast": func(r *Request) { r.ForecastID = "b" }, "scope": func(r *Request) { r.ScopeID = "1::MGR" },
		"currency": func(r *Request) { r.Currency = "EUR" }, "period": func(r *Request) { r.Period = "" },
		"types": func(r *Request) { r.Types = []string{"quota"} }, "history": func(r *Request) { r.IncludeHistorical = true },
		"format": func(r *Request) { r.Format = "csv" },
	} {
		other := base
		change(&other)
		if exportKey("https://x/v4", other, false) == key {
			t.Errorf("another %s has the same key", name)
		}
	}
	if exportKey("https://y/v4", base, false) == key || exportKey("https://x/v4", base, true) == key {
		t.Error("another base URL or history has the same key")
	}
}
