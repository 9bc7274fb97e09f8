package job

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestFoundThenTooLarge: the job of a lost creation is found by the next run, whose limit its result exceeds. It is still that job's result
// that is read once the limit is raised.
func TestFoundThenTooLarge(t *testing.T) {
	bubble(t, "one export", func(t *testing.T) {
		r, s := newRegistry(), newStore()
		r.result = func(string) string { return strings.Repeat("0", 100) + "7" }
		ctx, kill := context.WithCancel(t.Context())
		r.fault = func(op, what string, n int) func(*http.Request) (*http.Response, error) {
			if op != "create" {
				return nil
			}
			return func(*http.Request) (*http.Response, error) {
				_, _ = r.process(op, what)
				kill()
				return nil, errors.New("dead")
			}
		}
		for i, limit := range []int64{50, 50, 50, 200} {
			k := &census{name: "people", batches: [][]string{{"a"}}}
			g := newRig(t, r, k)
			g.Store, g.MaxResultBytes = s, limit
			err := Run(ctx, g.Config)
			if (err == nil) != (i == 3) {
				t.Errorf("run %d: %v", i+1, err)
			}
			r.fault, ctx = nil, t.Context()
			time.Sleep(time.Minute)
		}
		want(t, "spent", r.spent(), 1)
	})
}

// TestPriorStays: an old result that cannot be read just now is not forgotten when the new one lands.
func TestPriorStays(t *testing.T) {
	for _, broken := range []string{"results", "status"} {
		bubble(t, broken, func(t *testing.T) {
			r, s := newRegistry(), newStore()
			ended := time.Now().Add(-8 * time.Hour)
			r.jobs = append(r.jobs, &registered{id: "old", title: "people a", created: ended.Add(-time.Minute), ended: ended})
			s.durable["clari/people/a"] = fmt.Sprintf(`{"state":"running","job_id":"old","at":%q}`, ended.UTC().Format(time.RFC3339))
			if broken == "status" { // an earlier run has renewed it, and did not get to its end
				s.durable["clari/people/a"] = fmt.Sprintf(`{"state":"failed","prior_job_id":"old","at":%q}`, ended.UTC().Format(time.RFC3339))
			}
			r.fault = func(op, what string, n int) func(*http.Request) (*http.Response, error) {
				if op == broken && what == "old" && (op == "results" || n > 0) {
					return status(500)(r, op, what)
				}
				return nil
			}
			counted := 0
			for range 2 {
				k := &census{name: "people", batches: [][]string{{"a"}}, renew: true}
				g := newRig(t, r, k)
				g.Store = s
				_ = Run(t.Context(), g.Config)
				counted += k.counted["a"]
				r.fault = nil
				time.Sleep(time.Minute)
			}
			want(t, "counted", counted, 3) // the new one, then the old one and another new one
		})
	}
}

// deafStore answers no question for a key.
type deafStore struct {
	*store
	hang bool
}

func (s *deafStore) GetKey(ctx context.Context, key string) (string, error) {
	if s.hang {
		<-ctx.Done()
	}
	return "", errors.New("deaf")
}

// TestUnreadableState: what cannot be read is not taken for what was never done: that would pay for it again.
func TestUnreadableState(t *testing.T) {
	for _, hang := range []bool{false, true} {
		bubble(t, fmt.Sprintf("hangs %t", hang), func(t *testing.T) {
			r := newRegistry()
			k := &census{name: "people", batches: [][]string{{"a", "b"}}}
			g := newRig(t, r, k)
			g.Store = &deafStore{newStore(), hang}
			if err := Run(t.Context(), g.Config); err == nil || !strings.Contains(err.Error(), "state backend") {
				t.Errorf("error %v", err)
			}
			want(t, "spent", r.spent(), 0)
		})
	}
}

// TestFoundIsNoPrior: a job that was found in the list may be another's, so its old result is dropped and not landed for its day.
func TestFoundIsNoPrior(t *testing.T) {
	bubble(t, "dropped", func(t *testing.T) {
		r, s := newRegistry(), newStore()
		ended := time.Now().Add(-8 * time.Hour)
		r.jobs = append(r.jobs, &registered{id: "old", title: "people a", created: ended.Add(-time.Minute), ended: ended})
		s.durable["clari/people/a"] = fmt.Sprintf(`{"state":"running","job_id":"old","found":true,"at":%q}`, ended.UTC().Format(time.RFC3339))
		k := &census{name: "people", batches: [][]string{{"a"}}, renew: true}
		g := newRig(t, r, k)
		g.Store = s
		if err := Run(t.Context(), g.Config); err != nil {
			t.Error(err)
		}
		want(t, "outcome", k.outcomes(), "a exported")
	})
}

// TestDamagedIsNotUnusable: a result that is damaged on its way is no reason to give up an old one for ever.
func TestDamagedIsNotUnusable(t *testing.T) {
	bubble(t, "read again", func(t *testing.T) {
		r, s := newRegistry(), newStore()
		r.jobs = append(r.jobs, &registered{id: "old", title: "people a", created: time.Now().Add(-48 * time.Hour), ended: time.Now().Add(-47 * time.Hour)})
		r.result = func(string) string { return "<html>" }
		s.durable["clari/people/a"] = `{"state":"done","job_id":"old","done_job_id":"old"}`
		var outcomes []string
		for range 2 {
			k := &census{name: "people", batches: [][]string{{"a"}}, settled: map[string]Standing{"a": Lacking}}
			g := newRig(t, r, k)
			g.Store = s
			_ = Run(t.Context(), g.Config)
			outcomes = append(outcomes, k.outcomes())
			r.result = nil
		}
		want(t, "outcomes", outcomes, "[a failed a adopted]")
	})
}

// TestCutAfterPatience: waiting for a result that is not there yet uses up no retry of a download.
func TestCutAfterPatience(t *testing.T) {
	bubble(t, "lands", func(t *testing.T) {
		r := newRegistry()
		k := &census{name: "people", batches: [][]string{{"a"}}}
		g := newRig(t, r, k)
		r.fault = func(op, what string, n int) func(*http.Request) (*http.Response, error) {
			switch {
			case op == "results" && n <= 5:
				return func(*http.Request) (*http.Response, error) {
					return reply(400, map[string]any{"code": "invalid_jobId", "message": "not finished"}), nil
				}
			case op == "results" && n <= 7:
				return cutShort(r, op, what)
			}
			return nil
		}
		if err := Run(t.Context(), g.Config); err != nil {
			t.Error(err)
		}
		want(t, "spent", r.spent(), 1)
	})
}
