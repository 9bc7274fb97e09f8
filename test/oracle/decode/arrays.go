package decode

import (
	"encoding/json"
	"slices"
	"strings"
)

// What the keys of the five arrays fill.
var (
	idKeys     = map[string]string{"userId": "user_id", "fieldId": "field_id", "timeFrameId": "time_frame_id", "timePeriodId": "time_period_id"}
	amountKeys = map[string]string{
		"forecastValue": "forecast_value", "quotaValue": "quota_value", "adjustmentValue": "adjustment_value", "aggregationTotal": "crm_total",
	}
	labelKeys   = map[string]string{"updatedBy": "updated_by", "adjustedBy": "adjusted_by"}
	instantKeys = map[string]string{"updatedOn": "updated_at", "adjustedOn": "adjusted_at"}
	dayKeys     = map[string]string{"startDate": "start_date", "endDate": "end_date"}
)

// A small array: its key, the table's, and the labels of its elements.
var smallArrays = map[string]struct {
	key, id string
	labels  map[string]string
	days    bool
}{
	"users": {key: "userId", id: "user_id", labels: map[string]string{
		"name": "name", "email": "email", "crmId": "crm_user_id", "hierarchyId": "hierarchy_id", "hierarchyName": "role",
		"parentHierarchyId": "parent_hierarchy_id", "parentHierarchyName": "parent_role",
	}},
	"fields":      {key: "fieldId", id: "field_id", labels: map[string]string{"fieldName": "name", "fieldType": "type"}},
	"timePeriods": {key: "timePeriodId", id: "time_period_id", labels: map[string]string{"type": "type", "label": "label", "year": "year", "crmId": "crm_id"}, days: true},
	"timeFrames":  {key: "timeFrameId", id: "time_frame_id", labels: map[string]string{"week": "week"}, days: true},
}

// arrays decodes the five arrays.
func (d *decoding) arrays(top map[string]json.RawMessage) {
	for name, into := range map[string]*index{"users": &d.users, "fields": &d.fields, "timePeriods": &d.periods, "timeFrames": &d.frames} {
		dates := map[string]map[string][]any{}
		for _, raw := range elements(top[name]) {
			r := small(name, raw)
			id := r.text(smallArrays[name].id)
			if id == "" {
				continue // no entry can name it
			}
			if name == "timePeriods" {
				takeDates(dates, id, r)
			}
			into.add(id, r)
		}
		for id, of := range dates {
			giveDates(into.byID[id], of)
		}
	}
	var parts []*record
	for i, raw := range elements(top["entries"]) {
		e := entryOf(raw)
		for _, name := range []string{"user_id", "field_id", "time_frame_id"} {
			if e.text(name) == "" {
				refuse("entry %d has no %s", i, name)
			}
		}
		parts = append(parts, e)
	}
	d.arraysQuarter(parts)
	for _, e := range parts {
		if e.text("time_period_id") == "" {
			e.set("time_period_id", d.quarter)
		}
		d.addEntry(e)
	}
}

func (d *decoding) addEntry(e *record) {
	var key []string
	for _, name := range Keys["clari_forecast_entries"] {
		key = append(key, e.text(name))
	}
	d.entries.add(strings.Join(key, "\xff"), e)
}

// takeDates keeps the dates of a period apart: those that contradict each other count as unknown.
func takeDates(dates map[string]map[string][]any, id string, r *record) {
	for _, name := range dayKeys {
		if v := r.cells[name]; v != nil {
			if dates[id] == nil {
				dates[id] = map[string][]any{}
			}
			if !slices.Contains(dates[id][name], v) {
				dates[id][name] = append(dates[id][name], v)
			}
			delete(r.cells, name)
		}
	}
}

func giveDates(r *record, dates map[string][]any) {
	for name, all := range dates {
		if len(all) == 1 {
			r.cells[name] = all[0]
			continue
		}
		for _, v := range all {
			r.other(name, v)
		}
	}
}

// label sets a text, or keeps what is none.
func (r *record) label(m member, name string) {
	if text, ok := textOf(m.value); ok {
		r.set(name, text)
	} else if string(m.value) != "null" {
		r.keep(m.key, valueOf(m.value))
	}
}

// entryOf is one object of the entries.
func entryOf(raw []byte) *record {
	r := newRecord()
	for _, m := range members(raw) {
		var v any
		ok := false
		column := idKeys[m.key] + labelKeys[m.key] + amountKeys[m.key] + instantKeys[m.key]
		switch {
		case idKeys[m.key] != "" || labelKeys[m.key] != "":
			r.label(m, column)
			continue
		case amountKeys[m.key] != "":
			v, ok = numberOf(m.value)
		case instantKeys[m.key] != "":
			v, ok = instantOf(m.value)
		case m.key == "isUpdated":
			column = "is_updated"
			v, ok = flagOf(m.value)
		case m.key == "currency":
			r.currency(m)
			continue
		}
		switch {
		case ok:
			r.cells[column] = v
		case column == "" || !nothing(m.value):
			r.keep(m.key, valueOf(m.value))
		}
	}
	return r
}

// currency is an object of code and symbol, or a code. One that says more is kept as well.
func (r *record) currency(m member) {
	if m.value[0] != '{' {
		r.label(m, "currency_code")
		return
	}
	for _, c := range members(m.value) {
		switch c.key {
		case "code":
			r.label(c, "currency_code")
		case "symbol":
			r.label(c, "currency_symbol")
		default:
			r.keep(m.key, valueOf(m.value))
		}
	}
}

// small is one object of another array.
func small(name string, raw []byte) *record {
	of, r := smallArrays[name], newRecord()
	for _, m := range members(raw) {
		switch {
		case m.key == of.key:
			r.label(m, of.id)
		case of.labels[m.key] != "":
			r.label(m, of.labels[m.key])
		case of.days && dayKeys[m.key] != "":
			if day, ok := dayOf(m.value); ok {
				r.cells[dayKeys[m.key]] = day
			} else if !nothing(m.value) {
				r.keep(m.key, valueOf(m.value))
			}
		case name == "users" && m.key == "scopeId":
			r.scope(m.value)
		default:
			r.keep(m.key, valueOf(m.value))
		}
	}
	return r
}

// scope is JSON: an object, the text of one, or any other text.
func (r *record) scope(raw []byte) {
	v := valueOf(raw)
	if text, ok := v.(string); ok {
		text = strings.TrimSpace(text)
		if v = any(text); json.Valid([]byte(text)) {
			v = valueOf([]byte(text))
		}
	}
	switch v := v.(type) {
	case nil:
		return
	case string:
		if v == "" {
			return
		}
	}
	r.cells["user_scope"] = v
}
