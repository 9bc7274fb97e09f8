package wire

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
			if r.URL.Path == "/v4/export/jobs/j1" {
				_, _ = w.Write([]byte("{}"))
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

		if _, err := c.limits(t.Context()); !errors.Is(err, ErrServer) {
			t.Fatalf("error %v", err)
		}
		if _, err := c.job(t.Context()); err != nil || s.Elapsed() > time.Second {
			t.Errorf("another request was held back for %s: %v", s.Elapsed(), err)
		}
		if _, err := c.limits(t.Context()); err != nil || s.Elapsed() < 7*time.Second {
			t.Errorf("asked again after %s: %v", s.Elapsed(), err)
		}
		_, _ = c.limits(t.Context()) // is told to come again in an hour
		_, err := c.limits(t.Context())
		if _, ok := errors.AsType[*ThrottledError](err); !ok || len(s.Requests()) != 4 {
			t.Errorf("%d requests, error %v", len(s.Requests()), err)
		}
	})
}
