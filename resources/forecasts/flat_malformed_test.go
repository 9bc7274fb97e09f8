package forecasts

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const flatHeaderText = "User,Email,CRM User ID,Role,Parent Role,Timeframe,Field,Week,Start Day,End Day,Data Type,Data Value"

func TestFlatMalformed(t *testing.T) {
	const line = "Nick,,,,,FY27 Q2,Commit,3,05/12/2026,,Forecast Value,5"
	list := func(cells string) string { return `["` + strings.ReplaceAll(cells, ",", `","`) + `"]` }
	const object = `{"User":"Nick","Timeframe":"FY27 Q2","Field":"Commit","Start Day":"05/12/2026","Data Type":"Quota","Data Value":5}`
	tests := []struct{ name, shape, text, want string }{
		{"nothing", shapeCSV, "", "malformed result: line 1: there is no header"},
		{"only line ends", shapeCSV, "\n\r\n", "malformed result: line 3: there is no header"},
		{"header lacks columns", shapeCSV, "Email,Role,Week\n", "malformed result: line 1: the header lacks Timeframe, Field, Start Day, Data Type, Data Value"},
		{"header lacks a person", shapeCSV, "Timeframe,Field,Start Day,Data Type,Data Value\n", "malformed result: line 1: the header lacks User"},
		{"column twice", shapeCSV, flatHeaderText + ",data_value\n", `malformed result: line 1: the header has the column "Data Value" twice`},
		{"unknown column twice", shapeCSV, flatHeaderText + ",x,x\n", `malformed result: line 1: the header has the column "x" twice`},
		{"too few cells", shapeCSV, flatHeaderText + "\n" + line + "\n\n" + strings.TrimSuffix(line, ",5") + "\n", "malformed result: line 4: 11 cells under a header of 12"},
		{"too many cells", shapeCSV, flatHeaderText + "\n" + line + ",\n", "malformed result: line 2: 13 cells under a header of 12"},
		{"cut in quotes", shapeCSV, flatHeaderText + "\n" + line + "\n\"Nick", "malformed result: line 3: the result ends inside quotes"},
		{"bare quote", shapeCSV, flatHeaderText + "\n" + strings.Replace(line, "Nick", `N"k`, 1), "malformed result: line 2: a quote inside a cell that does not start with one"},

		{"not whole", shapeFlatLists, "[" + list(flatHeaderText), "malformed result at byte 126: it ends too early"},
		{"no list", shapeFlatLists, `"rows"`, `malformed result at byte 0: want '['`},
		{"one flat list", shapeFlatLists, list(flatHeaderText), "malformed result: row 1: one flat list of cell texts: where its rows end cannot be told"},
		{"one flat list for objects", shapeFlatObjects, list(flatHeaderText), "malformed result: row 1: one flat list of cell texts: where its rows end cannot be told"},
		{"object among lists", shapeFlatLists, "[" + list(flatHeaderText) + "," + object + "]", "malformed result: row 2: want '[', as in the rows before"},
		{"list among objects", shapeFlatObjects, "[" + object + "," + list(line) + "]", "malformed result: row 2: want '{', as in the rows before"},
		{"list header lacks columns", shapeFlatLists, `[["Email","Role"]]`, "malformed result: row 1: the header lacks Timeframe, Field, Start Day, Data Type, Data Value"},
		{"list two cells short", shapeFlatLists, "[" + list(flatHeaderText) + "," + list(strings.TrimSuffix(line, ",Forecast Value,5")) + "]", "malformed result at byte 186: row 2: 10 cells under a header of 12"},
		{"list too long", shapeFlatLists, "[" + list(flatHeaderText) + "," + list(line+",") + "]", "malformed result at byte 210: row 2: 13 cells under a header of 12"},
		{"list short, but of another column", shapeFlatLists, `[["Data Value","User","Timeframe","Field","Start Day","Data Type"],["5","Nick","Q2","Commit","05/12/2026"]]`, "malformed result at byte 106: row 2: 5 cells under a header of 6"},
		{"empty list", shapeFlatLists, "[" + list(flatHeaderText) + ",[]]", "malformed result at byte 129: row 2: 0 cells under a header of 12"},

		{"key twice", shapeFlatObjects, `[{"user":"a","USER":"b"}]`, `malformed result at byte 23: row 1: the key "User" comes twice`},
		{"key missing", shapeFlatObjects, "[" + strings.Replace(object, "Data Type", "Type", 1) + "]", "malformed result: no row has the key Data Type"},
		{"an object for a name", shapeFlatObjects, "[" + strings.Replace(object, `"Nick"`, `{"a":1}`, 1) + "]", "malformed result: row 1: User is not a text"},
		{"after its end", shapeFlatObjects, "[" + object + "] 1", "malformed result at byte 117: something follows its end"},
		{"rows twice", shapeFlatObjects, `{"data":[],"rows":[]}`, "malformed result at byte 18: rows for the second time, under rows"},
		{"no rows", shapeFlatObjects, `{"next":null,"data":5}`, "unknown shape of result: JSON object with the keys next, data"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := inspectFlat(t.Context(), section([]byte(tt.text)), tt.shape, Asked{Quarter: "2027_Q2"})
			require.EqualError(t, err, tt.want)
			require.True(t, IsContent(err))
		})
	}
	_, err := inspectFlat(t.Context(), section(nil), shapeArrays, Asked{})
	require.EqualError(t, err, "not a flat shape: arrays")
}

// A list that lacks a blank Data Value at its end is whole, and one with any other column last is not (see above).
func TestFlatListWithoutValue(t *testing.T) {
	text := `[["User","Timeframe","Field","Start Day","Data Type","Data Value"],["Nick","FY27 Q2","Commit","05/12/2026","Quota"]]`
	_, out, err := readFlat(t.Context(), []byte(text), shapeFlatLists, Asked{})
	require.NoError(t, err)
	require.Equal(t, []string{`entry TimePeriodID="2027_Q2" TimeFrameID="TF:2026-05-12" UserID="Nick:" FieldID="Commit" FieldName="Commit"`}, out.entries)
}

// TestFlatCut cuts results at every byte. JSON is never whole then. CSV is where it ends with a line or in its last cell: no parser
// can tell, so here the standard library says which cuts those are, and the transport has to check the length.
func TestFlatCut(t *testing.T) {
	lines := flatLines("", "User=Ann, \"A\"\nLee;CRM User ID=é;Data Value=$1,000.50", "Data Type=Quota;Data Value=", "Data Type=Forecast Updated;Data Value=Yes")
	asked := Asked{Quarter: "2027_Q2"}
	for _, encoding := range flatEncodings {
		whole := encoding.encode(lines)
		for n := range whole {
			cut := whole[:n]
			_, direct := inspectFlat(t.Context(), section(cut), encoding.shape, asked)
			_, sniffed := Inspect(t.Context(), section(cut), asked)
			for _, err := range []error{direct, sniffed} {
				require.Equal(t, encoding.shape == shapeCSV && wholeCSV(cut), err == nil, "%s: %q: %v", encoding.shape, cut, err)
				require.True(t, err == nil || IsContent(err), err)
			}
		}
		_, err := Inspect(t.Context(), section(whole), asked)
		require.NoError(t, err)
	}
}

func wholeCSV(data []byte) bool {
	r := csv.NewReader(bytes.NewReader(data))
	header, err := r.Read()
	if err != nil || !slices.Equal(header, columnNames[:]) {
		return false
	}
	_, err = r.ReadAll()
	return err == nil
}

// A flat result of objects as encoding/json sees it: how many entries it has. ok is false where rows must not be accepted.
func countFlat(data []byte) (entries int, ok bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var document []map[string]any
	if d.Decode(&document) != nil {
		return 0, false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return 0, false
	}
	keys := map[[4]string]bool{}
	for _, row := range document {
		var cells [columns]string
		for key, value := range row {
			if c := columnOf(key); c < columns {
				switch value := value.(type) {
				case string:
					cells[c] = strings.TrimSpace(value)
				case json.Number:
					cells[c] = value.String()
				case bool:
					cells[c] = map[bool]string{true: "true", false: "false"}[value]
				}
			}
		}
		person := cells[columnUser]
		for _, c := range []flatColumn{columnEmail, columnCRMUserID} {
			if cells[c] != "" {
				person = cells[c]
			}
		}
		day, isDay := parseDay(cells[columnStartDay])
		if person == "" || cells[columnField] == "" || !isDay {
			return 0, false
		}
		period := cells[columnTimeframe]
		if parseLabel(period).Quarter != 0 {
			period = ""
		}
		keys[[4]string{person + ":" + cells[columnRole], cells[columnField], period, dayText(day)}] = true
	}
	return len(keys), true
}

// FuzzFlatJSON reads anything as rows. Objects that are accepted make as many entries as they have keys, and whatever is accepted
// can be handed on, with extras that are JSON.
func FuzzFlatJSON(f *testing.F) {
	for _, lines := range [][][]string{flatLines(""), flatLines("", "Data Type=Quota", "Timeframe=May;Data Value=n/a"), flatTenant(2, 1, 2, true)} {
		f.Add(asObjects(lines), true)
		f.Add(asLists(lines), false)
	}
	f.Add([]byte(`{"data":[{"user":"\u00e9","field":1,"start day":"2026-05-12","data type":"x","data value":{"a":[1,null]},"y":true}]}`), true)
	f.Fuzz(func(t *testing.T, data []byte, objects bool) {
		shape := map[bool]string{true: shapeFlatObjects, false: shapeFlatLists}[objects]
		result, out, err := readFlat(t.Context(), data, shape, Asked{Quarter: "2027_Q2"})
		if err != nil {
			require.True(t, IsContent(err), err)
			require.False(t, strings.ContainsAny(err.Error(), "\r\n"), err)
			return
		}
		require.Len(t, out.entries, result.Entries)
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(out.entries))), result.Entries)
		if start := bytes.TrimSpace(data); objects && start[0] == '[' {
			entries, ok := countFlat(data)
			require.True(t, ok)
			require.Equal(t, entries, result.Entries)
		}
	})
}
