package result

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/document"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// FuzzRead feeds anything to the readers. A result that is accepted must land whole: as many rows as encoding/json finds keys, one a
// key, and the same again when it comes byte by byte. What is found wrong is found before the first row.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	more, moreErr := filepath.Glob("testdata/reports/*.[cjh]*")
	if err != nil || moreErr != nil || len(files) == 0 || len(more) == 0 {
		f.Fatalf("%d files to begin with, and %d: %v, %v", len(files), len(more), err, moreErr)
	}
	files = append(files, more...)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(entries(entryOf("u", `,"quotaValue":1`), entryOf("u", `,"forecastValue":"1"`), entryOf("v", `,"x":[]`))))
	f.Add([]byte(`{"results":{"entries":[` + entryOf(`\u00e9`, "") + "," + entryOf("\u00e9", "") + `],"users":[{}]}}`))
	f.Add([]byte(`{"data":[{"Data Type":"Forecast Value"}]}`))
	f.Add([]byte(entries(entryOf(`},{\"`, `,"x":"},{"`), entryOf("u", ` , "x" : [ { } , { "y" : 1 } , {} ] `)+" ", "\n"+entryOf("v", ""))))
	f.Add([]byte(entries(`{"userId":"u","fieldId":"f","timeFrameId":"w","quotaValue":1}`, entryOf("u", `,"forecastValue":1`))))
	f.Fuzz(func(t *testing.T, content []byte) {
		asked := Asked{FileName: "2026_Q1"}
		got, found, err := land(t.Context(), content, asked)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("more than one line: %q", err)
			}
			if !fault.IsContent(err) {
				t.Errorf("accepted, then %v", err)
			}
		}
		again, bytewise, againErr := landBytes(t, content, asked)
		if (err == nil) != (againErr == nil) || err == nil && (!reflect.DeepEqual(got, again) || !reflect.DeepEqual(found, bytewise)) {
			t.Fatalf("byte by byte it is %v %v, and not %v %v", bytewise, againErr, found, err)
		}
		if err != nil || found.Shape != shapeArrays {
			return
		}
		if !json.Valid(content) && !json.Valid(bytes.TrimPrefix(content, []byte(document.ByteOrderMark))) {
			t.Fatal("accepted what is no JSON")
		}
		keys := map[[4]string]int{}
		for _, row := range got[forecast.EntriesTable.Name] {
			keys[[4]string{row["user_id"].(string), row["field_id"].(string), row["time_frame_id"].(string), row["time_period_id"].(string)}]++
		}
		if want := keysOf(t, bytes.TrimPrefix(content, []byte(document.ByteOrderMark)), found.Quarter); !maps.Equal(keys, want) {
			t.Error(cmp.Diff(want, keys))
		}
	})
}

// landBytes is land of a result that comes byte by byte.
func landBytes(t *testing.T, content []byte, a Asked) (rows, Found, error) {
	res, err := Read(t.Context(), iotest.OneByteReader(bytes.NewReader(content)), a)
	if err != nil {
		return nil, Found{}, err
	}
	defer res.Close()
	if err := res.Check(t.Context()); err != nil {
		return nil, res.Found, err
	}
	l := rows{}
	_, err = res.Emit(t.Context(), testOrigin, forecast.NewTables(everyTable, table.Options{}, l.send))
	return l, res.Found, err
}

// keysOf counts each key once, as encoding/json sees the result.
func keysOf(t *testing.T, content []byte, quarter string) map[[4]string]int {
	var document map[string]json.RawMessage
	if err := json.Unmarshal(content, &document); err != nil {
		t.Fatal(err)
	}
	keys := map[[4]string]int{}
	for name, value := range document {
		var list []map[string]json.RawMessage
		switch {
		case name == "entries":
			if err := json.Unmarshal(value, &list); err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				period := textOf(e["timePeriodId"])
				if period == "" {
					period = quarter
				}
				keys[[4]string{textOf(e["userId"]), textOf(e["fieldId"]), textOf(e["timeFrameId"]), period}] = 1
			}
		case slices.Contains([]string{"data", "rows", "records", "results"}, name) && value[0] == '{':
			maps.Copy(keys, keysOf(t, value, quarter))
		}
	}
	return keys
}

func textOf(value json.RawMessage) string {
	if value == nil {
		return ""
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	if value[0] == '{' || value[0] == '[' {
		return ""
	}
	if string(value) == "null" {
		return ""
	}
	return string(value)
}

// FuzzFlat reads anything as rows with labels. Whatever is accepted as one encoding is the same result in the others.
func FuzzFlat(f *testing.F) {
	for _, lines := range [][][]string{flatLines(""), flatLines("", "Data Type=Quota", "Timeframe=May;Data Value=n/a"), flatTenant(2, 1, 2, true)} {
		var text []string
		for _, line := range lines[1:] {
			text = append(text, strings.Join(line, "|"))
		}
		f.Add(strings.Join(text, "\n"))
	}
	f.Add("Nick|n@x|U:1|R%|P|FY27 Q2|Commit|3|05/12/2026||Guess|$5\nNick|n@x|U:1|R%|P|FY27 Q2|Commit|3|05/12/2026||guess |$6\nA|||||Q2|C|3|2026-05-12|x|Quota|(0)")
	f.Fuzz(func(t *testing.T, text string) {
		lines := [][]string{columnNames}
		for row := range strings.SplitSeq(strings.ToValidUTF8(text, "?"), "\n") {
			cells := append(strings.Split(row, "|"), make([]string, len(columnNames))...)
			lines = append(lines, cells[:len(columnNames)])
		}
		var want rows
		var wantErr error
		for i, encoding := range flatEncodings {
			got, found, err := land(t.Context(), encoding.encode(lines), Asked{Period: "2027_Q2"})
			if err != nil && !fault.IsContent(err) {
				t.Fatalf("%s: accepted, then %v", encoding.shape, err)
			}
			if i == 0 {
				want, wantErr = got, err
				continue
			}
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("%s: %v, and as CSV %v", encoding.shape, err, wantErr)
			}
			if err == nil && (found.Shape != encoding.shape || !reflect.DeepEqual(want, got)) {
				t.Fatalf("%s differs: %s", encoding.shape, cmp.Diff(want, got))
			}
		}
	})
}

// A reader that fails is told as it is, wherever it does, and is never taken for the content.
func TestReaderFails(t *testing.T) {
	broken := errors.New("broken connection")
	for name, content := range map[string][]byte{"arrays": tenant(10, 20, 14), "csv": asCSV(flatTenant(20, 10, 4, false)), "objects": asObjects(flatTenant(20, 10, 4, false))} {
		for _, good := range []int{0, 1, 1000, len(content) / 2, len(content) - 1, len(content)} {
			r := io.MultiReader(bytes.NewReader(content[:good]), iotest.ErrReader(broken))
			_, err := Read(t.Context(), r, Asked{FileName: "2027_Q2"})
			require.Equal(t, broken, err, "%s after %d bytes", name, good)
		}
	}
}

// Results are the same whatever pieces they come in.
func TestPieces(t *testing.T) {
	for _, file := range []string{"arrays.json", "variants.json", "flat/all_types.csv", "flat/wrapped.json", "flat/reference.json"} {
		content := read(t, "testdata/"+file)
		asked := Asked{FileName: "2023_Q4"}
		if strings.HasPrefix(file, "flat") {
			asked = Asked{Period: map[string]string{"flat/reference.json": "2023_Q2"}[file]}
			if asked.Period == "" {
				asked.Period = "2027_Q2"
			}
		}
		want, found, err := land(t.Context(), content, asked)
		require.NoError(t, err)
		got, again, err := landBytes(t, content, asked)
		require.NoError(t, err)
		require.Equal(t, found, again)
		require.Equal(t, want, got)
	}
}

// What never ends is an error before it fills the memory.
func TestEndless(t *testing.T) {
	if testing.Short() {
		t.Skip("a long input, read by one goroutine")
	}
	for _, start := range []string{`{"entries":[{"x":"`, `{"x":"`, `{"data":[{"Data Type":"`, `["`} {
		_, err := Read(t.Context(), io.MultiReader(strings.NewReader(start), endlessText{}), Asked{})
		var bad *fault.MalformedError
		if !errors.As(err, &bad) || !strings.Contains(bad.Detail, "longer than 32 MiB") {
			t.Errorf("%s: got %v", start, err)
		}
	}
}

type endlessText struct{}

func (endlessText) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// A whole pass over a result of 28,000 entries.
func TestAllocations(t *testing.T) {
	if testing.Short() {
		t.Skip("a long input, read by one goroutine")
	}
	oneWay(t)
	tables := forecast.NewTables(everyTable, table.Options{}, nowhere)
	plain := tenant(100, 20, 14)
	odd := bytes.ReplaceAll(bytes.ReplaceAll(plain, []byte(`"forecastValue"`), []byte(`"closedTotal"`)), []byte(`"updatedBy"`), []byte(`"closedBy"`))
	flat := asCSV(flatTenant(140, 20, 10, true))
	for name, content := range map[string][]byte{"plain": plain, "extra": odd, "flat": flat} {
		var n int
		allocations := testing.AllocsPerRun(2, func() {
			res, err := Read(t.Context(), bytes.NewReader(content), Asked{})
			if err != nil {
				t.Fatal(err)
			}
			defer res.Close()
			if err := res.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			n = res.Found.Entries
			if _, err := res.Emit(t.Context(), testOrigin, tables); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%s: %.3f", name, allocations/float64(n))
		if n != 28_000 || allocations/float64(n) > 0.225+raceAllocations {
			t.Errorf("%s: %.2f allocations for each of %d entries", name, allocations/float64(n), n)
		}
	}
}
