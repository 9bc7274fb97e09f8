package plan

import (
	"context"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// State is what is kept of a place beside what the engine keeps. Days are midnight UTC.
type State struct {
	Quarter string    `json:"quarter,omitempty"` // or any other period
	End     time.Time `json:"end,omitzero"`      // its last day; it may be a guess, which serves settling alone
	WeekEnd time.Time `json:"week_end,omitzero"` // last day of the newest week that it had
	WholeOn time.Time `json:"whole_on,omitzero"` // day of the newest export of all weeks
	HadRows bool      `json:"had_rows,omitempty"`

	Family  string   `json:"family,omitempty"`   // shapes whose ids are alike: see Family
	Locale  string   `json:"locale,omitempty"`   // in which the amounts of flat rows are written, where they told
	AllNext bool     `json:"all_next,omitempty"` // the newest export is of another family than the one before, and of its latest week alone
	Shown   []string `json:"shown,omitempty"`    // types that had values
	Weeks   int      `json:"weeks,omitempty"`    // different ones that had entries

	Jobs int     `json:"jobs,omitempty"` // that the newest export cost
	Rows []int64 `json:"rows,omitempty"` // of each of the result's tables, in their order; -1: it never landed from that job
}

// Family is the shapes of a result whose ids are alike: "arrays" or "flat"; empty for no shape.
func Family(shape string) string {
	if shape == "" || shape == "arrays" {
		return shape
	}
	return "flat"
}

// requestKey is the key of what was paid for of a request: whatever changes the request is in it.
func (p *Planner) requestKey(r Request) string {
	r.Types = slices.Sorted(slices.Values(r.Types))
	return journal.PaidKey(struct {
		BaseURL string
		Request
	}{p.spec.BaseURL, r})
}

// PlaceKey is the key of what is there of a tab's quarter, or other period.
func (p *Planner) PlaceKey(t Tab, quarter string) string {
	return journal.PlaceKey(struct {
		BaseURL string
		Tab
		Quarter string
	}{p.spec.BaseURL, t, quarter})
}

// place reads what is there of a tab's quarter. What cannot be read counts as not there, here and below: of an item whose records cannot be read the engine
// buys nothing.
func (p *Planner) place(t Tab, quarter string) (there journal.Place, state State) {
	_ = p.ledger.LoadRecord(p.ctx, p.PlaceKey(t, quarter), &there, &state)
	return there, state
}

// tabKey is the key of something that is kept of one tab.
func (p *Planner) tabKey(name string, t Tab) string {
	return journal.OtherKey(name, struct {
		BaseURL string
		Tab
	}{p.spec.BaseURL, t})
}

// calendarKey is the key of the calendar of all tabs.
func (p *Planner) calendarKey() string { return journal.OtherKey("calendar", p.spec.BaseURL) }

// maxWatched bounds the quarters of one tab that wait to be settled: two years.
const maxWatched = 8

// loadWatched is the quarters of a tab that were once its current one and have not settled yet.
func (p *Planner) loadWatched(t Tab) []string {
	watched, _ := journal.LoadList[string](p.ctx, p.ledger, p.tabKey("watched", t))
	return slices.DeleteFunc(watched, func(label string) bool {
		_, ok := fiscal.Parse(label)
		return !ok
	})
}

// stillWatched leaves out the quarters of a tab that have settled.
func (p *Planner) stillWatched(t Tab) []string {
	watched := p.loadWatched(t)
	left := slices.DeleteFunc(slices.Clone(watched), func(label string) bool {
		_, settled := p.settles(t, label)
		return settled
	})
	if len(left) < len(watched) {
		journal.SaveList(p.ledger, p.tabKey("watched", t), left)
	}
	return left
}

// settles reports whether final rows of a quarter have landed, and whether that was in two syncs.
func (p *Planner) settles(t Tab, quarter string) (final, settled bool) {
	there, state := p.place(t, quarter)
	at := p.FinalAt(t, quarter, state.End)
	final = there.Job != "" && !at.IsZero() && !there.ExportedAt.Before(at)
	return final, final && there.Settles(there.Types, there.Whole)
}

// Landed keeps what a result has told of its quarter and its tab, past the barrier that made its rows durable. The quarter that Clari calls current stays in the plan
// until it has settled.
func (p *Planner) Landed(i *Item, quarter string) {
	journal.SaveList(p.ledger, p.tabKey("calendar", i.Tab), p.calendars.own[i.Tab].Spans())
	journal.SaveList(p.ledger, p.calendarKey(), p.calendars.all.Spans())
	if told := p.Locale(i.Tab); told != "" {
		p.ledger.Save(p.tabKey("locale", i.Tab), told)
	}
	if i.Period != "" || quarter == "" {
		return
	}
	watched, err := journal.LoadList[string](context.WithoutCancel(p.ctx), p.ledger, p.tabKey("watched", i.Tab))
	if err != nil {
		return // those that it has would be forgotten
	}
	if at, found := slices.BinarySearch(watched, quarter); !found {
		watched = slices.Insert(watched, at, quarter)
		journal.SaveList(p.ledger, p.tabKey("watched", i.Tab), watched[max(0, len(watched)-maxWatched):])
	}
}
