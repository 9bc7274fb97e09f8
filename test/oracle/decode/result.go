package decode

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// Asked is what is known of an export before its result is read.
type Asked struct {
	Period                string // empty where Clari chose
	FileName              string // of the job
	Currency, JobCurrency string
	Start, End            time.Time // of the quarter, where they are known from elsewhere
	Commas                bool      // earlier results of the tab had commas before the decimals of amounts
}

// A Row has what is not null: text, float64, int64, bool, time.Time for instants, text for days, and any JSON for extra and user_scope.
type Row map[string]any

// Tables are the rows by table, without the columns that all tables of an export share.
type Tables map[string][]Row

// The tables of a result, and what keys their rows.
var Keys = map[string][]string{
	"clari_forecast_entries": {"time_period_id", "time_frame_id", "user_id", "field_id"},
	"clari_forecast_users":   {"user_id"}, "clari_forecast_fields": {"field_id"},
	"clari_forecast_time_periods": {"time_period_id"}, "clari_forecast_time_frames": {"time_frame_id"},
}

// Refused is why an export must fail.
type Refused string

func (r Refused) Error() string { return string(r) }

func refuse(format string, args ...any) { panic(Refused(fmt.Sprintf(format, args...))) }

// decoding is a result while it is decoded.
type decoding struct {
	asked   Asked
	quarter string // the requested period
	flat    bool

	users, fields, periods, frames index
	entries                        index
	shared                         map[string]bool // CRM user ids that are none
}

// Result decodes a result of any shape.
func Result(text []byte, asked Asked) (tables Tables, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case Refused:
			tables, err = nil, r
		default:
			panic(r)
		}
	}()
	d := &decoding{asked: asked}
	text = bytes.TrimPrefix(unpacked(text), []byte("\xef\xbb\xbf"))
	switch first := bytes.TrimLeft(text, " \t\r\n"); {
	case len(first) == 0:
		refuse("empty body")
	case first[0] == '{' || first[0] == '[':
		d.json(text)
	default:
		d.rows(table(csvLines(text)))
	}
	d.people()
	d.weeks()
	return d.tables(), nil
}

// unpacked is a body that begins with the two bytes of gzip without its packing. It is whole only if its trailer is.
func unpacked(text []byte) []byte {
	if !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		return text
	}
	r, err := gzip.NewReader(bytes.NewReader(text))
	if err == nil {
		text, err = io.ReadAll(r)
	}
	if err != nil {
		refuse("gzip: %v", err)
	}
	return text
}

// json decodes a document. Its rows may be wrapped in an object.
func (d *decoding) json(text []byte) {
	if text = bytes.TrimSpace(text); text[0] == '[' {
		d.rows(jsonRows(text))
		return
	}
	top := map[string]json.RawMessage{}
	for _, m := range members(text) {
		if slices.Contains(wrappers, m.key) && m.value[0] == '{' {
			for _, inner := range members(m.value) {
				top[inner.key] = inner.value
			}
			continue
		}
		top[m.key] = m.value
	}
	failed(top)
	if top["entries"] != nil {
		d.arrays(top)
		return
	}
	for _, key := range wrappers {
		if raw := top[key]; raw != nil && raw[0] == '[' {
			d.rows(jsonRows(raw))
			return
		}
	}
	refuse("no result")
}

var wrappers = []string{"data", "rows", "records", "results"}

// failed refuses half a result: one that tells of an error, or that there is more.
func failed(top map[string]json.RawMessage) {
	for _, key := range []string{"error", "errors", "nextLink", "nextPage"} {
		if raw, ok := top[key]; ok && !slices.Contains([]string{"null", `""`, "[]", "{}", "false"}, string(raw)) {
			refuse("%s beside rows", key)
		}
	}
	if string(top["truncated"]) == "true" {
		refuse("truncated")
	}
}

// tables are the rows, entries with what they tell of what they are about.
func (d *decoding) tables() Tables {
	t := Tables{}
	for name, index := range map[string]*index{
		"clari_forecast_users": &d.users, "clari_forecast_fields": &d.fields,
		"clari_forecast_time_periods": &d.periods, "clari_forecast_time_frames": &d.frames,
	} {
		for _, r := range index.list {
			row := r.row()
			delete(row, "manager_name")
			t[name] = append(t[name], row)
		}
	}
	for _, e := range d.entries.list {
		t["clari_forecast_entries"] = append(t["clari_forecast_entries"], d.entry(e))
	}
	return t
}

// ofEntries are the columns that entries take from what they are about: theirs, and there.
var ofEntries = map[string][][2]string{
	"user": {
		{"user_name", "name"},
		{"email", "email"},
		{"role", "role"},
		{"person_id", "person_id"},
		{"clari_user_id", "clari_user_id"},
		{"crm_user_id", "crm_user_id"},
		{"user_type", "user_type"},
		{"hierarchy_level", "hierarchy_level"},
		{"has_reports", "has_reports"},
		{"manager_user_id", "manager_user_id"},
		{"manager_name", "manager_name"},
	},
	"field":  {{"field_name", "name"}, {"field_type", "type"}},
	"frame":  {{"week_start_date", "start_date"}, {"week_end_date", "end_date"}, {"week_number", "number"}, {"weeks_to_end", "weeks_to_end"}},
	"period": {{"time_period_type", "type"}, {"time_period_start_date", "start_date"}, {"time_period_end_date", "end_date"}},
}

// entry is the whole row of one.
func (d *decoding) entry(e *record) Row {
	row := e.row()
	for about, r := range map[string]*record{
		"user": d.users.byID[e.text("user_id")], "field": d.fields.byID[e.text("field_id")],
		"frame": d.frames.byID[e.text("time_frame_id")], "period": d.periods.byID[e.text("time_period_id")],
	} {
		for _, column := range ofEntries[about] {
			if r != nil && r.cells[column[1]] != nil {
				row[column[0]] = r.cells[column[1]]
			}
		}
	}
	if year, number, ok := quarter(d.quarter); ok {
		row["fiscal_year"], row["fiscal_quarter"] = int64(year), int64(number)
	}
	for _, code := range []string{d.asked.Currency, d.asked.JobCurrency} {
		if row["currency_code"] == nil && code != "" {
			row["currency_code"] = code
		}
	}
	return row
}
