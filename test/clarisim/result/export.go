// Package result is what an export of a tenant holds, as facts ([Export.Entries] and the like) and as bytes in each of Clari's encodings
// ([Export.WriteTo]). It knows no server and no jobs.
package result

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// An Export is what the result of a job holds: all that its rows depend on. Its methods stream, so an export may be
// larger than memory.
type Export struct {
	Tenant      *tenant.Tenant
	Tab         tenant.Tab
	Quarter     tenant.Quarter // the one the rows are of, which need not be the one asked for
	Types       []string
	Scope       string // as asked
	Currency    string // as asked
	JobCurrency string // as the job says
	Historical  bool
	Encoding    tenant.Encoding
	At          time.Time // the instant that the rows show
	Quirks      Quirks
}

// Quirks are things that results are known, or must be expected, to do.
type Quirks struct {
	ShuffledWeeks bool     // weeks in no order
	TwoIDs        bool     // one person also occurs under a second user id (and role)
	SplitEntries  bool     // the columns of an entry come apart, far from one another
	SplitAdjacent bool     // the columns of an entry come apart, one after the other
	RepeatEntry   bool     // one entry comes twice, with different values
	MissingID     bool     // one entry names no person
	Empty         bool     // no entries and no people
	Bare          bool     // empty, and no fields, periods or weeks either
	ExtraKeys     bool     // keys, or data types, that nobody knows
	ExtraColumn   bool     // flat rows have a column that nobody knows
	UniqueKeys    bool     // each entry has a key, or data type, that nobody knows and no other entry has
	OddLabels     bool     // flat rows have data types and amounts in all the ways that they are known to be written
	ScopeObject   bool     // users.scopeId is an object, not JSON text
	AmountText    bool     // amounts of the five arrays are JSON strings
	ArrayOrder    []string // of the five arrays; nil: entries first
}

var arrayNames = []string{"entries", "users", "fields", "timePeriods", "timeFrames"}

// As is the same export in another encoding.
func (x Export) As(e tenant.Encoding) Export {
	x.Encoding = e
	return x
}

// A Period is the quarter or a month inside it.
type Period struct {
	ID, Kind    string // the id is that of five arrays; quarter or month
	Label       string // in five arrays
	FlatLabel   string // in flat rows
	Year        int
	First, Last time.Time
	CRMID       string // in five arrays
}

func (x Export) quarterPeriod() Period {
	q := x.Quarter
	p := Period{ID: q.String(), Kind: "quarter", Year: q.Year, CRMID: periodCRMID(q, 0)}
	p.First, p.Last = x.Tenant.Calendar.Days(q)
	p.Label, p.FlatLabel = fmt.Sprintf("Quarter %d", q.Number), fmt.Sprintf("FY%02d Q%d", q.Year%100, q.Number)
	if label := x.Tenant.QuarterLabel; label != nil {
		p.Label, p.FlatLabel = label(q), label(q)
	}
	return p
}

func periodCRMID(q tenant.Quarter, i int) string {
	return fmt.Sprintf("0264M%010d%02dQ", q.Year, q.Number*10+i)
}

func (x Export) monthPeriods() []Period {
	opens, _ := x.Tenant.Calendar.Days(x.Quarter)
	months := make([]Period, 3)
	for i := range months {
		first := opens.AddDate(0, i, 0)
		label := fmt.Sprintf("%s FY %d", first.Month(), x.Quarter.Year)
		months[i] = Period{
			ID: fmt.Sprintf("%04d_M%d", x.Quarter.Year, 3*(x.Quarter.Number-1)+i+1), Kind: "month",
			Label: label, FlatLabel: label, Year: x.Quarter.Year, First: first, Last: first.AddDate(0, 1, -1), CRMID: periodCRMID(x.Quarter, i+1),
		}
	}
	return months
}

// periods are all the periods that the tab has entries for: its quarter, and the months if any field is monthly.
func (x Export) periods() []Period {
	periods := []Period{x.quarterPeriod()}
	if slices.ContainsFunc(x.Tab.Fields, func(f tenant.Field) bool { return f.Monthly }) {
		periods = append(periods, x.monthPeriods()...)
	}
	return periods
}

// weeks are the time frames of the result: with history all from week 0 to the latest, otherwise the latest only.
func (x Export) weeks() []tenant.Week {
	all := x.Tenant.Calendar.Weeks(x.Quarter)
	current := tenant.Latest(all, x.At)
	switch {
	case !x.Historical:
		return all[current : current+1]
	case x.Tenant.BlankWeeks:
		return all
	default:
		return all[:current+1]
	}
}

// shuffled is a copy of the weeks in the order in which the result lists them.
func (x Export) shuffled(weeks []tenant.Week) []tenant.Week {
	weeks = slices.Clone(weeks)
	if x.Quirks.ShuffledWeeks {
		h := x.hash()
		slices.SortFunc(weeks, func(a, b tenant.Week) int {
			return strings.Compare(fmt.Sprint(tenant.Mix(h, uint64(a.Number))), fmt.Sprint(tenant.Mix(h, uint64(b.Number))))
		})
	}
	return weeks
}

// empty says that the result holds nobody: told so, or of a quarter before the tenant's first.
func (x Export) empty() bool {
	return x.Quirks.Empty || x.Quirks.Bare || x.Quarter.Before(x.Tenant.FirstQuarter)
}

// people yields everyone whom the result is about.
func (x Export) people() iter.Seq[tenant.Member] {
	return func(yield func(tenant.Member) bool) {
		root, ok := x.Tenant.Root(x.Scope)
		if !ok || x.empty() {
			return
		}
		aliased := !x.Quirks.TwoIDs
		for i := range x.Tenant.Team(root, x.At) {
			p := x.Tenant.Member(i)
			if !yield(p) {
				return
			}
			// The root itself is taken only where nobody is below it.
			if !aliased && (i != root || p.Type != "MGR") {
				aliased = true
				if !yield(p.Alias()) {
					return
				}
			}
		}
	}
}

// A block is a person's entries of one field and period, one for each week.
type block struct {
	*tenant.Member
	*tenant.Field
	*Period
	hash uint64
}

// blocks yields the blocks of one person.
func (x Export) blocks(p *tenant.Member) iter.Seq[block] {
	periods, months := []Period{x.quarterPeriod()}, x.monthPeriods()
	h := tenant.Mix(x.hash(), p.Hash)
	return func(yield func(block) bool) {
		for f := range x.Tab.Fields {
			field, in := &x.Tab.Fields[f], periods
			if field.Monthly {
				in = months
			}
			for i := range in {
				if !yield(block{p, field, &in[i], tenant.Mix(h, uint64(f)<<8|uint64(i))}) {
					return
				}
			}
		}
	}
}

// all yields every block of the result.
func (x Export) all() iter.Seq[block] {
	return func(yield func(block) bool) {
		for p := range x.people() {
			for b := range x.blocks(&p) {
				if !yield(b) {
					return
				}
			}
		}
	}
}
