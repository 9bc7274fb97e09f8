package store

import (
	"bytes"
	"slices"

	"github.com/cloudquery/plugin-sdk/v4/types"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// The rows of the small tables contradict themselves without harm: what is listed first stays, and what differs goes to extra.

// AddUser lists a user, or adds what is new to the one listed before.
func (s *Store) AddUser(u *forecast.User) {
	n, row, before := s.Users.list([]byte(u.UserID))
	u.UserID = row.UserID
	merge(&s.Users, forecast.UsersTable.Columns, n, before, u, &row.Extra, u.Extra)
}

// AddField lists a field.
func (s *Store) AddField(f *forecast.Field) {
	n, row, before := s.Fields.list([]byte(f.FieldID))
	f.FieldID = row.FieldID
	merge(&s.Fields, forecast.FieldsTable.Columns, n, before, f, &row.Extra, f.Extra)
}

// AddFrame lists a week.
func (s *Store) AddFrame(f *forecast.TimeFrame) {
	n, row, before := s.Frames.list([]byte(f.TimeFrameID))
	f.TimeFrameID = row.TimeFrameID
	merge(&s.Frames, forecast.TimeFramesTable.Columns, n, before, f, &row.Extra, f.Extra)
}

// AddPeriod lists a time period. Of its dates none stays that is contradicted.
func (s *Store) AddPeriod(p *forecast.TimePeriod) {
	n, row, before := s.Periods.list([]byte(p.TimePeriodID))
	p.TimePeriodID = row.TimePeriodID
	for i, dates := range [...][2]*table.Opt[int32]{{&row.StartDate, &p.StartDate}, {&row.EndDate, &p.EndDate}} {
		name, was, is := [...]string{"start_date", "end_date"}[i], dates[0], dates[1]
		contradicted := was.Valid && is.Valid && was.V != is.V
		if s.undated[dateOf{n, i}] || contradicted {
			x := s.Periods.extraOf(n, &row.Extra)
			for _, d := range dates {
				if d.Valid {
					x.Other(name, quoteDay(d.V))
				}
			}
			if s.undated == nil {
				s.undated = map[dateOf]bool{}
			}
			s.undated[dateOf{n, i}] = true
			*was, *is = table.Opt[int32]{}, table.Opt[int32]{}
		}
	}
	merge(&s.Periods, forecast.TimePeriodsTable.Columns, n, before, p, &row.Extra, p.Extra)
}

// RenamePeriod gives period n another id: see Rows.Rename.
func (s *Store) RenamePeriod(n uint32, id string) {
	if was, known := s.Periods.IDs.Find(id); known {
		for which := range 2 {
			if s.undated[dateOf{was, which}] {
				s.undated[dateOf{n, which}] = true
			}
		}
	}
	s.Periods.Rename(n, id)
}

// dateOf is the first day (0) or the last (1) of a period.
type dateOf struct {
	period uint32
	which  int
}

func quoteDay(day int32) []byte { return []byte(table.DayTime(day).Format(`"2006-01-02"`)) }

func merge[R any](rows *Rows[R], columns []table.Column[R], n uint32, before bool, from *R, own *[]byte, more []byte) {
	if before {
		table.Merge(columns, &rows.All[n], from, func(column string, text []byte) {
			x := rows.extraOf(n, own)
			if isDocument(columns, column) {
				x.Other(column, text)
				return
			}
			quoted, _ := jsontext.AppendQuote(nil, text)
			x.Other(column, quoted)
		})
		if more != nil && !bytes.Equal(*own, more) {
			rows.extraOf(n, own).Merge(more)
		}
		return
	}
	table.Merge(columns, &rows.All[n], from, func(string, []byte) {})
	if more != nil {
		if rows.extras[n] != nil { // its dates are contradicted
			rows.extras[n].Merge(more)
		} else {
			*own = more
		}
	}
}

func isDocument[R any](columns []table.Column[R], name string) bool {
	return slices.ContainsFunc(columns, func(c table.Column[R]) bool { return c.Name == name && c.Type == types.ExtensionTypes.JSON })
}

// extraOf is where the extra of a row is collected that is listed more than once.
func (r *Rows[R]) extraOf(n uint32, own *[]byte) *extra.Column {
	x := r.extras[n]
	if x == nil {
		x = &extra.Column{}
		if *own != nil {
			x.Merge(*own)
		}
		if r.extras == nil {
			r.extras = map[uint32]*extra.Column{}
		}
		r.extras[n] = x
	}
	return x
}

// Finish fills the extras of rows that were listed more than once. What is listed later is lost.
func (s *Store) Finish() {
	finish(s, &s.Users, func(u *forecast.User) *[]byte { return &u.Extra })
	finish(s, &s.Fields, func(f *forecast.Field) *[]byte { return &f.Extra })
	finish(s, &s.Frames, func(f *forecast.TimeFrame) *[]byte { return &f.Extra })
	finish(s, &s.Periods, func(p *forecast.TimePeriod) *[]byte { return &p.Extra })
}

func finish[R any](s *Store, rows *Rows[R], extra func(*R) *[]byte) {
	for n, x := range rows.extras {
		object := x.Object()
		*extra(&rows.All[n]) = slices.Clone(object)
		s.countCut(x)
	}
	rows.extras = nil
}
