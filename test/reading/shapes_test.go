package reading

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// What a column of the customer's own and a data type of its name say may contradict. Whether that lands or fails: all of it does.
func TestNothingIsSentBeforeAConflictIsFound(t *testing.T) {
	const good = 70_000
	var csv strings.Builder
	csv.WriteString(strings.Join(flatColumns, ",") + ",Custom\n")
	for i := range good {
		fmt.Fprintf(&csv, "Ada,a@x.example,005A,CEO,,FY26 Q1,Field %d,0,02/03/2025,02/09/2025,Forecast Value,%d,\n", i, i)
	}
	csv.WriteString("Ada,a@x.example,005A,CEO,,FY26 Q1,Odd,0,02/03/2025,02/09/2025,Custom,5,6\n")
	whole(t, land(t, given{csv: true, body: csv.String()}), good+1)

	inFlat(t, given{}, []members{
		{"Data Type": "Custom", "Data Value": "5"}, {"Data Type": "Custom ", "Data Value": "6"}, {"Field": "Other"},
	}, func(t *testing.T, g given) { whole(t, land(t, g), 2) })
}

func whole(t *testing.T, l *world.Sent, entries int) {
	t.Helper()
	n := len(l.Rows["clari_forecast_entries"])
	if l.Err != nil && l.ResultRows() > 0 {
		t.Errorf("%d rows were sent before the error: %v", l.ResultRows(), l.Err)
	} else if l.Err == nil && n != entries {
		t.Errorf("%d entries landed, want %d", n, entries)
	}
}

func TestWrongQuarterOfFlatRows(t *testing.T) {
	week := func(label, day string) members { return members{"Timeframe": label, "Start Day": day, "End Day": day} }
	const file = "clari_export_forecast_net_arr_2026_Q12915_20250407_212737.json"
	for _, test := range []struct {
		name string
		rows []members
		file string
		spec map[string]any
		ok   bool
	}{
		{name: "a month of another fiscal year, years away", rows: []members{week("July FY 2023", "07/04/2022")}},
		{name: "a month of another fiscal year", rows: []members{week("March FY 2025", "03/03/2025")}},
		{name: "days years away", rows: []members{week("Q1", "02/04/2019")}},
		{name: "days years ahead", rows: []members{week("Q1", "02/04/2030")}},
		{name: "two fiscal years", rows: []members{week("FY25 Q1", "02/03/2025"), week("FY26 Q1", "02/03/2025")}, file: file},
		{name: "two fiscal years, no file name", rows: []members{week("FY26 Q1", "02/03/2025"), week("FY25 Q1", "02/05/2024")}},
		{name: "two fiscal years of months", rows: []members{week("February FY 2026", "02/03/2025"), week("March FY 2025", "03/03/2025")}, file: file},
		{name: "another number", rows: []members{week("Q2", "02/03/2025")}},
		{name: "another number in one row", rows: []members{week("Q1", "02/03/2025"), week("FY26 Q2", "02/03/2025")}, file: file},
		{name: "another year", rows: []members{week("FY25 Q1", "02/03/2025")}},
		{name: "another file", rows: []members{week("Q1", "02/03/2025")}, file: strings.Replace(file, "2026", "2025", 1)},
		{
			name: "days outside the quarter by the calendar", rows: []members{week("Q1", "05/05/2025"), week("Q1", "01/20/2025")},
			spec: map[string]any{"fiscal_year_start_month": 2},
		},

		{name: "its label", rows: []members{week("FY26 Q1", "02/03/2025")}, ok: true},
		{name: "its month", rows: []members{week("March FY 2026", "03/03/2025")}, ok: true},
		{name: "no year in the label", rows: []members{week("Q1", "02/03/2025"), week("Quarter 1", "01/06/2026"), week("March", "02/03/2025")}, ok: true},
		{name: "a year named for its start", rows: []members{week("FY26 Q1", "02/02/2026")}, ok: true},
		{name: "its file", rows: []members{week("Q1", "02/03/2025")}, file: file, ok: true},
		{name: "one other fiscal year, and its file", rows: []members{week("FY25 Q1", "02/03/2025")}, file: file, ok: true},
		{
			name: "a week that begins before the quarter does", rows: []members{week("Q1", "01/26/2025")},
			spec: map[string]any{"fiscal_year_start_month": 2}, ok: true,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			inFlat(t, given{file: test.file, spec: test.spec}, test.rows, func(t *testing.T, g given) {
				if !test.ok {
					refused(t, g, "wrong quarter")
				} else if l := lands(t, g); len(l.Rows["clari_forecast_entries"]) != len(test.rows) {
					t.Errorf("%d entries, want %d", len(l.Rows["clari_forecast_entries"]), len(test.rows))
				}
			})
		})
	}
}

func TestEmptyTextIsNull(t *testing.T) {
	empty := members{"code": "", "symbol": ""}
	l := lands(t, given{body: arrays{
		entries: []members{
			{"updatedBy": "", "adjustedBy": "", "currency": empty, "forecastValue": 1, "note": ""},
			{"updatedBy": "x", "adjustedBy": "y", "currency": members{"code": "USD", "symbol": "$"}},
		},
		users: []members{{"crmId": "", "hierarchyId": "", "parentHierarchyId": "", "parentHierarchyName": "", "scopeId": ""}},
	}.String()})
	has(t, only(t, l, "entries"), map[string]any{
		"updated_by": "x", "adjusted_by": "y", "currency_code": "USD", "currency_symbol": "$", "forecast_value": 1.0,
		"crm_user_id": nil, "email": "Ada@x.example", "user_name": "Ada", "person_id": "ada@x.example",
	})
	has(t, only(t, l, "users"), map[string]any{
		"crm_user_id": nil, "hierarchy_id": nil, "parent_hierarchy_id": nil, "parent_role": nil, "user_scope": nil, "person_id": "ada@x.example",
	})

	l = lands(t, given{body: arrays{entries: []members{{"updatedBy": "", "adjustedBy": "", "currency": empty}}, users: []members{{
		"name": "", "email": "", "crmId": "", "hierarchyName": "",
	}}}.String()})
	null := map[string]any{"user_name": nil, "email": nil, "role": nil, "crm_user_id": nil, "updated_by": nil, "adjusted_by": nil, "currency_code": nil, "currency_symbol": nil}
	has(t, only(t, l, "entries"), null)
	has(t, only(t, l, "entries"), map[string]any{"person_id": "1", "clari_user_id": "1"})
}

func TestEmptyWrapperHidesNothing(t *testing.T) {
	warn := map[string]any{"on_empty": "warn"}
	entry := object(usualEntry, members{"forecastValue": 7})
	for _, key := range []string{"data", "rows", "records", "results"} {
		for _, body := range []string{`{%q:[],"entries":[%s]}`, `{"entries":[%[2]s],%[1]q:[]}`} {
			l := lands(t, given{spec: warn, body: fmt.Sprintf(body, key, entry)})
			has(t, only(t, l, "entries"), map[string]any{"forecast_value": 7.0})
		}
		for _, body := range []string{`{%q:[],"errors":[{"message":"no"}]}`, `{"error":"no",%q:[]}`} {
			refused(t, given{spec: warn, body: fmt.Sprintf(body, key)}, "")
		}
		if l := lands(t, given{spec: warn, body: fmt.Sprintf(`{%q:[]}`, key)}); l.ResultRows() != 0 {
			t.Errorf("%d rows of an empty export", l.ResultRows())
		}
	}
}

func TestGroupsThatAreNone(t *testing.T) {
	for text, want := range map[string]any{
		"0,123": nil, "01,000": nil, "000,123": nil, "00,123": nil, "$0,123": nil, "(01,000)": nil, "0,123,456": nil, "0,12,345": nil,
		"1,000": 1000.0, "0": 0.0, "0.5": 0.5, "$3,000,190.00": 3000190.0, "-2473435.0": -2473435.0, "(1,200.50)": -1200.5, "10,000": 10000.0,
	} {
		t.Run(text, func(t *testing.T) {
			inFlat(t, given{}, []members{{"Data Value": text}}, func(t *testing.T, g given) {
				r := only(t, lands(t, g), "entries")
				has(t, r, map[string]any{"forecast_value": want})
				if want == nil {
					has(t, r, map[string]any{"extra": fmt.Sprintf(`{"Forecast Value":%q}`, text)})
				}
			})
		})
	}
}

func TestLabelsThatContradict(t *testing.T) {
	t.Run("arrays", func(t *testing.T) {
		l := lands(t, given{body: arrays{
			entries: []members{
				{"forecastValue": 5, "updatedBy": "Ada", "updatedOn": 1738540800000, "currency": members{"code": "USD", "symbol": "$"}},
				{"quotaValue": 6, "updatedBy": "Ada L.", "updatedOn": 1738540801000, "currency": members{"code": "USD", "symbol": "US$"}},
				{"quotaValue": 6, "updatedBy": "Ada", "updatedOn": 1738540800500},
			},
			users:   []members{{}, {"name": "Ada Lovelace"}, {"name": "A. L.", "email": "al@x.example"}, {"name": "Ada Lovelace"}},
			fields:  []members{{}, {"fieldName": "Commit (old)"}, {"fieldType": "quota"}},
			periods: []members{{}, {"startDate": "2025-01-01", "label": "Q1"}},
		}.String()})
		has(t, only(t, l, "users"), map[string]any{
			"name": "Ada", "email": "Ada@x.example", "extra": `{"other_email":["al@x.example"],"other_name":["Ada Lovelace","A. L."]}`,
		})
		has(t, only(t, l, "fields"), map[string]any{"name": "Commit", "type": "forecast", "extra": `{"other_name":["Commit (old)"],"other_type":["quota"]}`})
		has(t, only(t, l, "time_periods"), map[string]any{"label": "Quarter 1", "start_date": nil, "end_date": "2025-04-30"})
		has(t, only(t, l, "entries"), map[string]any{
			"forecast_value": 5.0, "quota_value": 6.0, "currency_code": "USD", "currency_symbol": "$", "updated_by": "Ada",
			"updated_at": "2025-02-03T00:00:01Z", "user_name": "Ada", "field_name": "Commit", "email": "Ada@x.example",
			"extra": `{"other_currency_symbol":["US$"],"other_updated_by":["Ada L."]}`,
		})
	})
	inFlat(t, given{}, []members{
		{"Data Value": "$5"}, {"Data Type": "Quota", "Data Value": "US$6", "User": "ADA"}, {"Data Type": "CRM Total", "Data Value": "$7", "Email": "al@x.example"},
	}, func(t *testing.T, g given) {
		l := lands(t, g)
		has(t, only(t, l, "users"), map[string]any{
			"name": "Ada", "email": "Ada@x.example", "extra": `{"other_email":["al@x.example"],"other_name":["ADA"]}`,
		})
		has(t, only(t, l, "entries"), map[string]any{
			"forecast_value": 5.0, "quota_value": 6.0, "crm_total": 7.0, "currency_symbol": "$", "user_name": "Ada", "email": "Ada@x.example",
			"extra": `{"other_currency_symbol":["US$"]}`,
		})
	})
}

func TestAmountsThatContradict(t *testing.T) {
	far := make([]members, 3000)
	for i := range far {
		far[i] = members{"userId": fmt.Sprint(i, ":00F"), "forecastValue": i}
	}
	for name, of := range map[string][]members{
		"amount": {{"forecastValue": 5}, {"forecastValue": 6}}, "quota": {{"quotaValue": 5}, {"quotaValue": 5.01}}, "flag": {{"isUpdated": true}, {"isUpdated": false}},
		"far apart":  append(append([]members{{"forecastValue": 5}}, far...), members{"forecastValue": 6}),
		"adjustment": {{"adjustmentValue": 1}, {"adjustmentValue": -1}}, "crm": {{"aggregationTotal": 1}, {"aggregationTotal": 2}},
	} {
		t.Run(name, func(t *testing.T) { refused(t, given{body: arrays{entries: of}.String()}, "commit") })
	}
	inFlat(t, given{}, []members{{"Data Value": "$5"}, {"Field": "Other"}, {"Data Value": "$6"}}, func(t *testing.T, g given) { refused(t, g, "Commit") })
	inFlat(t, given{}, []members{
		{"Data Type": "Forecast Updated", "Data Value": "Yes"}, {"Data Type": "forecast updated", "Data Value": "No"},
	}, func(t *testing.T, g given) { refused(t, g, "Commit") })
	inFlat(t, given{}, []members{{"Data Value": "$5"}, {"Data Value": "5.0"}, {"Data Value": ""}}, func(t *testing.T, g given) {
		has(t, only(t, lands(t, g), "entries"), map[string]any{"forecast_value": 5.0, "currency_symbol": "$"})
	})
}

func TestEntryWithoutTimePeriod(t *testing.T) {
	for _, id := range []any{nil, "", members(nil)} {
		l := lands(t, given{body: arrays{entries: []members{{"timePeriodId": id, "forecastValue": 1}}}.String()})
		has(t, only(t, l, "entries"), map[string]any{"time_period_id": "2026_Q1", "requested_period": "2026_Q1", "forecast_value": 1.0})
	}
	// A part of an entry may have it, and another not.
	l := lands(t, given{body: arrays{entries: []members{{"timePeriodId": nil, "forecastValue": 1}, {"quotaValue": 2}}}.String()})
	has(t, only(t, l, "entries"), map[string]any{"forecast_value": 1.0, "quota_value": 2.0})
	// Where Clari chose, its choice is told elsewhere.
	l = lands(t, given{period: "current", body: arrays{entries: []members{{"timePeriodId": nil}}}.String()})
	has(t, only(t, l, "entries"), map[string]any{"time_period_id": "2026_Q1", "requested_period": "2026_Q1"})
	for _, key := range []string{"userId", "fieldId", "timeFrameId"} {
		refused(t, given{body: arrays{entries: []members{{}, {key: nil}}}.String()}, "entry 1 has no "+key)
	}
}

// The bubble's day is 2000-01-01.
func TestFailedCurrentHasItsPeriod(t *testing.T) {
	const broken = `{"entries":[`
	file := given{period: "current", body: broken, file: "clari_export_forecast_net_arr_2000_Q42915_20000101_000000.json"}
	month := given{period: "current", body: broken, spec: map[string]any{"fiscal_year_start_month": 2}}
	for name, g := range map[string]given{"file name": file, "month": month} {
		t.Run(name, func(t *testing.T) {
			has(t, only(t, refused(t, g, ""), "exports"), map[string]any{"outcome": "failed", "requested_period": "2000_Q4"})
		})
	}
}

func TestMinusZero(t *testing.T) {
	l := lands(t, given{body: strings.Replace(arrays{entries: []members{{"forecastValue": 0, "quotaValue": 1234}, {"forecastValue": 0}}}.String(),
		"1234", "-0.0", 1)})
	zero(t, only(t, l, "entries"), "forecast_value", "quota_value")
	l = lands(t, given{body: arrays{entries: []members{{"forecastValue": "-0.0"}, {"forecastValue": 0}}}.String()})
	zero(t, only(t, l, "entries"), "forecast_value")
	inFlat(t, given{}, []members{{"Data Value": "-0.0"}, {"Data Value": "(0)"}, {"Data Value": "0"}}, func(t *testing.T, g given) {
		zero(t, only(t, lands(t, g), "entries"), "forecast_value")
	})
}

func zero(t *testing.T, r world.Row, columns ...string) {
	t.Helper()
	for _, name := range columns {
		if v, ok := r[name].(float64); !ok || v != 0 || math.Signbit(v) {
			t.Errorf("%s is %v, want 0", name, r[name])
		}
	}
}

// Destinations print extra as JSON, so no number in it may be beyond float64.
func TestNumbersBeyondFloat64(t *testing.T) {
	body := strings.Replace(arrays{entries: []members{{"forecastValue": "HUGE", "odd": members{"deep": []any{"HUGE", 1}}, "top": "HUGE"}}}.String(),
		`"HUGE"`, "1e999", -1)
	l := lands(t, given{body: body})
	has(t, only(t, l, "entries"), map[string]any{"forecast_value": nil, "extra": `{"forecastValue":"1e999","odd":{"deep":["1e999",1]},"top":"1e999"}`})
}

func TestFlatIDs(t *testing.T) {
	inFlat(t, given{}, []members{
		{"CRM User ID": "a:b", "Role": "c"},
		{"CRM User ID": "a", "Role": "b:c"},
		{"CRM User ID": "a", "Role": "b", "Parent Role": "c"},
		{"CRM User ID": "a", "Role": "b", "Parent Role": "d"},
		{"CRM User ID": "a%3Ab", "Role": "c"},
		{"CRM User ID": "", "Role": "c"},
		{"CRM User ID": "", "Email": "", "Role": "c"},
	}, func(t *testing.T, g given) {
		l := lands(t, g)
		ids := map[any]int{}
		for _, r := range append(l.Rows["clari_forecast_users"], l.Rows["clari_forecast_entries"]...) {
			ids[r["user_id"]]++
		}
		for _, id := range []string{"a%3Ab:c:", "a:b%3Ac:", "a:b:c", "a:b:d", "a%253Ab:c:", "Ada@x.example:c:", "Ada:c:"} {
			if ids[id] != 2 {
				t.Errorf("%d rows of user_id %s, want a user and an entry", ids[id], id)
			}
		}
		if len(ids) != 7 {
			t.Errorf("ids %v", ids)
		}
	})
}

// One role under two parents is two places, whose amounts may differ.
func TestOneRoleUnderTwoParents(t *testing.T) {
	inFlat(t, given{}, []members{
		{"Role": "Rep", "Parent Role": "East", "Data Value": "5"}, {"Role": "Rep", "Parent Role": "West", "Data Value": "6"},
	}, func(t *testing.T, g given) {
		l := lands(t, g)
		if n := len(l.Rows["clari_forecast_entries"]); n != 2 {
			t.Errorf("%d entries, want 2", n)
		}
		for _, r := range l.Rows["clari_forecast_entries"] {
			has(t, r, map[string]any{"person_id": "005A", "role": "Rep", "manager_user_id": nil})
		}
	})
}
