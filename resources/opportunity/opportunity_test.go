package opportunity

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// clariOf answers look-ups: status and body by the ids that it is asked for.
type clariOf struct {
	answer func(ids []string) (int, string)

	mu    sync.Mutex
	asked []int // how many ids each request had
}

func (c *clariOf) RoundTrip(r *http.Request) (*http.Response, error) {
	ids := r.URL.Query()["oppId"]
	c.mu.Lock()
	c.asked = append(c.asked, len(ids))
	c.mu.Unlock()
	status, body := c.answer(ids)
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

// knows answers with the ids that are not in but, each with its score.
func knows(but ...string) func(ids []string) (int, string) {
	return func(ids []string) (int, string) {
		var list []string
		for _, id := range ids {
			if !slices.Contains(but, id) {
				list = append(list, fmt.Sprintf(`{"id":%q,"crmScore":{"score":7}}`, id))
			}
		}
		return http.StatusOK, "[" + strings.Join(list, ",") + "]"
	}
}

// look looks up ids, and returns the rows of each table, the log, and how many ids each request had.
func look(t *testing.T, answer func([]string) (int, string), ids ...string) (rows map[string][]map[string]any, log string, asked []int, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { rows, log, asked, err = lookInBubble(t, answer, ids) })
	return rows, log, asked, err
}

func lookInBubble(t *testing.T, answer func([]string) (int, string), ids []string) (rows map[string][]map[string]any, log string, asked []int, err error) {
	c := &clariOf{answer: answer}
	api, err := clari.New(clari.Config{BaseURL: "https://api.clari.test/v4", APIKey: "secret", Transport: c})
	if err != nil {
		t.Fatal(err)
	}
	rows = map[string][]map[string]any{}
	var lines bytes.Buffer
	_, err = Sync(t.Context(), Config{
		API: api, Done: &Done{}, IDs: slices.Values(ids), Concurrency: 1, Wants: func(string) bool { return true }, Log: zerolog.New(&lines),
		Send: func(_ context.Context, r arrow.Record) error {
			text, err := r.MarshalJSON()
			if err != nil {
				return err
			}
			var some []map[string]any
			name, _ := r.Schema().Metadata().GetValue("cq:table_name")
			err = json.Unmarshal(text, &some)
			rows[name] = append(rows[name], some...)
			return err
		},
	})
	return rows, lines.String(), c.asked, err
}

func idsOf(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("006%012d", i))
	}
	return ids
}

// TestLookUp: what Clari does not know or refuses is told once, and the others land.
func TestLookUp(t *testing.T) {
	all := idsOf(250)
	refusing := func(bad ...string) func([]string) (int, string) {
		return func(ids []string) (int, string) {
			if slices.ContainsFunc(ids, func(id string) bool { return slices.Contains(bad, id) }) {
				return http.StatusBadRequest, `{"error":{"code":"bad_id","message":"no such opportunity"}}`
			}
			return knows()(ids)
		}
	}
	for _, test := range []struct {
		name   string
		answer func([]string) (int, string)
		ids    []string
		landed int
		asked  int    // requests
		log    string // has to be in it
		err    string // likewise; empty: none
	}{
		{"a hundred at a time", knows(), all, 250, 3, "", ""},
		{"the same in both spellings, and an empty one", knows(), []string{all[1], all[1] + "AAA", "", all[1]}, 1, 1, "", ""},
		{"two are missing", knows(all[3], all[200]), all, 248, 3, `"missing":2,"such_as":"` + all[3] + " " + all[200], ""},
		{"one is refused", refusing(all[7]), all[:100], 99, 15, `"refused":1,"such_as":"` + all[7], ""},
		{"a batch of refused ones hides nothing", refusing(all[:100]...), all, 150, 2 + 199, `"refused":100`, ""},
		{"one in each batch", refusing(all[7], all[107], all[207]), all, 247, 15 + 15 + 13, `"refused":3`, ""},
		{"it is not about the ids", refusing(idsOf(1000)...), idsOf(1000), 0, 10 + 2*198, "", "800 of 1000 opportunities could not be looked up: get opportunity \"006000000000000\": HTTP 400 bad_id"},
		{"each is refused", refusing(all...), all[:8], 0, 15, "", "each of 8 opportunities was refused: get opportunity \"006000000000000\": HTTP 400 bad_id"},
		{"the right is missing", func([]string) (int, string) {
			return http.StatusForbidden, `[{"statusCode":403,"description":"no right"}]`
		}, all, 0, 2, "", "250 of 250 opportunities could not be looked up"},
		{"a 401 that is of one endpoint", func([]string) (int, string) { return http.StatusUnauthorized, `{"message":"no"}` }, all, 0, 2, "", "250 of 250 opportunities could not be looked up"},
		{"another shape", func([]string) (int, string) { return http.StatusOK, `{"rows":[]}` }, all[:2], 0, 1, "", `its keys: ["rows"]`},
		{"nothing to ask for", knows(), nil, 0, 0, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			rows, log, asked, err := look(t, test.answer, test.ids...)
			if n := len(rows[OpportunitiesTable]); n != test.landed {
				t.Errorf("%d landed, want %d", n, test.landed)
			}
			if len(asked) != test.asked || len(asked) > 0 && slices.Max(asked) > clari.MaxOpportunities {
				t.Errorf("requests of %v ids, want %d", asked, test.asked)
			}
			if !strings.Contains(log, test.log) || test.log == "" && log != "" {
				t.Errorf("log %s, want %s", log, test.log)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %s", err, test.err)
			}
		})
	}
}

// A spec may ask for any concurrency: there are no more workers than batches.
func TestWorkersAreBoundedByWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, most := runtime.NumGoroutine(), 0
		c := &clariOf{answer: func(ids []string) (int, string) {
			time.Sleep(time.Second)
			most = max(most, runtime.NumGoroutine())
			return knows()(ids)
		}}
		api, err := clari.New(clari.Config{BaseURL: "https://api.clari.test/v4", APIKey: "secret", Transport: c})
		if err != nil {
			t.Fatal(err)
		}
		cfg := Config{API: api, Concurrency: 200_000, Wants: func(string) bool { return true }, Log: zerolog.Nop(), Send: func(context.Context, arrow.Record) error { return nil }, IDs: slices.Values(idsOf(1)), Done: &Done{}}
		if _, err := Sync(t.Context(), cfg); err != nil || most > before+10 {
			t.Errorf("%d goroutines for one id, %d before: %v", most, before, err)
		}
	})
}

// TestOddOpportunity: whatever has no column is in extra, children know their parents, and changes of one second have places.
func TestOddOpportunity(t *testing.T) {
	const answer = `{"opportunities":[{"id":"006A","crmScore":{"score":"72.5","message":"hot","by":"x"},"stage":{"n":1},"fields":[
		{"id":"amount","alias":"Amount","value":5,"originalValue":null,"trend":"UP","colour":"red",
		 "trendHistory":[{"date":1702906200900,"oldValue":1,"newValue":"2"},{"date":1702906200100,"newValue":[3]},{"date":"soon","newValue":4}]},
		{"alias":"no id"},{"id":"amount","alias":"again"}]}]}`
	rows, _, _, err := look(t, func([]string) (int, string) { return http.StatusOK, answer }, "006A")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]any{}
	for _, name := range []string{OpportunitiesTable, FieldsTable} {
		if len(rows[name]) != 1 {
			t.Fatalf("%s: %d rows", name, len(rows[name]))
		}
		ids[name] = rows[name][0]["_cq_id"]
	}
	drop := func(name string) (left []map[string]any) {
		for _, r := range rows[name] {
			delete(r, "_cq_id")
			delete(r, "observed_at")
			left = append(left, r)
		}
		return left
	}
	want := map[string][]map[string]any{
		OpportunitiesTable: {{
			"_cq_parent_id": nil, "opportunity_id": "006A", "crm_score": 72.5, "crm_score_message": "hot",
			"extra": map[string]any{"crmScore": map[string]any{"by": "x"}, "stage": map[string]any{"n": 1.0}, "fields": []any{map[string]any{"alias": "no id"}, map[string]any{"id": "amount", "alias": "again"}}},
		}},
		FieldsTable: {{
			"_cq_parent_id": ids[OpportunitiesTable], "opportunity_id": "006A", "field_id": "amount", "alias": "Amount", "value": 5.0, "original_value": nil,
			"trend": "UP", "image_url": nil, "extra": map[string]any{"colour": "red", "trendHistory": []any{map[string]any{"date": "soon", "newValue": 4.0}}},
		}},
		HistoryTable: {
			{
				"_cq_parent_id": ids[FieldsTable], "opportunity_id": "006A", "field_id": "amount", "changed_at": "2023-12-18 13:30:00.1Z", "place": 0.0,
				"old_value": nil, "new_value": []any{3.0}, "extra": nil,
			},
			{
				"_cq_parent_id": ids[FieldsTable], "opportunity_id": "006A", "field_id": "amount", "changed_at": "2023-12-18 13:30:00.9Z", "place": 1.0,
				"old_value": 1.0, "new_value": "2", "extra": nil,
			},
		},
	}
	for name, want := range want {
		if diff := cmp.Diff(want, drop(name)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
