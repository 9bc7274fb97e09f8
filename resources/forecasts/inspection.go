package forecasts

import (
	"cmp"
	"context"
	"io"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// inspection is what the first pass over the five arrays learns.
type inspection struct {
	w       *window
	r       *io.SectionReader
	asked   Asked
	keys    []string // top-level
	arrays  map[string]bool
	entries int

	sweep     *sweep
	stretches []stretch
	seen      hashSet // of the keys of all entries
	repeated  hashSet // of those that came more than once

	users       merged[userKey, User]
	fields      merged[string, Field]
	timePeriods merged[string, TimePeriod]
	timeFrames  merged[string, TimeFrame]
	quarters    []string // of the entries, where Clari chose
}

type userKey struct{ id, parentRole string }

func (k userKey) String() string { return k.id + "/" + k.parentRole }

func newInspection(w *window, r *io.SectionReader, a Asked, stretch int64) *inspection {
	return &inspection{
		w: w, r: r, asked: a, arrays: map[string]bool{}, sweep: newSweep(r, stretch),
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

func (in *inspection) readEntries() error {
	var empty bool
	var first int64
	err := in.w.do(func() {
		empty = in.w.empty('[', ']')
		first = in.w.base + int64(in.w.begin())
	})
	if err != nil || empty {
		return err
	}
	end, err := in.sweep.run(in.w.ctx, first, in.accept)
	if err != nil {
		return err
	}
	in.w.jump(in.r, end)
	return nil
}

// accept takes note of a stretch of entries.
func (in *inspection) accept(f *found) error {
	for _, id := range f.quarters {
		if err := in.noteQuarter(id); err != nil {
			return err
		}
	}
	if missing, ok := f.err.(*MissingIDError); ok {
		return &MissingIDError{Index: in.entries + missing.Index, ID: missing.ID}
	}
	if f.err != nil {
		return f.err
	}
	if in.entries == 0 { // the first stretch shows about how many there will be
		in.seen.expect(int(int64(len(f.hashes)) * in.r.Size() / f.next))
	}
	in.entries += len(f.hashes)
	for _, hash := range f.hashes {
		if !in.seen.add(hash) {
			in.repeated.add(hash)
		}
	}
	in.stretches = append(in.stretches, stretch{f.from, f.next})
	return nil
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
	again := &reread{r: in.r, stretches: in.stretches, seed: in.sweep.seed, repeated: &in.repeated, contacts: contactsOf(in.users.rows)}
	merged, err := again.findRepeats(in.w.ctx)
	if err != nil {
		return nil, err
	}
	res.Entries = in.entries - merged
	in.seen = hashSet{} // the closures below keep in alive until the last row is out: not its largest part
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
