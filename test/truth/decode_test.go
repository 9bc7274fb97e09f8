package truth

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// What a result itself tells, read from it the slow way: by table, the rows by their key, with the columns that need nothing else.

type decoded map[string]map[string]Row

func newDecoded() decoded {
	d := decoded{}
	for _, table := range Tables {
		d[table] = map[string]Row{}
	}
	return d
}

func (d decoded) add(table string, r Row) { d[table][r.key(table)] = r }

// toldBy are the columns that a result tells by itself, and whether only one shape does.
var toldBy = map[string]struct{ both, arrays, flat []string }{
	"clari_forecast_entries": {
		both: []string{
			"time_period_id", "time_frame_id", "user_id", "field_id", "forecast_value", "quota_value", "adjustment_value", "crm_total",
			"currency_code", "currency_symbol", "is_updated", "extra",
		},
		arrays: []string{"updated_by", "updated_at", "adjusted_by", "adjusted_at"},
		flat:   []string{"crm_closed", "user_name", "email", "role", "crm_user_id", "field_name", "week_start_date", "week_end_date"},
	},
	"clari_forecast_users": {
		both:   []string{"user_id", "name", "email", "role", "parent_role", "crm_user_id", "extra"},
		arrays: []string{"hierarchy_id", "parent_hierarchy_id", "user_scope", "user_type"},
	},
	"clari_forecast_fields": {both: []string{"field_id", "name", "extra"}, arrays: []string{"type"}},
	"clari_forecast_time_periods": {
		both: []string{"time_period_id", "label", "type", "year", "extra"}, arrays: []string{"crm_id", "start_date", "end_date"},
	},
	"clari_forecast_time_frames": {both: []string{"time_frame_id", "start_date", "end_date", "extra"}, flat: []string{"week"}},
}

// toldAlone collects the truth of an export as far as its result tells it alone, and that each key is there once.
func toldAlone(t *testing.T, job sim.Job) decoded {
	d := newDecoded()
	counts := map[string]int{}
	for table, rows := range Of(job) {
		names := slices.Concat(toldBy[table].both, toldBy[table].arrays)
		if job.Export.Encoding.Flat() {
			names = slices.Concat(toldBy[table].both, toldBy[table].flat)
		}
		for r := range rows {
			maps.DeleteFunc(r, func(name string, _ any) bool { return !slices.Contains(names, name) })
			d.add(table, r)
			counts[table]++
		}
	}
	for table, n := range counts {
		require.Len(t, d[table], n, "a key of %s twice", table)
	}
	c := job.Export.Count()
	require.Equal(t, map[string]int{
		"clari_forecast_entries": c.Entries, "clari_forecast_users": c.Users, "clari_forecast_fields": c.Fields,
		"clari_forecast_time_periods": c.TimePeriods, "clari_forecast_time_frames": c.TimeFrames,
	}, map[string]int{
		"clari_forecast_entries": counts["clari_forecast_entries"], "clari_forecast_users": counts["clari_forecast_users"],
		"clari_forecast_fields": counts["clari_forecast_fields"], "clari_forecast_time_periods": counts["clari_forecast_time_periods"],
		"clari_forecast_time_frames": counts["clari_forecast_time_frames"],
	})
	return d
}

func encode(t *testing.T, x sim.Export) []byte {
	var b bytes.Buffer
	n, err := x.WriteTo(&b)
	require.NoError(t, err)
	require.EqualValues(t, b.Len(), n)
	require.EqualValues(t, b.Len(), x.Size())
	return b.Bytes()
}

type dict map[string]any

// move takes a member out of a JSON object into a column, as it is.
func (d dict) move(r Row, key, column string) {
	v := d[key]
	delete(d, key)
	if v != nil && v != "" {
		r[column] = v
	}
}

func (d dict) number(r Row, key, column string) {
	switch v := d[key].(type) {
	case float64:
		r[column] = v
	case string:
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			panic(err)
		}
		r[column] = f
	}
	delete(d, key)
}

func (d dict) millis(r Row, key, column string) {
	if v, ok := d[key].(float64); ok {
		r[column] = time.UnixMilli(int64(v)).UTC().Format(time.RFC3339Nano)
	}
	delete(d, key)
}

// rest is what nobody has taken.
func (d dict) rest(r Row) Row {
	if len(d) > 0 {
		text, _ := json.Marshal(d)
		r["extra"] = string(text)
	}
	return r
}

func decodeArrays(t *testing.T, x sim.Export, b []byte) decoded {
	b = bytes.ReplaceAll(b, []byte(`\u0000`), []byte(`\ufffd`)) // as everywhere
	var doc struct{ Entries, Users, Fields, TimePeriods, TimeFrames []dict }
	require.NoError(t, json.Unmarshal(b, &doc))
	rows := newDecoded()
	parts := map[string]dict{} // entries that come apart
	for _, d := range doc.Entries {
		key := fmt.Sprint(d["timePeriodId"], d["timeFrameId"], d["userId"], d["fieldId"])
		if parts[key] == nil {
			parts[key] = dict{}
		}
		maps.Copy(parts[key], d)
	}
	for _, d := range parts {
		r := Row{}
		for key, column := range map[string]string{
			"timePeriodId": "time_period_id", "timeFrameId": "time_frame_id", "userId": "user_id", "fieldId": "field_id",
			"updatedBy": "updated_by", "adjustedBy": "adjusted_by", "isUpdated": "is_updated",
		} {
			d.move(r, key, column)
		}
		for key, column := range map[string]string{
			"forecastValue": "forecast_value", "quotaValue": "quota_value", "adjustmentValue": "adjustment_value", "aggregationTotal": "crm_total",
		} {
			d.number(r, key, column)
		}
		d.millis(r, "updatedOn", "updated_at")
		d.millis(r, "adjustedOn", "adjusted_at")
		currencyOf(r, x)
		if currency, ok := d["currency"].(map[string]any); ok {
			dict(currency).move(r, "code", "currency_code")
			dict(currency).move(r, "symbol", "currency_symbol")
		}
		delete(d, "currency")
		rows.add("clari_forecast_entries", d.rest(r))
	}
	for _, d := range doc.Users {
		r := Row{}
		for key, column := range map[string]string{
			"userId": "user_id", "name": "name", "email": "email", "hierarchyName": "role", "parentHierarchyName": "parent_role", "crmId": "crm_user_id",
			"hierarchyId": "hierarchy_id", "parentHierarchyId": "parent_hierarchy_id",
		} {
			d.move(r, key, column)
		}
		var scope map[string]any
		switch v := d["scopeId"].(type) {
		case string:
			require.NoError(t, json.Unmarshal([]byte(v), &scope))
		case map[string]any:
			scope = v
		}
		delete(d, "scopeId")
		text, _ := json.Marshal(scope)
		r["user_scope"], r["user_type"] = string(text), scope["userType"]
		rows.add("clari_forecast_users", d.rest(r))
	}
	for _, d := range doc.Fields {
		r := Row{}
		d.move(r, "fieldId", "field_id")
		d.move(r, "fieldName", "name")
		d.move(r, "fieldType", "type")
		rows.add("clari_forecast_fields", d.rest(r))
	}
	for _, d := range doc.TimePeriods {
		r := Row{}
		for key, column := range map[string]string{
			"timePeriodId": "time_period_id", "label": "label", "type": "type", "year": "year", "crmId": "crm_id", "startDate": "start_date", "endDate": "end_date",
		} {
			d.move(r, key, column)
		}
		rows.add("clari_forecast_time_periods", d.rest(r))
	}
	for _, d := range doc.TimeFrames {
		r := Row{}
		d.move(r, "timeFrameId", "time_frame_id")
		d.move(r, "startDate", "start_date")
		d.move(r, "endDate", "end_date")
		rows.add("clari_forecast_time_frames", d.rest(r))
	}
	return rows
}

// currencyOf is the code for entries without one of their own.
func currencyOf(r Row, x sim.Export) {
	for _, code := range []string{x.JobCurrency, x.Currency} {
		if code != "" {
			r["currency_code"] = code
		}
	}
}

var flatColumns = []string{
	"User", "Email", "CRM User ID", "Role", "Parent Role", "Timeframe", "Field", "Week", "Start Day", "End Day", "Data Type", "Data Value",
}

// table reads flat rows of any encoding, column to text. Invalid UTF-8 is replaced byte by byte.
func table(t *testing.T, x sim.Export, b []byte) (rows []map[string]string) {
	var lines [][]string
	var err error
	switch x.Encoding {
	case sim.CSV:
		const kept = "\x1c\n" // encoding/csv takes the carriage return out of cells
		lines, err = csv.NewReader(bytes.NewReader(bytes.ReplaceAll(b, []byte("\r\n"), []byte(kept)))).ReadAll()
		for _, line := range lines {
			for i := range line {
				line[i] = strings.ReplaceAll(line[i], kept, "\r\n")
			}
		}
	case sim.FlatLists:
		err = json.Unmarshal(b, &lines)
	case sim.FlatObjects:
		require.NoError(t, json.Unmarshal(b, &rows))
		for _, row := range rows {
			for column, cell := range row {
				row[column] = valid(cell)
			}
		}
		return rows
	}
	require.NoError(t, err)
	require.Equal(t, flatColumns, lines[0][:len(flatColumns)])
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range line {
			row[lines[0][i]] = valid(cell)
		}
		rows = append(rows, row)
	}
	return rows
}

func decodeFlat(t *testing.T, x sim.Export, b []byte) decoded {
	rows := newDecoded()
	encoded := strings.NewReplacer(":", "%3A", "%", "%25")
	for _, line := range table(t, x, b) {
		first, err := time.Parse("01/02/2006", line["Start Day"])
		require.NoError(t, err)
		last, err := time.Parse("01/02/2006", line["End Day"])
		require.NoError(t, err)
		id := line["CRM User ID"]
		for _, other := range []string{line["Email"], line["User"]} {
			if id == "" {
				id = other
			}
		}
		id = encoded.Replace(id) + ":" + encoded.Replace(line["Role"]) + ":" + encoded.Replace(line["Parent Role"])
		period, kind := x.Quarter.String(), "quarter"
		if strings.Contains(line["Timeframe"], " FY ") {
			period, kind = period+"/"+line["Timeframe"], "month"
		}
		frame, start, end := "TF:"+first.Format(time.DateOnly), first.Format(time.DateOnly), last.Format(time.DateOnly)
		user := Row{"user_id": id}
		for column, name := range map[string]string{"name": "User", "email": "Email", "role": "Role", "parent_role": "Parent Role", "crm_user_id": "CRM User ID"} {
			user.text(column, line[name])
		}
		rows.add("clari_forecast_users", user)
		rows.add("clari_forecast_fields", Row{"field_id": line["Field"], "name": line["Field"]})
		rows.add("clari_forecast_time_periods", Row{
			"time_period_id": period, "label": line["Timeframe"], "type": kind, "year": strconv.Itoa(x.Quarter.Year),
		})
		rows.add("clari_forecast_time_frames", Row{"time_frame_id": frame, "start_date": start, "end_date": end, "week": line["Week"]})

		e := Row{
			"time_period_id": period, "time_frame_id": frame, "user_id": id, "field_id": line["Field"], "field_name": line["Field"],
			"week_start_date": start, "week_end_date": end, "user_name": user["name"],
		}
		for _, name := range []string{"email", "role", "crm_user_id"} {
			if user[name] != nil {
				e[name] = user[name]
			}
		}
		currencyOf(e, x)
		if before, ok := rows["clari_forecast_entries"][e.key("clari_forecast_entries")]; ok {
			e = before
		}
		extra := dict{}
		if text, ok := e["extra"].(string); ok {
			require.NoError(t, json.Unmarshal([]byte(text), &extra))
		}
		if segment := line["Segment"]; segment != "" {
			extra["Segment"] = segment
		}
		putFlat(t, e, extra, line["Data Type"], line["Data Value"])
		rows.add("clari_forecast_entries", extra.rest(e))
	}
	return rows
}

var types = map[string]string{
	"forecast": "forecast_value", "quota": "quota_value", "adjustment": "adjustment_value", "crm total": "crm_total", "crm closed": "crm_closed",
	"forecast updated": "is_updated",
}

func putFlat(t *testing.T, e Row, extra dict, kind, value string) {
	name := strings.ToLower(strings.TrimSpace(kind))
	column := types[strings.TrimSuffix(name, " value")]
	switch value = strings.TrimSpace(value); {
	case column == "is_updated":
		require.Contains(t, []string{"Yes", "No", "true", "false"}, value)
		e[column] = value == "Yes" || value == "true"
	case column == "":
		extra[kind] = value
	case value != "":
		digits := strings.TrimFunc(value, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		sign := strings.Trim(strings.Replace(value, digits, "", 1), "()-\u2212 ")
		e.text("currency_symbol", sign)
		f, err := strconv.ParseFloat(strings.ReplaceAll(digits, ",", ""), 64)
		require.NoError(t, err, value)
		if strings.ContainsAny(value[:strings.Index(value, digits)], "(-\u2212") {
			f = -f
		}
		e[column] = f
	}
}
