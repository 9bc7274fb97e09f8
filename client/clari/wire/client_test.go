package wire

import (
	"context"
	"errors"
	"io"
	"math"
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

func TestGetsAreRepeated(t *testing.T) {
	for name, fault := range map[string]http.HandlerFunc{
		"500": answer(500, ""), "502": answer(502, ""), "503": answer(503, ""), "504": answer(504, ""),
		"hung up": hangUp, "cut": raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), "hung": hang,
		"not http": raw("what?\n"), "SWW": answer(400, `{"code":"SWW","message":"Something went wrong"}`),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := serve(t, inTurn(fault, fault, answer(200, okJob)))
				if id, err := c.job(t.Context()); err != nil || id != "j1" {
					t.Fatal(err)
				}
				lost := time.Duration(0)
				if name == "hung" {
					lost = 2 * CallTimeout
				}
				within(t, "took", s.Elapsed()-lost, 3*time.Second, 3750*time.Millisecond)
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
		_, err := c.limits(t.Context())
		want := "get limits: HTTP 500 internal_server_error: An unexpected error occurred. (errorId e1) (tried 9 times)"
		if err == nil || err.Error() != want || !errors.Is(err, ErrServer) {
			t.Errorf("%v", err)
		}
		at := s.Requests()
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
			c, s := serve(t, answer(status, `{"message":"no"}`))
			if _, err := c.limits(t.Context()); err == nil || len(s.Requests()) != 1 {
				t.Errorf("%d: %d requests, %v", status, len(s.Requests()), err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, answer(400, `{"code":"SWW"}`))
		if _, err := c.limits(t.Context()); !errors.Is(err, ErrServer) || errors.Is(err, ErrBadRequest) || len(s.Requests()) != 3 {
			t.Errorf("something went wrong: %d requests, %v", len(s.Requests()), err)
		}
	})
}

func TestContextEndsEveryWait(t *testing.T) {
	job := func(ctx context.Context, c *testClient) error { _, err := c.job(ctx); return err }
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		rate    float64
		call    func(context.Context, *testClient) error
	}{
		{"answer", hang, 0, job},
		{"Retry-After of a 429", answer(429, "", "Retry-After", "99"), 0, job},
		{"429", answer(429, ""), 0, job},
		{"Retry-After of a 503", answer(503, "", "Retry-After", "99"), 0, job},
		{"pace", answer(200, okJob), 0.01, func(ctx context.Context, c *testClient) error {
			return errors.Join(job(ctx, c), job(ctx, c))
		}},
		{"back-off", inTurn(answer(500, "")), 0, job},
		{"body", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			hang(w, r)
		}, 0, func(ctx context.Context, c *testClient) error {
			res, err := c.results(ctx)
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
				if err := test.call(ctx, c); !errors.Is(err, context.Canceled) || s.Elapsed() != at {
					t.Errorf("after %s: %v", s.Elapsed(), err)
				}
				before := len(s.Requests())
				if err := job(ctx, c); !errors.Is(err, context.Canceled) || len(s.Requests()) != before {
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
			_, _ = c.limits(t.Context())
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
			_, _ = c.limits(t.Context())
			synctest.Wait()
		}
		if s.Dials.Load() != 1 {
			t.Errorf("%d connections for 10 requests", s.Dials.Load())
		}
	})
}
