package result

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
)

// between is a calendar that knows the days of one quarter.
func between(start, end time.Time) func(string) (time.Time, time.Time, bool) {
	return func(string) (time.Time, time.Time, bool) { return start, end, true }
}

func TestFlatRules(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		asked Asked
		want  []string // each part of one row, of which $ is the end
	}{
		{name: "columns of an entry", lines: []string{
			"Data type=forecast;Data Value=$1", "Data Type=QUOTA VALUE;Data Value=2", "Data Type= Adjustment ;Data Value=(3)",
			"Data Type=crm  total;Data Value=4", "Data Type=CRM Closed Value;Data Value=5.5", "Data Type=Forecast Updated;Data Value=no",
		}, want: []string{`forecast_value=1 quota_value=2 adjustment_value=-3 crm_total=4 crm_closed=5.5 currency_symbol="$" is_updated=false crm_user_id="U1" email="nick@example.com" field_name="Commit"`}},
		{name: "blank is null", lines: []string{"Data Value=", "Data Type=Quota;Data Value=0"}, want: []string{`field_id="Commit" quota_value=0 crm_user_id`}},
		{name: "equal repeats", lines: []string{"Data Value=$5.00", "Data Value=5", "Data Value="}, want: []string{`forecast_value=5 currency_symbol="$"`}},
		{name: "no amount", lines: []string{"Data Value=n/a", "Data Type=Quota;Data Value=Yes"}, want: []string{`field_name="Commit" extra={"Forecast Value":"n/a","Quota":"Yes"}`}},
		{name: "no flag", lines: []string{"Data Type=Forecast Updated;Data Value=1"}, want: []string{`field_name="Commit" extra={"Forecast Updated":"1"}`}},
		{name: "equal repeats of no amount", lines: []string{"Data Value=n/a", "Data Type=Forecast;Data Value=n/a"}, want: []string{`extra={"Forecast Value":"n/a"}`}},
		{name: "unknown data type", lines: []string{"Data Type= Best Guess ;Data Value=$7"}, want: []string{`field_name="Commit" extra={"Best Guess":"$7"}`}},
		{name: "no data type", lines: []string{"Data Type=;Data Value=7", "Data Type=Quota;Data Value=1"}, want: []string{`quota_value=1 crm_user_id`, `extra={"Data Value":"7"}`}},
		{name: "user id by email", lines: []string{"CRM User ID="}, want: []string{`entry time_period_id="2027_Q2" time_frame_id="TF:2026-05-12" user_id="nick@example.com:Rep:CEO"`, `user user_id="nick@example.com:Rep:CEO" parent_role="CEO" name="Nick"`}},
		{name: "user id by name", lines: []string{"CRM User ID= ;Email=;Role="}, want: []string{`user_id="Nick::CEO" field_id`, `user user_id="Nick::CEO" parent_role="CEO" name="Nick"`}},
		{name: "two parent roles", lines: []string{"Parent role=", "Data Type=Quota;Parent Role=VP"}, want: []string{
			`user user_id="U1:Rep:" name`, `user user_id="U1:Rep:VP" parent_role="VP" name`, `user_id="U1:Rep:" field_id="Commit" forecast_value=5 crm`, `user_id="U1:Rep:VP" field_id="Commit" quota_value=5`,
		}},
		{name: "the newest name", lines: []string{"User=Nicola;Start Day=05/19/2026", "User=Nick", "User=Nic;Email=nic@example.com;Start Day=05/05/2026"}, want: []string{
			`name="Nicola" email="nick@example.com" crm_user_id="U1" role="Rep" extra={"other_email":["nic@example.com"],"other_name":["Nick","Nic"]}`,
		}},
		{name: "month", lines: []string{"Timeframe=July FY 2027"}, asked: Asked{Period: "2027_Q2"}, want: []string{
			`time_period time_period_id="2027_Q2/July FY 2027" type="month" label="July FY 2027" year="2027"`, `entry time_period_id="2027_Q2/July FY 2027"`,
		}},
		{name: "other label", lines: []string{"Timeframe=First Half"}, asked: Asked{Period: "2027_Q2"}, want: []string{`time_period time_period_id="2027_Q2/First Half" label="First Half"$`}},
		{name: "quarter and month", lines: []string{"Week=9;Timeframe=May 2026;End Day=05/15/2026", "Week=3;Timeframe=Q2"}, asked: Asked{Period: "2027_Q2"}, want: []string{
			`time_period time_period_id="2027_Q2" type="quarter" label="Q2" year="2027"`, `time_period time_period_id="2027_Q2/May 2026" type="month"`,
			`time_frame time_frame_id="TF:2026-05-12" start_date=2026-05-12 end_date=2026-05-18 week="3" extra={"other_end_date":["2026-05-15"],"other_week":["9"]}`,
			`entry time_period_id="2027_Q2" `, `entry time_period_id="2027_Q2/May 2026"`,
		}},
		{name: "quarter in two spellings", lines: []string{"Timeframe=Q2", "Timeframe=FY27 Q2;Data Type=Quota"}, asked: Asked{Period: "2027_Q2"}, want: []string{
			`time_period_id="2027_Q2" type="quarter" label="Q2" year="2027" extra={"other_label":["FY27 Q2"]}`, `forecast_value=5 quota_value=5`,
		}},
		{name: "no timeframe", lines: []string{"Timeframe="}, asked: Asked{Period: "2027_Q2"}, want: []string{`time_period time_period_id="2027_Q2" type="quarter" year="2027"`}},
		{name: "known dates", lines: []string{""}, asked: Asked{Period: "2027_Q2", Calendar: between(day(2026, 5, 1), day(2026, 7, 31))}, want: []string{
			`time_period_id="2027_Q2" type="quarter" label="FY27 Q2" year="2027" start_date=2026-05-01 end_date=2026-07-31`,
		}},
		{name: "quarters in a year", lines: []string{"Timeframe=Q1", "Timeframe=Q2"}, asked: Asked{Period: "2027", FileName: "x_2027.csv"}, want: []string{
			`time_period time_period_id="2027/Q1" type="quarter" label="Q1"`, `time_period time_period_id="2027/Q2"`, `entry time_period_id="2027/Q1"`, `entry time_period_id="2027/Q2"`,
		}},
		{name: "no timeframe in a year", lines: []string{"Timeframe="}, asked: Asked{Period: "2027", FileName: "x_2027.csv"}, want: []string{`time_period time_period_id="2027"$`}},
		{name: "day as in ISO 8601", lines: []string{"Start Day=2026-05-12;End Day="}, want: []string{`time_frame time_frame_id="TF:2026-05-12" start_date=2026-05-12 week="3"`}},
		{name: "currency asked for", lines: []string{""}, asked: Asked{Currency: "EUR", JobCurrency: "USD"}, want: []string{`currency_code="EUR" crm_user_id`}},
		{name: "currency of the job", lines: []string{""}, asked: Asked{JobCurrency: "USD"}, want: []string{`currency_code="USD" crm_user_id`}},
		{name: "symbols", lines: []string{"Data Value=$5", "Data Type=Quota;Data Value=€5", "Data Type=CRM Total;Data Value=US$5"}, want: []string{`forecast_value=5 quota_value=5 crm_total=5 currency_symbol="$"`, `extra={"other_currency_symbol":["€","US$"]}`}},
		{name: "a field with quotas only", lines: []string{"Field=Quota;Data Type=Quota", "", "Data Type=Quota"}, want: []string{`field field_id="Quota" name="Quota" type="quota"`, `field field_id="Commit" name="Commit"$`}},
		{name: "colons in ids", lines: []string{"CRM User ID=a:b%;Role=c:;Parent Role=d"}, want: []string{`user user_id="a%3Ab%25:c%3A:d"`}},
		{name: "space around texts", lines: []string{"Field= Commit ;User= Nick ", "Data Type=Quota"}, want: []string{`field_id="Commit" forecast_value=5 quota_value=5`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, encoding := range flatEncodings {
				_, out, err := readFlat(t.Context(), encoding.encode(flatLines(tt.lines...)), tt.asked)
				require.NoError(t, err)
				for _, want := range tt.want {
					found := slices.ContainsFunc(out.all(), func(row string) bool { return strings.Contains(row+"$", want) })
					require.True(t, found, "%s: no row has %s:\n%s", encoding.shape, want, strings.Join(out.all(), "\n"))
				}
			}
		})
	}
}

func TestFlatConflicts(t *testing.T) {
	const key = "entry 2027_Q2/TF:2026-05-12/U1:Rep:CEO/Commit"
	tests := []struct {
		name, column string
		lines        []string
	}{
		{"amounts", "forecast_value", []string{"", "Data Value=6"}},
		{"two spellings of a type", "quota_value", []string{"Data Type=Quota", "Data Type=quota value;Data Value=6"}},
		{"flags", "is_updated", []string{"Data Type=Forecast Updated;Data Value=Yes", "Data Type=Forecast Updated;Data Value=No"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, encoding := range flatEncodings {
				_, _, err := readFlat(t.Context(), encoding.encode(flatLines(tt.lines...)), Asked{Period: "2027_Q2"})
				require.Equal(t, &fault.ConflictError{Key: key, Column: tt.column}, err)
			}
		})
	}
	_, _, err := readFlat(t.Context(), asCSV(flatLines("", "Data Value=6")), Asked{})
	require.EqualError(t, err, "entry 2027_Q2/TF:2026-05-12/U1:Rep:CEO/Commit comes twice with different values for forecast_value")
}

// What no column takes contradicts itself without harm.
func TestFlatContradictions(t *testing.T) {
	for name, c := range map[string]struct {
		value, extra any
		lines        []string
	}{
		"text and amount":                 {json.Number("5"), map[string]any{"Forecast Value": "n/a"}, []string{"Data Value=n/a", ""}},
		"amount and text":                 {json.Number("5"), map[string]any{"Forecast Value": "n/a"}, []string{"", "Data Value=n/a"}},
		"two texts":                       {nil, map[string]any{"Forecast Value": "n/a", "other_Forecast Value": []any{"none"}}, []string{"Data Value=n/a", "Data Value=none"}},
		"unknown type":                    {nil, map[string]any{"Guess": "1", "other_Guess": []any{"2"}}, []string{"Data Type=Guess;Data Value=1", "Data Type=Guess;Data Value=2"}},
		"a column named like a data type": {nil, map[string]any{"Custom": "5", "other_Custom": []any{"6"}}, []string{"Data Type=Custom;Custom=6"}},
	} {
		for _, encoding := range flatEncodings {
			got, _, err := land(t.Context(), encoding.encode(flatLines(c.lines...)), Asked{Period: "2027_Q2"})
			require.NoError(t, err, name)
			require.Equal(t, []any{c.value, c.extra}, []any{got["clari_forecast_entries"][0]["forecast_value"], got["clari_forecast_entries"][0]["extra"]}, name)
		}
	}
}

func TestFlatLineErrors(t *testing.T) {
	tests := []struct{ name, change, want string }{
		{"person", "User= ;Email=;CRM User ID=", "no person: User, Email and CRM User ID are empty"},
		{"field", "Field=", "no Field"},
		{"start day", "Start Day=", "no Start Day"},
		{"day before month", "Start Day=31/05/2026", `Start Day is "31/05/2026", not MM/DD/YYYY`},
		{"end day", "End Day=5-18-2026", `End Day is "5-18-2026", not MM/DD/YYYY`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lines := flatLines("", tt.change, tt.change)
			for _, encoding := range flatEncodings {
				_, _, err := readFlat(t.Context(), encoding.encode(lines), Asked{})
				where := map[string]string{shapeCSV: "line 3", shapeFlatLists: "row 3", shapeFlatObjects: "row 2"}[encoding.shape]
				require.EqualError(t, err, "malformed result: "+where+": "+tt.want)
				require.ErrorAs(t, err, new(*fault.MalformedError))
			}
		})
	}
}

func TestFlatExtraColumns(t *testing.T) {
	const header = "Region;user;EMAIL;CRM_User_ID;Role;Parent Role;Timeframe;Field;Start Day;Data Type;Data Value;Note"
	tests := []struct {
		name  string
		lines []string
		want  string
	}{
		{"same in all lines", []string{"EMEA;Forecast Value;5;", "EMEA;Quota;6;"}, `forecast_value=5 quota_value=6 crm_user_id="U1" email="n@x" field_name="Commit" extra={"Region":"EMEA"}`},
		{"different", []string{"EMEA;Forecast Value;5;a", "EMEA;Quota;6;b"}, `extra={"Note (Forecast Value)":"a","Note (Quota)":"b","Region":"EMEA"}`},
		{"only one line has it", []string{";Forecast Value;5;", ";Quota;6;b"}, `extra={"Note":"b"}`},
		{"none has it", []string{";Forecast Value;5; ", ";Quota;6;"}, `field_name="Commit"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lines := [][]string{strings.Split(header, ";")}
			for _, line := range tt.lines {
				c := strings.Split(line, ";")
				lines = append(lines, []string{c[0], "Nick", "n@x", "U1", "Rep", "", "FY27 Q2", "Commit", "05/12/2026", c[1], c[2], c[3]})
			}
			for _, encoding := range flatEncodings {
				_, out, err := readFlat(t.Context(), encoding.encode(lines), Asked{})
				require.NoError(t, err)
				require.Len(t, out.entries, 1)
				require.Truef(t, strings.HasSuffix(out.entries[0], tt.want), "%s: %s", encoding.shape, out.entries[0])
			}
		})
	}
}

func TestFlatEmpty(t *testing.T) {
	for _, texts := range map[string][]string{
		shapeCSV:         {strings.Join(columnNames, ","), strings.Join(columnNames, ",") + "\r\n\r\n"},
		shapeFlatObjects: {"[]", " [ ] ", `{"data":[]}`, `{"total":0,"results":[],"more":{"data":[1]}}`},
		shapeFlatLists:   {"[]", `[["User","Timeframe","Field","Start Day","Data Type","Data Value"]]`},
	} {
		for _, text := range texts {
			for _, asked := range []string{"", "2027_Q2"} {
				result, out, err := readFlat(t.Context(), []byte(text), Asked{Period: asked})
				require.NoError(t, err, text)
				require.Equal(t, asked, result.Quarter)
				require.Zero(t, result.Entries)
				require.Empty(t, out.all())
			}
		}
	}
}
