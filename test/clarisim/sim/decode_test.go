package sim

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rows are those of a result or of the truth, keyed as in the tables.
type rows struct {
	Entries     map[string]EntryRow
	Users       map[string]UserRow
	Fields      map[string]FieldRow
	TimePeriods map[string]TimePeriodRow
	TimeFrames  map[string]TimeFrameRow
}

func (e EntryRow) key() string {
	return strings.Join([]string{e.TimePeriodID, e.TimeFrameID, e.UserID, e.FieldID}, "|")
}

// truth collects what an export says of itself, and that it says it once.
func truth(t *testing.T, x Export) rows {
	r := rows{map[string]EntryRow{}, map[string]UserRow{}, map[string]FieldRow{}, map[string]TimePeriodRow{}, map[string]TimeFrameRow{}}
	for e := range x.Entries() {
		r.Entries[e.key()] = e
	}
	for u := range x.Users() {
		r.Users[u.UserID] = u
	}
	for f := range x.Fields() {
		r.Fields[f.FieldID] = f
	}
	for p := range x.TimePeriods() {
		r.TimePeriods[p.TimePeriodID] = p
	}
	for f := range x.TimeFrames() {
		r.TimeFrames[f.TimeFrameID] = f
	}
	require.Equal(t, Counts{len(r.Entries), len(r.Users), len(r.Fields), len(r.TimePeriods), len(r.TimeFrames)}, x.Count(), "a key twice")
	return r
}

func encode(t *testing.T, x Export) []byte {
	var b bytes.Buffer
	n, err := x.WriteTo(&b)
	require.NoError(t, err)
	require.EqualValues(t, b.Len(), n)
	require.EqualValues(t, b.Len(), x.Size())
	return b.Bytes()
}

type dict map[string]any

func (d dict) take(key string) (any, bool) {
	v, ok := d[key]
	delete(d, key)
	return v, ok && v != nil
}

func (d dict) text(key string) (n sql.Null[string]) {
	if v, ok := d.take(key); ok {
		n = some(v.(string))
	}
	return n
}

func (d dict) number(key string) (n sql.Null[float64]) {
	switch v, _ := d.take(key); v := v.(type) {
	case float64:
		n = some(v)
	case string:
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			panic(err)
		}
		n = some(f)
	}
	return n
}

func (d dict) day(key string) time.Time { return day(d.text(key).V) }

func (d dict) millis(key string) (n sql.Null[time.Time]) {
	if v := d.number(key); v.Valid {
		n = some(time.UnixMilli(int64(v.V)).UTC())
	}
	return n
}

// rest is what nobody has taken.
func (d dict) rest() (n sql.Null[string]) {
	if len(d) > 0 {
		b, _ := json.Marshal(d)
		n = some(string(b))
	}
	return n
}

func decodeArrays(t *testing.T, b []byte) rows {
	var doc struct{ Entries, Users, Fields, TimePeriods, TimeFrames []dict }
	require.NoError(t, json.Unmarshal(b, &doc))
	r := rows{map[string]EntryRow{}, map[string]UserRow{}, map[string]FieldRow{}, map[string]TimePeriodRow{}, map[string]TimeFrameRow{}}
	parts := map[string]dict{} // entries that come apart
	for _, d := range doc.Entries {
		key := fmt.Sprint(d["timePeriodId"], d["timeFrameId"], d["userId"], d["fieldId"])
		if parts[key] == nil {
			parts[key] = dict{}
		}
		for k, v := range d {
			parts[key][k] = v
		}
	}
	for _, d := range parts {
		e := EntryRow{
			TimePeriodID: d.text("timePeriodId").V, TimeFrameID: d.text("timeFrameId").V, UserID: d.text("userId").V, FieldID: d.text("fieldId").V,
			ForecastValue: d.number("forecastValue"), QuotaValue: d.number("quotaValue"), AdjustmentValue: d.number("adjustmentValue"),
			CRMTotal: d.number("aggregationTotal"), UpdatedBy: d.text("updatedBy"), AdjustedBy: d.text("adjustedBy"),
			UpdatedAt: d.millis("updatedOn"), AdjustedAt: d.millis("adjustedOn"),
		}
		if v, ok := d.take("isUpdated"); ok {
			e.IsUpdated = some(v.(bool))
		}
		if v, ok := d.take("currency"); ok {
			currency := dict(v.(map[string]any))
			e.CurrencyCode, e.CurrencySymbol = currency.text("code"), currency.text("symbol")
		}
		e.Extra = d.rest()
		r.Entries[e.key()] = e
	}
	for _, d := range doc.Users {
		u := UserRow{
			UserID: d.text("userId").V, Name: d.text("name").V, Email: d.text("email").V, Role: d.text("hierarchyName").V,
			ParentRole: d.text("parentHierarchyName").V, CRMUserID: d.text("crmId"), HierarchyID: d.text("hierarchyId"),
			ParentHierarchyID: d.text("parentHierarchyId"),
		}
		switch scope, _ := d.take("scopeId"); scope := scope.(type) {
		case string:
			u.UserScope = some(scope)
		default:
			b, _ := json.Marshal(scope)
			u.UserScope = some(string(b))
		}
		u.Extra = d.rest()
		r.Users[u.UserID] = u
	}
	for key, e := range r.Entries {
		u := r.Users[e.UserID]
		e.CRMUserID, e.Email = u.CRMUserID, text(u.Email)
		r.Entries[key] = e
	}
	for _, d := range doc.Fields {
		f := FieldRow{FieldID: d.text("fieldId").V, Name: d.text("fieldName").V, Type: d.text("fieldType")}
		f.Extra = d.rest()
		r.Fields[f.FieldID] = f
	}
	for _, d := range doc.TimePeriods {
		p := TimePeriodRow{
			TimePeriodID: d.text("timePeriodId").V, Label: d.text("label").V, Type: d.text("type"), Year: d.text("year"), CRMID: d.text("crmId"),
			StartDate: some(d.day("startDate")), EndDate: some(d.day("endDate")),
		}
		p.Extra = d.rest()
		r.TimePeriods[p.TimePeriodID] = p
	}
	for _, d := range doc.TimeFrames {
		f := TimeFrameRow{TimeFrameID: d.text("timeFrameId").V, StartDate: d.day("startDate"), EndDate: d.day("endDate")}
		f.Extra = d.rest()
		r.TimeFrames[f.TimeFrameID] = f
	}
	return r
}

// table reads flat rows of any encoding into cells, without the header.
func table(t *testing.T, x Export, b []byte) (table [][]string) {
	var err error
	switch x.Encoding {
	case CSV:
		table, err = csv.NewReader(bytes.NewReader(b)).ReadAll()
	case FlatLists:
		err = json.Unmarshal(b, &table)
	case FlatObjects:
		var objects []map[string]string
		err = json.Unmarshal(b, &objects)
		table = [][]string{flatColumns}
		for _, o := range objects {
			line := make([]string, len(flatColumns))
			for i, column := range flatColumns {
				line[i] = o[column]
			}
			table = append(table, line)
		}
	}
	require.NoError(t, err)
	require.Equal(t, flatColumns, table[0])
	return table[1:]
}

func decodeFlat(t *testing.T, x Export, b []byte) rows {
	r := rows{map[string]EntryRow{}, map[string]UserRow{}, map[string]FieldRow{}, map[string]TimePeriodRow{}, map[string]TimeFrameRow{}}
	for _, line := range table(t, x, b) {
		user, email, crm, role, parent, label, field, week := line[0], line[1], line[2], line[3], line[4], line[5], line[6], line[7]
		first, err := time.Parse("01/02/2006", line[8])
		require.NoError(t, err)
		last, err := time.Parse("01/02/2006", line[9])
		require.NoError(t, err)
		id := crm
		if crm == "" {
			id = email
		}
		id += ":" + role
		period, kind := x.Quarter.String(), "quarter"
		if strings.Contains(label, " FY ") {
			period, kind = period+"/"+label, "month"
		}
		frame := "TF:" + first.Format(time.DateOnly)
		r.Users[id] = UserRow{UserID: id, Name: user, Email: email, Role: role, ParentRole: parent, CRMUserID: text(crm)}
		r.Fields[field] = FieldRow{FieldID: field, Name: field}
		r.TimePeriods[period] = TimePeriodRow{
			TimePeriodID: period, Label: label, Type: some(kind), Year: some(strconv.Itoa(x.Quarter.Year)),
		}
		r.TimeFrames[frame] = TimeFrameRow{TimeFrameID: frame, StartDate: first, EndDate: last, Week: some(week)}

		e := EntryRow{TimePeriodID: period, TimeFrameID: frame, UserID: id, FieldID: field}
		if before, ok := r.Entries[e.key()]; ok {
			e = before
		}
		e.CRMUserID, e.Email, e.FieldName, e.CurrencyCode = text(crm), some(email), some(field), text(x.Currency)
		if x.Currency == "" {
			e.CurrencyCode = text(x.JobCurrency)
		}
		putFlat(t, &e, line[10], line[11])
		r.Entries[e.key()] = e
	}
	return r
}

func putFlat(t *testing.T, e *EntryRow, kind, value string) {
	columns := map[string]*sql.Null[float64]{
		"Forecast Value": &e.ForecastValue, "Quota Value": &e.QuotaValue, "Adjustment Value": &e.AdjustmentValue,
		"CRM Total": &e.CRMTotal, "CRM Closed": &e.CRMClosed,
	}
	switch column := columns[kind]; {
	case kind == "Forecast Updated":
		require.Contains(t, []string{"Yes", "No"}, value)
		e.IsUpdated = some(value == "Yes")
	case column == nil:
		b, _ := json.Marshal(map[string]string{kind: value})
		e.Extra = some(string(b))
	case value != "":
		number, negative := strings.CutPrefix(value, "(")
		number = strings.TrimSuffix(number, ")")
		if i := strings.IndexAny(number, "-0123456789"); i > 0 {
			var sign string
			sign, number = number[:i], number[i:]
			require.True(t, slices.Contains([]string{"$", "€", "£", "¥", "₹"}, sign), value)
			e.CurrencySymbol = some(sign)
		}
		f, err := strconv.ParseFloat(strings.ReplaceAll(number, ",", ""), 64)
		require.NoError(t, err, value)
		if negative {
			f = -f
		}
		*column = some(f)
	}
}
