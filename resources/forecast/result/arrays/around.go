package arrays

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/document"
	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// object is one element of the four small arrays being read.
type object struct {
	list  string // that it is in
	odd   *odd.Counts
	extra extra.Column
	err   error
}

// each hands on the members, and returns what read kept in extra.
func (o *object) each(value []byte, read func(name, key, value []byte)) (extra []byte, err error) {
	for key, value := range scalar.Members(value) {
		name, _ := scalar.Unquote(key, nil)
		read(name, key, value)
	}
	if o.err != nil || o.extra.Empty() {
		return nil, o.err
	}
	if key := o.extra.Twice(); key != "" {
		return nil, twice([]byte(key))
	}
	extra = o.extra.Object()
	o.odd.Values(odd.TooLong, nil, o.extra.Cut())
	return slices.Clone(extra), nil
}

func (o *object) keep(key, value []byte) {
	if err := keep(&o.extra, key, value); err != nil && o.err == nil {
		o.err = err
	}
}

// unknown keeps what no column has.
func (o *object) unknown(name, key, value []byte) {
	o.odd.Label("key of "+o.list, string(name))
	o.keep(key, value)
}

// unread keeps what a column does not take.
func (o *object) unread(key, value []byte) {
	name, _ := scalar.Text(key)
	o.odd.Value(name+" of "+o.list, bytes.Trim(value, `"`))
	o.keep(key, value)
}

func (o *object) text(key, value []byte) string {
	text, ok := scalar.Text(value)
	if !ok && !scalar.IsNull(value) || len(text) > extra.MaxText {
		o.unread(key, value)
		return ""
	}
	return text
}

// put fills a cell. An object that gives one key twice may do so only with equal values.
func put[T comparable](o *object, key []byte, cell *table.Opt[T], v table.Opt[T]) {
	if !v.Valid {
		return
	}
	if cell.Valid && cell.V != v.V && o.err == nil {
		o.err = twice(key)
	}
	*cell = v
}

func (o *object) id(key, value []byte, id *string) {
	text := o.text(key, value)
	if *id != "" && text != "" && *id != text && o.err == nil {
		o.err = twice(key)
	}
	if text != "" {
		*id = text
	}
}

func (o *object) label(key, value []byte, cell *table.Opt[string]) {
	put(o, key, cell, table.NonZero(o.text(key, value)))
}

func (o *object) day(key, value []byte, cell *table.Opt[int32]) {
	day, ok := scalar.Day(value)
	if !ok && !scalar.IsNull(value) && string(value) != `""` {
		o.unread(key, value)
	}
	put(o, key, cell, table.Opt[int32]{V: day, Valid: ok})
}

// maxDocument is how long a document of a column may be, in bytes.
const maxDocument = 4 * extra.MaxText

// document reads a JSON document: a value, or text that holds one; text that holds none is itself the document.
func (o *object) document(key, value []byte, cell *[]byte) {
	if scalar.IsNull(value) {
		return
	}
	if text, ok := scalar.Text(value); ok && value[0] == '"' {
		if text = strings.TrimSpace(text); text == "" {
			return
		}
		if inner := jsontext.Value(text); inner.IsValid(jsontext.AllowDuplicateNames(true)) && scalar.Depth(inner) <= document.MaxDepth {
			value = inner
		}
	}
	if scalar.Depth(value) > document.MaxDepth || len(value) > maxDocument {
		o.unread(key, value)
		return
	}
	doc := extra.Canonical(slices.Clone(value))
	if string(doc) == "null" {
		return
	}
	if *cell != nil && string(*cell) != string(doc) && o.err == nil {
		o.err = twice(key)
	}
	*cell = doc
}

// unnamed counts an element without an id: no entry can name it, so it lands no row.
func (o *object) unnamed(id string, value []byte) bool {
	if id == "" {
		o.odd.Value(odd.Nameless, []byte(o.list))
	}
	return id == ""
}

// User reads an element of users.
func (r *Reader) User(value []byte) (err error) {
	var u forecast.User
	o := object{list: "users", odd: &r.to.Odd}
	u.Extra, err = o.each(value, func(name, key, value []byte) {
		switch string(name) {
		case "userId":
			o.id(key, value, &u.UserID)
		case "name":
			o.label(key, value, &u.Name)
		case "email":
			o.label(key, value, &u.Email)
		case "scopeId":
			o.document(key, value, &u.UserScope)
		case "crmId":
			o.label(key, value, &u.CRMUserID)
		case "hierarchyId":
			o.label(key, value, &u.HierarchyID)
		case "hierarchyName":
			o.label(key, value, &u.Role)
		case "parentHierarchyId":
			o.label(key, value, &u.ParentHierarchyID)
		case "parentHierarchyName":
			o.label(key, value, &u.ParentRole)
		default:
			o.unknown(name, key, value)
		}
	})
	if err != nil || o.unnamed(u.UserID, value) {
		return err
	}
	r.to.AddUser(&u)
	return nil
}

// Field reads an element of fields.
func (r *Reader) Field(value []byte) (err error) {
	var f forecast.Field
	o := object{list: "fields", odd: &r.to.Odd}
	f.Extra, err = o.each(value, func(name, key, value []byte) {
		switch string(name) {
		case "fieldId":
			o.id(key, value, &f.FieldID)
		case "fieldName":
			o.label(key, value, &f.Name)
		case "fieldType":
			o.label(key, value, &f.Type)
		default:
			o.unknown(name, key, value)
		}
	})
	if err != nil || o.unnamed(f.FieldID, value) {
		return err
	}
	r.to.AddField(&f)
	return nil
}

// TimePeriod reads an element of timePeriods.
func (r *Reader) TimePeriod(value []byte) (err error) {
	var p forecast.TimePeriod
	o := object{list: "timePeriods", odd: &r.to.Odd}
	p.Extra, err = o.each(value, func(name, key, value []byte) {
		switch string(name) {
		case "timePeriodId":
			o.id(key, value, &p.TimePeriodID)
		case "type":
			o.label(key, value, &p.Type)
		case "label":
			o.label(key, value, &p.Label)
		case "year":
			o.label(key, value, &p.Year)
		case "startDate":
			o.day(key, value, &p.StartDate)
		case "endDate":
			o.day(key, value, &p.EndDate)
		case "crmId":
			o.label(key, value, &p.CRMID)
		default:
			o.unknown(name, key, value)
		}
	})
	if err != nil || o.unnamed(p.TimePeriodID, value) {
		return err
	}
	r.to.AddPeriod(&p)
	return nil
}

// TimeFrame reads an element of timeFrames.
func (r *Reader) TimeFrame(value []byte) (err error) {
	var f forecast.TimeFrame
	o := object{list: "timeFrames", odd: &r.to.Odd}
	f.Extra, err = o.each(value, func(name, key, value []byte) {
		switch string(name) {
		case "timeFrameId":
			o.id(key, value, &f.TimeFrameID)
		case "startDate":
			o.day(key, value, &f.StartDate)
		case "endDate":
			o.day(key, value, &f.EndDate)
		case "week":
			o.label(key, value, &f.Week)
		default:
			o.unknown(name, key, value)
		}
	})
	if err != nil || o.unnamed(f.TimeFrameID, value) {
		return err
	}
	r.to.AddFrame(&f)
	return nil
}
