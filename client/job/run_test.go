package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/job/queue"
)

// bubble runs each case in virtual time.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

func want(t *testing.T, what string, got, wanted any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(wanted) {
		t.Errorf("%s: got %v, want %v", what, got, wanted)
	}
}

func TestTwoKindsInOneRun(t *testing.T) {
	bubble(t, "in order, with one gap and one quota", func(t *testing.T) {
		people := &census{name: "people", parts: [][]string{{"a", "b"}, {"c"}}}
		sheep := &census{name: "sheep", parts: [][]string{{"a", "b"}}}
		g := newRig(t, newRegistry(), people, sheep)
		g.registry.quota = 4
		err := g.sync(t.Context())
		if !errors.Is(err, queue.ErrQuota) || err.Error() != "1 of 5 exports did not land: sheep of b: never asked for: create: monthly export quota used up: 0 left, of which quota_reserve keeps 0" {
			t.Errorf("error %v", err)
		}
		want(t, "people", people.outcomes(), "a exported, b exported, c exported")
		want(t, "sheep", sheep.outcomes(), "a exported, b left_out")
		want(t, "plan", people.planned, "[after 0: a b after 2: c]")
		for _, gap := range g.registry.gaps() {
			if gap < 40*time.Second { // strictly in sequence, over the kinds
				t.Errorf("two jobs were created %s apart", gap)
			}
		}
	})
	bubble(t, "the gap between creations", func(t *testing.T) {
		people, sheep := &census{name: "people", parts: [][]string{{"a", "b"}}}, &census{name: "sheep", parts: [][]string{{"a"}}}
		g := newRig(t, newRegistry(), people, sheep)
		g.Concurrency, g.registry.run = 3, 5*time.Second
		if err := g.sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, gap := range g.registry.gaps() {
			if gap < 10*time.Second {
				t.Errorf("two jobs were created %s apart", gap)
			}
		}
	})
}

func TestConcurrencyAuto(t *testing.T) {
	for _, test := range []struct{ places, others, most int }{{3, 0, 2}, {3, 2, 1}, {1, 0, 1}, {5, 1, 3}} {
		bubble(t, fmt.Sprint(test), func(t *testing.T) {
			k := &census{name: "people", parts: [][]string{{"a", "b", "c", "d", "e", "f"}}}
			g := newRig(t, newRegistry(), k)
			g.Concurrency, g.registry.places, g.registry.run = 0, test.places, 90*time.Second
			for i := range test.others {
				g.registry.jobs = append(g.registry.jobs, &registered{id: fmt.Sprint("other", i), created: time.Now(), ended: time.Now().Add(24 * time.Hour)})
			}
			most := 0
			g.registry.processed = func(string, *registered) { most = max(most, g.registry.active()-test.others) }
			if err := g.sync(t.Context()); err != nil {
				t.Fatal(err)
			}
			want(t, "jobs at a time", most, test.most)
		})
	}
}

// answers is a fault: what a request is answered, in place of the registry or (after) once that has processed it.
type answers struct {
	name string
	do   func(r *registry, op, what string) func(*http.Request) (*http.Response, error)
}

func status(code int, headers ...string) func(*registry, string, string) func(*http.Request) (*http.Response, error) {
	return func(*registry, string, string) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) {
			resp := reply(code, map[string]any{"message": "no"})
			for i := 0; i+1 < len(headers); i += 2 {
				resp.Header.Set(headers[i], headers[i+1])
			}
			return resp, nil
		}
	}
}

func processedThen(code int) func(*registry, string, string) func(*http.Request) (*http.Response, error) {
	return func(r *registry, op, what string) func(*http.Request) (*http.Response, error) {
		return func(req *http.Request) (*http.Response, error) {
			resp, err := r.process(op, what)
			if code == 0 || err != nil {
				return nil, io.ErrUnexpectedEOF
			}
			resp.Body.Close()
			return reply(code, ""), nil
		}
	}
}

func cutShort(*registry, string, string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		resp := reply(200, "1")
		resp.ContentLength = 10
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("1"), errReader{}))
		return resp, nil
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestFaults hits each request of one export of three with each fault, once and for good. Once: all land, with one job each. For good: the
// others land all the same, and the next run lands the one that is missing.
func TestFaults(t *testing.T) {
	faults := []answers{
		{name: "500", do: status(500)},
		{name: "429", do: status(429, "Retry-After", "30")},
		{name: "503", do: status(503, "Retry-After", "30")},
		{name: "lost", do: processedThen(0)},
		{name: "504 after processing", do: processedThen(504)},
		{name: "408", do: status(408)},
		{name: "html", do: func(*registry, string, string) func(*http.Request) (*http.Response, error) {
			return func(*http.Request) (*http.Response, error) { return reply(200, "<html>wait</html>"), nil }
		}},
		{name: "cut", do: cutShort},
	}
	for _, op := range []string{"create", "status", "results"} {
		for _, f := range faults {
			for _, forGood := range []bool{false, true} {
				for _, backend := range []bool{false, true} {
					bubble(t, fmt.Sprintf("%s %s, for good %t, backend %t", op, f.name, forGood, backend), func(t *testing.T) {
						r := newRegistry()
						k := &census{name: "people", parts: [][]string{{"a", "b", "c"}}}
						g := newRig(t, r, k)
						if backend {
							g.store = newStore()
						}
						hit := 0
						r.fault = func(o, what string, n int) func(*http.Request) (*http.Response, error) {
							if o != op || what != "people b" && r.titleOf(what) != "people b" || hit > 0 && !forGood {
								return nil
							}
							hit++
							return f.do(r, o, what)
						}
						err := g.sync(t.Context())
						if hit == 0 {
							t.Fatal("the fault was not met")
						}
						if !forGood {
							if err != nil {
								t.Error(err)
							}
							want(t, "outcomes", k.outcomes(), "a exported, b exported, c exported")
							want(t, "spent", r.spent(), 3)
							return
						}
						found := op == "create" && (f.name == "lost" || f.name == "504 after processing") // in the list
						if lost := !strings.Contains(k.outcomes(), "b exported"); lost == found || (err != nil) != lost {
							t.Errorf("%s: %v", k.outcomes(), err)
						}
						for _, other := range []string{"a exported", "c exported"} {
							if !strings.Contains(k.outcomes(), other) {
								t.Errorf("%s: %v", k.outcomes(), err)
							}
						}
						r.fault = nil
						again := &census{name: "people", parts: [][]string{{"b"}}}
						next := newRig(t, r, again)
						next.store = g.store
						time.Sleep(time.Minute)
						if err := next.sync(t.Context()); err != nil {
							t.Errorf("the next run: %v", err)
						}
						want(t, "the next run", again.counted["b"], 1)
					})
				}
			}
		}
	}
}

func (r *registry) titleOf(id string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, j := range r.jobs {
		if j.id == id {
			return j.title
		}
	}
	return ""
}

// TestKilled: whatever a run was doing when its process died, no job is paid for twice, and all rows land.
func TestKilled(t *testing.T) {
	for _, op := range []string{"limits", "create", "status", "results", "list"} {
		for _, after := range []bool{false, true} {
			bubble(t, fmt.Sprintf("%s, after processing %t", op, after), func(t *testing.T) {
				r, s := newRegistry(), newStore()
				k := &census{name: "people", parts: [][]string{{"a", "b"}}}
				g := newRig(t, r, k)
				g.store = s
				ctx, kill := context.WithCancel(t.Context())
				dead := false
				s.flush = func() error {
					if dead {
						return errors.New("dead")
					}
					return nil
				}
				r.fault = func(o, what string, n int) func(*http.Request) (*http.Response, error) {
					if dead {
						return func(*http.Request) (*http.Response, error) { return nil, errors.New("dead") }
					}
					if o != op {
						return nil
					}
					dead = true
					return func(*http.Request) (*http.Response, error) {
						if after {
							_, _ = r.process(o, what)
						}
						kill()
						return nil, errors.New("dead")
					}
				}
				if err := g.sync(ctx); err == nil {
					t.Fatal("it was not killed")
				}
				dead, r.fault, s.flush = false, nil, nil
				time.Sleep(time.Minute)
				again := &census{name: "people", parts: [][]string{{"a", "b"}}}
				next := newRig(t, r, again)
				next.store = s
				if err := next.sync(t.Context()); err != nil {
					t.Error(err)
				}
				want(t, "counted", again.counted, "map[a:1 b:1]")
				want(t, "spent", r.spent(), 2)
			})
		}
	}
}

func TestCancelsItsOwnOnly(t *testing.T) {
	for _, backend := range []bool{false, true} {
		bubble(t, fmt.Sprintf("backend %t", backend), func(t *testing.T) {
			r := newRegistry()
			r.jobs = append(r.jobs, &registered{id: "other", title: "people a", created: time.Now(), ended: time.Now().Add(time.Hour)})
			k := &census{name: "people", parts: [][]string{{"a", "b", "c"}}}
			g := newRig(t, r, k)
			g.Concurrency = 2
			if backend {
				g.store = newStore()
			}
			ctx, stop := context.WithCancel(t.Context())
			time.AfterFunc(25*time.Second, stop)
			began := time.Now()
			if err := g.sync(ctx); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			if took := time.Since(began); took > 28*time.Second {
				t.Errorf("took %s to stop", took-25*time.Second)
			}
			for _, j := range r.jobs {
				if cancelled := j.id != "other" && !backend; j.cancelled != cancelled {
					t.Errorf("%s: cancelled %t, want %t", j.id, j.cancelled, cancelled)
				}
			}
		})
	}
}

// TestErrorsStayShort: however many exports fail, and for however many causes.
func TestErrorsStayShort(t *testing.T) {
	k := &census{name: "people"}
	e := &IncompleteError{Planned: 5000}
	for i := range 4000 {
		v := &Export{Kind: k, Item: k.item(fmt.Sprint("village", i))}
		v.Err = fmt.Errorf("check: cause %d: %s", i%70, strings.Repeat("x", 300))
		e.Missing = append(e.Missing, v)
	}
	text := e.Error()
	if len(text) > 4096 || !strings.HasPrefix(text, "4000 of 5000 exports did not land: people of village0 ") || !strings.Contains(text, "more, which the table of exports names") {
		t.Errorf("%d bytes: %s", len(text), text)
	}
}

// TestSlowStore: a backend whose flush takes its time gets the id of a paid job all the same, and holds nothing up for long.
func TestSlowStore(t *testing.T) {
	for _, test := range []struct {
		flush time.Duration
		knows bool // that the job runs, when it is killed after a minute
	}{{1500 * time.Millisecond, true}, {20 * time.Second, true}, {time.Hour, false}} {
		bubble(t, test.flush.String(), func(t *testing.T) {
			r, s := newRegistry(), newStore()
			r.run = 5 * time.Minute
			k := &census{name: "people", parts: [][]string{{"a"}}}
			g := newRig(t, r, k)
			g.store = s
			ctx, stop := context.WithCancel(t.Context())
			s.flush = func() error {
				select {
				case <-time.After(test.flush):
				case <-time.After(2 * time.Hour): // the bubble ends only when all have
				}
				return nil
			}
			time.AfterFunc(90*time.Second, stop)
			began := time.Now()
			_ = g.sync(ctx)
			if took := time.Since(began); took > 93*time.Second {
				t.Errorf("stopped after %s", took)
			}
			if created := r.jobs[0].created.Sub(began); created > 31*time.Second {
				t.Errorf("the creation waited %s", created)
			}
			if p := s.paid(t, "a"); (p.Job != nil && p.Job.ID == "job1") != test.knows {
				t.Errorf("the ledger says %+v", p)
			}
			time.Sleep(3 * time.Hour)
		})
	}
}

// TestFullDisk: a result that this machine cannot read is read again, not exported again.
func TestFullDisk(t *testing.T) {
	bubble(t, "read again", func(t *testing.T) {
		r, s := newRegistry(), newStore()
		r.result = func(string) string { return "full disk" }
		g := newRig(t, r, &census{name: "people", parts: [][]string{{"a"}}})
		g.store = s
		if err := g.sync(t.Context()); !errors.Is(err, errDisk) {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		r.result = nil
		k := &census{name: "people", parts: [][]string{{"a"}}}
		next := newRig(t, r, k)
		next.store = s
		if err := next.sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		want(t, "outcome", k.outcomes(), "a adopted")
		want(t, "spent", r.spent(), 1)
	})
}

// TestTooLarge: so is one over the limit, once that is raised.
func TestTooLarge(t *testing.T) {
	bubble(t, "not exported again", func(t *testing.T) {
		r, s := newRegistry(), newStore()
		r.result = func(string) string { return strings.Repeat("0", 100) + "7" }
		for i, limit := range []int64{50, 50, 40, 200} {
			k := &census{name: "people", parts: [][]string{{"a"}}}
			g := newRig(t, r, k)
			g.store, g.MaxResultBytes = s, limit
			err := g.sync(t.Context())
			tooLarge, ok := errors.AsType[*TooLargeError](err)
			if last := i == 3; ok == last || ok && tooLarge.Limit != 50 {
				t.Errorf("run %d: %v", i+1, err)
			}
			time.Sleep(24 * time.Hour)
		}
		want(t, "spent", r.spent(), 1)
		want(t, "downloads", r.counts["results"], 2)
	})
}
