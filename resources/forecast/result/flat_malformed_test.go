package result

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
)

const flatHeaderText = "User,Email,CRM User ID,Role,Parent Role,Timeframe,Field,Week,Start Day,End Day,Data Type,Data Value"

func TestFlatMalformed(t *testing.T) {
	const line = "Nick,,,,,FY27 Q2,Commit,3,05/12/2026,,Forecast Value,5"
	list := func(cells string) string { return `["` + strings.ReplaceAll(cells, ",", `","`) + `"]` }
	const object = `{"User":"Nick","Timeframe":"FY27 Q2","Field":"Commit","Start Day":"05/12/2026","Data Type":"Quota","Data Value":5}`
	tests := []struct{ name, shape, text, want string }{
		{"nothing", shapeCSV, "", "malformed result at byte 0: it ends too early"},
		{"only line ends", shapeCSV, "\n\r\n", "malformed result at byte 3: it ends too early"},
		{"header lacks columns", shapeCSV, "Email,Role,Data Type\n", "malformed result: line 1: the header lacks Timeframe, Field, Start Day, Data Value"},
		{"header lacks a person", shapeCSV, "Timeframe,Field,Start Day,Data Type,Data Value\n", "malformed result: line 1: the header lacks User"},
		{"column twice", shapeCSV, flatHeaderText + ",data_value\n", `malformed result: line 1: the header has the column "Data Value" twice`},
		{"unknown column twice", shapeCSV, flatHeaderText + ",x,x\n", `malformed result: line 1: the header has the column "x" twice`},
		{"too few cells", shapeCSV, flatHeaderText + "\n" + line + "\n\n" + strings.TrimSuffix(line, ",5") + "\n", "malformed result: line 4: 11 cells under a header of 12"},
		{"too many cells", shapeCSV, flatHeaderText + "\n" + line + ",x\n", "malformed result: line 2: 13 cells under a header of 12"},
		{"cut in quotes", shapeCSV, flatHeaderText + "\n" + line + "\n\"Nick", "malformed result: line 3: the result ends inside quotes"},
		{"bare quote", shapeCSV, flatHeaderText + "\n" + strings.Replace(line, "Nick", `N"k`, 1), "malformed result: line 2: a quote inside a cell that does not start with one"},

		{"not whole", shapeFlatLists, "[" + list(flatHeaderText), "malformed result at byte 126: it ends too early"},
		{"no list", shapeFlatLists, `"rows"`, "unknown shape of result: text without the keys of a forecast export"},
		{"object among lists", shapeFlatLists, "[" + list(flatHeaderText) + "," + object + "]", "malformed result: row 2: want '[', as in the rows before"},
		{"list among objects", shapeFlatObjects, "[" + object + "," + list(line) + "]", "malformed result: row 2: want '{', as in the rows before"},
		{"list header lacks columns", shapeFlatLists, `[["Email","Data Value"]]`, "malformed result: row 1: the header lacks Timeframe, Field, Start Day, Data Type"},
		{"list two cells short", shapeFlatLists, "[" + list(flatHeaderText) + "," + list(strings.TrimSuffix(line, ",Forecast Value,5")) + "]", "malformed result: row 2: 10 cells under a header of 12"},
		{"list too long", shapeFlatLists, "[" + list(flatHeaderText) + "," + list(line+",x") + "]", "malformed result: row 2: 13 cells under a header of 12"},
		{"list short, but of another column", shapeFlatLists, `[["Data Value","User","Timeframe","Field","Start Day","Data Type"],["5","Nick","Q2","Commit","05/12/2026"]]`, "malformed result: row 2: 5 cells under a header of 6"},
		{"empty list", shapeFlatLists, "[" + list(flatHeaderText) + ",[]]", "malformed result: row 2: 0 cells under a header of 12"},

		{"key twice", shapeFlatObjects, `[{"data type":1,"user":"a","USER":"b"}]`, `malformed result: row 1: the key "User" comes twice`},
		{"key missing", shapeFlatObjects, "[" + strings.Replace(object, "Data Type", "Type", 1) + "]", "malformed result: no row has the key Data Type"},
		{"an object for a name", shapeFlatObjects, "[" + strings.Replace(object, `"Nick"`, `{"a":1}`, 1) + "]", "malformed result: row 1: User is not a text"},
		{"after its end", shapeFlatObjects, "[" + object + "] 1", "malformed result at byte 116: something follows its end"},
		{"rows twice", shapeFlatObjects, `{"data":[` + object + `],"rows":[` + object + `]}`, "malformed result: rows for the second time"},
		{"no rows", shapeFlatObjects, `{"next":null,"data":5}`, "unknown shape of result: JSON object with the keys next, data"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := land(t.Context(), []byte(tt.text), Asked{Period: "2027_Q2"})
			require.EqualError(t, err, tt.want)
			require.True(t, fault.IsContent(err))
		})
	}
}

// A list that lacks a blank Data Value at its end is whole, and one with any other column last is not (see above).
func TestFlatListWithoutValue(t *testing.T) {
	text := `[["User","Timeframe","Field","Start Day","Data Type","Data Value"],["Nick","FY27 Q2","Commit","05/12/2026","Quota"]]`
	_, out, err := readFlat(t.Context(), []byte(text), Asked{})
	require.NoError(t, err)
	require.Equal(t, []string{`entry time_period_id="2027_Q2" time_frame_id="TF:2026-05-12" user_id="Nick::" field_id="Commit" field_name="Commit"`}, out.entries)
}

// TestFlatCut cuts results at every byte. JSON is never whole then. CSV is where it ends with a line or in its last cell: no parser
// can tell, so here the standard library says which cuts those are, and the transport has to check the length.
func TestFlatCut(t *testing.T) {
	lines := flatLines("", "User=Ann, \"A\"\nLee;CRM User ID=é;Data Value=$1,000.50", "Data Type=Quota;Data Value=", "Data Type=Forecast Updated;Data Value=Yes")
	asked := Asked{Period: "2027_Q2"}
	for _, encoding := range flatEncodings {
		whole := encoding.encode(lines)
		for n := range whole {
			cut := whole[:n]
			_, _, err := land(t.Context(), cut, asked)
			require.Equal(t, encoding.shape == shapeCSV && wholeCSV(cut), err == nil, "%s: %q: %v", encoding.shape, cut, err)
			require.True(t, err == nil || fault.IsContent(err), err)
		}
		_, _, err := land(t.Context(), whole, asked)
		require.NoError(t, err)
	}
}

func wholeCSV(data []byte) bool {
	r := csv.NewReader(bytes.NewReader(data))
	header, err := r.Read()
	if err != nil || !slices.Equal(header, columnNames) {
		return false
	}
	_, err = r.ReadAll()
	return err == nil
}
