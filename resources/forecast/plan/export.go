// Package plan turns the spec into exports of forecasts: which tab, which fiscal quarter, in which order, and whether a quarter has
// settled. It knows the spec, the fiscal calendar and what the journal remembers of a quarter. It asks nobody anything, and knows neither
// jobs nor results.
package plan

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// Tab is a forecast tab as it is exported: what tells the rows of one apart from the rows of another.
type Tab struct {
	ForecastID string
	ScopeID    string // empty: the scope of the token's user
	Currency   string // empty: the tab's own
}

func (t Tab) String() string {
	text := "forecast " + t.ForecastID
	if t.ScopeID != "" {
		text += " scope " + t.ScopeID
	}
	if t.Currency != "" {
		text += " in " + t.Currency
	}
	return text
}

// Request is what one export asks Clari for.
type Request struct {
	Tab
	Period            string // fiscal quarter such as "2026_Q1"; empty: the one that Clari calls current
	Types             []string
	IncludeHistorical bool   // every week of the quarter instead of the latest
	Format            string // "json" or "csv"
}

// Why an export is in the plan.
const (
	WhyCurrent  = "current"
	WhyNext     = "next"
	WhyBackfill = "backfill"
	WhyWatched  = "watched"  // it was once the current quarter, and has not settled yet
	WhySettling = "settling" // its numbers are final: once more, since destinations may lose rows
	WhyRefresh  = "refresh"
)

// Export is one planned export.
type Export struct {
	Request
	Key     string // of its journal entry
	Why     string
	Memory  Memory
	Refresh bool
	Likely  string // the quarter that Clari will choose, if it is known and Clari chooses
	Quarter string // the quarter of the result, once it is known
	Shared  bool   // another shard exports the same forecast under another scope or currency
	Err     error  // why it cannot be asked for
}

// Label names the period in logs and errors: the quarter where it is known.
func (e *Export) Label() string {
	return cmp.Or(e.Period, e.Quarter, e.Likely, "current")
}

// Memory is what the journal remembers of a quarter over its exports.
type Memory struct {
	Quarter string    `json:"quarter,omitempty"`
	End     time.Time `json:"end,omitzero"` // its last day
	HadRows bool      `json:"had_rows,omitempty"`

	// What the last export that is done landed.
	Tables []string `json:"tables,omitempty"`
	Schema int      `json:"schema,omitempty"`
	Types  []string `json:"types,omitempty"` // that had values
	Weeks  int      `json:"weeks,omitempty"`
	// When exports of the quarter later than its end and settle_days were made; two, of two syncs, settle it.
	Settled []time.Time `json:"settled,omitempty"`
}

// key is the journal's key of a request: whatever changes what Clari is asked for is another request.
func (p *Planner) key(r Request) string {
	r.Types = slices.Sorted(slices.Values(r.Types))
	return "clari/export/" + journal.Fingerprint(struct {
		BaseURL string
		Request
		History bool
	}{p.spec.BaseURL, r, p.spec.History})
}

// tabKey is the key of the quarters of a tab that were exported as current and are not settled yet.
func (p *Planner) tabKey(t Tab) string {
	return "clari/tab/" + journal.Fingerprint(struct {
		BaseURL string
		Tab
	}{p.spec.BaseURL, t})
}

// CalendarKey is the key of the fiscal calendar.
func (p *Planner) CalendarKey() string {
	return "clari/calendar/" + journal.Fingerprint(p.spec.BaseURL)
}

// Shard is the part of the tabs that this process exports: Num of Total, counted from 1. The zero value is all of them.
type Shard struct {
	Num, Total int
}

// has assigns whole tabs by a hash that never changes, since an export that moved to another shard would lose its rows there to
// the CLI's deletion of stale ones.
func (s Shard) has(t Tab) bool {
	if s.Total <= 1 {
		return true
	}
	h := fnv.New32a()
	h.Write([]byte(t.ForecastID + "\x00" + t.ScopeID + "\x00" + t.Currency))
	return int(h.Sum32()%uint32(s.Total)) == s.Num-1
}

// Describe names exports by tab, with ranges where quarters follow one another: "forecast net_arr periods 2024_Q1..2026_Q4".
func Describe(exports []*Export) string {
	var tabs []Tab
	periods := map[Tab][]string{}
	for _, e := range exports {
		if periods[e.Tab] == nil {
			tabs = append(tabs, e.Tab)
		}
		if label := e.Label(); !slices.Contains(periods[e.Tab], label) {
			periods[e.Tab] = append(periods[e.Tab], label)
		}
	}
	var texts []string
	for _, tab := range tabs {
		word := " period "
		if len(periods[tab]) > 1 {
			word = " periods "
		}
		texts = append(texts, tab.String()+word+ranges(periods[tab]))
	}
	return strings.Join(texts, ", ")
}

// ranges lists periods, oldest first, with a range for quarters that follow one another.
func ranges(labels []string) string {
	slices.Sort(labels)
	var parts []string
	for i := 0; i < len(labels); {
		first, isQuarter := fiscal.Parse(labels[i])
		n := 1
		for isQuarter && i+n < len(labels) && labels[i+n] == first.Add(n).String() {
			n++
		}
		if n > 1 {
			parts = append(parts, labels[i]+".."+labels[i+n-1])
		} else {
			parts = append(parts, labels[i])
		}
		i += n
	}
	return strings.Join(parts, ", ")
}
