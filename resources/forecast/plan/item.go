package plan

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
)

// Tab identifies a forecast tab as exported: exports with another scope or currency are another tab's.
type Tab struct {
	ForecastID string
	ScopeID    string // empty: the scope of the token's user
	Currency   string // empty: the tab's own
}

// String names the tab in logs and errors.
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

// Request is what is asked of Clari.
type Request struct {
	Tab
	Period            string // fiscal quarter such as "2026_Q1"; empty: the one that Clari calls current
	Types             []string
	IncludeHistorical bool   // every week of the quarter instead of the latest
	Format            string // "json" or "csv"
}

// Why an item is in the plan.
const (
	WhyCurrent  = "current"
	WhyNext     = "next"
	WhyBackfill = "backfill"
	WhyWatched  = "watched" // it was once the current quarter, and has not settled yet
	WhyRefresh  = "refresh"
	WhyReload   = "reload"
)

// Item is one export of a plan.
type Item struct {
	Request
	due.Item        // all but what is wanted. Its place is empty where it is not sure which quarter Clari will choose
	Key      string // of its record of what was paid for
	Rank     int    // 0: current, 1: next, 2: all others
	Likely   string // the quarter that Clari will choose, as far as it is known, where Clari chooses
	Ongoing  bool   // of the current quarter or a later one, as far as is known
	HadRows  bool   // its quarter was once the current one
	Shared   bool   // another shard exports the same forecast under another scope or currency
	Err      error  // why it cannot be asked for
}

// Label is the item's period, as far as it is known: what users call it.
func (i *Item) Label() string { return cmp.Or(i.Period, i.Likely, "current") }

// Shard is the part of the plan that one of several processes exports: num of total, counted from 1.
type Shard struct {
	Num, Total int
}

// has tells whether a tab is the shard's. Whole tabs belong to one shard by a hash of what identifies them, so no export moves while Total stays.
func (s Shard) has(t Tab) bool {
	if s.Total <= 1 {
		return true
	}
	h := fnv.New32a()
	h.Write([]byte(t.ForecastID + "\x00" + t.ScopeID + "\x00" + t.Currency))
	return int(h.Sum32()%uint32(s.Total)) == s.Num-1
}

// Named is a tab and one of its periods.
type Named struct {
	Tab    Tab
	Period string
}

// Describe names exports by tab and ranges of quarters: "forecast net_arr periods 2024_Q1..2024_Q3, 2025_Q1".
func Describe(exports []Named) string {
	var tabs []Tab
	periods := map[Tab][]string{}
	for _, e := range exports {
		if periods[e.Tab] == nil {
			tabs = append(tabs, e.Tab)
		}
		if !slices.Contains(periods[e.Tab], e.Period) {
			periods[e.Tab] = append(periods[e.Tab], e.Period)
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

// ranges writes quarters that follow one another as a range.
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
