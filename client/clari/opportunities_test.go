package clari

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOpportunities(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, `[{"id":%q}]`, r.URL.RequestURI())
		})
		found, err := c.Opportunities(t.Context(), []string{"006A", "a b&c"})
		if err != nil || len(found) != 1 || found[0].ID != "/v4/opportunity?oppId=006A&oppId=a+b%26c" {
			t.Errorf("%v, %v", found, err)
		}
		for _, n := range []int{0, 101} {
			if _, err := c.Opportunities(t.Context(), make([]string, n)); err == nil {
				t.Errorf("%d ids: no error", n)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c, _ := serve(t, answer(400, `[{"statusCode":400,"reaspnPhrase":"Bad Request","description":"oppId 006X is not valid","details":{}}]`))
		_, err := c.Opportunities(t.Context(), []string{"006X"})
		if !errors.Is(err, ErrBadRequest) || err.Error() != `get opportunity "006X": HTTP 400: oppId 006X is not valid` {
			t.Errorf("%v", err)
		}
	})
}

func TestDecodeOpportunities(t *testing.T) {
	list := string(file(t, "opportunities.json"))
	want := []Opportunity{{
		ID: "006A", Score: new(72.5), ScoreMessage: "Likely to close",
		Fields: []OpportunityField{
			{
				ID: "amount", Alias: "Amount", ImageURL: "https://clari.example/up.png", Trend: "UP",
				Value: json.RawMessage(`125000.5`), OriginalValue: json.RawMessage(`"$100k"`),
				TrendHistory: []FieldChange{
					{At: time.UnixMilli(1702906200000).UTC(), New: json.RawMessage(`100`)},
					{At: time.UnixMilli(1702906200000).UTC(), Old: json.RawMessage(`100`), New: json.RawMessage(`{"code":"USD","value":[125000.5]}`)},
				},
			},
			{ID: "stage", Value: json.RawMessage(`["a",null]`), OriginalValue: json.RawMessage(`false`), Extra: json.RawMessage(`{"trendHistory":[{"newValue":1}]}`)},
		},
	}, {ID: "006B", Extra: json.RawMessage(`{"crmScore":{"source":"x"},"fields":[{"alias":"no id"},7],"owner":"005"}`)}}
	for _, body := range []string{list, ` {"opportunities":` + list + `}`, `{"items":` + list + `,"total":2}`} {
		got, _, err := decodeOpportunities([]byte(body))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
	got, _, err := decodeOpportunities([]byte(`[{"id":"1","crmScore":"5","fields":[{"id":"f","value":1},{"id":"f","value":2}]}]`))
	again := []Opportunity{{ID: "1", Score: new(5.0), Fields: []OpportunityField{{ID: "f", Value: json.RawMessage(`1`)}}, Extra: json.RawMessage(`{"fields":[{"id":"f","value":2}]}`)}}
	if diff := cmp.Diff(again, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for _, body := range []string{`[]`, `{"opportunities":[]}`, `{"items":null}`} {
		if got, _, err := decodeOpportunities([]byte(body)); err != nil || len(got) != 0 {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
	for body, text := range map[string]string{
		``: "not a list", `null`: "not a list", `{"rows":[]}`: `its keys: ["rows"]`, `{"opportunities":{}}`: "not a list",
	} {
		if got, _, err := decodeOpportunities([]byte(body)); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
}

func FuzzOpportunities(f *testing.F) {
	f.Add([]byte(`[{"id":"1","crmScore":{"score":"5","x":1},"fields":[{"id":"f","value":{},"trendHistory":[{"date":5,"oldValue":null},{}]},{}]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _, err := decodeOpportunities(data)
		if err != nil {
			if list != nil {
				t.Errorf("%v with %v", list, err)
			}
			return
		}
		for _, o := range list {
			if o.ID == "" {
				t.Errorf("%+v", o)
			}
			if o.Extra != nil {
				soundObject(t, o.Extra)
			}
			for _, field := range o.Fields {
				if field.ID == "" || field.Value != nil && !json.Valid(field.Value) {
					t.Errorf("%+v", field)
				}
				for _, change := range field.TrendHistory {
					if change.At.IsZero() {
						t.Errorf("%+v", change)
					}
				}
			}
		}
	})
}
