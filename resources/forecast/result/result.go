// Package result reads the result of an export into the forecast tables.
//
// A result is decoded once, while it is downloaded, into a store that all shapes fill: package arrays has the reader of the five
// arrays, package flat that of rows with labels. Check tells whatever is wrong with it before the first row goes out; nothing in
// Emit can fail for what is in the result. Memory does not grow with its size but by the dictionaries, its people, fields, periods and
// weeks; and by some eight bytes an entry where those of a person, a field or a week do not stand together.
package result

import (
	"context"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/resources/document"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/store"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Result is an export's result that has been read to its end.
type Result struct {
	Found Found

	store   *store.Store
	asked   Asked
	wrong   error // what Check will say
	quarter forecast.FiscalQuarter
}

// Close gives memory and file back.
func (r *Result) Close() error { return r.store.Close() }

// Check tells what is wrong with the result: another quarter than asked for, or a contradiction. An error that package fault does
// not know is one of the file that the result is kept in.
func (r *Result) Check(ctx context.Context) error {
	if r.wrong != nil {
		return r.wrong
	}
	err := r.store.Join(ctx)
	r.countOdd() // parts that are together may be too long
	return err
}

// countOdd takes in what no column takes, as far as it is known.
func (r *Result) countOdd() {
	counts := &r.store.Odd
	r.Found.Odd, r.Found.Values, r.Found.Labels = counts.Cases(), counts.Unread(), counts.Unknown()
}

// result draws the conclusions once the document has been read.
func (doc *reading) result(ctx context.Context) (*Result, error) {
	r := &Result{store: doc.store, asked: doc.asked}
	r.Found = Found{Shape: doc.shape, Entries: doc.store.Len()}
	var types uint32
	var told Found // with the dates that are good enough for a row
	if doc.flat != nil {
		types, r.Found.Locale = doc.flat.Types, doc.flat.Locale()
		told, r.wrong = doc.flatQuarter()
		r.Found.Quarter, r.Found.Start, r.Found.End = told.Quarter, told.Start, told.End
		if told.Start.IsZero() || told.End.IsZero() { // a row has both, and its week's number, or none
			told.Start, told.End = time.Time{}, time.Time{}
		}
		doc.flat.List(told.Quarter, table.Day(told.Start), table.Day(told.End))
		if r.Found.End.IsZero() {
			r.Found.Start, r.Found.End = doc.flat.QuarterDays()
			r.Found.Guessed = true
		}
	} else {
		types = doc.arrays.Types
		told, r.wrong = doc.arraysQuarter()
		r.Found.Quarter, r.Found.Start, r.Found.End = told.Quarter, told.Start, told.End
		doc.arrays.Settle(told.Quarter)
	}
	if doc.partial != "" {
		r.wrong = &document.PartialError{Key: doc.partial}
	}
	for i, v := range forecast.Values {
		if types&(1<<i) != 0 && v.Type != "" && !slices.Contains(r.Found.Types, v.Type) {
			r.Found.Types = append(r.Found.Types, v.Type)
		}
	}
	if q, ok := fiscal.Parse(told.Quarter); ok {
		r.quarter = forecast.FiscalQuarter{Year: table.Some(int64(q.Year)), Number: table.Some(int64(q.Number))}
	}
	doc.store.Finish()
	if err := describePeople(ctx, doc.store, doc.flat != nil); err != nil {
		return nil, err
	}
	describeWeeks(doc.store, table.Day(told.Start), table.Day(told.End), &r.Found)
	if doc.d != nil {
		doc.store.Odd.Values(odd.NUL, nil, doc.d.NULs)
	}
	r.tellOdd(doc)
	return r, nil
}

// tellOdd tells what no column takes, and of which types that were asked for nothing could be read.
func (r *Result) tellOdd(doc *reading) {
	counts := &doc.store.Odd
	r.countOdd()
	var read, seen uint32
	var unknown bool // amounts under a label that is not known
	if doc.flat != nil {
		read, seen, unknown = doc.flat.Read, doc.flat.Types, doc.flat.Unknown
	} else {
		read = doc.arrays.Read
		seen = read // a key that does not apply is left out
	}
	asked, some := []string{}, false
	for i, v := range forecast.Values {
		if v.Kind != forecast.Amount || !slices.Contains(doc.asked.Types, v.Type) {
			continue
		}
		has := read&(1<<i) != 0
		some = some || has
		switch {
		case !has && counts.Of(v.Name) > 0, unknown && seen&(1<<i) == 0:
			r.Found.Unread = append(r.Found.Unread, v.Type)
		case !has:
			asked = append(asked, v.Type)
		}
	}
	if doc.arrays != nil && !some && doc.arrays.Unknown {
		r.Found.Unread = append(r.Found.Unread, asked...)
	}
}

// describeWeeks counts the weeks from the one in which the period begins, which is 1, and to its end, and tells which of them have entries.
func describeWeeks(s *store.Store, start, end table.Opt[int32], found *Found) {
	for i := range s.Frames.All {
		f := &s.Frames.All[i]
		if start.Valid && f.StartDate.Valid {
			f.Number = table.Some(int64(floorDiv(f.StartDate.V+6-start.V, 7)) + 1)
		}
		if end.Valid && f.EndDate.Valid {
			f.WeeksToEnd = table.Some(int64(max(0, floorDiv(end.V-f.EndDate.V, 7))))
		}
		entries := s.InFrame(uint32(i))
		f.Entries = table.Some(entries)
		if entries == 0 {
			continue
		}
		found.Weeks++
		if first := &found.FirstWeek; f.StartDate.Valid && (!first.Valid || f.StartDate.V < first.V) {
			*first = f.StartDate
		}
		if last := &found.LastWeek; f.StartDate.Valid && (!last.Valid || f.StartDate.V > last.V) {
			*last = f.StartDate
		}
	}
}

func floorDiv(a, b int32) int32 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
