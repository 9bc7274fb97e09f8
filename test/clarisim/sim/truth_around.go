package sim

import (
	"database/sql"
	"fmt"
	"iter"
)

// seen says whether flat rows hold an entry that matches. In flat rows there is nothing else: a person, field, period or week
// without an entry is not there at all. Most exports have such an entry early.
func (x Export) seen(match func(b block, w Week) bool) bool {
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

func (x Export) note(kind string) (n sql.Null[string]) {
	if x.Quirks.ExtraKeys {
		n = some(fmt.Sprintf(`{"simNote":%q}`, kind))
	}
	return n
}

// Users yields the people of the export.
func (x Export) Users() iter.Seq[UserRow] {
	return func(yield func(UserRow) bool) {
		asked, weeks := x.columns(), x.weeks()
		for p := range x.people() {
			if x.Encoding.Flat() && !x.hasEntry(p, asked, weeks) {
				continue
			}
			if !yield(x.userRow(p)) {
				return
			}
		}
	}
}

func (x Export) hasEntry(p person, asked column, weeks []Week) bool {
	for b := range x.blocks(&p) {
		for _, w := range weeks {
			if x.cell(b, w, asked).has != 0 {
				return true
			}
		}
	}
	return false
}

func (x Export) userRow(p person) UserRow {
	r := UserRow{UserID: p.id, Name: p.name, Email: p.email, Role: p.role, ParentRole: p.parentRole, CRMUserID: text(p.crmID)}
	if x.Encoding.Flat() {
		r.UserID = p.flatID()
		return r
	}
	r.HierarchyID, r.ParentHierarchyID = some(p.roleID), some(p.parentRoleID)
	r.UserScope, r.Extra = some(x.scopeJSON(p)), x.note("user")
	return r
}

// Fields yields the fields of the tab: all of them in five arrays, those that have entries in flat rows.
func (x Export) Fields() iter.Seq[FieldRow] {
	return func(yield func(FieldRow) bool) {
		if x.Quirks.Bare {
			return
		}
		for i := range x.Tab.Fields {
			f := &x.Tab.Fields[i]
			r := FieldRow{FieldID: f.ID, Name: f.Name, Type: some(f.Type), Extra: x.note("field")}
			if x.Encoding.Flat() {
				if !x.seen(func(b block, _ Week) bool { return b.Field == f }) {
					continue
				}
				r = FieldRow{FieldID: f.Name, Name: f.Name}
			}
			if !yield(r) {
				return
			}
		}
	}
}

// TimePeriods yields the quarter, and the months if the tab has monthly fields.
func (x Export) TimePeriods() iter.Seq[TimePeriodRow] {
	return func(yield func(TimePeriodRow) bool) {
		if x.Quirks.Bare {
			return
		}
		for i, p := range x.periods() {
			r := TimePeriodRow{
				TimePeriodID: p.id, Label: p.arrayLabel, Type: some(p.kind), Year: some(fmt.Sprint(p.year)),
				CRMID:     some(fmt.Sprintf("0264M%010d%02dQ", x.Quarter.Year, x.Quarter.Number*10+i)),
				StartDate: some(p.first), EndDate: some(p.last), Extra: x.note("period"),
			}
			if x.Encoding.Flat() {
				if !x.seen(func(b block, _ Week) bool { return b.period.id == p.id }) {
					continue
				}
				// The label and the quarter asked for tell the kind and the year, and nothing else.
				r = TimePeriodRow{TimePeriodID: x.flatPeriodID(&p), Label: p.flatLabel, Type: r.Type, Year: r.Year}
			}
			if !yield(r) {
				return
			}
		}
	}
}

// TimeFrames yields the weeks.
func (x Export) TimeFrames() iter.Seq[TimeFrameRow] {
	return func(yield func(TimeFrameRow) bool) {
		if x.Quirks.Bare {
			return
		}
		for _, w := range x.weeks() {
			r := TimeFrameRow{TimeFrameID: w.ID(), StartDate: w.First, EndDate: w.Last, Extra: x.note("frame")}
			if x.Encoding.Flat() {
				if !x.seen(func(_ block, o Week) bool { return o == w }) {
					continue
				}
				r.Week, r.Extra = some(fmt.Sprint(w.Number)), sql.Null[string]{}
			}
			if !yield(r) {
				return
			}
		}
	}
}
