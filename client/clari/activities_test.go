package clari

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCreateActivityExport(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	e := ActivityExport{
		Start: time.Date(2026, 1, 1, 0, 0, 0, 0, berlin), End: time.Date(2026, 1, 31, 0, 0, 0, 0, berlin), Types: []string{"meeting", "EMAIL_SENT"},
	}
	for _, status := range []int{200, 202} {
		synctest.Test(t, func(t *testing.T) {
			c, s := serve(t, answer(status, `{"jobId":"6073"}`))
			if id, err := c.CreateActivityExport(t.Context(), e, nil); err != nil || id != "6073" {
				t.Errorf("%q, %v", id, err)
			}
			if n := s.Posts.Load(); n != 1 {
				t.Errorf("%d posts", n)
			}
		})
	}
	body, err := json.Marshal(e)
	const want = `{"activityTypes":["MEETING","EMAIL_SENT"],"startDate":"2026-01-01T00:00:00+01:00","endDate":"2026-01-31T00:00:00+01:00","exportFormat":"JSON"}`
	if err != nil || string(body) != want {
		t.Errorf("%s, %v", body, err)
	}
	if body, err = json.Marshal(ActivityExport{Start: e.Start.UTC(), End: e.End.UTC()}); err != nil ||
		string(body) != `{"startDate":"2025-12-31T23:00:00+00:00","endDate":"2026-01-30T23:00:00+00:00","exportFormat":"JSON"}` {
		t.Errorf("%s, %v", body, err)
	}
}

// TestActivityExportIsPaidFor: it is not sent twice, and nobody hears that there is no job where there may be one.
func TestActivityExportIsPaidFor(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"hung up": hangUp, "504": answer(504, ""), "no id": answer(202, `{}`), "went wrong": answer(400, `{"code":"SWW","message":"Something went wrong"}`),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := serve(t, handler)
				_, err := c.CreateActivityExport(t.Context(), ActivityExport{}, nil)
				unclear(t, err)
				if n := s.Posts.Load(); n != 1 {
					t.Errorf("%d posts", n)
				}
			})
		})
	}
	for body, want := range map[string]error{
		`{"code":"export_monthly_quota_reached"}`: ErrQuotaOrQueue, `{"message":"bad dates"}`: ErrBadRequest,
	} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := serve(t, answer(400, body))
			_, err := c.CreateActivityExport(t.Context(), ActivityExport{}, nil)
			if _, maybe := errors.AsType[*UnknownOutcomeError](err); maybe || !errors.Is(err, want) {
				t.Errorf("%v", err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c, _ := serve(t, answer(404, `{"message":"not here"}`))
		if _, err := c.CreateActivityExport(t.Context(), ActivityExport{}, nil); !errors.Is(err, ErrNotFound) || errors.Is(err, ErrUnknownForecast) {
			t.Errorf("%v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) { // what a 429 held back was not processed
		c, s := serve(t, inTurn(answer(429, ""), func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, okCreate) }))
		if id, err := c.CreateActivityExport(t.Context(), ActivityExport{}, nil); err != nil || id != "j1" || s.Posts.Load() != 2 {
			t.Errorf("%q, %v", id, err)
		}
	})
}

func TestDecodeActivity(t *testing.T) {
	at := time.UnixMilli(1702906200000).UTC()
	for body, want := range map[string]Activity{
		string(file(t, "activity.json")): {
			ID: "1f3a", Type: "MEETING", Subject: "Kick-off", At: at, OwnerID: "005A", OrganizerID: "005B",
			Accounts:      []ActivityAccount{{ID: "001A", Name: "Acme", OwnerID: "005A"}},
			Opportunities: []ActivityOpportunity{{ID: "006A", Name: "Acme renewal", OwnerID: "005A"}, {ID: "006B"}},
			Participants:  []Participant{{Name: "Ada", Email: "Ada@Acme.example", CRMUserID: "003A", Internal: new(false)}, {Email: "b@clari.example", Internal: new(true)}},
		},
		`{"activityId":7}`: {ID: "7"},
		`{"activityId":"a","date":"soon","subject":null,"accounts":null,"participants":[],"mood":"good"}`: {ID: "a", Extra: json.RawMessage(`{"date":"soon","mood":"good"}`)},
		`{"activityId":"a","accounts":[{"accountName":"no id"},{"accountId":"001","tier":1},5],"participants":[{"isInternal":true}],"opportunities":{}}`: {
			ID: "a", Accounts: []ActivityAccount{{ID: "001", Extra: json.RawMessage(`{"tier":1}`)}},
			Extra: json.RawMessage(`{"accounts":[{"accountName":"no id"},5],"opportunities":{},"participants":[{"isInternal":true}]}`),
		},
	} {
		got, err := DecodeActivity([]byte(body))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", body, err, diff)
		}
	}
	for _, body := range []string{``, `null`, `[]`, `{}`, `{"activityId":""}`, `{"activityId":null}`, `{"activityId":{}}`} {
		if a, err := DecodeActivity([]byte(body)); err == nil {
			t.Errorf("%s: %+v", body, a)
		}
	}
}

func FuzzActivity(f *testing.F) {
	f.Add([]byte(`{"activityId":"a","date":{"epochSecond":1,"nano":5},"accounts":[{"accountId":1,"x":[]},null],"participants":[{"email":"a@b","isInternal":"true"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := DecodeActivity(data)
		if err != nil {
			return
		}
		if a.ID == "" || a.At.Location() != time.UTC || a.At.Year() > 9999 {
			t.Errorf("%+v", a)
		}
		extras := []json.RawMessage{a.Extra}
		for _, p := range a.Participants {
			if p.Name == "" && p.Email == "" && p.CRMUserID == "" {
				t.Errorf("%+v", p)
			}
			extras = append(extras, p.Extra)
		}
		for _, x := range a.Accounts {
			extras = append(extras, x.Extra)
		}
		for _, extra := range extras {
			if extra != nil {
				soundObject(t, extra)
			}
		}
	})
}
