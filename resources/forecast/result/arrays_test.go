package result

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// an entry of person p, with more members
func entryOf(p, more string) string {
	return `{"userId":"` + p + `","fieldId":"f","timeFrameId":"w","timePeriodId":"2026_Q1"` + more + `}`
}

func entries(of ...string) string { return `{"entries":[` + strings.Join(of, ",") + `]}` }

func TestRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		result string
		asked  string
		want   string
	}{
		"no user":                 {entries(entryOf("u", ""), `{"fieldId":"f"}`, `{"userId":"u"}`), "", "entry 1 has no userId"},
		"null field":              {entries(`{"userId":"u","fieldId":null,"timeFrameId":"w","timePeriodId":"2026_Q1"}`), "", "entry 0 has no fieldId"},
		"empty week":              {entries(`{"userId":"u","fieldId":"f","timeFrameId":"","timePeriodId":"2026_Q1"}`), "", "entry 0 has no timeFrameId"},
		"id is an object":         {entries(`{"userId":{},"fieldId":"f","timeFrameId":"w"}`), "", "entry 0 has no userId"},
		"not an object":           {entries(`null`), "", `malformed result at byte 12: want '{'`},
		"not a list":              {`{"entries":{}}`, "", `malformed result at byte 10: entries: want '['`},
		"arrays twice":            {`{"entries":[],"entries":[]}`, "", "malformed result at byte 23: entries comes twice"},
		"key twice":               {entries(entryOf("u", `,"quotaValue":1,"quotaValue":2`)), "", `malformed result at byte 12: key "quotaValue" comes twice with different values`},
		"id twice":                {entries(entryOf("u", `,"userId":"v"`)), "", `malformed result at byte 12: key "userId" comes twice with different values`},
		"unknown key twice":       {entries(entryOf("u", `,"x":1,"x":2`)), "", `malformed result at byte 12: key "x" comes twice with different values`},
		"conflict":                {entries(entryOf("u", `,"quotaValue":1`), entryOf("v", ""), entryOf("u", `,"quotaValue":2`)), "", "entry 2026_Q1/w/u/f comes twice with different values for quota_value"},
		"first of conflicts":      {entries(entryOf("u", `,"quotaValue":1`), entryOf("v", `,"quotaValue":1`), entryOf("w", `,"quotaValue":1`), entryOf("v", `,"quotaValue":2`), entryOf("w", `,"quotaValue":2`), entryOf("u", `,"quotaValue":2`)), "", "entry 2026_Q1/w/v/f comes twice with different values for quota_value"},
		"wrong quarter":           {entries(entryOf("u", "")), "2025_Q4", "wrong quarter: asked for 2025_Q4, the result holds 2026_Q1"},
		"wrong time period":       {`{"entries":[],"timePeriods":[{"timePeriodId":"2026_Q1"}]}`, "2025_Q4", "wrong quarter: asked for 2025_Q4, the result holds 2026_Q1"},
		"two quarters":            {entries(entryOf("u", ""), strings.Replace(entryOf("u", ""), "Q1", "Q2", 1)), "", "wrong quarter: asked for 2026_Q1, the result holds 2026_Q2"},
		"contradicting":           {`{"timePeriods":[{"timePeriodId":"2026_Q2"}],"entries":[` + entryOf("u", "") + `]}`, "", "wrong quarter: asked for 2026_Q2, the result holds 2026_Q1"},
		"passed through, another": {entries(entryOf("u", "")), "2026", "wrong quarter: asked for 2026, the result holds 2026_Q1"},
		"passed through, nowhere": {entries(), "2026", "wrong quarter: asked for 2026, the result holds nothing that names it by the job's file name"},
		"no period, Clari chose":  {entries(`{"userId":"u","fieldId":"f","timeFrameId":"w"}`), "", "unknown quarter: neither the result nor the job's file name says which quarter Clari chose: name one in periods"},
		"empty, with errors":      {`{"data":[],"errors":[{"x":1}]}`, "", "unknown shape of result: JSON object with the keys data, errors"},
		"two results":             {`{"data":[{"Data Type":"x"}],"entries":[]}`, "", "malformed result: row 1: no person: User, Email and CRM User ID are empty"},
		"deep":                    {entries(entryOf("u", `,"x":`+strings.Repeat("[", 1001)+strings.Repeat("]", 1001))), "", "malformed result at byte 12: values nest deeper than 1000"},
		"deep elsewhere":          {`{"x":` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + `,"entries":[]}`, "", "malformed result at byte 1005: values nest deeper than 1000"},
		"unknown quarter":         {strings.Replace(entries(entryOf("u", "")), "2026_Q1", "M1", 1), "", "unknown quarter: neither the result nor the job's file name says which quarter Clari chose: name one in periods"},
		"no entries key":          {`{"users":[],"note":"secret"}`, "", "unknown shape of result: JSON object with the keys users, note"},
		"error body":              {`{"error":"no","status":401}`, "", "unknown shape of result: JSON object with the keys error, status"},
		"wrapped error":           {`{"data":{"error":"no"}}`, "", "unknown shape of result: JSON object with the keys data"},
		"wrapped other rows":      {`{"data":[{"name":"x"}]}`, "", "unknown shape of result: JSON object with the keys data"},
		"empty object":            {`{}`, "", "unknown shape of result: JSON object without the keys of a forecast export"},
		"other list":              {`[{"name":"x"}]`, "", "unknown shape of result: JSON list without the keys of a forecast export"},
		"list of text":            {`["Data Type"]`, "", "unknown shape of result: JSON list without the keys of a forecast export"},
		"HTML":                    {"<html><body>Bad Gateway</body></html>", "", "unknown shape of result: HTML page without the keys of a forecast export"},
		"text":                    {"service unavailable", "", "unknown shape of result: text without the keys of a forecast export"},
		"JSON text":               {`"DONE"`, "", "unknown shape of result: text without the keys of a forecast export"},
		"nothing":                 {"", "", "malformed result at byte 0: it ends too early"},
		"only a mark":             {"\ufeff \n", "", "malformed result at byte 5: it ends too early"},
		"second document":         {`{"entries":[]} {}`, "", "malformed result at byte 14: something follows its end"},
		"zeros after the end":     {"{\"entries\":[]}\x00", "", "malformed result at byte 14: something follows its end"},
		"long keys":               {`{"` + strings.Repeat("k", 500) + "\\n\":1}", "", "unknown shape of result: JSON object with the keys " + strings.Repeat("k", 120) + "..."},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := land(t.Context(), []byte(tt.result), Asked{Period: tt.asked})
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if !fault.IsContent(err) {
				t.Errorf("%T is not told from a failure to read", err)
			}
		})
	}
}

func TestQuarter(t *testing.T) {
	month := strings.Replace(entryOf("u", ""), "2026_Q1", "2026_M1", 1)
	periods := `"timePeriods":[{"timePeriodId":"2026_M1"},{"timePeriodId":"2026_Q1","type":"quarter","startDate":"2025-11-01","endDate":"2026-01-31"}]`
	start, end := day(2025, time.November, 1), day(2026, time.January, 31)
	for name, tt := range map[string]struct {
		result     string
		asked      Asked
		want       string
		start, end time.Time
	}{
		"asked":                            {entries(entryOf("u", "")), Asked{Period: "2026_Q1"}, "2026_Q1", time.Time{}, time.Time{}},
		"months are kept":                  {entries(entryOf("u", ""), month), Asked{Period: "2026_Q1"}, "2026_Q1", time.Time{}, time.Time{}},
		"days known to caller":             {entries(), Asked{Period: "2026_Q1", Calendar: between(start, end)}, "2026_Q1", start, end},
		"from time periods":                {`{` + periods + `,"entries":[` + month + `]}`, Asked{}, "2026_Q1", start, end},
		"from entries":                     {entries(month, entryOf("u", "")), Asked{FileName: "x_2020_Q1"}, "2026_Q1", time.Time{}, time.Time{}},
		"from the file name":               {entries(month), Asked{FileName: "clari_export_forecast_plan_2020_Q1_2021_Q12915_20210407_212737.json"}, "2021_Q1", time.Time{}, time.Time{}},
		"no rows, no clue":                 {entries(), Asked{}, "", time.Time{}, time.Time{}},
		"passed through":                   {entries(month, strings.Replace(entryOf("u", ""), "Q1", "Q2", 1)), Asked{Period: "2026_M1"}, "2026_M1", time.Time{}, time.Time{}},
		"passed through, listed":           {`{"entries":[],"timePeriods":[{"timePeriodId":"H1"}]}`, Asked{Period: "H1", FileName: "x_H2_1.json"}, "H1", time.Time{}, time.Time{}},
		"passed through, in the file name": {entries(), Asked{Period: "2025_M1", FileName: "clari_export_forecast_x_2025_M1_2.json"}, "2025_M1", time.Time{}, time.Time{}},
		"an entry without a period":        {entries(`{"userId":"u","fieldId":"f","timeFrameId":"w"}`), Asked{Period: "2026_Q1"}, "2026_Q1", time.Time{}, time.Time{}},
		"without a period, Clari chose":    {entries(`{"userId":"u","fieldId":"f","timeFrameId":"w"}`, month, entryOf("v", "")), Asked{}, "2026_Q1", time.Time{}, time.Time{}},
		"another period as well":           {`{` + strings.Replace(periods, "2026_M1", "2025_Q4", 1) + `,"entries":[` + entryOf("u", "") + `]}`, Asked{}, "2026_Q1", start, end},
	} {
		t.Run(name, func(t *testing.T) {
			_, res, err := land(t.Context(), []byte(tt.result), tt.asked)
			if err != nil {
				t.Fatal(err)
			}
			if res.Quarter != tt.want || !res.Start.Equal(tt.start) || !res.End.Equal(tt.end) {
				t.Errorf("got %s from %s to %s", res.Quarter, res.Start, res.End)
			}
		})
	}
}

// The entries of one key become one row wherever they are, and whichever parts of a value each of them has.
func TestMerge(t *testing.T) {
	filler := strings.Repeat(entryOf("x", "")+",", 10_000) // in another segment
	got0, res, err := land(t.Context(), []byte(entries(
		entryOf("u", `,"forecastValue":1,"currency":{"code":"USD"},"a":1,"b":[1, 2]`),
		entryOf("v", `,"quotaValue":0`),
		filler+entryOf("u", `,"currency":{"code":"USD","symbol":"$"},"quotaValue":0,"b":[1,2]`),
		entryOf("u", `,"updatedBy":"m\u00e9","c":null`),
		entryOf("v", `,"quotaValue":0`),
	)), Asked{})
	if err != nil {
		t.Fatal(err)
	}
	if res.Entries != 3 {
		t.Errorf("got %d entries", res.Entries)
	}
	got := map[string]map[string]any{}
	for _, row := range got0[forecast.EntriesTable.Name] {
		cells := map[string]any{}
		for _, name := range []string{"forecast_value", "quota_value", "currency_code", "currency_symbol", "updated_by", "extra"} {
			if row[name] != nil {
				cells[name] = row[name]
			}
		}
		got[row["user_id"].(string)] = cells
	}
	want := map[string]map[string]any{
		"u": {
			"forecast_value": json.Number("1"), "quota_value": json.Number("0"), "currency_code": "USD", "currency_symbol": "$", "updated_by": "mé",
			"extra": map[string]any{"a": json.Number("1"), "b": []any{json.Number("1"), json.Number("2")}, "c": nil},
		},
		"v": {"quota_value": json.Number("0")},
		"x": {},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// No cut of a result is taken for a whole one.
func TestCut(t *testing.T) {
	for _, file := range []string{"testdata/arrays.json", "testdata/variants.json"} {
		whole := read(t, file)
		for n := range bytes.TrimSpace(whole) {
			_, _, err := land(t.Context(), whole[:n], Asked{Period: "2023_Q4"})
			var bad *fault.MalformedError
			if !errors.As(err, &bad) || bad.Offset != int64(n) {
				t.Fatalf("%s cut after %d bytes: %v", file, n, err)
			}
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	content := tenant(10, 20, 14)
	res, err := Read(ctx, bytes.NewReader(content), Asked{})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	cancel(stop)
	if _, err := Read(ctx, bytes.NewReader(content), Asked{}); err != stop {
		t.Errorf("read: %v", err)
	}
	l := rows{}
	if _, err := res.Emit(ctx, testOrigin, forecast.NewTables(everyTable, table.Options{}, l.send)); err != stop || len(l) > 0 {
		t.Errorf("emit: %v, rows of %d tables", err, len(l))
	}
}
