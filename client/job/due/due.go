// Package due says what is due of an item: one pure function of the two ledgers, the spec and Clari's clock ([Decide]). Its table of rules is its
// documentation: docs/reliability.md has it from here.
package due

import (
	"cmp"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// Item is what is to be there, and when that is final.
type Item struct {
	Place   string // key of its place record; empty where only the result will tell
	Wants   Wants
	Why     string    // why it is in the plan
	FinalAt time.Time // what is exported from this instant on is final; zero: not known
	Once    bool      // one landing of final rows settles it, else two
	Refresh *Refresh  // nil: not asked for
	Reload  bool      // its stored result is to land again
	Stored  bool      // it is in the plan for that alone: nothing is bought
	Daily   bool      // each day has rows of its own at its place, which those of other days do not replace
}

// Final reports whether what was exported at an instant is final.
func (i Item) Final(at time.Time) bool { return !i.FinalAt.IsZero() && !at.Before(i.FinalAt) }

// Wants is what has to be there of an item.
type Wants struct {
	Types  []string
	Whole  bool     // all weeks
	Tables []string // by name
	Schema int      // number of the tables' form
}

// Refresh asks for an item whatever is there, where that was exported before an instant. The zero instant is any time.
type Refresh struct{ Before time.Time }

// Facts is all that Decide goes by. Times are Clari's.
type Facts struct {
	Item    Item
	Paid    journal.Paid                              // of the item's request
	There   journal.Place                             // of its place
	Jobs    map[string]Seen                           // what Clari says of jobs of the ledgers, by id, as far as it was asked
	Serves  func(p journal.PaidJob, j clari.Job) bool // whether a paid job was asked for what the item is about now; j is zero where Clari was not asked
	Lacking bool                                      // what is there lacks something of the kind's own that is wanted, beyond types and weeks
	Now     time.Time
	Policy  Policy
}

// Seen is what Clari says of a job.
type Seen struct {
	Job  clari.Job
	Gone bool // there is no such job any more, or its result is gone
}

// Policy is what the spec and the program say of all items. See the spec's keys of the same names.
type Policy struct {
	Location       *time.Location // whose day a snapshot is of
	QueueTimeout   time.Duration
	RunTimeout     time.Duration
	ResumeWithin   time.Duration // 0: never
	MaxResultBytes int64
	Reader         int // number of the reader: it goes up when it understands results that it did not before
}

// DayNumber numbers the day of an instant: see journal.DayNumber.
func (p Policy) DayNumber(at time.Time) int32 { return journal.DayNumber(at.In(p.Location)) }

// Day is the day of an instant as a failure's next try is written: midnight UTC.
func (p Policy) Day(at time.Time) time.Time {
	return time.Unix(int64(p.DayNumber(at))*24*60*60, 0).UTC()
}

// Action is what is to be done about an item.
type Action int

const (
	undecided Action = iota
	Settled          // nothing, ever again
	Kept             // nothing: what is there stays
	Failed           // nothing today: its result is known to be of no use
	Ask              // ask Clari about the job, and decide again
	LookFor          // look for the job of a creation whose end is not known, and decide again
	Adopt            // wait for the job, and land it
	LandAgain        // land the stored result of a job that has landed
	ReadAgain        // read the stored result of a job that failed its check
	Buy              // create a job
)

// IsNothing reports whether nothing is to be done.
func (a Action) IsNothing() bool { return a <= Failed }

// Decision is what is to be done about an item, and why.
type Decision struct {
	Row      string // of the table in docs/reliability.md
	Action   Action
	JobID    string     // whose result it is about
	TooLarge int64      // of Failed: the limit in bytes that its result met; 0: what the ledger says of its failure is why
	Why      string     // in the table of exports; empty: what the plan says. With Buy it says why a job that was paid for does not serve
	Warn     bool       // Why is worth a warning
	Lacking  bool       // settled without something that is wanted now, whose result is gone
	Also     []Decision // further landings of the item at no cost, each an export of its own
}

// Decide says what is to be done about an item: the first row of rules that holds. It is pure: it asks nobody and changes nothing.
func Decide(f Facts) Decision {
	j := &judge{Facts: f}
	for _, r := range rules {
		d, holds := r.decide(j)
		if holds && j.ask == "" && d.Action != LookFor {
			d.Also = append(j.older(d), j.reload(&d)...)
		}
		switch {
		case j.ask != "":
			return Decision{Row: r.row, Action: Ask, JobID: j.ask}
		case holds:
			d.Row = cmp.Or(d.Row, r.row)
			return d
		}
	}
	return Decision{} // the last row always holds
}

// rule is one row of the table of what is due.
type rule struct {
	row, when, then string // the documentation
	decide          func(*judge) (Decision, bool)
}

// rules is the table. The first row that holds counts.
var rules = []rule{
	{
		"1", "it is not known whether a creation made a job",
		"look for its job in Clari's list: adopt it, else create again (below)", (*judge).unclear,
	},
	{
		"2", "`refresh` names it, and what is there was exported before its `before` (a list: always, unless row 6 keeps it)",
		"adopt a job that was asked for since then (a list: one that serves). If its result failed: row 7. Else **buy**", (*judge).refresh,
	},
	{
		"2a", "`reload` names it, and Clari still has the result of the job that is there",
		"**land again**, beside what the rows below decide", (*judge).storedOnly,
	},
	{"3", "a paid job serves (below)", "**adopt** it", (*judge).adopt},
	{
		"4", "what is there covers what is wanted, and final rows landed in two syncs",
		"**settled**. If a table or a column came later: **land again** from the stored result, if Clari still has it", (*judge).settled,
	},
	{
		"5", "what is there covers what is wanted, and final rows landed in one sync, which ended well or is 20 hours old",
		"**land again** from the stored result, at no cost, if Clari still has it. Else row 7, else **buy**", (*judge).settling,
	},
	{
		"6", "what is there covers what is wanted, and is of a sync that has not ended well, less than `resume_within` ago (20 hours if it is final). " +
			"Under `history`, if it is not final, today needs a snapshot too",
		"**kept**. A table that it lacks is landed again from the stored result", (*judge).resume,
	},
	{
		"7", "the result failed for what is in it, and its next try is on a later day",
		"read the stored result again, if the reader of this version is newer. Else **failed**, with the cause and the day", (*judge).failed,
	},
	{
		"8", "final rows are there that neither cover what is wanted nor are covered by it, and were bought less than seven days ago",
		"**kept**, with a warning: two requests share the place", (*judge).shared,
	},
	{"9", "else", "**buy**", (*judge).buy},
}

const (
	// freshFor is how long after its end a result that has not landed is still what a new export would give.
	freshFor = 6 * time.Hour
	// StoredFor is how long Clari keeps a result, where it does not say itself.
	StoredFor = 30 * 24 * time.Hour
	// finalOpen is how long final rows are kept that a sync landed which has not ended well: a day's sync comes after that.
	finalOpen = 20 * time.Hour
	// sharedFor is how long the rows of one of two requests stay that share a place.
	sharedFor = 7 * 24 * time.Hour
)
