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

	"github.com/cq-source-clari/cq-source-clari/client/clari"
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
		people := &census{name: "people", batches: [][]string{{"a", "b"}, {"c"}}}
		sheep := &census{name: "sheep", batches: [][]string{{"a", "b"}}}
		g := newRig(t, newRegistry(), people, sheep)
		g.registry.quota = 4
		err := Run(t.Context(), g.Config)
		if !errors.Is(err, ErrQuota) || err.Error() != "1 of 5 exports did not land: sheep of b: create: monthly export quota used up: 0 left, of which quota_reserve keeps 0" {
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
		people, sheep := &census{name: "people", batches: [][]string{{"a", "b"}}}, &census{name: "sheep", batches: [][]string{{"a"}}}
		g := newRig(t, newRegistry(), people, sheep)
		g.Concurrency, g.registry.run = 3, 5*time.Second
		if err := Run(t.Context(), g.Config); err != nil {
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
			k := &census{name: "people", batches: [][]string{{"a", "b", "c", "d", "e", "f"}}}
			g := newRig(t, newRegistry(), k)
			g.Concurrency, g.registry.places, g.registry.run = 0, test.places, 90*time.Second
			for i := range test.others {
				g.registry.jobs = append(g.registry.jobs, &registered{id: fmt.Sprint("other", i), created: time.Now(), ended: time.Now().Add(24 * time.Hour)})
			}
			most := 0
			g.registry.processed = func(string, *registered) { most = max(most, g.registry.active()-test.others) }
			if err := Run(t.Context(), g.Config); err != nil {
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
						k := &census{name: "people", batches: [][]string{{"a", "b", "c"}}}
						g := newRig(t, r, k)
						if backend {
							g.Store = newStore()
						}
						hit := 0
						r.fault = func(o, what string, n int) func(*http.Request) (*http.Response, error) {
							if o != op || what != "people b" && r.titleOf(what) != "people b" || hit > 0 && !forGood {
								return nil
							}
							hit++
							return f.do(r, o, what)
						}
						err := Run(t.Context(), g.Config)
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
						again := &census{name: "people", batches: [][]string{{"b"}}}
						next := newRig(t, r, again)
						next.Store = g.Store
						time.Sleep(time.Minute)
						if err := Run(t.Context(), next.Config); err != nil {
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
				k := &census{name: "people", batches: [][]string{{"a", "b"}}}
				g := newRig(t, r, k)
				g.Store = s
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
				if err := Run(ctx, g.Config); err == nil {
					t.Fatal("it was not killed")
				}
				dead, r.fault, s.flush = false, nil, nil
				time.Sleep(time.Minute)
				again := &census{name: "people", batches: [][]string{{"a", "b"}}}
				next := newRig(t, r, again)
				next.Store = s
				if err := Run(t.Context(), next.Config); err != nil {
					t.Error(err)
				}
				want(t, "counted", again.counted, "map[a:1 b:1]")
				want(t, "spent", r.spent(), 2)
			})
		}
	}
}

func TestAdoption(t *testing.T) {
	for _, test := range []struct {
		name     string
		job      registered // of an earlier sync, an hour ago
		age      time.Duration
		renew    bool
		outcome  string
		spent    int
		counted  int
		unread   bool
		tooLarge int64
	}{
		{name: "done and fresh", age: time.Hour, outcome: "a adopted", spent: 1, counted: 1},
		{name: "done long ago", age: 7 * time.Hour, outcome: "a exported", spent: 2, counted: 1},
		{name: "done long ago, to land before the new one", age: 7 * time.Hour, renew: true, outcome: "a adopted, a exported", spent: 2, counted: 2},
		{name: "gone", job: registered{gone: true}, age: time.Hour, outcome: "a exported", spent: 2, counted: 1},
		{name: "cancelled by somebody", job: registered{cancelled: true}, age: time.Hour, outcome: "a exported", spent: 1, counted: 1},
		{name: "never read, long ago", age: 7 * time.Hour, unread: true, outcome: "a adopted", spent: 1, counted: 1},
		{name: "too large then, and the limit was raised", age: 7 * time.Hour, tooLarge: 10, outcome: "a adopted", spent: 1, counted: 1},
		{name: "too large still", age: 7 * time.Hour, tooLarge: 1 << 20, outcome: "a failed", spent: 1},
	} {
		bubble(t, test.name, func(t *testing.T) {
			r, s := newRegistry(), newStore()
			job := test.job
			job.id, job.title = "old", "people a"
			job.created = time.Now().Add(-test.age)
			job.ended = job.created.Add(time.Minute)
			r.jobs = append(r.jobs, &job)
			k := &census{name: "people", batches: [][]string{{"a"}}, renew: test.renew}
			g := newRig(t, r, k)
			g.Store = s
			s.durable["clari/people/a"] = fmt.Sprintf(`{"state":"running","job_id":"old","at":%q,"unread":%t,"too_large":%d}`,
				job.created.UTC().Format(time.RFC3339), test.unread, test.tooLarge)
			err := Run(t.Context(), g.Config)
			if failed := strings.Contains(test.outcome, "failed"); (err != nil) != failed {
				t.Error(err)
			}
			want(t, "outcome", k.outcomes(), test.outcome)
			want(t, "spent", r.spent(), test.spent)
			want(t, "counted", k.counted["a"], test.counted)
		})
	}
}

func TestReconcile(t *testing.T) {
	for _, test := range []struct {
		name  string
		twin  bool // somebody else's job of the same title, in the window
		early bool // and one before it
		rival bool // another export of this run may have made it
		list  int  // status of the list of jobs; 0: all is well
		spent int
		lands bool
	}{
		{name: "one job", spent: 1, lands: true},
		{name: "one in the window", early: true, spent: 2, lands: true},
		{name: "two", twin: true, spent: 3, lands: true},
		{name: "a list that is refused", list: 403, spent: 2, lands: true},
		{name: "a list that cannot be had", list: 500, spent: 1, lands: false},
	} {
		bubble(t, test.name, func(t *testing.T) {
			r, s := newRegistry(), newStore()
			if test.early {
				r.jobs = append(r.jobs, &registered{id: "early", title: "people a", created: time.Now().Add(-time.Minute), ended: time.Now()})
			}
			k := &census{name: "people", batches: [][]string{{"a"}}}
			g := newRig(t, r, k)
			g.Store = s
			lost := false
			r.fault = func(op, what string, n int) func(*http.Request) (*http.Response, error) {
				switch {
				case op == "create" && !lost:
					lost = true
					if test.twin {
						r.jobs = append(r.jobs, &registered{id: "twin", title: "people a", created: time.Now(), ended: time.Now().Add(time.Minute)})
					}
					return processedThen(504)(r, op, what)
				case op == "list" && test.list != 0 && lost:
					return status(test.list)(r, op, what)
				}
				return nil
			}
			err := Run(t.Context(), g.Config)
			if (err == nil) != test.lands {
				t.Error(err)
			}
			want(t, "spent", r.spent(), test.spent)
			if !test.lands { // it fails once: the next run makes it anew, whether or not there is a list
				again := &census{name: "people", batches: [][]string{{"a"}}}
				next := newRig(t, r, again)
				next.Store = s
				if err := Run(t.Context(), next.Config); err != nil {
					t.Errorf("the next run: %v", err)
				}
				want(t, "spent in all", r.spent(), 2)
			}
		})
	}
}

func TestCancelsItsOwnOnly(t *testing.T) {
	for _, backend := range []bool{false, true} {
		bubble(t, fmt.Sprintf("backend %t", backend), func(t *testing.T) {
			r := newRegistry()
			r.jobs = append(r.jobs, &registered{id: "other", title: "people a", created: time.Now(), ended: time.Now().Add(time.Hour)})
			k := &census{name: "people", batches: [][]string{{"a", "b", "c"}}}
			g := newRig(t, r, k)
			g.Concurrency = 2
			if backend {
				g.Store = newStore()
			}
			ctx, stop := context.WithCancel(t.Context())
			time.AfterFunc(25*time.Second, stop)
			began := time.Now()
			if err := Run(ctx, g.Config); !errors.Is(err, context.Canceled) {
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

// TestRefusedKey: a key that is refused is asked once, whatever comes after.
func TestRefusedKey(t *testing.T) {
	bubble(t, "401", func(t *testing.T) {
		r := newRegistry()
		k, l := &census{name: "people", batches: [][]string{{"a", "b", "c"}}}, &census{name: "sheep", batches: [][]string{{"a"}}}
		g := newRig(t, r, k, l)
		r.fault = func(op, what string, n int) func(*http.Request) (*http.Response, error) {
			if op == "create" {
				return status(401)(r, op, what)
			}
			return nil
		}
		began := time.Now()
		err := Run(t.Context(), g.Config)
		if !errors.Is(err, clari.ErrUnauthorized) || strings.Count(err.Error(), "401") != 1 || r.counts["create"] != 1 || time.Since(began) > 5*time.Second {
			t.Errorf("%d creations in %s: %v", r.counts["create"], time.Since(began), err)
		}
		want(t, "error lines", strings.Count(g.log.String(), `"level":"error"`), 1)
	})
}

// TestErrorsStayShort: however many exports fail, and for however many causes.
func TestErrorsStayShort(t *testing.T) {
	k := &census{name: "people"}
	e := &IncompleteError{Planned: 5000}
	for i := range 4000 {
		v := NewExport(k, &village{kind: k, name: fmt.Sprint("village", i)}, time.Now(), nil)
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
			k := &census{name: "people", batches: [][]string{{"a"}}}
			g := newRig(t, r, k)
			g.Store = s
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
			_ = Run(ctx, g.Config)
			if took := time.Since(began); took > 93*time.Second {
				t.Errorf("stopped after %s", took)
			}
			if created := r.jobs[0].created.Sub(began); created > 31*time.Second {
				t.Errorf("the creation waited %s", created)
			}
			if e := s.entry(t, "clari/people/a"); (e.State == running && e.JobID == "job1") != test.knows {
				t.Errorf("the journal says %+v", e)
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
		g := newRig(t, r, &census{name: "people", batches: [][]string{{"a"}}})
		g.Store = s
		if err := Run(t.Context(), g.Config); !errors.Is(err, errDisk) {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		r.result = nil
		k := &census{name: "people", batches: [][]string{{"a"}}}
		next := newRig(t, r, k)
		next.Store = s
		if err := Run(t.Context(), next.Config); err != nil {
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
			k := &census{name: "people", batches: [][]string{{"a"}}}
			g := newRig(t, r, k)
			g.Store, g.MaxResultBytes = s, limit
			err := Run(t.Context(), g.Config)
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

// TestLacking: what is settled and lacks something is landed from its old result, and never exported again.
func TestLacking(t *testing.T) {
	for _, test := range []struct {
		name    string
		gone    bool
		result  string
		outcome string
	}{
		{"while the result lives", false, "7", "a adopted"},
		{"when it is gone", true, "7", "a settled"},
		{"when it does not pass any more", false, "0", "a settled"},
	} {
		bubble(t, test.name, func(t *testing.T) {
			r, s := newRegistry(), newStore()
			r.jobs = append(r.jobs, &registered{id: "old", title: "people a", created: time.Now().Add(-48 * time.Hour), ended: time.Now().Add(-47 * time.Hour), gone: test.gone})
			r.result = func(string) string { return test.result }
			s.durable["clari/people/a"] = `{"state":"done","job_id":"old","done_job_id":"old"}`
			for range 2 {
				k := &census{name: "people", batches: [][]string{{"a"}}, settled: map[string]Standing{"a": Lacking}}
				g := newRig(t, r, k)
				g.Store = s
				if err := Run(t.Context(), g.Config); err != nil {
					t.Fatal(err)
				}
				want(t, "outcome", k.outcomes(), test.outcome)
				if told := strings.Contains(g.log.String(), "gone: count again"); told != (test.outcome == "a settled") {
					t.Errorf("told that it lacks something: %t", told)
				}
			}
			want(t, "jobs", len(r.jobs), 1)
			if test.result == "0" {
				want(t, "downloads", r.counts["results"], 1)
			}
		})
	}
}
