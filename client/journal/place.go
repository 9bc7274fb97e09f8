package journal

import (
	"slices"
	"time"
)

// Place is what is there: what landed last at one place in the destination. Times are Clari's.
type Place struct {
	Job        string    `json:"job,omitempty"` // whose rows are there; empty: nothing landed yet
	AskedAt    time.Time `json:"asked_at,omitzero"`
	ExportedAt time.Time `json:"exported_at,omitzero"`
	LandedAt   time.Time `json:"landed_at,omitzero"`
	Expires    time.Time `json:"expires,omitzero"` // when the job's result is gone; zero: not known

	Contents
	Schema int      `json:"schema,omitempty"`
	Tables []string `json:"tables,omitempty"` // union of those that landed from that job

	Before *Contents `json:"before,omitempty"` // of final rows: what final rows of an earlier sync had of the place; nil: there were none
	Open   bool      `json:"open,omitempty"`   // the sync that landed it has not ended well
	Days   Days      `json:"days,omitzero"`    // that have a snapshot
}

// Contents is what rows have.
type Contents struct {
	Types []string `json:"types,omitempty"`
	Whole bool     `json:"whole,omitempty"` // all weeks
}

// Holds reports whether they have these types, and all weeks where whole is asked.
func (c Contents) Holds(types []string, whole bool) bool {
	return (c.Whole || !whole) && !slices.ContainsFunc(types, func(t string) bool { return !slices.Contains(c.Types, t) })
}

// Settles reports whether final rows that have all of this landed in two syncs.
func (p Place) Settles(types []string, whole bool) bool {
	return p.Holds(types, whole) && p.Before != nil && p.Before.Holds(types, whole)
}

// HasTables reports whether all of these tables landed, with rows of this schema.
func (p Place) HasTables(tables []string, schema int) bool {
	return p.Schema >= schema && !slices.ContainsFunc(tables, func(t string) bool { return !slices.Contains(p.Tables, t) })
}

// Days is a set of days among the 40 up to the newest. The zero value is empty.
type Days struct {
	Newest int32  `json:"newest"` // days since 1970-01-01
	Bits   uint64 `json:"bits"`   // bit n: n days before the newest
}

const daysKept = 40

// DayNumber is the calendar day that an instant shows in its own location, in days since 1970-01-01.
func DayNumber(t time.Time) int32 {
	year, month, day := t.Date()
	return int32(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// Has reports whether a day is in the set. A day before those that are kept counts as one: who does not know must not overwrite it.
func (d Days) Has(day int32) bool {
	switch age := d.Newest - day; {
	case d.Bits == 0 || age < 0:
		return false
	case age >= daysKept:
		return true
	default:
		return d.Bits&(1<<age) != 0
	}
}

// With is the set with one more day. A day before those that are kept changes nothing.
func (d Days) With(day int32) Days {
	if d.Bits == 0 {
		return Days{Newest: day, Bits: 1}
	}
	if newer := day - d.Newest; newer > 0 {
		if newer >= daysKept {
			return Days{Newest: day, Bits: 1}
		}
		d.Newest, d.Bits = day, d.Bits<<newer&(1<<daysKept-1)
	}
	if age := d.Newest - day; age < daysKept {
		d.Bits |= 1 << age
	}
	return d
}
