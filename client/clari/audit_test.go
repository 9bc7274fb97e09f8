package clari

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pages reads all of them.
func pages(t *testing.T, c *Client, q AuditQuery) (events, actors []string, err error) {
	t.Helper()
	for page, pageErr := range c.AuditEvents(t.Context(), q) {
		if err != nil {
			t.Errorf("goes on after %v", err)
		}
		err = pageErr
		for _, e := range page.Events {
			events = append(events, e.CorrelationID)
		}
		for _, a := range page.Actors {
			actors = append(actors, a.ID)
		}
	}
	return events, actors, err
}

// page answers with one event, named for the request's path and query, and a link.
func page(link string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"items":[{"correlationID":%q}],"actors":[{"actorId":"1"}],"nextLink":%q}`, r.URL.RequestURI(), link)
	}
}

func TestAuditPages(t *testing.T) {
	for _, link := range []string{
		"http://clari.test/v4/audit/events?token=a%2Fb%3D&limit=2", "HTTP://CLARI.test:80/v4/audit/events?token=a%2Fb%3D&limit=2#top",
		"/v4/audit/events?token=a%2Fb%3D&limit=2", "/audit/events?token=a%2Fb%3D&limit=2", "?token=a%2Fb%3D&limit=2", "//clari.test/v4/audit/events?token=a%2Fb%3D&limit=2",
	} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := serve(t, inTurn(page(link), answer(200, `{"activities":[{"correlationID":"last"}],"nextLink":null}`)))
			from := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.FixedZone("", 3600))
			events, actors, err := pages(t, c, AuditQuery{From: from, To: from.Add(time.Hour), PageSize: 1000})
			if diff := cmp.Diff([]string{"/v4/audit/events?dateFrom=2026-01-02T02%3A04%3A05.006Z&dateTo=2026-01-02T03%3A04%3A05.006Z&limit=1000", "last"}, events); err != nil || diff != "" || len(actors) != 1 {
				t.Errorf("%s: %v %v %s", link, err, actors, diff)
			}
		})
		synctest.Test(t, func(t *testing.T) {
			c, _ := serve(t, inTurn(page(link), page("")))
			events, _, err := pages(t, c, AuditQuery{})
			if diff := cmp.Diff([]string{"/v4/audit/events", "/v4/audit/events?token=a%2Fb%3D&limit=2"}, events); err != nil || diff != "" {
				t.Errorf("%s: %v %s", link, err, diff)
			}
		})
	}
}

// TestAuditLinksElsewhere: the events of the page are there, the link is not followed, and nothing of its query is in the error.
func TestAuditLinksElsewhere(t *testing.T) {
	for link, text := range map[string]string{
		"https://evil.example/v4/audit/events?secret=s3": "nextLink leads to https://evil.example: not followed",
		"//evil.example/v4/audit/events?secret=s3":       "leads to http://evil.example",
		"https://clari.test/v4/audit/events?secret=s3":   "leads to https://clari.test",
		"http://clari.test:8080/v4/audit/events":         "leads to http://clari.test:8080",
		"http://x:y@clari.test/v4/audit/events":          "not followed",
		"http://clari.test/v5/audit/events?secret=s3":    "leads out of the base URL's path",
		"http://clari.test/v4/../v5/audit?secret=s3":     "leads out of the base URL's path",
		"http://clari.test/v4/%2e%2e/v5/audit":           "leads out of the base URL's path",
		"../../../v5":                                    "leads out of the base URL's path",
		"http://clari.test/v4":                           "leads out of the base URL's path",
		"javascript:alert(1)":                            "nextLink leads to javascript://",
		"http://%zz/?secret=s3":                          "nextLink is not a URL",
		"http://" + testKey + ".example/":                "nextLink",
	} {
		synctest.Test(t, func(t *testing.T) {
			c, s := serve(t, page(link))
			events, _, err := pages(t, c, AuditQuery{})
			if err == nil || !strings.Contains(err.Error(), text) || !strings.HasPrefix(err.Error(), "get audit events, page 1: ") {
				t.Errorf("%s: %v", link, err)
			}
			if err != nil && (strings.Contains(err.Error(), "s3") || strings.Contains(err.Error(), testKey)) {
				t.Errorf("%s shows through: %v", link, err)
			}
			if len(events) != 1 || len(s.Requests()) != 1 {
				t.Errorf("%s: %d events, %d requests", link, len(events), len(s.Requests()))
			}
		})
	}
}

func TestAuditLinkRepeats(t *testing.T) {
	for name, links := range map[string][]string{
		"itself": {"/v4/audit/events"}, "itself in full": {"http://clari.test/v4/audit/events"}, "a circle": {"?n=2", "?n=3", "?n=2"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var handlers []http.HandlerFunc
			for _, link := range links {
				handlers = append(handlers, page(link))
			}
			c, s := serve(t, inTurn(handlers...))
			events, _, err := pages(t, c, AuditQuery{})
			if err == nil || !strings.Contains(err.Error(), "nextLink repeats") || len(events) != len(links) || len(s.Requests()) != len(links) {
				t.Errorf("%s: %v after %d pages", name, err, len(events))
			}
		})
	}
}

// Pages without events whose links are always new end after a bound; events between them begin the count anew.
func TestAuditLinksWithoutEnd(t *testing.T) {
	for _, test := range []struct{ every, pages, events int }{{0, maxIdlePages, 0}, {maxIdlePages, 500, 5}} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			c, s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				n++
				items, link := "", fmt.Sprintf("?n=%d", n)
				if test.every > 0 && n%test.every == 0 {
					items = `{"event":"e"}`
				}
				if n == 500 {
					link = ""
				}
				_, _ = fmt.Fprintf(w, `{"items":[%s],"nextLink":%q}`, items, link)
			})
			events, _, err := pages(t, c, AuditQuery{})
			if (err == nil) != (test.every > 0) || err != nil && !strings.Contains(err.Error(), "nextLink leads on, and the last 100 pages have no event") {
				t.Errorf("%v", err)
			}
			if len(s.Requests()) != test.pages || len(events) != test.events {
				t.Errorf("%d pages, %d events", len(s.Requests()), len(events))
			}
		})
	}
}

func TestAuditEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, page("?n=2"))
		for range c.AuditEvents(t.Context(), AuditQuery{}) {
			break
		}
		if n := len(s.Requests()); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
	synctest.Test(t, func(t *testing.T) { // the third page cannot be had
		c, _ := serve(t, inTurn(page("?n=2"), page("?n=3"), answer(403, `{"errors":[{"status":"403","message":"No audit rights"}]}`)))
		events, _, err := pages(t, c, AuditQuery{})
		if err == nil || err.Error() != "get audit events, page 3: HTTP 403: No audit rights" || len(events) != 2 {
			t.Errorf("%v, %v", err, events)
		}
	})
	synctest.Test(t, func(t *testing.T) { // a page that does not come at once
		c, _ := serve(t, inTurn(page("?n=2"), answer(502, ""), hangUp, answer(429, "", "Retry-After", "60"), page("")))
		if events, _, err := pages(t, c, AuditQuery{}); err != nil || len(events) != 2 {
			t.Errorf("%v, %v", err, events)
		}
	})
}

func TestDecodeAuditPage(t *testing.T) {
	at := time.Date(2023, 12, 18, 13, 30, 0, 5e8, time.UTC)
	full := AuditPage{
		Events: []AuditEvent{{
			At: at, ActorID: "7", ActorType: "USER", ImpersonatingActorID: "8", SessionID: "f0", SessionType: "WEB", IPAddress: "203.0.113.7",
			Event: "api.accessed", CorrelationID: "c", Parameters: json.RawMessage(`{"path":"/v4/export","n":[1,null]}`),
		}},
		Actors: []AuditActor{{ID: "7", Type: "USER", Name: "Ada", Email: "ada@clari.example"}},
	}
	body := strings.ReplaceAll(string(file(t, "audit.json")), "\n", "")
	for _, variant := range []string{
		body, strings.Replace(body, `"items"`, `"activities"`, 1), strings.Replace(body, `"2023-12-18T13:30:00.500Z"`, `{"epochSecond":1702906200,"nano":500000000}`, 1),
		strings.Replace(body, `"2023-12-18T13:30:00.500Z"`, `1702906200500`, 1), strings.Replace(body, `"7"`, `7`, -1),
	} {
		got, link, _, err := decodeAuditPage([]byte(variant))
		if diff := cmp.Diff(full, got); err != nil || diff != "" || link != "https://api.clari.com/v4/audit/events?token=x" {
			t.Errorf("%s: %v %q %s", variant, err, link, diff)
		}
	}
	odd := AuditPage{
		Events: []AuditEvent{{Event: "e", Extra: json.RawMessage(`{"eventTimestamp":"soon","score":1}`)}},
		Extra:  json.RawMessage(`{"activities":[1],"total":5}`),
	}
	got, _, _, err := decodeAuditPage([]byte(`{"items":[{"event":"e","eventTimestamp":"soon","score":1}],"activities":[1],"total":5}`))
	if diff := cmp.Diff(odd, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for _, body := range []string{`{"items":[]}`, `{"items":null}`, `{"actors":[]}`, `{"actors":null,"nextLink":""}`} {
		if got, link, _, err := decodeAuditPage([]byte(body)); err != nil || link != "" || len(got.Events) != 0 {
			t.Errorf("%s: %v", body, err)
		}
	}
	for body, text := range map[string]string{
		``: "not an object", `[]`: "not an object", `null`: "not an object", `{}`: "its keys: []", `{"rows":[],"next":"x"}`: `neither items nor activities in it; its keys: ["next" "rows"]`,
		`{"items":{}}`: "items is not a list", `{"items":[],"actors":{}}`: "actors is not a list",
		`{"items":[],"nextLink":{"href":"x"}}`: "nextLink is not text",
	} {
		if got, _, _, err := decodeAuditPage([]byte(body)); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
}

func FuzzAuditPage(f *testing.F) {
	f.Add([]byte(`{"items":[{"eventTimestamp":{"epochSecond":1,"nano":2},"actorId":5,"eventParameters":{"a": 1}}],"actors":[{"actorId":"5"}],"nextLink":"/x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, _, _, err := decodeAuditPage(data)
		if err != nil {
			if p.Events != nil || p.Actors != nil || p.Extra != nil {
				t.Errorf("%+v with %v", p, err)
			}
			return
		}
		for _, e := range p.Events {
			if e.At.Location() != time.UTC || e.At.Year() > 9999 || e.Parameters != nil && !json.Valid(e.Parameters) {
				t.Errorf("%+v", e)
			}
			if e.Extra != nil {
				soundObject(t, e.Extra)
			}
		}
	})
}
