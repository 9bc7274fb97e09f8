package forecasts

import (
	"cmp"
	"context"
	"hash/maphash"
	"io"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// inspection is what the first pass over the five arrays learns.
type inspection struct {
	w       *window
	r       io.ReaderAt
	asked   Asked
	keys    []string // top-level
	arrays  map[string]bool
	entries int

	segments []segment
	seed     maphash.Seed
	seen     hashSet // of the keys of all entries
	repeated hashSet // of those that came more than once

	users       merged[userKey, User]
	fields      merged[string, Field]
	timePeriods merged[string, TimePeriod]
	timeFrames  merged[string, TimeFrame]
	quarters    []string // of the entries, in the order of appearance
}

type userKey struct{ id, parentRole string }

func (k userKey) String() string { return k.id + "/" + k.parentRole }

func newInspection(w *window, r io.ReaderAt, a Asked) *inspection {
	return &inspection{
		w: w, r: r, asked: a, arrays: map[string]bool{}, seed: maphash.MakeSeed(),
		users:       merged[userKey, User]{columns: userColumns, key: func(u *User) userKey { return userKey{u.UserID, u.ParentRole} }},
		fields:      merged[string, Field]{columns: fieldColumns, key: func(f *Field) string { return f.FieldID }},
		timePeriods: merged[string, TimePeriod]{columns: timePeriodColumns, key: func(p *TimePeriod) string { return p.TimePeriodID }},
		timeFrames:  merged[string, TimeFrame]{columns: timeFrameColumns, key: func(f *TimeFrame) string { return f.TimeFrameID }},
	}
}

// object walks through the document, and through what may wrap its arrays.
func (in *inspection) object(top bool) error {
	w := in.w
	err := w.members(func(key string) error {
		if top && len(in.keys) < 20 {
			in.keys = append(in.keys, clip(key))
		}
		ch, err := w.next()
		if err != nil {
			return err
		}
		switch key {
		case "entries", "users", "fields", "timePeriods", "timeFrames":
			return in.array(key, ch)
		}
		switch {
		case isWrapper(key) && ch == '[' && len(in.arrays) == 0:
			shape, err := w.flatList()
			if err != nil {
				return err
			}
			if shape != "" {
				return &flatFound{shape}
			}
		case isWrapper(key) && ch == '{' && top:
			return in.object(false)
		}
		return w.pass()
	})
	if err == nil && top && !in.arrays["entries"] {
		return &UnknownShapeError{What: "JSON object", Keys: in.keys}
	}
	return err
}

func (in *inspection) array(name string, first byte) error {
	w := in.w
	if in.arrays[name] {
		return &MalformedError{Offset: w.offset(), Detail: name + " comes twice"}
	}
	in.arrays[name] = true
	if first == 'n' {
		return w.pass()
	}
	switch name {
	case "entries":
		return in.readEntries()
	case "users":
		return collect(w, w.user, &in.users)
	case "fields":
		return collect(w, w.field, &in.fields)
	case "timePeriods":
		return collect(w, w.timePeriod, &in.timePeriods)
	default:
		return collect(w, w.timeFrame, &in.timeFrames)
	}
}

func collect[K comparable, R any](w *window, decode func(*R), into *merged[K, R]) error {
	var row R
	read := func() { decode(&row) }
	return w.elements(func() error {
		if err := w.do(read); err != nil {
			return err
		}
		return into.add(&row)
	})
}

// readEntries checks every entry and cuts the array into segments for the second pass.
func (in *inspection) readEntries() error {
	w := in.w
	var e Entry
	var start int64
	read := func() {
		start = w.base + int64(w.begin())
		w.entry(&e)
	}
	var s segment
	err := w.elements(func() error {
		if err := w.do(read); err != nil {
			return err
		}
		if id := missingID(&e); id != "" {
			return &MissingIDError{Index: in.entries, ID: id}
		}
		if in.entries == 0 {
			s.from = start
		} else if start-s.from >= segmentBytes {
			in.segments = append(in.segments, s)
			s.from = start
		}
		s.to = w.offset()
		in.entries++
		if hash := keyHash(in.seed, &e); !in.seen.add(hash) {
			in.repeated.add(hash)
		}
		return in.checkQuarter(&e)
	})
	if in.entries > 0 {
		in.segments = append(in.segments, s)
	}
	return err
}

func missingID(e *Entry) string {
	switch "" {
	case e.UserID:
		return "userId"
	case e.FieldID:
		return "fieldId"
	case e.TimeFrameID:
		return "timeFrameId"
	case e.TimePeriodID:
		return "timePeriodId"
	}
	return ""
}

// result draws the conclusions once the document has been read.
func (in *inspection) result() (*Result, error) {
	quarter, err := in.quarter()
	if err != nil {
		return nil, err
	}
	res := &Result{Shape: shapeArrays, Quarter: quarter, Start: in.asked.QuarterStart, End: in.asked.QuarterEnd}
	if p := in.timePeriods.index[quarter]; p != nil {
		if p.StartDate.Valid {
			res.Start = table.DayTime(p.StartDate.V)
		}
		if p.EndDate.Valid {
			res.End = table.DayTime(p.EndDate.V)
		}
	}
	again := &reread{r: in.r, segments: in.segments, seed: in.seed, repeated: &in.repeated, contacts: contactsOf(in.users.rows)}
	merged, err := again.findRepeats(in.w.ctx)
	if err != nil {
		return nil, err
	}
	res.Entries = in.entries - merged
	res.emit, res.entries = in.emitSmall, again.parts()
	return res, nil
}

// emitSmall hands on the rows of all arrays but the entries.
func (in *inspection) emitSmall(_ context.Context, out rows) error {
	return cmp.Or(
		emitAll(in.users.rows, out.User),
		emitAll(in.fields.rows, out.Field),
		emitAll(in.timePeriods.rows, out.TimePeriod),
		emitAll(in.timeFrames.rows, out.TimeFrame),
	)
}

func emitAll[R any](rows []*R, do func(*R) error) error {
	for _, r := range rows {
		if err := do(r); err != nil {
			return err
		}
	}
	return nil
}
