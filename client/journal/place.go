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
	WholeAt    time.Time `json:"whole_at,omitzero"` // when a whole result landed last
	Expires    time.Time `json:"expires,omitzero"`  // when the job's result is gone; zero: not known
	Request    string    `json:"request,omitempty"` // key of the request whose job it is

	Types  []string `json:"types,omitempty"`
	Whole  bool     `json:"whole,omitempty"` // all weeks
	Schema int      `json:"schema,omitempty"`
	Tables []string `json:"tables,omitempty"` // union of those that landed from that job

	Finals int    `json:"finals,omitempty"` // in how many syncs final rows landed that have all that is there
	Before uint32 `json:"before,omitempty"` // what final rows of an earlier sync had of it: see Earlier
	Open   bool   `json:"open,omitempty"`   // the sync that landed it has not ended well
	Days   Days   `json:"days,omitzero"`    // that have a snapshot
}

// Holds reports whether what is there has these types, and all weeks where whole is asked.
func (p Place) Holds(types []string, whole bool) bool {
	if p.Job == "" || whole && !p.Whole {
		return false
	}
	return !slices.ContainsFunc(types, func(t string) bool { return !slices.Contains(p.Types, t) })
}

// beforeWhole is the bit of Before for all weeks; bit n is for the n-th of Types.
const beforeWhole = 1 << 31

// Earlier notes that final rows with these types landed in an earlier sync, and whether with all weeks.
func (p *Place) Earlier(types []string, whole bool) {
	p.Before = 0
	for n, t := range p.Types {
		if slices.Contains(types, t) {
			p.Before |= 1 << n
		}
	}
	if whole {
		p.Before |= beforeWhole
	}
}

// earlier is what Earlier noted.
func (p Place) earlier() (types []string, whole bool) {
	for n, t := range p.Types {
		if p.Before&(1<<n) != 0 {
			types = append(types, t)
		}
	}
	return types, p.Before&beforeWhole != 0
}

// InEarlierSync is what final rows of a sync before the present one had: those that are there, unless they are of the present one.
func (p Place) InEarlierSync(isEarlier bool) (types []string, whole bool) {
	if isEarlier {
		return p.Types, p.Whole
	}
	return p.earlier()
}

// Settles reports whether final rows that have all of this landed in two syncs.
func (p Place) Settles(types []string, whole bool) bool {
	before, all := p.earlier()
	return p.Holds(types, whole) && (p.Finals >= 2 || Place{Job: p.Job, Types: before, Whole: all}.Holds(types, whole))
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
