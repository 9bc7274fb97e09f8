package clari

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

func TestRequestsAreWhatClariExpects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got *http.Request
		var body []byte
		c, _ := serve(t, nil, func(cfg *Config) {
			next := cfg.Transport
			cfg.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				got, body = r, nil
				if r.GetBody != nil {
					b, _ := r.GetBody()
					body, _ = io.ReadAll(b)
				}
				return next.RoundTrip(r)
			})
		})
		calls := []struct {
			line, body string
			call       func(ctx context.Context) error
		}{
			{"GET /v4/admin/limits", "", func(ctx context.Context) error { _, err := c.Limits(ctx); return err }},
			{"GET /v4/export/jobs", "", func(ctx context.Context) error { _, err := c.Jobs(ctx); return err }},
			{"GET /v4/export/jobs/j1", "", func(ctx context.Context) error { _, err := c.Job(ctx, "j1"); return err }},
			{"GET /v4/export/jobs/j1/results", "", func(ctx context.Context) error { _, err := c.Results(ctx, "j1"); return err }},
			{"PATCH /v4/export/jobs/j1", `{"type":"CANCEL"}`, func(ctx context.Context) error { return c.CancelJob(ctx, "j1") }},
			{"POST /v4/export/forecast/f", "", func(ctx context.Context) error {
				_, err := c.CreateForecastExport(ctx, "f", ForecastExport{}, nil)
				return err
			}},
		}
		for _, call := range calls {
			_ = call.call(t.Context()) // the server panics, that is: hangs up; what counts is what was sent
			if line := got.Method + " " + got.URL.EscapedPath(); line != call.line || got.URL.Host != "clari.test" {
				t.Errorf("%s, want %s", line, call.line)
			}
			if string(body) != call.body {
				t.Errorf("%s: body %s", call.line, body)
			}
			if got.Header.Get("apikey") != testKey || got.Header.Get("User-Agent") != "cq-source-clari" {
				t.Errorf("%s: headers %v", call.line, got.Header)
			}
			if json := got.Header.Get("Content-Type") == "application/json"; json != (got.Method != http.MethodGet) {
				t.Errorf("%s: content type %q", call.line, got.Header.Get("Content-Type"))
			}
			if got.Method == http.MethodPost && got.GetBody != nil {
				t.Error("a transport could send the create again")
			}
		}
	})
}

func TestPathEncoding(t *testing.T) {
	for id, want := range map[string]string{
		"net_arr":       "/v4/export/forecast/net_arr",
		"a/b":           "/v4/export/forecast/a%2Fb",
		"../jobs":       "/v4/export/forecast/..%2Fjobs",
		"...":           "/v4/export/forecast/...",
		"a b?c#d%2e&é;": "/v4/export/forecast/a%20b%3Fc%23d%252e&%C3%A9%3B",
		"a\x00\r\nb":    "/v4/export/forecast/a%00%0D%0Ab",
		"..%2F":         "/v4/export/forecast/..%252F",
	} {
		synctest.Test(t, func(t *testing.T) {
			var got string
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got = r.RequestURI
				answer(200, okCreate)(w, r)
			})
			if _, err := c.CreateForecastExport(t.Context(), id, ForecastExport{}, nil); err != nil || got != want {
				t.Errorf("%q: %s, want %s, %v", id, got, want, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, answer(200, okJob))
		for _, id := range []string{"", ".", ".."} {
			_, create := c.CreateForecastExport(t.Context(), id, ForecastExport{}, nil)
			_, job := c.Job(t.Context(), id)
			_, results := c.Results(t.Context(), id)
			for _, err := range []error{create, job, results, c.CancelJob(t.Context(), id)} {
				if _, vague := errors.AsType[*UnknownOutcomeError](err); err == nil || vague {
					t.Errorf("id %q: %v", id, err)
				}
			}
		}
		if len(s.Requests()) != 0 {
			t.Errorf("%d requests", len(s.Requests()))
		}
	})
}

func TestCancelJob(t *testing.T) {
	for _, test := range []struct {
		name     string
		handler  http.HandlerFunc
		is       error
		requests int
	}{
		{"done", answer(200, `{"status":"CANCELLED","successful":true}`), nil, 1},
		{"empty answer", answer(204, ""), nil, 1},
		{"after faults", inTurn(hangUp, answer(500, ""), answer(200, "{}")), nil, 3},
		{"too late", answer(400, `{"code":"export_failed_to_cancel","namespace":"exports"}`), ErrNotCancellable, 1},
		{"not successful", answer(200, `{"status":"DONE","successful":false}`), ErrNotCancellable, 1},
		{"redirected", answer(307, "", "Location", "/v4/elsewhere"), nil, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := serve(t, test.handler)
				err := c.CancelJob(t.Context(), "j1")
				if test.name == "redirected" {
					if err == nil || !strings.Contains(err.Error(), "not followed") {
						t.Errorf("%v", err)
					}
				} else if !errors.Is(err, test.is) {
					t.Errorf("%v", err)
				}
				if len(s.Requests()) != test.requests {
					t.Errorf("%d requests", len(s.Requests()))
				}
			})
		})
	}
}

func TestAnswersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		big := `{"jobId":"j1","status":"DONE","x":"` + strings.Repeat("x", 2<<20) + `"}`
		c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/jobs") {
				answer(200, "["+big+"]")(w, r)
				return
			}
			answer(200, big)(w, r)
		})
		_, err := c.Job(t.Context(), "j1")
		if err == nil || !strings.Contains(err.Error(), "larger than 1048576 bytes") || len(s.Requests()) != 3 {
			t.Errorf("%v", err)
		}
		if jobs, err := c.Jobs(t.Context()); err != nil || len(jobs) != 1 {
			t.Errorf("%d jobs, %v", len(jobs), err)
		}
	})
}

func TestCreateRequest(t *testing.T) {
	for _, test := range []struct {
		name   string
		export ForecastExport
		want   string
	}{
		{"least", ForecastExport{}, `{"includeHistorical":false}`},
		{"all", ForecastExport{"2026_Q1", []string{"forecast", "quota"}, "1905::MGR", "USD", true, "csv"}, `{"timePeriod":"2026_Q1",` +
			`"typesToExport":["forecast","quota"],"scopeId":"1905::MGR","currency":"USD","includeHistorical":true,"exportFormat":"CSV"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := json.Marshal(test.export)
			if err != nil || string(got) != test.want {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
}

func TestCreateAnswers(t *testing.T) {
	for _, body := range []string{okCreate, `{"job":{"jobId":"j1","status":"SCHEDULED"}}`, ` {"jobId" : "j1", "more": null}`} {
		for _, status := range []int{200, 201, 202} {
			synctest.Test(t, func(t *testing.T) {
				c, _ := serve(t, answer(status, body))
				if id, err := c.CreateForecastExport(t.Context(), "f", ForecastExport{}, nil); id != "j1" || err != nil {
					t.Errorf("%s: %q, %v", body, id, err)
				}
			})
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A creation that Clari confirms without naming a job may have made one.
func TestCreateWithoutAJob(t *testing.T) {
	for body, text := range map[string]string{`{"status":"SCHEDULED"}`: "no jobId", `{"jobId":""}`: "no jobId", `null`: "not an object", `[]`: "answer not understood"} {
		synctest.Test(t, func(t *testing.T) {
			c, s := serve(t, answer(200, body))
			id, err := c.CreateForecastExport(t.Context(), "f", ForecastExport{}, nil)
			unclear(t, err)
			if id != "" || !strings.Contains(err.Error(), text) || s.Posts.Load() != 1 {
				t.Errorf("%s: %q, %v", body, id, err)
			}
		})
	}
}

// A tab that Clari does not know may be a 404 instead of a code; a job that it does not know is not.
func TestNotFoundIsOnlyAForecastOnCreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := serve(t, answer(404, `{"message":"no such thing"}`))
		if _, err := c.CreateForecastExport(t.Context(), "f", ForecastExport{}, nil); !errors.Is(err, ErrNotFound) || !errors.Is(err, ErrUnknownForecast) {
			t.Errorf("%v", err)
		}
		if _, err := c.Job(t.Context(), "j1"); !errors.Is(err, ErrNotFound) || errors.Is(err, ErrUnknownForecast) {
			t.Errorf("%v", err)
		}
	})
}

// What endpoints say of an answer repeats words of it: not the key, which package wire takes out.
func TestNothingTellsTheKey(t *testing.T) {
	for body, call := range map[string]func(context.Context, *Client) error{
		`{"jobId":"` + testKey + `","status":"DONE"}`:     func(ctx context.Context, c *Client) error { _, err := c.Job(ctx, "j1"); return err },
		`{"successful":false,"status":"` + testKey + `"}`: func(ctx context.Context, c *Client) error { return c.CancelJob(ctx, "j1") },
	} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := serve(t, answer(200, body))
			if err := call(t.Context(), c); err == nil || strings.Contains(err.Error(), testKey) || strings.Contains(err.Error(), testKey[2:]) {
				t.Errorf("%s: %v", body, err)
			}
		})
	}
}
