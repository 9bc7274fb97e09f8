package forecasts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// flatRows collects the rows of a result, each as one line of text that leaves out null cells.
type flatRows struct {
	periods, frames, fields, users, entries []string
}

func (f *flatRows) Entry(e *Entry) error {
	f.entries = append(f.entries, rowText("entry", *e))
	return nil
}

func (f *flatRows) User(u *User) error { f.users = append(f.users, rowText("user", *u)); return nil }

func (f *flatRows) Field(r *Field) error {
	f.fields = append(f.fields, rowText("field", *r))
	return nil
}

func (f *flatRows) TimePeriod(p *TimePeriod) error {
	f.periods = append(f.periods, rowText("time_period", *p))
	return nil
}

func (f *flatRows) TimeFrame(t *TimeFrame) error {
	f.frames = append(f.frames, rowText("time_frame", *t))
	return nil
}

func (f *flatRows) all() []string {
	return slices.Concat(f.periods, f.frames, f.fields, f.users, f.entries)
}

func rowText(kind string, row any) string {
	text := kind
	v := reflect.ValueOf(row)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch cell := v.Field(i).Interface().(type) {
		case string:
			text += fmt.Sprintf(" %s=%q", name, cell)
		case []byte:
			if cell != nil {
				text += fmt.Sprintf(" %s=%s", name, cell)
			}
		case table.Opt[string]:
			if cell.Valid {
				text += fmt.Sprintf(" %s=%q", name, cell.V)
			}
		case table.Opt[int32]:
			if cell.Valid {
				text += fmt.Sprintf(" %s=%s", name, table.DayTime(cell.V).Format(time.DateOnly))
			}
		default:
			if v.Field(i).Field(1).Bool() {
				text += fmt.Sprintf(" %s=%v", name, v.Field(i).Field(0).Interface())
			}
		}
	}
	return text
}

func readFlat(ctx context.Context, data []byte, shape string, a Asked) (*Result, *flatRows, error) {
	result, err := inspectFlat(ctx, section(data), shape, a)
	if err != nil {
		return nil, nil, err
	}
	var out flatRows
	return result, &out, result.emitAll(ctx, &out)
}

// TestFlatGolden reads results written after the samples of Clari's API reference and of a manager's export.
func TestFlatGolden(t *testing.T) {
	tests := []struct {
		file, shape string
		asked       Asked
	}{
		{"reference.json", shapeFlatLists, Asked{Quarter: "2023_Q2"}},
		{"manager.csv", shapeCSV, Asked{JobCurrency: "USD"}},
		{"all_types.csv", shapeCSV, Asked{Quarter: "2027_Q2", Currency: "EUR", JobCurrency: "USD"}},
		{"wrapped.json", shapeFlatObjects, Asked{Quarter: "2027_Q2", QuarterStart: day(2026, 5, 1), QuarterEnd: day(2026, 7, 31)}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", "flat", tt.file))
			require.NoError(t, err)
			result, err := Inspect(t.Context(), section(data), tt.asked)
			require.NoError(t, err)
			require.Equal(t, tt.shape, result.Shape)
			var out flatRows
			require.NoError(t, result.emitAll(t.Context(), &out))
			require.Len(t, out.entries, result.Entries)
			got := fmt.Sprintf("quarter %s, %d entries\n%s\n", result.Quarter, result.Entries, strings.Join(out.all(), "\n"))
			golden := filepath.Join("testdata", "flat", tt.file+".golden")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(string(want), got))
		})
	}
}

func TestFlatEncodingsAgree(t *testing.T) {
	var ordered []string // entries do not depend on the order of lines
	for _, shuffled := range []bool{false, true} {
		lines := flatTenant(20, 10, 13, shuffled) // more than one buffer of any reader
		var first *flatRows
		for _, encoding := range flatEncodings {
			result, out, err := readFlat(t.Context(), encoding.encode(lines), encoding.shape, Asked{Quarter: "2027_Q2"})
			require.NoError(t, err, encoding.shape)
			require.Equal(t, 20*10*13, result.Entries)
			if first == nil {
				first = out
			}
			require.Empty(t, cmp.Diff(first.all(), out.all()), encoding.shape)
		}
		slices.Sort(first.entries)
		if shuffled {
			require.Empty(t, cmp.Diff(ordered, first.entries))
		}
		ordered = first.entries
	}
}

// flatLines is a result with the lines given, each a list of column=value over a line that is complete.
func flatLines(lines ...string) [][]string {
	table := [][]string{columnNames[:]}
	for _, changes := range lines {
		line := []string{"Nick", "nick@example.com", "U1", "Rep", "CEO", "FY27 Q2", "Commit", "3", "05/12/2026", "05/18/2026", "Forecast Value", "5"}
		for change := range strings.SplitSeq(changes, ";") {
			if name, value, ok := strings.Cut(change, "="); ok {
				line[columnOf(name)] = value
			}
		}
		table = append(table, line)
	}
	return table
}

func TestFlatRules(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		asked Asked
		want  []string // each part of one row, of which $ is the end
	}{
		{name: "columns of an entry", lines: []string{
			"Data Type=forecast;Data Value=$1", "Data Type=QUOTA VALUE;Data Value=2", "Data Type= Adjustment ;Data Value=(3)",
			"Data Type=crm  total;Data Value=4", "Data Type=CRM Closed Value;Data Value=5.5", "Data Type=Forecast Updated;Data Value=no",
		}, want: []string{`ForecastValue=1 QuotaValue=2 AdjustmentValue=-3 CRMTotal=4 CRMClosed=5.5 CurrencySymbol="$" IsUpdated=false CRMUserID="U1" Email="nick@example.com" FieldName="Commit"`}},
		{name: "blank is null", lines: []string{"Data Value=", "Data Type=Quota;Data Value=0"}, want: []string{`FieldID="Commit" QuotaValue=0 CRM`}},
		{name: "equal repeats", lines: []string{"Data Value=$5.00", "Data Value=5", "Data Value="}, want: []string{`ForecastValue=5 CurrencySymbol="$"`}},
		{name: "no amount", lines: []string{"Data Value=n/a", "Data Type=Quota;Data Value=Yes"}, want: []string{`FieldName="Commit" Extra={"Forecast Value":"n/a","Quota":"Yes"}`}},
		{name: "no flag", lines: []string{"Data Type=Forecast Updated;Data Value=1"}, want: []string{`FieldName="Commit" Extra={"Forecast Updated":"1"}`}},
		{name: "equal repeats of no amount", lines: []string{"Data Value=n/a", "Data Type=Forecast;Data Value=n/a"}, want: []string{`Extra={"Forecast Value":"n/a"}`}},
		{name: "unknown data type", lines: []string{"Data Type= Best Guess ;Data Value=$7"}, want: []string{`FieldName="Commit" Extra={"Best Guess":"$7"}`}},
		{name: "no data type", lines: []string{"Data Type=;Data Value=7", "Data Type=Quota;Data Value=1"}, want: []string{`QuotaValue=1 CRM`, `Extra={"Data Value":"7"}`}},
		{name: "user id by email", lines: []string{"CRM User ID="}, want: []string{`entry TimePeriodID="2027_Q2" TimeFrameID="TF:2026-05-12" UserID="nick@example.com:Rep"`, `user UserID="nick@example.com:Rep" ParentRole="CEO" Name="Nick"`}},
		{name: "user id by name", lines: []string{"CRM User ID= ;Email=;Role="}, want: []string{`UserID="Nick:" FieldID`, `user UserID="Nick:" ParentRole="CEO" Name="Nick"`}},
		{name: "two parent roles", lines: []string{"Parent Role=", "Data Type=Quota;Parent Role=VP"}, want: []string{
			`user UserID="U1:Rep" ParentRole="" Name`, `user UserID="U1:Rep" ParentRole="VP" Name`, `ForecastValue=5 QuotaValue=5`,
		}},
		{name: "the newest name", lines: []string{"User=Nicola;Start Day=05/19/2026", "User=Nick", "User=Nic;Email=nic@example.com;Start Day=05/05/2026"}, want: []string{
			`Name="Nicola" Email="nick@example.com" CRMUserID="U1" Role="Rep" Extra={"Email":["nic@example.com"],"User":["Nick","Nic"]}`,
		}},
		{name: "month", lines: []string{"Timeframe=July FY 2027"}, asked: Asked{Quarter: "2027_Q2"}, want: []string{
			`time_period TimePeriodID="2027_Q2/July FY 2027" Type="month" Label="July FY 2027" Year="2027"`, `entry TimePeriodID="2027_Q2/July FY 2027"`,
		}},
		{name: "other label", lines: []string{"Timeframe=First Half"}, asked: Asked{Quarter: "2027_Q2"}, want: []string{`time_period TimePeriodID="2027_Q2/First Half" Label="First Half"$`}},
		{name: "quarter and month", lines: []string{"Week=9;Timeframe=May 2026;End Day=05/15/2026", "Week=3;Timeframe=Q2"}, asked: Asked{Quarter: "2027_Q2"}, want: []string{
			`time_period TimePeriodID="2027_Q2" Type="quarter" Label="Q2" Year="2027"`, `time_period TimePeriodID="2027_Q2/May 2026" Type="month"`,
			`time_frame TimeFrameID="TF:2026-05-12" StartDate=2026-05-12 EndDate=2026-05-18 Week="3" Extra={"End Day":["2026-05-15"],"Week":["9"]}`,
			`entry TimePeriodID="2027_Q2" `, `entry TimePeriodID="2027_Q2/May 2026"`,
		}},
		{name: "quarter in two spellings", lines: []string{"Timeframe=Q2", "Timeframe=FY27 Q2;Data Type=Quota"}, asked: Asked{Quarter: "2027_Q2"}, want: []string{
			`TimePeriodID="2027_Q2" Type="quarter" Label="FY27 Q2" Year="2027" Extra={"Timeframe":["Q2"]}`, `ForecastValue=5 QuotaValue=5`,
		}},
		{name: "no timeframe", lines: []string{"Timeframe="}, asked: Asked{Quarter: "2027_Q2"}, want: []string{`time_period TimePeriodID="2027_Q2" Type="quarter" Year="2027"`}},
		{name: "known dates", lines: []string{""}, asked: Asked{Quarter: "2027_Q2", QuarterStart: day(2026, 5, 1), QuarterEnd: day(2026, 7, 31)}, want: []string{
			`TimePeriodID="2027_Q2" Type="quarter" Label="FY27 Q2" Year="2027" StartDate=2026-05-01 EndDate=2026-07-31`,
		}},
		{name: "quarters in a year", lines: []string{"Timeframe=Q1", "Timeframe=Q2"}, asked: Asked{Quarter: "2027"}, want: []string{
			`time_period TimePeriodID="2027/Q1" Type="quarter" Label="Q1"`, `time_period TimePeriodID="2027/Q2"`, `entry TimePeriodID="2027/Q1"`, `entry TimePeriodID="2027/Q2"`,
		}},
		{name: "no timeframe in a year", lines: []string{"Timeframe="}, asked: Asked{Quarter: "2027"}, want: []string{`time_period TimePeriodID="2027"$`}},
		{name: "day as in ISO 8601", lines: []string{"Start Day=2026-05-12;End Day="}, want: []string{`time_frame TimeFrameID="TF:2026-05-12" StartDate=2026-05-12 Week="3"`}},
		{name: "currency asked for", lines: []string{""}, asked: Asked{Currency: "EUR", JobCurrency: "USD"}, want: []string{`CurrencyCode="EUR" CRMUserID`}},
		{name: "currency of the job", lines: []string{""}, asked: Asked{JobCurrency: "USD"}, want: []string{`CurrencyCode="USD" CRMUserID`}},
		{name: "space around texts", lines: []string{"Field= Commit ;User= Nick ", "Data Type=Quota"}, want: []string{`FieldID="Commit" ForecastValue=5 QuotaValue=5`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, encoding := range flatEncodings {
				_, out, err := readFlat(t.Context(), encoding.encode(flatLines(tt.lines...)), encoding.shape, tt.asked)
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
	const key = "entry 2027_Q2/TF:2026-05-12/U1:Rep/Commit"
	tests := []struct {
		name, column string
		lines        []string
	}{
		{"amounts", "forecast_value", []string{"", "Data Value=6"}},
		{"two spellings of a type", "quota_value", []string{"Data Type=Quota", "Data Type=quota value;Data Value=6"}},
		{"flags", "is_updated", []string{"Data Type=Forecast Updated;Data Value=Yes", "Data Type=Forecast Updated;Data Value=No"}},
		{"text and amount", "forecast_value", []string{"Data Value=n/a", ""}},
		{"amount and text", "forecast_value", []string{"", "Data Value=n/a"}},
		{"text and flag", "is_updated", []string{"Data Type=Forecast Updated;Data Value=maybe", "Data Type=Forecast Updated;Data Value=Yes"}},
		{"flag and text", "is_updated", []string{"Data Type=Forecast Updated;Data Value=Yes", "Data Type=Forecast Updated;Data Value=maybe"}},
		{"two texts", "extra.Forecast Value", []string{"Data Value=n/a", "Data Value=none"}},
		{"unknown type", "extra.Guess", []string{"Data Type=Guess;Data Value=1", "Data Type=Guess;Data Value=2"}},
		{"currencies", "currency_symbol", []string{"Data Value=$5", "Data Type=Quota;Data Value=€5"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, encoding := range flatEncodings {
				_, _, err := readFlat(t.Context(), encoding.encode(flatLines(tt.lines...)), encoding.shape, Asked{Quarter: "2027_Q2"})
				require.Equal(t, &ConflictError{Key: key, Column: tt.column}, err)
			}
		})
	}
	_, _, err := readFlat(t.Context(), asCSV(flatLines("", "Data Value=6")), shapeCSV, Asked{})
	require.EqualError(t, err, "entry FY27 Q2/TF:2026-05-12/U1:Rep/Commit comes twice with different values for forecast_value")
}

func TestFlatLineErrors(t *testing.T) {
	tests := []struct{ name, change, want string }{
		{"person", "User= ;Email=;CRM User ID=", "no person: User, Email and CRM User ID are empty"},
		{"field", "Field=", "no Field"},
		{"start day", "Start Day=", "no Start Day"},
		{"day before month", "Start Day=31/05/2026", `Start Day is "31/05/2026", not MM/DD/YYYY`},
		{"end day", "End Day=5/18/2026", `End Day is "5/18/2026", not MM/DD/YYYY`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lines := flatLines("", tt.change, tt.change)
			for _, encoding := range flatEncodings {
				_, _, err := readFlat(t.Context(), encoding.encode(lines), encoding.shape, Asked{})
				where := map[string]string{shapeCSV: "line 3", shapeFlatLists: "row 3", shapeFlatObjects: "row 2"}[encoding.shape]
				require.EqualError(t, err, "malformed result: "+where+": "+tt.want)
				require.ErrorAs(t, err, new(*MalformedError))
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
		{"same in all lines", []string{"EMEA;Forecast Value;5;", "EMEA;Quota;6;"}, `ForecastValue=5 QuotaValue=6 CRMUserID="U1" Email="n@x" FieldName="Commit" Extra={"Region":"EMEA"}`},
		{"different", []string{"EMEA;Forecast Value;5;a", "EMEA;Quota;6;b"}, `Extra={"Note (Forecast Value)":"a","Note (Quota)":"b","Region":"EMEA"}`},
		{"only one line has it", []string{";Forecast Value;5;", ";Quota;6;b"}, `Extra={"Note":"b"}`},
		{"none has it", []string{";Forecast Value;5; ", ";Quota;6;"}, `FieldName="Commit"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lines := [][]string{strings.Split(header, ";")}
			for _, line := range tt.lines {
				c := strings.Split(line, ";")
				lines = append(lines, []string{c[0], "Nick", "n@x", "U1", "Rep", "", "FY27 Q2", "Commit", "05/12/2026", c[1], c[2], c[3]})
			}
			for _, encoding := range flatEncodings {
				_, out, err := readFlat(t.Context(), encoding.encode(lines), encoding.shape, Asked{})
				require.NoError(t, err)
				require.Len(t, out.entries, 1)
				require.Truef(t, strings.HasSuffix(out.entries[0], tt.want), "%s: %s", encoding.shape, out.entries[0])
			}
		})
	}
}

func TestFlatEmpty(t *testing.T) {
	for shape, texts := range map[string][]string{
		shapeCSV:         {strings.Join(columnNames[:], ","), strings.Join(columnNames[:], ",") + "\r\n\r\n"},
		shapeFlatObjects: {"[]", " [ ] ", `{"data":[]}`, `{"total":0,"results":[],"more":{"data":[1]}}`},
		shapeFlatLists:   {"[]", `[["User","Timeframe","Field","Start Day","Data Type","Data Value"]]`},
	} {
		for _, text := range texts {
			for _, asked := range []string{"", "2027_Q2"} {
				result, out, err := readFlat(t.Context(), []byte(text), shape, Asked{Quarter: asked})
				require.NoError(t, err, text)
				require.Equal(t, asked, result.Quarter)
				require.Zero(t, result.Entries)
				require.Empty(t, out.all())
			}
		}
	}
}

func TestFlatStops(t *testing.T) {
	lines := flatTenant(100, 10, 4, false)
	ctx, cancel := context.WithCancel(t.Context())
	result, err := inspectFlat(ctx, section(asCSV(lines)), shapeCSV, Asked{Quarter: "2027_Q2"})
	require.NoError(t, err)
	cancel()
	require.ErrorIs(t, result.entries[0](ctx, &nowhere{}), context.Canceled)
	for _, encoding := range flatEncodings {
		_, err := inspectFlat(ctx, section(encoding.encode(lines)), encoding.shape, Asked{Quarter: "2027_Q2"})
		require.ErrorIs(t, err, context.Canceled, encoding.shape)
	}
	full := errors.New("disk full")
	require.ErrorIs(t, result.emitAll(t.Context(), failing{full}), full)
}

type failing struct{ err error }

func (f failing) Entry(*Entry) error           { return f.err }
func (f failing) User(*User) error             { return f.err }
func (f failing) Field(*Field) error           { return f.err }
func (f failing) TimePeriod(*TimePeriod) error { return f.err }
func (f failing) TimeFrame(*TimeFrame) error   { return f.err }

// TestFlatMemory holds the buffer to its promise of less than 160 bytes an entry, tables of texts and index included.
func TestFlatMemory(t *testing.T) {
	const people, fields, weeks = 95, 10, 13 // just past a doubling of the index: its worst
	data := asCSV(flatTenant(people, fields, weeks, true))
	before := liveHeap()
	result, err := inspectFlat(t.Context(), section(data), shapeCSV, Asked{Quarter: "2027_Q2"})
	require.NoError(t, err)
	each := float64(liveHeap()-before) / float64(result.Entries)
	t.Logf("%.1f bytes an entry", each)
	require.Less(t, each, 160.0)
	require.Greater(t, each, 64.0) // else the measurement is wrong
	require.Equal(t, people*fields*weeks, result.Entries)

	allocations := testing.AllocsPerRun(1, func() {
		_, _ = inspectFlat(t.Context(), section(data), shapeCSV, Asked{Quarter: "2027_Q2"})
	}) / float64(result.Entries)
	t.Logf("%.3f allocations an entry", allocations)
	require.Less(t, allocations, 0.25)
	runtime.KeepAlive(data) // it is in both readings of the heap
}
