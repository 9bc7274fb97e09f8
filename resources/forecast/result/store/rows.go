package store

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// The rows of the small tables contradict themselves without harm: what is listed first stays, and what differs goes to extra.

// AddUser lists a user, or adds what is new to the one listed before.
func (s *Store) AddUser(u *forecast.User) {
	row, _ := s.Users.List([]byte(u.UserID))
	u.UserID = row.UserID
	merge(forecast.UsersTable.Columns, row, u, &row.Extra, u.Extra)
}

// AddField lists a field.
func (s *Store) AddField(f *forecast.Field) {
	row, _ := s.Fields.List([]byte(f.FieldID))
	f.FieldID = row.FieldID
	merge(forecast.FieldsTable.Columns, row, f, &row.Extra, f.Extra)
}

// AddFrame lists a week.
func (s *Store) AddFrame(f *forecast.TimeFrame) {
	row, _ := s.Frames.List([]byte(f.TimeFrameID))
	f.TimeFrameID = row.TimeFrameID
	merge(forecast.TimeFramesTable.Columns, row, f, &row.Extra, f.Extra)
}

// AddPeriod lists a time period. Of its dates none stays that is contradicted.
func (s *Store) AddPeriod(p *forecast.TimePeriod) {
	row, _ := s.Periods.List([]byte(p.TimePeriodID))
	p.TimePeriodID = row.TimePeriodID
	for name, dates := range map[string][2]*table.Opt[int32]{"start_date": {&row.StartDate, &p.StartDate}, "end_date": {&row.EndDate, &p.EndDate}} {
		was, is := dates[0], dates[1]
		contradicted := was.Valid && is.Valid && was.V != is.V
		if known := hasOthers(row.Extra, name); known || contradicted {
			var x Extra
			for _, d := range dates {
				if d.Valid {
					x.Other(name, quoteDay(d.V))
				}
			}
			row.Extra = mergeExtra(row.Extra, &x)
			*was, *is = table.Opt[int32]{}, table.Opt[int32]{}
		}
	}
	merge(forecast.TimePeriodsTable.Columns, row, p, &row.Extra, p.Extra)
}

func quoteDay(day int32) []byte { return []byte(table.DayTime(day).Format(`"2006-01-02"`)) }

func hasOthers(extra []byte, column string) bool {
	if extra == nil {
		return false
	}
	for key := range scalar.Members(extra) {
		if string(key) == `"`+Others+column+`"` {
			return true
		}
	}
	return false
}

func merge[R any](columns []table.Column[R], into, from *R, extra *[]byte, more []byte) {
	var x Extra
	table.Merge(columns, into, from, func(column string, text []byte) {
		if len(text) > 0 && (text[0] == '{' || text[0] == '[') && jsontext.Value(text).IsValid() {
			x.Other(column, text)
			return
		}
		quoted, _ := jsontext.AppendQuote(nil, text)
		x.Other(column, quoted)
	})
	if more != nil {
		x.Merge(more)
	}
	*extra = mergeExtra(*extra, &x)
}

// mergeExtra adds the members of x to an object. Of two different values for a key the first stays.
func mergeExtra(object []byte, x *Extra) []byte {
	if x.Empty() {
		return object
	}
	var all Extra
	if object != nil {
		all.Merge(object)
	}
	known := map[string][]byte{}
	for _, m := range all.members {
		known[m.key] = m.value
	}
	for _, m := range x.members {
		if value, twice := known[m.key]; twice && !isOthers(m) && string(value) != string(m.value) {
			m = member{Others + m.key, append(append([]byte{'['}, m.value...), ']')}
		}
		all.members = append(all.members, m)
	}
	merged, _ := all.Object()
	return slices.Clone(merged)
}
