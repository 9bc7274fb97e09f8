package result

import (
	"database/sql"
	"iter"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// An Entry is what a result tells of one person, field, period and week, in whatever shape. What the rows of the tables make of it is
// for others to say.
type Entry struct {
	*tenant.Person
	Field       tenant.Field
	Period      Period
	Week        tenant.Week
	TimeFrameID string // of the week, in five arrays

	ForecastValue, QuotaValue, AdjustmentValue, CRMTotal, CRMClosed sql.Null[float64] // not valid: left out, or blank
	IsUpdated                                                       sql.Null[bool]

	// What only one of the shapes tells.
	Code, Sign            string    // five arrays: of the currency; "" where none is named
	UpdatedBy, AdjustedBy string    // five arrays; "": nobody
	UpdatedAt, AdjustedAt time.Time // five arrays; zero: never
	FlatSign              string    // flat rows: the sign that amounts are written with; "": none, or no amounts
	Unknown               map[string]any
}

// Counts are the numbers of rows of an export.
type Counts struct{ Entries, Users, Fields, TimePeriods, TimeFrames int }

func some[T any](v T) sql.Null[T] { return sql.Null[T]{V: v, Valid: true} }

// Entries yields one entry for each key, in no promised order. SplitEntries does not show here: the parts of an entry are one.
// Neither does RepeatEntry or MissingID: such a result is not to land.
func (x Export) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		asked, weeks := x.columns(), x.weeks()
		for b := range x.all() {
			for _, w := range weeks {
				if c := x.cell(b, w, asked); c.has != 0 && !yield(x.entry(b, w, c)) {
					return
				}
			}
		}
	}
}

func (x Export) entry(b block, w tenant.Week, c cell) Entry {
	number := func(col column, a amount) (n sql.Null[float64]) {
		if c.has&col != 0 && !a.null {
			n = some(a.float())
		}
		return n
	}
	e := Entry{
		Person: &b.Member.Person, Field: *b.Field, Period: *b.Period, Week: w, TimeFrameID: w.ID(),
		ForecastValue: number(forecastColumn, c.forecast), QuotaValue: number(quotaColumn, c.quota),
		AdjustmentValue: number(adjustmentColumn, c.adjustment), CRMTotal: number(totalColumn, c.crmTotal), CRMClosed: number(closedColumn, c.crmWon),
		Unknown: x.unknown(b, c),
	}
	if c.has&updatedColumn != 0 {
		e.IsUpdated = some(c.updated)
	}
	if x.Encoding.Flat() {
		if e.ForecastValue.Valid || e.QuotaValue.Valid || e.AdjustmentValue.Valid || e.CRMTotal.Valid || e.CRMClosed.Valid {
			e.FlatSign = x.signShown(b, c)
		}
		return e
	}
	if c.has&money != 0 && !b.Count {
		e.Code, e.Sign = x.currency()
	}
	if e.IsUpdated.V {
		e.UpdatedBy, e.UpdatedAt = c.updatedBy, time.UnixMilli(c.updatedOn).UTC()
	}
	if c.has&adjustmentColumn != 0 {
		e.AdjustedBy, e.AdjustedAt = c.adjustedBy, time.UnixMilli(c.adjustedOn).UTC()
	}
	return e
}

// Users yields the people of the result: in flat rows those who have entries, for there is nothing else.
func (x Export) Users() iter.Seq[tenant.Person] {
	return func(yield func(tenant.Person) bool) {
		asked, weeks := x.columns(), x.weeks()
		for p := range x.people() {
			if x.Encoding.Flat() && !x.hasEntry(p, asked, weeks) {
				continue
			}
			if !yield(p.Person) {
				return
			}
		}
	}
}

func (x Export) hasEntry(p tenant.Member, asked column, weeks []tenant.Week) bool {
	for b := range x.blocks(&p) {
		for _, w := range weeks {
			if x.cell(b, w, asked).has != 0 {
				return true
			}
		}
	}
	return false
}

// Fields yields the fields of the result: all of the tab in five arrays, those that have entries in flat rows.
func (x Export) Fields() iter.Seq[tenant.Field] {
	return func(yield func(tenant.Field) bool) {
		for i := range x.Tab.Fields {
			f := &x.Tab.Fields[i]
			if x.Quirks.Bare || x.Encoding.Flat() && !x.seen(func(b block, _ tenant.Week) bool { return b.Field == f }) {
				continue
			}
			if !yield(*f) {
				return
			}
		}
	}
}

// TimePeriods yields the quarter, and the months if the tab has monthly fields; in flat rows those that have entries.
func (x Export) TimePeriods() iter.Seq[Period] {
	return func(yield func(Period) bool) {
		for _, p := range x.periods() {
			if x.Quirks.Bare || x.Encoding.Flat() && !x.seen(func(b block, _ tenant.Week) bool { return b.Period.ID == p.ID }) {
				continue
			}
			if !yield(p) {
				return
			}
		}
	}
}

// TimeFrames yields the weeks; in flat rows those that have entries.
func (x Export) TimeFrames() iter.Seq[tenant.Week] {
	return func(yield func(tenant.Week) bool) {
		for _, w := range x.weeks() {
			if x.Quirks.Bare || x.Encoding.Flat() && !x.seen(func(_ block, o tenant.Week) bool { return o == w }) {
				continue
			}
			if !yield(w) {
				return
			}
		}
	}
}

// seen says whether flat rows hold an entry that matches. Most exports have such an entry early.
func (x Export) seen(match func(b block, w tenant.Week) bool) bool {
	asked, weeks := x.columns(), x.weeks()
	for b := range x.all() {
		for _, w := range weeks {
			if match(b, w) && x.cell(b, w, asked).has != 0 {
				return true
			}
		}
	}
	return false
}

// Count counts the rows of an export by generating them.
func (x Export) Count() (c Counts) {
	for range x.Entries() {
		c.Entries++
	}
	for range x.Users() {
		c.Users++
	}
	for range x.Fields() {
		c.Fields++
	}
	for range x.TimePeriods() {
		c.TimePeriods++
	}
	for range x.TimeFrames() {
		c.TimeFrames++
	}
	return c
}
