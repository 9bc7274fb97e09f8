package clari

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestPause: a Retry-After that one caller was told goes for all who ask the same, also when that caller tries no more.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := []string{"7", "", "3600"}
		c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v4/export/jobs" {
				_, _ = w.Write([]byte("[]"))
				return
			}
			if answers[0] != "" {
				w.Header().Set("Retry-After", answers[0])
				w.WriteHeader(http.StatusServiceUnavailable)
			} else {
				_, _ = w.Write([]byte("{}"))
			}
			answers = answers[1:]
		}, func(cfg *Config) { cfg.MaxRetries, cfg.MaxWait = 0, time.Minute })

		if _, err := c.Limits(t.Context()); !errors.Is(err, ErrServer) {
			t.Fatalf("error %v", err)
		}
		if _, err := c.Jobs(t.Context()); err != nil || s.elapsed() > time.Second {
			t.Errorf("another request was held back for %s: %v", s.elapsed(), err)
		}
		if _, err := c.Limits(t.Context()); err != nil || s.elapsed() < 7*time.Second {
			t.Errorf("asked again after %s: %v", s.elapsed(), err)
		}
		_, _ = c.Limits(t.Context()) // is told to come again in an hour
		_, err := c.Limits(t.Context())
		if _, ok := errors.AsType[*ThrottledError](err); !ok || len(s.requests()) != 4 {
			t.Errorf("%d requests, error %v", len(s.requests()), err)
		}
	})
}
