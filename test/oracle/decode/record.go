package decode

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A record is a row in the making.
type record struct {
	cells map[string]any
	extra map[string]any
}

func newRecord() *record { return &record{map[string]any{}, map[string]any{}} }

func (r *record) text(name string) string {
	s, _ := r.cells[name].(string)
	return s
}

// set sets a text unless it is empty, which is null.
func (r *record) set(name, text string) {
	if text != "" {
		r.cells[name] = text
	}
}

// keep puts what has no column, or could not be read, into extra.
func (r *record) keep(key string, v any) { r.extra[clean(key)] = v }

// other adds a label that contradicts the one that stays.
func (r *record) other(column string, v any) {
	list, _ := r.extra["other_"+column].([]any)
	if !slices.ContainsFunc(list, func(w any) bool { return reflect.DeepEqual(v, w) }) {
		r.extra["other_"+column] = append(list, v)
	}
}

// row is the record as it lands.
func (r *record) row() Row {
	row := Row(maps.Clone(r.cells))
	if len(r.extra) > 0 {
		row["extra"] = r.extra
	}
	return row
}

// merge adds another part of the same row. Amounts and flags must agree, of labels the first one stays, of two times the later.
func (r *record) merge(part *record) {
	for _, name := range slices.Sorted(maps.Keys(part.cells)) {
		v, was := part.cells[name], r.cells[name]
		switch {
		case was == nil:
			r.cells[name] = v
		case reflect.DeepEqual(was, v):
		case strings.HasSuffix(name, "_at"):
			if v.(time.Time).After(was.(time.Time)) {
				r.cells[name] = v
			}
		default:
			switch v.(type) {
			case float64, bool:
				refuse("%s twice with different values", name)
			}
			r.other(name, v)
		}
	}
	for key, v := range part.extra {
		switch was, ok := r.extra[key]; {
		case !ok:
			r.extra[key] = v
		case !reflect.DeepEqual(was, v):
			r.other(key, v)
		}
	}
}

// An index has the records of a table by their key, in order.
type index struct {
	list []*record
	byID map[string]*record
}

func (x *index) add(id string, part *record) {
	if was := x.byID[id]; was != nil {
		was.merge(part)
		return
	}
	if x.byID == nil {
		x.byID = map[string]*record{}
	}
	x.byID[id] = part
	x.list = append(x.list, part)
}
