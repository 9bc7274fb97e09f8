package document

import (
	"math"
	"strconv"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/oracle/decode"
)

// A tenant is what the entries of a document are about.
type tenant struct {
	*writer
	users, fields, weeks, periods []string
	odd                           bool // values do not fit their columns
}

// arrays makes five arrays.
func arrays(c *Choices) Document {
	w := &writer{Choices: c}
	switch c.n(5) {
	case 3:
		w.blanks = 8
	case 4:
		w.escapes = 8
	}
	t := tenant{
		writer: w, odd: c.in(2), fields: []string{"f1", "f\"2", "3"}[:1+c.n(3)], weeks: []string{"TF:2026-01-05", "TF:2026-01-12", `w\x`}[:1+c.n(3)],
		periods: []string{"2026_Q1", "2026_Q1", "2026_Q1", "2026_M1", "", ""},
	}
	for range 1 + c.n(4) {
		t.users = append(t.users, t.userID())
	}
	if c.in(30) {
		t.periods = append(t.periods, "2025_Q4")
	}
	var last []member
	top := []member{
		{"entries", t.list('[', ']', c.n(24), func(int) string {
			if last == nil || !c.in(6) {
				last = t.entry()
			}
			return w.object(last)
		})},
		{"users", t.list('[', ']', c.n(7), func(int) string { return w.object(t.user()) })},
		{"fields", t.list('[', ']', c.n(4), func(int) string { return w.object(t.field()) })},
		{"timePeriods", t.list('[', ']', c.n(4), func(int) string { return w.object(t.period()) })},
		{"timeFrames", t.list('[', ']', c.n(5), func(int) string { return w.object(t.frame()) })},
	}
	if c.in(3) {
		top = append(top, member{"meta", `{"entries":[{"userId":"no"}],"n":[[{}]]}`})
	}
	if c.in(2) {
		shuffle(c, top)
	}
	if c.in(7) {
		i := c.n(len(top))
		top = append(top[:i], top[i+1:]...)
	}
	text := w.object(top)
	if c.in(7) {
		text = w.object([]member{{"by", "1"}, {pick(c, "data", "results"), text}, {"z", "null"}})
	}
	if c.in(10) {
		text = "\xef\xbb\xbf" + text
	}
	return Document{[]byte(text), t.asked()}
}

func (t *tenant) asked() decode.Asked {
	a := decode.Asked{
		Period: pick(t.Choices, "2026_Q1", "2026_Q1", "", "2026_M1"), Currency: pick(t.Choices, "", "", "GBP"), JobCurrency: pick(t.Choices, "", "JPY"),
	}
	if a.Period == "" && t.in(2) {
		a.FileName = "clari_export_forecast_x_2026_Q11001_20260201_000000.json"
	}
	if a.Period == "2026_Q1" && t.in(3) {
		a.Start, a.End = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)
	}
	return a
}

func (t *tenant) userID() string {
	return pick(t.Choices, "1:r1", "2:r2", "3:r3", "4", `5:"q"`, "é:r", "1:r2")
}

// id is written as a number here and there, where it is one.
func (t *tenant) id(s string) string {
	if _, err := strconv.Atoi(s); err == nil && t.in(2) {
		return s
	}
	return t.quote(s)
}

func (t *tenant) entry() []member {
	all := []member{{"userId", t.id(pick(t.Choices, t.users...))}, {"fieldId", t.id(pick(t.Choices, t.fields...))}, {"timeFrameId", t.id(pick(t.Choices, t.weeks...))}}
	if p := pick(t.Choices, t.periods...); p != "" {
		all = append(all, member{"timePeriodId", t.quote(p)})
	} else if t.in(3) {
		all = append(all, member{"timePeriodId", pick(t.Choices, "null", `""`)})
	}
	if t.in(100) {
		all[t.n(3)].value = pick(t.Choices, "null", `""`, "[]", "{}")
	}
	all = append(all, t.amounts()...)
	if t.in(3) {
		value := pick(t.Choices, "true", "true", "true", "true", "true", "true", "false")
		if t.odd && t.in(3) {
			value = pick(t.Choices, `"TRUE"`, `"false"`, "null", `""`, `"maybe"`, "[]", `"Yes"`, `" no "`, "1")
		}
		all = append(all, member{"isUpdated", value})
	}
	for _, key := range []string{"updatedBy", "adjustedBy"} {
		if t.in(3) {
			all = append(all, member{key, t.label()})
		}
	}
	for _, key := range []string{"updatedOn", "adjustedOn"} {
		if t.in(3) {
			all = append(all, member{key, t.instant()})
		}
	}
	if t.in(3) {
		all = append(all, member{"currency", pick(t.Choices, `{"code":"USD","symbol":"$"}`, `{"symbol":"$","code":"USD"}`, `{"code":"USD"}`, `{"symbol":"€"}`, `"EUR"`,
			"null", `{}`, `{"code":"US\u0044","symbol":"US$"}`, `{"code":null,"symbol":""}`, `{"code":"USD","symbol":"$","x":1}`, `[]`)})
	}
	all = t.unknown(all)
	if t.in(3) {
		shuffle(t.Choices, all)
	}
	return all
}

// amounts mostly agree from one part of an entry to the next.
func (t *tenant) amounts() (all []member) {
	for _, key := range []string{"forecastValue", "quotaValue", "adjustmentValue", "aggregationTotal"} {
		if !t.in(3) {
			continue
		}
		value := "1"
		switch {
		case t.odd && t.in(4):
			value = t.amount()
		case t.in(7):
			value = t.number()
		case t.in(2):
			value = pick(t.Choices, "1.0", "1", `"1"`, "1e0", "10e-1", `"\u0031"`, `" 1 "`)
		}
		all = append(all, member{key, value})
	}
	return all
}

// unknown adds keys that no column has.
func (t *tenant) unknown(all []member) []member {
	for _, m := range []member{
		{"foo", `{"a":[1,{"b":2.50}]}`}, {"closedTotal", "12"}, {"forecastvalue", `"v"`}, {"é", "[]"}, {"k\x00", `"é"`}, {"forecastValue ", "null"}, {"other_updated_by_x", `["x"]`},
	} {
		if t.in(15) {
			if m.key != "other_updated_by_x" && t.in(3) {
				m.value = pick(t.Choices, "1", `"other"`, `["x","y"]`, "null")
			}
			all = append(all, m)
		}
	}
	return all
}

func (t *tenant) number() string {
	switch t.n(9) {
	case 5:
		return pick(t.Choices, "0", "-0", "0.0", "-0.00", "0e5", "-0E-3")
	case 6:
		return strconv.Itoa(t.n(60000)) + pick(t.Choices, "", ".0", ".5", ".10", "00000000", "e2", "E+3", "e-2", ".125e1")
	case 7:
		return pick(t.Choices, "9007199254740993", "9223372036854775807", "9223372036854775808", "18446744073709551616", "123456789012345678901234567890",
			"0.1234567890123456789", "999999999999999.9", "9999999999999999.99", "1e308", "1.7976931348623157e308", "5e-324", "4.9e-324", "1e-400",
			"2.2250738585072011e-308", "0.000000000000001", "1234567890123456", "100000000000000000000000", "0.30000000000000004", "72057594037927945")
	case 8:
		v := math.Float64frombits(uint64(t.n(60000))<<48 | uint64(t.n(60000))<<32 | uint64(t.n(60000))<<16 | uint64(t.n(60000))&^(1<<62))
		if math.IsNaN(v) || math.IsInf(v, 0) {
			v = 7
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		return strconv.Itoa(t.n(3))
	}
}

// amount may be text, or nothing that an amount can be.
func (t *tenant) amount() string {
	switch t.n(4) {
	case 0:
		return t.number()
	case 1:
		return `"` + pick(t.Choices, "", " ") + t.number() + `"`
	case 2:
		return pick(t.Choices, "null", `""`, `"N/A"`, `"soon"`, `"0x10"`, `"NaN"`, `"Inf"`, `"1e"`, `"5."`)
	default:
		return pick(t.Choices, `{"a":1,"b":[]}`, `[1,2]`, `true`, `[]`, `{}`, "1e400")
	}
}

func (t *tenant) label() string {
	if t.odd && t.in(3) {
		return pick(t.Choices, "null", `""`, "7", "1.50", "true", `{"b":1,"a":{"d":null,"c":"\u00e9"}}`, `["x"]`)
	}
	return t.quote(t.text())
}

func (t *tenant) instant() string {
	return pick(t.Choices, "1770000000000", "1770000000001", `"1770000000000"`, "1770000000000.0", "-5", `"yesterday"`, `"2026-02-02T02:40:00Z"`, `"2026-02-02T02:40:00.5+09:00"`, "1.77e12",
		"null", `""`, "253402300799999", "1770000000", `"2026-02-02T02:40:00"`, `"2026-02-02T02:40:00+0900"`, `"2026-02-02 02:40:00"`, `"2026-02-02 02:40:00.5+09"`, `"2026-02-02T02:40Z"`, `"2026-02-02"`, "99999999999", "100000000000")
}

func (t *tenant) day() string {
	return pick(t.Choices, `"2026-01-01"`, `"2026-01-05"`, `"2026-03-31"`, `"2026-01-05T23:00:00-08:00"`, `"2026-02-30"`, "null", `""`, "20260105", `"1969-12-28"`, `"2026-03-24"`, `"2026-03-25"`, `"2026-03-31 00:00:00"`)
}

func (t *tenant) user() []member {
	all := []member{{"userId", t.quote(t.userID())}}
	for _, key := range []string{"name", "email", "crmId", "hierarchyName", "parentHierarchyName"} {
		if !t.in(3) {
			all = append(all, member{key, t.label()})
		}
	}
	if !t.in(5) {
		all = append(all, member{"hierarchyId", t.quote(pick(t.Choices, "r1", "r2", "r3", "r4", "r5"))})
	}
	if !t.in(3) {
		all = append(all, member{"parentHierarchyId", t.quote(pick(t.Choices, "r1", "r2", "r3", "r4", "r5", "gone"))})
	}
	if t.in(2) {
		all = append(all, member{"scopeId", pick(t.Choices, `{"userId":1,"userType":"MGR"}`, `"{\"userType\":\"REP\",\"userId\": 1}"`, `"1905::MGR"`, `null`, `""`, `"  "`, `{"userType":null}`,
			`"{broken"`, "[1]")})
	}
	return t.unknown(all)
}

func (t *tenant) field() []member {
	all := []member{{"fieldId", t.quote(pick(t.Choices, t.fields...))}}
	for _, key := range []string{"fieldName", "fieldType"} {
		if t.in(2) {
			all = append(all, member{key, t.quote(t.text())})
		}
	}
	return all
}

func (t *tenant) period() []member {
	all := []member{{"timePeriodId", t.quote(pick(t.Choices, "2026_Q1", "2026_Q1", "2026_M1"))}}
	for _, key := range []string{"type", "label", "year", "crmId"} {
		if t.in(2) {
			all = append(all, member{key, pick(t.Choices, `"quarter"`, `"2026"`, "2026", "null")})
		}
	}
	return t.days(all)
}

func (t *tenant) frame() []member {
	all := t.days([]member{{"timeFrameId", t.quote(pick(t.Choices, t.weeks...))}})
	if t.in(2) {
		all = append(all, member{"week", pick(t.Choices, "0", `"1"`, `"W2"`)})
	}
	return all
}

func (t *tenant) days(all []member) []member {
	for _, key := range []string{"startDate", "endDate"} {
		if !t.in(4) {
			all = append(all, member{key, t.day()})
		}
	}
	return all
}
