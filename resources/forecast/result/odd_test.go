package result

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/flat"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
)

const flatHead = "User,Email,CRM User ID,Role,Parent Role,Timeframe,Field,Week,Start Day,End Day,Data Type,Data Value\n"

// flatRow is a row of the CSV: a field, a type and a value of one person in one week.
func flatRow(field, dataType, value string) string {
	return "Ann,ann@example.com,005A,Rep,CEO,Q1," + field + ",0,01/05/2026,01/11/2026," + dataType + `,"` + value + "\"\n"
}

// values are forecast_value and extra of the entries, by field.
func values(l rows) map[string][2]any {
	got := map[string][2]any{}
	for _, r := range l["clari_forecast_entries"] {
		value := r["forecast_value"]
		if value != nil {
			value = fmt.Sprint(value)
		}
		got[fmt.Sprint(r["field_id"])] = [2]any{value, r["extra"]}
	}
	return got
}

func TestLocale(t *testing.T) {
	for name, c := range map[string]struct {
		kept   string
		values []string
		want   []any // null is unread
		told   string
	}{
		"point, told late":                       {"", []string{"1.234", "5,000", "1,234.56"}, []any{"1.234", "5000", "1234.56"}, "1,234.56"},
		"comma, told late":                       {"", []string{"1.234", "5,000", "125000", "3.000.190,00 €"}, []any{"1234", "5", "125000", "3000190"}, "1.234,56"},
		"what is no amount in either: the point": {"", []string{"1.234", "3 Mio", "1,5"}, []any{"1.234", nil, nil}, ""},
		"both: the point, and the rest unread":   {"", []string{"1.234,5", "1.234", "5.0"}, []any{nil, "1.234", "5"}, "1,234.56"},
		"neither":                                {"", []string{"1.234", "5,000"}, []any{"1.234", "5000"}, ""},
		"badly written thousands":                {"", []string{"0,123", "01,000", "125000"}, []any{nil, nil, "125000"}, ""},
		"neither, and the kept one":              {"1.234,56", []string{"1.234", "5,000"}, []any{"1234", "5"}, ""},
		"the kept one against amounts":           {"1.234,56", []string{"1.234", "5.0"}, []any{"1.234", "5"}, "1,234.56"},
		"what is no amount against the kept one": {"1.234,56", []string{"1.234", "3 Mio", "5,000"}, []any{"1234", nil, "5"}, ""},
	} {
		text := flatHead
		for i, v := range c.values {
			text += flatRow(fmt.Sprint(i), "Forecast Value", v)
		}
		got, found, err := land(t.Context(), []byte(text), Asked{Period: "2026_Q1", Locale: c.kept})
		require.NoError(t, err, name)
		require.Equal(t, c.told, found.Locale, name)
		for i, want := range c.want {
			require.Equal(t, want, values(got)[fmt.Sprint(i)][0], "%s: %s", name, c.values[i])
		}
	}
}

// A number of JSON is no text: it has its point in every locale, and tells none.
func TestNumbersHaveNoLocale(t *testing.T) {
	row := func(field, value string) string {
		return `{"User":"Ann","Timeframe":"Q1","Field":"` + field + `","Start Day":"01/05/2026","Data Type":"Forecast Value","Data Value":` + value + `}`
	}
	for kept, text := range map[string]string{
		"":               row("text", `"1.234,5"`) + "," + row("point", "2.234") + "," + row("exponent", "2.5e3") + "," + row("true", "true") + "," + row("both", `"1.234"`),
		flat.LocaleComma: row("text", `"1.234"`) + "," + row("point", "2.234") + "," + row("exponent", "2.5e3") + "," + row("true", "true"),
	} {
		got, _, err := land(t.Context(), []byte("["+text+"]"), Asked{Period: "2026_Q1", Locale: kept})
		require.NoError(t, err)
		want := map[string][2]any{"text": {"1234", nil}, "point": {"2.234", nil}, "exponent": {"2500", nil}, "true": {nil, map[string]any{"Forecast Value": true}}}
		if kept == "" {
			want["text"], want["both"] = [2]any{"1234.5", nil}, [2]any{"1234", nil}
		}
		require.Equal(t, want, values(got), kept)
	}
}

// A long result whose amounts wait for the last one.
func TestLocaleToldLast(t *testing.T) {
	if testing.Short() {
		t.Skip("a long input, read by one goroutine")
	}
	var text strings.Builder
	text.WriteString(flatHead)
	const n = 20_000
	for i := range n {
		text.WriteString(flatRow(fmt.Sprint(i), "Forecast Value", "1.234"))
	}
	text.WriteString(flatRow("last", "Forecast Value", "0,5"))
	got, _, err := land(t.Context(), []byte(text.String()), Asked{Period: "2026_Q1"})
	require.NoError(t, err)
	for field, v := range values(got) {
		want := "1234"
		if field == "last" {
			want = "0.5"
		}
		require.Equal(t, want, v[0], field)
	}
	require.Len(t, values(got), n+1)
}

func TestOddIsCounted(t *testing.T) {
	entry := `{"entries":[` + entryOf("1:a", `,"forecastValue":"3 Mio","isUpdated":"Ja","updatedOn":"soon","newKey":5,"note":"a\u0000b","x\u0000":1`) + `],` +
		`"users":[{"userId":"1:a","crmId":"N/A","email":"a@y","title":"VP"},{"name":"nobody"},{"userId":"2:b","crmId":"N/A","email":"b@y"}],"total":1}`
	csv := flatHead + flatRow("A", "Forecast Value", "3 Mio") + flatRow("A", "Forecast Updated", "Ja") + flatRow("B", "Forecast Amount", "$5.00") + flatRow("C\x00", "Quota", "1")
	for name, c := range map[string]struct {
		text   string
		want   []odd.Case
		unread []string
	}{
		"arrays": {entry, []odd.Case{
			{Cause: odd.Cause{Where: odd.NUL}, Count: 2},
			{Cause: odd.Cause{Where: odd.SharedID}, Count: 2, Example: "a/a"},
			{Cause: odd.Cause{Where: odd.Nameless}, Count: 1, Example: "aaaaa"},
			{Cause: odd.Cause{Where: "forecast_value"}, Count: 1, Example: "9 aaa"},
			{Cause: odd.Cause{Where: "is_updated"}, Count: 1, Example: "aa"},
			{Cause: odd.Cause{Where: "updated_at"}, Count: 1, Example: "aaaa"},
			{Cause: odd.Cause{Label: true, Where: "key of entries"}, Count: 3, Example: "newKey, note, x\uFFFD"},
			{Cause: odd.Cause{Label: true, Where: "key of users"}, Count: 1, Example: "title"},
			{Cause: odd.Cause{Label: true, Where: "member"}, Count: 1, Example: "total"},
		}, []string{"forecast"}},
		"csv": {csv, []odd.Case{
			{Cause: odd.Cause{Where: odd.NUL}, Count: 1},
			{Cause: odd.Cause{Where: "forecast_value"}, Count: 1, Example: "9 aaa"},
			{Cause: odd.Cause{Where: "is_updated"}, Count: 1, Example: "aa"},
			{Cause: odd.Cause{Label: true, Where: "data type"}, Count: 1, Example: "Forecast Amount"},
		}, []string{"forecast"}},
	} {
		got, found, err := land(t.Context(), []byte(c.text), Asked{Period: "2026_Q1", Types: []string{"forecast", "forecast_updated"}})
		require.NoError(t, err, name)
		require.Equal(t, c.want, found.Odd, name)
		require.Equal(t, c.unread, found.Unread, name)
		require.NotContains(t, fmt.Sprint(got), "\x00", name)
		require.NotContains(t, fmt.Sprint(got), `\u0000`, name)
		if name == "arrays" {
			require.Len(t, got["clari_forecast_users"], 2)
			require.ErrorContains(t, found.UnreadError(), `no amount of type forecast could be read, though texts were there (such as "a/a")`)
		}
	}
}

func TestNothingUnread(t *testing.T) {
	for name, text := range map[string]string{
		"a type without amounts":  flatHead + flatRow("A", "Forecast Value", "1") + flatRow("A", "Quota", ""),
		"a type that never comes": flatHead + flatRow("A", "Forecast Value", "1"),
		"one of two is read":      flatHead + flatRow("A", "Forecast Value", "1") + flatRow("B", "Forecast Value", "n/a"),
		"text of another type":    flatHead + flatRow("A", "Forecast Value", "1") + flatRow("B", "Mood", "good"),
		"arrays, another key":     `{"entries":[` + entryOf("1:a", `,"forecastValue":5,"newKey":5`) + `]}`,
	} {
		_, found, err := land(t.Context(), []byte(text), Asked{Period: "2026_Q1", Types: []string{"forecast", "quota"}})
		require.NoError(t, err, name)
		require.Empty(t, found.Unread, name)
	}
	_, found, err := land(t.Context(), []byte(flatHead+flatRow("A", "Quota", "1")+flatRow("B", "Forecast Amount", "$5.00")), Asked{Period: "2026_Q1", Types: []string{"forecast", "quota"}})
	require.NoError(t, err)
	require.Equal(t, []string{"forecast"}, found.Unread, "a renamed data type")
	_, found, err = land(t.Context(), []byte(flatHead+flatRow("B", "Forecast Amount", "3.000.190,00 €")), Asked{Period: "2026_Q1", Types: []string{"forecast"}})
	require.NoError(t, err)
	require.Equal(t, []string{"forecast"}, found.Unread, "a renamed data type, and commas before the decimals")
	_, found, err = land(t.Context(), []byte(`{"entries":[`+entryOf("1:a", `,"callValue":5`)+`]}`), Asked{Period: "2026_Q1", Types: []string{"forecast", "quota"}})
	require.NoError(t, err)
	require.Equal(t, []string{"forecast", "quota"}, found.Unread, "a renamed key")
}

func TestPartial(t *testing.T) {
	whole := `"entries":[` + entryOf("1:a", `,"forecastValue":5`) + `]`
	for _, member := range []string{`"error":{"code":500}`, `"errors":[ {"message":"partial"} ]`, `"truncated":true`, `"nextLink":"https://x/2"`, `"nextPage":2`, `"Error":"x"`, `"next_page":2`, `"hasMore":true`, `"nextPageToken":"x"`} {
		for _, text := range []string{`{` + whole + `,` + member + `}`, `{` + member + `,` + whole + `}`, `{"data":{` + whole + `,` + member + `}}`} {
			_, _, err := land(t.Context(), []byte(text), Asked{Period: "2026_Q1"})
			require.ErrorContains(t, err, "partial result: it says so itself", text)
		}
	}
	for _, member := range []string{`"error":null`, `"errors":[ ]`, `"truncated":false`, `"nextLink":""`, `"nextPage":null`, `"has_more":false`} {
		_, found, err := land(t.Context(), []byte(`{`+whole+`,`+member+`}`), Asked{Period: "2026_Q1"})
		require.NoError(t, err, member)
		require.Empty(t, found.Odd)
	}
}

// What is too long only once the parts of an entry are together is counted too.
func TestLongTogether(t *testing.T) {
	var parts []string
	for i := range 5 {
		parts = append(parts, entryOf("u", fmt.Sprintf(`,"k%d":"%s"`, i, strings.Repeat("x", 200<<10))))
	}
	r, err := Read(t.Context(), strings.NewReader(entries(parts...)), Asked{Period: "2026_Q1"})
	require.NoError(t, err)
	defer r.Close()
	require.NoError(t, r.Check(t.Context()))
	require.EqualValues(t, 3, r.Found.Values)
	require.Contains(t, r.Found.Odd, odd.Case{Cause: odd.Cause{Where: odd.TooLong}, Count: 3})
}

// Lines without a text are none, as spreadsheets leave them behind.
func TestBlankLines(t *testing.T) {
	text := "\n" + flatHead + " \n" + flatRow("A", "Forecast Value", "1") + ",,,,,,,,,,,\n" + flatRow("B", "Forecast Value", "2") + `"",` + "\n"
	got, _, err := land(t.Context(), []byte(text), Asked{Period: "2026_Q1"})
	require.NoError(t, err)
	require.Equal(t, map[string][2]any{"A": {"1", nil}, "B": {"2", nil}}, values(got))
}

// A list beside the arrays that is none of rows is counted as any other member is.
func TestListsBeside(t *testing.T) {
	for text, labels := range map[string]int64{`[{"x":1}]`: 1, `[1,2]`: 1, `[]`: 0} {
		_, found, err := land(t.Context(), []byte(`{"entries":[`+entryOf("1:a", `,"forecastValue":5`)+`],"records":`+text+`}`), Asked{Period: "2026_Q1"})
		require.NoError(t, err, text)
		require.Equal(t, labels, found.Labels, text)
	}
}

// cellsOfRows are rows as one list of cells. Of a row that has no value its cell may be missing.
func cellsOfRows(rows ...[]string) string {
	head := strings.Split(strings.TrimSpace(flatHead), ",")
	var cells []string
	for _, r := range append([][]string{head}, rows...) {
		for _, c := range r {
			cells = append(cells, fmt.Sprintf("%q", c))
		}
	}
	return "[" + strings.Join(cells, ",") + "]"
}

func TestOneListOfCells(t *testing.T) {
	row := func(field, dataType string, value ...string) []string {
		return append([]string{"Ann", "ann@example.com", "005A", "Rep", "CEO", "Q1", field, "0", "01/05/2026", "01/11/2026", dataType}, value...)
	}
	for name, c := range map[string]struct {
		text string
		want map[string][2]any
	}{
		"whole":                     {cellsOfRows(row("A", "Forecast Value", "$1.50"), row("B", "Forecast Value", "2"), row("A", "Forecast Updated", "Yes")), map[string][2]any{"A": {"1.5", nil}, "B": {"2", nil}}},
		"values missing":            {cellsOfRows(row("A", "Forecast Value"), row("B", "Forecast Value", "2"), row("C", "Forecast Value"), row("D", "Forecast Value")), map[string][2]any{"A": {nil, nil}, "B": {"2", nil}, "C": {nil, nil}, "D": {nil, nil}}},
		"a value that is no amount": {cellsOfRows(row("A", "Forecast Value", "n/a"), row("B", "Forecast Value", "2")), map[string][2]any{"A": {nil, map[string]any{"Forecast Value": "n/a"}}, "B": {"2", nil}}},
		"another data type":         {cellsOfRows(row("A", "Mood", "good"), row("B", "Mood", "bad")), map[string][2]any{"A": {nil, map[string]any{"Mood": "good"}}, "B": {nil, map[string]any{"Mood": "bad"}}}},
		"none":                      {cellsOfRows(), map[string][2]any{}},
	} {
		got, found, err := land(t.Context(), []byte(c.text), Asked{Period: "2026_Q1"})
		require.NoError(t, err, name)
		require.Equal(t, shapeFlatLists, found.Shape)
		require.Equal(t, c.want, values(got), name)
	}
	short := row("A", "Forecast Value", "1")
	for name, text := range map[string]string{
		"a cell too few": cellsOfRows(short[1:], row("B", "Forecast Value", "2")), "a cell too many": cellsOfRows(append(short, "x"), row("B", "Forecast Value", "2")),
		"cut": cellsOfRows(row("A", "Forecast Value", "1"), short[:8]), "half a header": `["User","Email","Data Type"]`,
	} {
		_, _, err := land(t.Context(), []byte(text), Asked{Period: "2026_Q1"})
		require.Error(t, err, name)
	}
}

func TestOtherSeparators(t *testing.T) {
	for separator, name := range map[string]string{";": "semicolons", "\t": "tabs", "|": "bars"} {
		text := strings.ReplaceAll(flatHead, ",", separator) + "x\n"
		for _, before := range []string{"", "sep=" + separator + "\n", "\ufeff"} {
			_, _, err := land(t.Context(), []byte(before+text), Asked{Period: "2026_Q1"})
			require.EqualError(t, err, "csv with "+name+" between its cells instead of commas: use export_format json")
		}
	}
}

func TestTrailingEmptyCells(t *testing.T) {
	row := strings.TrimSpace(flatRow("A", "Forecast Value", "1"))
	for _, text := range []string{flatHead + row + ",,\n", strings.TrimSpace(flatHead) + ",,\n" + row + "\n", strings.TrimSpace(flatHead) + ", \n" + row + ", ,,\n"} {
		got, _, err := land(t.Context(), []byte(text), Asked{Period: "2026_Q1"})
		require.NoError(t, err, text)
		require.Equal(t, map[string][2]any{"A": {"1", nil}}, values(got))
	}
	_, _, err := land(t.Context(), []byte(flatHead+row+",x\n"), Asked{Period: "2026_Q1"})
	require.ErrorContains(t, err, "13 cells under a header of 12")
}

func TestLongTexts(t *testing.T) {
	long, huge := strings.Repeat("x", 20_000), strings.Repeat("y", 600<<10)
	text := `{"entries":[` + entryOf("1:a", `,"updatedBy":"`+long+`","huge":"`+huge+`","small":1`) + `],"users":[{"userId":"1:a","name":"` + long + `","huge":"` + huge + `"}]}`
	got, found, err := land(t.Context(), []byte(text), Asked{Period: "2026_Q1"})
	require.NoError(t, err)
	require.Equal(t, []odd.Case{
		{Cause: odd.Cause{Where: odd.TooLong}, Count: 2},
		{Cause: odd.Cause{Where: "name of users"}, Count: 1, Example: strings.Repeat("a", 40)},
		{Cause: odd.Cause{Where: "updated_by"}, Count: 1, Example: strings.Repeat("a", 40)},
		{Cause: odd.Cause{Label: true, Where: "key of entries"}, Count: 2, Example: "huge, small"},
		{Cause: odd.Cause{Label: true, Where: "key of users"}, Count: 1, Example: "huge"},
	}, found.Odd)
	require.Equal(t, map[string]any{"cut_members": []any{"huge"}, "small": json.Number("1"), "updatedBy": long}, got["clari_forecast_entries"][0]["extra"])
	require.Equal(t, map[string]any{"cut_members": []any{"huge"}, "name": long}, got["clari_forecast_users"][0]["extra"])
}
