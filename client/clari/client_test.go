package clari

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestNewRefuses(t *testing.T) {
	good := Config{BaseURL: "https://api.clari.com/v4/", APIKey: testKey}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(*Config){
		"no URL":          func(c *Config) { c.BaseURL = "" },
		"no host":         func(c *Config) { c.BaseURL = "https:///v4" },
		"relative":        func(c *Config) { c.BaseURL = "/v4" },
		"scheme":          func(c *Config) { c.BaseURL = "ftp://api.clari.com" },
		"user info":       func(c *Config) { c.BaseURL = "https://user:hunter2@api.clari.com" },
		"broken":          func(c *Config) { c.BaseURL = "https://user:hunter2@api.clari.com:port" },
		"query":           func(c *Config) { c.BaseURL = "https://api.clari.com?token=hunter2" },
		"no key":          func(c *Config) { c.APIKey = "" },
		"key with a line": func(c *Config) { c.APIKey = "hunter2\n" },
		"negative rate":   func(c *Config) { c.RequestsPerSecond = -1 },
		"no rate":         func(c *Config) { c.RequestsPerSecond = math.NaN() },
		"negative wait":   func(c *Config) { c.MaxWait = -1 },
		"negative tries":  func(c *Config) { c.MaxRetries = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			edit(&cfg)
			if _, err := New(cfg); err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v", err)
			}
		})
	}
}

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
				if _, vague := errors.AsType[*UnclearError](err); err == nil || vague {
					t.Errorf("id %q: %v", id, err)
				}
			}
		}
		if len(s.requests()) != 0 {
			t.Errorf("%d requests", len(s.requests()))
		}
	})
}

func TestGetsAreRepeated(t *testing.T) {
	for name, fault := range map[string]http.HandlerFunc{
		"500": answer(500, ""), "502": answer(502, ""), "503": answer(503, ""), "504": answer(504, ""),
		"hung up": hangUp, "cut": raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), "hung": hang,
		"not http": raw("what?\n"), "SWW": answer(400, `{"code":"SWW","message":"Something went wrong"}`),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := serve(t, inTurn(fault, fault, answer(200, okJob)))
				if job, err := c.Job(t.Context(), "j1"); err != nil || job.ID != "j1" {
					t.Fatal(err)
				}
				lost := time.Duration(0)
				if name == "hung" {
					lost = 2 * callTimeout
				}
				within(t, "took", s.elapsed()-lost, 3*time.Second, 3750*time.Millisecond)
				if n := strings.Count(s.log.String(), `"level":"debug"`); n != 2 || strings.Count(s.log.String(), "\n") != 2 {
					t.Errorf("log:\n%s", s.log.String())
				}
				for _, field := range []string{`"status":`, `"attempt":2`, `"wait":"`, `"reason":"`} {
					if !strings.Contains(s.log.String(), field) {
						t.Errorf("no %s in the log:\n%s", field, s.log.String())
					}
				}
			})
		})
	}
}

func TestGetGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, answer(500, `{"code":"internal_server_error","message":"An unexpected error occurred.","errorId":"e1"}`))
		_, err := c.Limits(t.Context())
		want := "get limits: HTTP 500 internal_server_error: An unexpected error occurred. (errorId e1) (tried 9 times)"
		if err == nil || err.Error() != want || !errors.Is(err, ErrServer) {
			t.Errorf("%v", err)
		}
		at := s.requests()
		if len(at) != 9 {
			t.Fatalf("%d requests", len(at))
		}
		for i, least := range []time.Duration{1, 2, 4, 8, 16, 30, 30, 30} {
			within(t, "gap", at[i+1]-at[i], least*time.Second, least*time.Second*5/4)
		}
	})
}

func TestNotRepeated(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 405, 410, 422} {
		synctest.Test(t, func(t *testing.T) {
			c, s := serve(t, answer(status, ""))
			if _, err := c.Limits(t.Context()); err == nil || len(s.requests()) != 1 {
				t.Errorf("%d: %d requests, %v", status, len(s.requests()), err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, answer(400, `{"code":"SWW"}`))
		if _, err := c.Limits(t.Context()); !errors.Is(err, ErrServer) || errors.Is(err, ErrBadRequest) || len(s.requests()) != 3 {
			t.Errorf("something went wrong: %d requests, %v", len(s.requests()), err)
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
				if len(s.requests()) != test.requests {
					t.Errorf("%d requests", len(s.requests()))
				}
			})
		})
	}
}

func TestContextEndsEveryWait(t *testing.T) {
	job := func(ctx context.Context, c *Client) error { _, err := c.Job(ctx, "j1"); return err }
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		rate    float64
		call    func(context.Context, *Client) error
	}{
		{"answer", hang, 0, job},
		{"Retry-After of a 429", answer(429, "", "Retry-After", "99"), 0, job},
		{"429", answer(429, ""), 0, job},
		{"Retry-After of a 503", answer(503, "", "Retry-After", "99"), 0, job},
		{"pace", answer(200, okJob), 0.01, func(ctx context.Context, c *Client) error {
			return errors.Join(job(ctx, c), job(ctx, c))
		}},
		{"back-off", inTurn(answer(500, "")), 0, job},
		{"body", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			hang(w, r)
		}, 0, func(ctx context.Context, c *Client) error {
			res, err := c.Results(ctx, "j1")
			if err != nil {
				return err
			}
			defer res.Body.Close()
			_, err = io.ReadAll(res.Body)
			if d := c.DownloadRetry(err, 0); d.Retry {
				t.Errorf("would try again after %v", err)
			}
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const at = 4500 * time.Millisecond // in the third back-off
				c, s := serve(t, test.handler, func(cfg *Config) { cfg.RequestsPerSecond = test.rate })
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(at, cancel)
				if err := test.call(ctx, c); !errors.Is(err, context.Canceled) || s.elapsed() != at {
					t.Errorf("after %s: %v", s.elapsed(), err)
				}
				before := len(s.requests())
				if err := job(ctx, c); !errors.Is(err, context.Canceled) || len(s.requests()) != before {
					t.Errorf("with a dead context: %v", err)
				}
			})
		})
	}
}

func TestServerTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := serve(t, inTurn(
			answer(200, okLimits, "Date", "Sat, 01 Jan 2000 05:00:00 GMT"),
			answer(404, "", "Date", "Fri, 31 Dec 1999 23:59:00 GMT"),
			answer(200, okLimits, "Date", "yesterday"),
		))
		local := time.Now()
		for _, want := range []time.Duration{0, 5 * time.Hour, -time.Minute, -time.Minute} {
			if got := c.ServerTime(local).Sub(local); got != want {
				t.Errorf("ahead by %s, want %s", got, want)
			}
			_, _ = c.Limits(t.Context())
		}
	})
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1)%2 == 0 {
				answer(404, strings.Repeat("x", 30<<10))(w, r)
				return
			}
			answer(200, okLimits)(w, r)
		})
		for range 10 {
			_, _ = c.Limits(t.Context())
			synctest.Wait()
		}
		if s.n.Load() != 1 {
			t.Errorf("%d connections for 10 requests", s.n.Load())
		}
	})
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
		if err == nil || !strings.Contains(err.Error(), "larger than 1048576 bytes") || len(s.requests()) != 1+briefRetries {
			t.Errorf("%v", err)
		}
		if jobs, err := c.Jobs(t.Context()); err != nil || len(jobs) != 1 {
			t.Errorf("%d jobs, %v", len(jobs), err)
		}
	})
}

var _ net.Listener = (*server)(nil)
