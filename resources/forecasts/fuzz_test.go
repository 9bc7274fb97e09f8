package forecasts

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// FuzzInspect feeds anything to both passes. A result that Inspect accepts must land whole: as many rows as encoding/json finds
// keys, one a key, and the same again through a second Emit.
func FuzzInspect(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("%d files to begin with: %v", len(files), err)
	}
	for _, file := range files {
		if strings.Contains(file, "golden") {
			continue
		}
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
	f.Fuzz(func(t *testing.T, result []byte) {
		asked := Asked{FileName: "2026_Q1"}
		rows, res, err := land(t.Context(), result, asked, table.Options{})

		// Read in the smallest stretches, nearly all of which begin at a wrong guess, it is the same result.
		small, smallErr := inspect(t.Context(), section(result), asked, 1)
		if fmt.Sprint(err) != fmt.Sprint(smallErr) {
			t.Fatalf("got %v, in small stretches %v", err, smallErr)
		}
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("more than one line: %q", err)
			}
			if !IsContent(err) {
				t.Errorf("accepted, then %v", err)
			}
			return
		}
		if res.Shape != shapeArrays {
			return
		}
		if !json.Valid(result) {
			t.Fatal("accepted what is no JSON")
		}
		var again landed
		if _, err := small.Emit(t.Context(), testOrigin, NewTables(allTables, table.Options{}, again.send)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(rows, again.sorted()) || small.Quarter != res.Quarter || small.Entries != res.Entries {
			t.Errorf("small stretches make a difference: %v, want %v", again.rows, rows)
		}
		got := map[[4]string]int{}
		for _, row := range rows[EntriesTable] {
			got[[4]string{row["user_id"].(string), row["field_id"].(string), row["time_frame_id"].(string), row["time_period_id"].(string)}]++
		}
		if want := keysOf(t, result); !maps.Equal(got, want) {
			t.Error(cmp.Diff(want, got))
		}
	})
}

// keysOf counts each key once, as encoding/json sees the result.
func keysOf(t *testing.T, result []byte) map[[4]string]int {
	var document map[string]json.RawMessage
	if err := json.Unmarshal(result, &document); err != nil {
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
				keys[[4]string{textOf(e["userId"]), textOf(e["fieldId"]), textOf(e["timeFrameId"]), textOf(e["timePeriodId"])}] = 1
			}
		case slices.Contains([]string{"data", "rows", "records", "results"}, name) && value[0] == '{':
			maps.Copy(keys, keysOf(t, value))
		}
	}
	return keys
}

func textOf(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}
