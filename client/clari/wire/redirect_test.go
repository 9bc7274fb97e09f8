package wire

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// visits records who was asked for what, and who saw the key.
type visits struct {
	mu   sync.Mutex
	list []string
}

func (v *visits) add(r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	line := r.Method + " " + r.Host + r.URL.Path
	if r.Header.Get("apikey") != "" {
		line += " with the key"
	}
	for name := range r.Header {
		if name == "Referer" || name == "Cookie" || name == "Authorization" {
			line += " and " + name
		}
	}
	v.list = append(v.list, line)
}

func TestRedirects(t *testing.T) {
	const home, away = "clari.test/v4/export/jobs/j1", "files.example"
	for _, test := range []struct {
		name     string
		location string
		results  bool // ask for the results, else for the job
		want     string
		err      string
	}{
		{"same origin", "/moved", false, "clari.test/moved with the key", ""},
		{"same origin, spelt out", "http://CLARI.test:80/moved", false, "CLARI.test:80/moved with the key", ""},
		{"relative", "../moved", false, "clari.test/v4/export/moved with the key", ""},
		{"same origin, results", "/moved", true, "clari.test/moved with the key", ""},
		{"other host, results", "http://files.example/result?sig=s3cret", true, "files.example/result", ""},
		{"other port, results", "http://clari.test:8080/result", true, "clari.test:8080/result", ""},
		{"other host", "http://files.example/result?sig=s3cret", false, "", "HTTP 302: redirect to http://files.example not followed"},
		{"other port", "http://clari.test:8080/result", false, "", "HTTP 302: redirect to http://clari.test:8080 not followed"},
		{"user info, results", "http://u:s3cret@files.example/result", true, "", "HTTP 302: redirect to http://files.example not followed"},
		{"no HTTP, results", "ftp://files.example/result", true, "", "HTTP 302: redirect to ftp://files.example not followed"},
		{"no location", "", true, "", "HTTP 302: found"},
		{"broken location", "http://u:s3cret@files.example:port/", true, "", "HTTP 302: found"},
		{"loop", "/v4/export/jobs/j1", false, "", "HTTP 302: redirect to http://clari.test not followed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var v visits
				c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
					v.add(r)
					if r.Host+r.URL.Path == home || r.Host+r.URL.Path == home+"/results" {
						if test.location != "" {
							w.Header().Set("Location", test.location)
						}
						w.Header().Set("Set-Cookie", "a=b")
						w.WriteHeader(http.StatusFound)
						return
					}
					answer(200, okJob)(w, r)
				})
				var err error
				if test.results {
					var res *Results
					if res, err = c.results(t.Context()); err == nil {
						body, _ := io.ReadAll(res.Body)
						_ = res.Body.Close()
						if string(body) != okJob {
							t.Errorf("body %s", body)
						}
					}
				} else {
					_, err = c.job(t.Context())
				}
				switch {
				case test.err == "" && err != nil:
					t.Error(err)
				case test.err != "" && (err == nil || !strings.HasSuffix(err.Error(), ": "+test.err) || strings.Contains(err.Error(), "s3cret")):
					t.Errorf("%v", err)
				}
				if !strings.HasSuffix(v.list[0], " with the key") {
					t.Errorf("first request: %s", v.list[0])
				}
				last := v.list[len(v.list)-1]
				if test.err == "" && last != "GET "+test.want {
					t.Errorf("ended at %q, want %q", last, test.want)
				}
				if n := map[bool]int{false: 1, true: 2}[test.err == ""]; len(s.Requests()) != n && test.name != "loop" {
					t.Errorf("%d requests: %s", len(s.Requests()), v.list)
				}
				if test.name == "loop" && len(s.Requests()) != maxRedirects+1 {
					t.Errorf("%d requests", len(s.Requests()))
				}
				for _, line := range v.list {
					if strings.Contains(line, away) && strings.Contains(line, "key") || strings.Contains(line, " and ") {
						t.Errorf("told too much: %s", line)
					}
				}
			})
		})
	}
}

func TestCreateAndCancelAreNotRedirected(t *testing.T) {
	for _, status := range []int{301, 302, 307, 308} {
		synctest.Test(t, func(t *testing.T) {
			c, s := serve(t, answer(status, "", "Location", "/v4/moved"))
			_, create := c.create(t.Context(), nil)
			for _, err := range []error{create, c.cancel(t.Context())} {
				e, ok := errors.AsType[*Error](err)
				_, vague := errors.AsType[*UnknownOutcomeError](err)
				if !ok || vague || e.Status != status || e.Message != "redirect to http://clari.test not followed" {
					t.Errorf("%v", err)
				}
			}
			if len(s.Requests()) != 2 {
				t.Errorf("%d requests", len(s.Requests()))
			}
		})
	}
}

// A key goes over TLS or not at all: what was asked for by https is not fetched by http.
func TestNoDowngrade(t *testing.T) {
	c, err := New(Config{BaseURL: "https://clari.test", APIKey: testKey})
	if err != nil {
		t.Fatal(err)
	}
	download := Request{Method: http.MethodGet, Elsewhere: true}
	parse := func(s string) *url.URL { u, _ := url.Parse(s); return u }
	for _, test := range []struct {
		from, to string
		want     bool
	}{
		{"https://clari.test", "https://files.example", true},
		{"https://clari.test", "http://files.example", false},
		{"https://clari.test", "http://clari.test", false},
		{"https://clari.test", "https://clari.test:443/x", true},
		{"http://files.example", "http://files.example/x", true},
	} {
		if got := c.follows(download, parse(test.from), parse(test.to)); got != test.want {
			t.Errorf("%s to %s: %t", test.from, test.to, got)
		}
	}
	if sameOrigin(parse("https://clari.test"), parse("http://clari.test:443")) {
		t.Error("another scheme is another origin")
	}
}

func TestErrorsFromElsewhereSaySo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Host == "clari.test" {
				answer(302, "", "Location", "http://files.example/result", "Date", "Sat, 01 Jan 2000 01:00:00 GMT")(w, r)
				return
			}
			answer(404, `{"message":"gone"}`, "Date", "Sat, 01 Jan 2000 09:00:00 GMT")(w, r)
		}, func(cfg *Config) { cfg.MaxRetries = 0 })
		_, err := c.results(t.Context())
		if err == nil || err.Error() != `get results: HTTP 404 (not in a form of Clari's): from files.example: gone` {
			t.Errorf("%v", err)
		}
		if at := c.ServerTime(testStart); at.Hour() != 1 {
			t.Errorf("learnt the time from another host: %s", at)
		}
	})
}
