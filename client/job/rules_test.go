package job

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// only answers one request with a fault: the op's requests that pick says, counted from 1.
func only(r *registry, op string, pick func(n int) bool, do func(*registry, string, string) func(*http.Request) (*http.Response, error)) {
	r.fault = func(o, what string, n int) func(*http.Request) (*http.Response, error) {
		if o == op && pick(n) {
			return do(r, o, what)
		}
		return nil
	}
}

func nth(want ...int) func(int) bool { return func(n int) bool { return slices.Contains(want, n) } }
func always(int) bool                { return true }

func refusal(code int, word string) func(*registry, string, string) func(*http.Request) (*http.Response, error) {
	return func(*registry, string, string) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) {
			return reply(code, map[string]any{"code": word, "message": "no", "errorId": "e1"}), nil
		}
	}
}

func ago(d time.Duration) time.Time { return time.Now().Add(-d).UTC() }

// old puts a job of an earlier sync into the registry.
func (r *registry) old(id string, asked, ran time.Duration) *registered {
	j := &registered{id: id, title: "people a", created: ago(asked), ended: ago(asked - ran)}
	r.jobs = append(r.jobs, j)
	return j
}

// TestBudget: a destination that takes nothing any more stops the buying.
func TestBudget(t *testing.T) {
	for _, test := range []struct{ concurrency, adopted, spent int }{{1, 0, 2}, {2, 0, 3}, {1, 1, 1}, {2, 2, 1}} {
		bubble(t, fmt.Sprint(test), func(t *testing.T) {
			r, s := newRegistry(), newStore()
			r.run, r.places = 20*time.Second, 9
			k := &census{name: "people", parts: [][]string{{"a", "b", "c", "d", "e", "f"}}}
			for i := range test.adopted {
				name := string(rune('a' + i))
				r.jobs = append(r.jobs, &registered{id: "old" + name, title: "people " + name, created: ago(time.Hour), ended: ago(time.Hour)})
				s.keep("paid/people/"+name, journal.Paid{Job: &journal.PaidJob{ID: "old" + name, AskedAt: ago(time.Hour)}})
			}
			g := newRig(t, r, k)
			g.Concurrency, g.store = test.concurrency, s
			k.stuck = true
			ctx, stop := context.WithTimeout(t.Context(), time.Hour)
			defer stop()
			_ = g.sync(ctx)
			want(t, "spent", r.spent()-test.adopted, test.spent)
		})
	}
}

// TestFailedJobs: the next try comes after a minute, in the order of the plan, and others go on meanwhile. What used up its tries comes last in the next
// sync, and gets one.
func TestFailedJobs(t *testing.T) {
	bubble(t, "once", func(t *testing.T) {
		r := newRegistry()
		r.fails = func(title string, n int) bool { return n == 1 }
		k := &census{name: "people", parts: [][]string{{"a", "b", "c"}}}
		g := newRig(t, r, k)
		if err := g.sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		var titles []string
		for _, j := range r.jobs {
			titles = append(titles, strings.TrimPrefix(j.title, "people "))
		}
		want(t, "creations", titles, "[a b c a]") // b took until the minute had almost passed, c until after it
		if gap := r.jobs[3].created.Sub(r.jobs[0].ended); gap < time.Minute {
			t.Errorf("tried again after %s", gap)
		}
		want(t, "created for a", k.exports["a"].Created, 2)
		want(t, "spent twice", g.Summary.causes, "map[its job FAILED:1]")
	})
	bubble(t, "for good", func(t *testing.T) {
		r, s := newRegistry(), newStore()
		bad := true
		r.fails = func(title string, n int) bool { return bad && title == "people a" }
		var created []int
		for day := range 3 {
			bad = day < 2
			k := &census{name: "people", parts: [][]string{{"a", "b"}}}
			g := newRig(t, r, k)
			g.store = s
			before := len(r.jobs)
			err := g.sync(t.Context())
			ended, failed := errors.AsType[*EndedError](err)
			if failed != bad || failed && ended.Status != "FAILED" {
				t.Errorf("day %d: %v", day, err)
			}
			n := 0
			for _, j := range r.jobs[before:] {
				if j.title == "people a" {
					n++
				}
			}
			created = append(created, n)
			if day == 1 && k.order[0] != "b exported" {
				t.Errorf("what used up its tries came first: %v", k.order)
			}
			want(t, "used up", s.paid(t, "a").UsedUp, bad)
			time.Sleep(24 * time.Hour)
		}
		want(t, "jobs for a", created, "[3 1 1]")
	})
}

// TestBrake: when three exports of different tabs fail in a row, nothing is bought for five minutes; then one of another tab is tried.
func TestBrake(t *testing.T) {
	for _, test := range []struct {
		name     string
		failing  int // so many jobs fail
		outcomes string
		spent    int
	}{
		{"the service is back", 3, "a exported, b exported, c exported, d exported, e exported", 8},
		{"it is not", 100, "a left_out, b left_out, c left_out, d failed, e left_out", 4},
	} {
		bubble(t, test.name, func(t *testing.T) {
			r := newRegistry()
			r.fails = func(_ string, n int) bool { return n <= test.failing }
			k := &census{name: "people", parts: [][]string{{"a", "b", "c", "d", "e"}}}
			g := newRig(t, r, k)
			_ = g.sync(t.Context())
			if gap := r.jobs[3].created.Sub(r.jobs[2].ended); gap < 5*time.Minute || r.jobs[3].title != "people d" {
				t.Errorf("after %s: %s", gap, r.jobs[3].title)
			}
			want(t, "spent", len(r.jobs), test.spent)
			if test.failing == 3 {
				want(t, "outcomes", k.outcomes(), test.outcomes)
			} else if n := strings.Count(k.outcomes(), "left_out"); n < 1 {
				t.Errorf("outcomes %s", k.outcomes())
			}
		})
	}
}

// TestBrakeForgets: a job that is done says that the service works: failures before it do not count with those after it.
func TestBrakeForgets(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		r := newRegistry()
		r.fails = func(_ string, n int) bool { return n == 1 || n == 2 || n == 6 } // of a, of b, and of d once those have landed
		g := newRig(t, r, &census{name: "people", parts: [][]string{{"a", "b", "c", "d", "e"}}})
		if err := g.sync(t.Context()); err != nil {
			t.Error(err)
		}
		if gap := r.jobs[6].created.Sub(r.jobs[5].ended); gap >= 5*time.Minute {
			t.Errorf("nothing was bought for %s after the third failure", gap)
		}
	})
}

// TestUnclear: the job of a creation whose answer was lost.
func TestUnclear(t *testing.T) {
	type world struct {
		*registry
		*store
		twin func(title string)
	}
	for _, test := range []struct {
		name    string
		prepare func(w world)
		refuse  bool // the second creation is refused
		spent   int
		lands   bool
		twice   bool // an info line says so
	}{
		{name: "is found", spent: 1, lands: true},
		{name: "is found late in the list", prepare: func(w world) { w.late = 100 * time.Second }, spent: 1, lands: true},
		{name: "another of its title in the window", prepare: func(w world) { w.twin("people a") }, spent: 3, lands: true, twice: true},
		{name: "another that has no title yet", prepare: func(w world) { w.untitled = true; w.twin("people z") }, spent: 3, lands: true, twice: true},
	} {
		bubble(t, test.name, func(t *testing.T) {
			r, s := newRegistry(), newStore()
			k := &census{name: "people", parts: [][]string{{"a"}}}
			g := newRig(t, r, k)
			g.store = s
			only(r, "create", nth(1), processedThen(504))
			if test.prepare != nil {
				test.prepare(world{r, s, func(title string) {
					r.processed = func(string, *registered) {
						r.processed = nil
						r.jobs = append(r.jobs, &registered{id: "twin", title: title, created: time.Now(), ended: time.Now().Add(time.Minute)})
					}
				}})
			}
			err := g.sync(t.Context())
			if (err == nil) != test.lands {
				t.Error(err)
			}
			want(t, "spent", r.spent(), test.spent)
			want(t, "told", g.Summary.causes["unclear whether a job was created"] > 0, test.twice)
			want(t, "unclear", len(s.paid(t, "a").Unclear), 0)
		})
	}
}

// TestFoundOnlyByAnother: the creation made no job; another one's, which has no title while it runs, is taken, and given back when it has one.
func TestFoundOnlyByAnother(t *testing.T) {
	bubble(t, "created again", func(t *testing.T) {
		r := newRegistry()
		r.untitled = true
		k := &census{name: "people", parts: [][]string{{"a"}}}
		g := newRig(t, r, k)
		only(r, "create", nth(1), func(r *registry, op, what string) func(*http.Request) (*http.Response, error) {
			r.jobs = append(r.jobs, &registered{id: "other", title: "people z", created: time.Now(), ended: time.Now().Add(time.Minute)})
			return status(504)(r, op, what)
		})
		if err := g.sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		want(t, "job", k.exports["a"].Job.ID, "job2")
		want(t, "cancelled", r.jobs[0].cancelled, false)
	})
}

// TestRefusalClearsNothing: a creation whose end is not known stays so when a later try is refused, and the next sync finds its job.
func TestRefusalClearsNothing(t *testing.T) {
	bubble(t, "found by the next sync", func(t *testing.T) {
		r, s := newRegistry(), newStore()
		r.late = 5 * time.Minute
		creations := 0
		r.fault = func(op, what string, n int) func(*http.Request) (*http.Response, error) {
			if op != "create" {
				return nil
			}
			if creations++; creations == 1 {
				return processedThen(504)(r, op, what)
			}
			return refusal(400, "bad")(r, op, what)
		}
		for i := range 2 {
			k := &census{name: "people", parts: [][]string{{"a"}}}
			g := newRig(t, r, k)
			g.store, g.ExportAttempts = s, 3
			if i == 0 {
				r.late = time.Hour // not listed in time
			}
			err := g.sync(t.Context())
			if i == 1 && err != nil {
				t.Error(err)
			}
			r.fault, r.late = nil, 0
			time.Sleep(10 * time.Minute)
		}
		want(t, "spent", r.spent(), 1)
	})
}

// TestRivals: two creations of one tab are unclear and one job was made: it is nobody's, also where one of the two comes in a later part.
func TestRivals(t *testing.T) {
	for _, parts := range [][][]string{{{"a", "b"}}, {{"a"}, {"b"}}} {
		bubble(t, fmt.Sprint(parts), func(t *testing.T) {
			r, s := newRegistry(), newStore()
			for _, name := range []string{"a", "b"} {
				s.keep("paid/people/"+name, journal.Paid{Unclear: []journal.Creation{{Sent: ago(10 * time.Minute), GivenUp: ago(9 * time.Minute)}}})
			}
			r.untitled = true
			r.jobs = append(r.jobs, &registered{id: "lost", title: "people b", created: ago(570 * time.Second), ended: time.Now().Add(time.Minute)})
			k := &census{name: "people", parts: parts, change: func(i *Item) { i.Tab = "people" }}
			g := newRig(t, r, k)
			g.store = s
			if err := g.sync(t.Context()); err != nil {
				t.Error(err)
			}
			want(t, "outcome of a", strings.Contains(k.outcomes(), "a exported"), true)
		})
	}
}

// TestNoList: a list that cannot be had fails the export once; the next sync creates it anew.
func TestNoList(t *testing.T) {
	for _, code := range []int{403, 500} {
		bubble(t, fmt.Sprint(code), func(t *testing.T) {
			r, s := newRegistry(), newStore()
			r.fault = func(op, what string, n int) func(*http.Request) (*http.Response, error) {
				switch {
				case op == "create" && n == 1:
					return processedThen(504)(r, op, what)
				case op == "list":
					return status(code)(r, op, what)
				}
				return nil
			}
			for i := range 2 {
				k := &census{name: "people", parts: [][]string{{"a"}}}
				g := newRig(t, r, k)
				g.store = s
				if err := g.sync(t.Context()); (err == nil) != (i == 1) {
					t.Errorf("run %d: %v", i+1, err)
				}
			}
			want(t, "spent", r.spent(), 2)
		})
	}
}

// TestBelievedTwice: no paid job and no stored result is given up for one answer.
func TestBelievedTwice(t *testing.T) {
	for _, test := range []struct {
		op    string
		times int
		spent int
	}{{"status", 1, 1}, {"status", 2, 2}, {"results", 1, 1}, {"results", 2, 2}} {
		for _, code := range []int{403, 404, 410, 400} {
			bubble(t, fmt.Sprint(test, code), func(t *testing.T) {
				r, s := newRegistry(), newStore()
				r.old("old", time.Hour, time.Minute)
				s.keep("paid/people/a", journal.Paid{Job: &journal.PaidJob{ID: "old", AskedAt: ago(time.Hour)}})
				k := &census{name: "people", parts: [][]string{{"a", "b"}}}
				g := newRig(t, r, k)
				g.store = s
				var asked []time.Time
				r.fault = func(op, what string, n int) func(*http.Request) (*http.Response, error) {
					if op != test.op || what != "old" {
						return nil
					}
					if asked = append(asked, time.Now()); len(asked) > test.times {
						return nil
					}
					return refusal(code, "")(r, op, what)
				}
				if err := g.sync(t.Context()); err != nil {
					t.Error(err)
				}
				want(t, "spent", r.spent()-1, test.spent)
				if len(asked) < 2 || asked[1].Sub(asked[0]) < time.Minute {
					t.Errorf("looked %d times: %v", len(asked), asked)
				}
				want(t, "a is an old job", k.exports["a"].Job.ID == "old", test.times == 1)
				if r.jobs[1].created.Sub(asked[0]) >= time.Minute && test.op == "status" {
					t.Error("the second look held the next export up")
				}
			})
		}
	}
}

// TestOne401: fails nothing, and no key is refused for it; two of two endpoints end the run.
func TestOne401(t *testing.T) {
	bubble(t, "one", func(t *testing.T) {
		r := newRegistry()
		k := &census{name: "people", parts: [][]string{{"a", "b"}}}
		g := newRig(t, r, k)
		only(r, "status", nth(1), status(401))
		if err := g.sync(t.Context()); err != nil {
			t.Error(err)
		}
	})
	bubble(t, "all", func(t *testing.T) {
		r := newRegistry()
		k := &census{name: "people", parts: [][]string{{"a", "b", "c", "d", "e"}}}
		g := newRig(t, r, k)
		only(r, "create", always, status(401))
		r.run = time.Second
		err := g.sync(t.Context())
		if !errors.Is(err, clari.ErrUnauthorized) {
			t.Error(err)
		}
		want(t, "nothing is asked for once the key is refused", r.counts["create"] < 8, true)
	})
}

// TestWholeLife: a job's whole life is bounded, however often its status changes.
func TestWholeLife(t *testing.T) {
	bubble(t, "flaps", func(t *testing.T) {
		r := newRegistry()
		r.run, r.flaps = 48*time.Hour, true
		k := &census{name: "people", parts: [][]string{{"a"}}}
		g := newRig(t, r, k)
		began := time.Now()
		err := g.sync(t.Context())
		over, ok := errors.AsType[*TimeoutError](err)
		if took := time.Since(began); !ok || over.Key != "queue_timeout + run_timeout" || took > 22*time.Minute {
			t.Errorf("after %s: %v", took, err)
		}
		want(t, "cancelled", r.jobs[0].cancelled, true)
	})
}

// TestNeverOlder: rows go out only where they are newer than what their place, under history their day, holds.
func TestNeverOlder(t *testing.T) {
	for _, test := range []struct {
		name    string
		history bool
		there   string        // the job that the place holds
		age     time.Duration // how long ago that was exported
		outcome string
		left    string // the job that the place holds in the end
	}{
		{"older than what is there", false, "new", 10 * time.Minute, "a kept", "new"},
		{"newer", false, "before", 2 * time.Hour, "a adopted", "old"},
		{"its day has a newer snapshot", true, "new", 10 * time.Minute, "a kept", "new"},
		{"its day has none", true, "before", 48 * time.Hour, "a adopted", "old"},
	} {
		bubble(t, test.name, func(t *testing.T) {
			time.Sleep(12 * time.Hour) // noon: the hours before are of this day
			r, s := newRegistry(), newStore()
			r.old("old", time.Hour, time.Minute)
			s.keep("paid/people/a", journal.Paid{Job: &journal.PaidJob{ID: "old", AskedAt: ago(time.Hour), Unread: 1}})
			at := ago(test.age)
			s.keep("place/chosen", journal.Place{Job: test.there, ExportedAt: at, Days: (journal.Days{}).With(journal.DayNumber(at))})
			k := &census{name: "people", parts: [][]string{{"a"}}, chosen: "place/chosen"}
			k.change = func(i *Item) { i.Place, i.Daily = "", test.history } // known only once the result was read
			g := newRig(t, r, k)
			g.store = s
			if err := g.sync(t.Context()); err != nil {
				t.Error(err)
			}
			want(t, "outcome", k.outcomes(), test.outcome)
			want(t, "spent", r.spent(), 1)
			var there journal.Place
			s.record(t, "place/chosen", &there)
			want(t, "what is there", there.Job, test.left)
		})
	}
}

// TestNewerByDefinition: a job that was created after the ledger was read is newer than what that knows, whatever the clocks say.
func TestNewerByDefinition(t *testing.T) {
	bubble(t, "a clock that was ahead", func(t *testing.T) {
		r, s := newRegistry(), newStore()
		ahead := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
		s.keep("place/people/a", journal.Place{Job: "before", ExportedAt: ahead, LandedAt: ago(time.Hour), Contents: journal.Contents{Types: []string{"heads"}, Whole: true}})
		k := &census{name: "people", parts: [][]string{{"a"}}}
		g := newRig(t, r, k)
		g.store = s
		if err := g.sync(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "outcome", k.outcomes(), "a exported")
		want(t, "exported at", s.there(t, "a").ExportedAt, ahead.Add(time.Microsecond))
	})
}

// TestOnceASync: two items of one place do not both send their keys.
func TestOnceASync(t *testing.T) {
	bubble(t, "one place", func(t *testing.T) {
		r := newRegistry()
		k := &census{name: "people", parts: [][]string{{"a", "b"}}, change: func(i *Item) { i.Place = "place/people/both" }}
		g := newRig(t, r, k)
		if err := g.sync(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "outcomes", k.outcomes(), "a exported, b kept")
	})
}

// TestOpening: before money is spent, something has to be past a barrier: a row that costs nothing, else the first export.
func TestOpening(t *testing.T) {
	for _, row := range []bool{true, false} {
		bubble(t, fmt.Sprint(row), func(t *testing.T) {
			r := newRegistry()
			k := &census{name: "people", parts: [][]string{{"a", "b", "c"}}}
			g := newRig(t, r, k)
			g.Concurrency = 3
			g.Opening = func(context.Context) (bool, error) { return row, nil }
			var barriers []int
			r.processed = func(string, *registered) { barriers = append(barriers, g.barriers) }
			if err := g.sync(t.Context()); err != nil {
				t.Error(err)
			}
			want(t, "barriers before each creation", barriers, map[bool]string{true: "[1 1 1]", false: "[0 1 1]"}[row])
		})
	}
	bubble(t, "a destination that ends the sync", func(t *testing.T) {
		r := newRegistry()
		k := &census{name: "people", parts: [][]string{{"a", "b", "c"}}}
		g := newRig(t, r, k)
		ctx, end := context.WithCancel(t.Context())
		g.Barrier = func(ctx context.Context) error { end(); return ctx.Err() }
		_ = g.sync(ctx)
		want(t, "created", len(r.jobs), 0)
	})
}

// TestLimitsUnknown: without limits, exports go one by one; the limits are asked for every ten minutes at most, and a refusal that cannot be told apart is
// waited out once.
func TestLimitsUnknown(t *testing.T) {
	for _, reserve := range []int{0, 5} {
		bubble(t, fmt.Sprint("reserve ", reserve), func(t *testing.T) {
			r := newRegistry()
			r.quota = 0
			k := &census{name: "people", parts: [][]string{{"a", "b", "c", "d", "e", "f", "g", "h"}}}
			g := newRig(t, r, k)
			g.QuotaReserve, g.Concurrency = reserve, 3
			asked := map[string]bool{}
			r.fault = func(op, what string, n int) func(*http.Request) (*http.Response, error) {
				switch op {
				case "create":
					asked[what] = true
				case "limits":
					return status(403)(r, op, what)
				}
				return nil
			}
			began := time.Now()
			err := g.sync(t.Context())
			if err == nil || !strings.Contains(err.Error(), "never asked for") {
				t.Error(err)
			}
			if took := time.Since(began); took > 12*time.Minute {
				t.Errorf("took %s", took)
			}
			want(t, "limits asked for", r.counts["limits"] <= 2, true)
			want(t, "creations sent for", asked, map[string]bool{"people a": true})
			want(t, "outcomes", strings.Count(k.outcomes(), "left_out"), 8)
		})
	}
}

// TestOneByOne: without limits nobody knows how many places there are.
func TestOneByOne(t *testing.T) {
	bubble(t, "three places", func(t *testing.T) {
		r := newRegistry()
		k := &census{name: "people", parts: [][]string{{"a", "b", "c"}}}
		g := newRig(t, r, k)
		g.Concurrency = 3
		only(r, "limits", always, status(403))
		most := 0
		r.processed = func(string, *registered) { most = max(most, r.active()) }
		if err := g.sync(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "jobs at a time", most, 1)
	})
}

// TestFailuresAreRemembered: what failed for what is in it is not paid for each day.
func TestFailuresAreRemembered(t *testing.T) {
	for _, test := range []struct {
		name    string
		ongoing bool
		passing bool
		days    string // on which it was exported
	}{
		{"over", false, false, "[0 1 3 7 14]"},
		{"ongoing", true, false, "[0 1 2 3 4 5 6 7 8 9 10 11 12 13 14]"},
		{"empty", false, true, "[0 1 2 3 4 5 6 7 8 9 10 11 12 13 14]"},
	} {
		bubble(t, test.name, func(t *testing.T) {
			r, s := newRegistry(), newStore()
			r.result = func(string) string { return "0" }
			var days []int
			for day := range 15 {
				k := &census{name: "people", parts: [][]string{{"a"}}, change: func(i *Item) { i.Ongoing = test.ongoing }, passing: test.passing}
				g := newRig(t, r, k)
				g.store = s
				before := len(r.jobs)
				err := g.sync(t.Context())
				if !strings.Contains(fmt.Sprint(err), errNobody.Error()) {
					t.Errorf("day %d: %v", day, err)
				}
				next := k.exports["a"].NextTry
				if len(r.jobs) > before {
					days = append(days, day)
				} else if said := fmt.Sprintf("check: the result of job job%d failed, and the export is tried again on %s: ", before, next.Format(time.DateOnly)); !strings.Contains(err.Error(), said) {
					t.Errorf("day %d: %v, want %s", day, err, said)
				}
				if next.IsZero() != test.passing {
					t.Errorf("day %d: next try %s", day, next)
				}
				time.Sleep(24 * time.Hour)
			}
			want(t, "days", days, test.days)
		})
	}
}

// TestReadAgain: a result that a newer reader understands is of the time at which its own job was asked for, whatever was paid for since.
func TestReadAgain(t *testing.T) {
	bubble(t, "newer reader", func(t *testing.T) {
		r, s := newRegistry(), newStore()
		time.Sleep(72 * time.Hour)
		r.old("odd", 30*time.Hour, time.Minute)
		r.old("later", 20*time.Hour, time.Minute)
		asked, tomorrow := ago(30*time.Hour), time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
		s.keep("paid/people/a", journal.Paid{
			Job:     &journal.PaidJob{ID: "later", AskedAt: ago(20 * time.Hour)},
			Failure: &journal.Failure{Job: "odd", AskedAt: asked, Cause: "odd", Reader: 1, Tries: 1, NextTry: tomorrow},
		})
		k := &census{name: "people", parts: [][]string{{"a"}}}
		g := newRig(t, r, k)
		g.store, g.Reader = s, 2
		if err := g.sync(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "outcomes", k.outcomes(), "a adopted")
		want(t, "asked for", s.there(t, "a").AskedAt, asked)
		want(t, "reported", k.exports["a"].RequestedAt.Sub(asked).Abs() < time.Second, true) // by our clock
		want(t, "spent", r.spent(), 2)
	})
}

// TestOpenPlaces: what landed in a sync that did not end well is not bought again by the next one.
func TestOpenPlaces(t *testing.T) {
	bubble(t, "a retry", func(t *testing.T) {
		r, s := newRegistry(), newStore()
		r.result = func(title string) string {
			if title == "people b" {
				return "0"
			}
			return "7"
		}
		first := &census{name: "people", parts: [][]string{{"a", "b", "c"}}, passing: true}
		g := newRig(t, r, first)
		g.store = s
		if err := g.sync(t.Context()); err == nil {
			t.Error("it ended well")
		}
		want(t, "open", s.there(t, "a").Open, true)
		time.Sleep(10 * time.Minute)
		r.result = nil
		again := &census{name: "people", parts: [][]string{{"a", "b", "c"}}}
		g = newRig(t, r, again)
		g.store = s
		if err := g.sync(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "outcomes", again.outcomes(), "a kept, b exported, c kept")
		want(t, "spent", r.spent(), 4)
		want(t, "open", s.there(t, "b").Open, false)
	})
}

// TestAgainFromTheStoredResult: final rows land in two syncs, and cost one export.
func TestAgainFromTheStoredResult(t *testing.T) {
	for _, gone := range []bool{false, true} {
		bubble(t, fmt.Sprint("gone ", gone), func(t *testing.T) {
			r, s := newRegistry(), newStore()
			var outcomes []string
			final := time.Now()
			for range 3 {
				k := &census{name: "people", parts: [][]string{{"a"}}, change: func(i *Item) { i.FinalAt = final }}
				g := newRig(t, r, k)
				g.store = s
				if err := g.sync(t.Context()); err != nil {
					t.Error(err)
				}
				outcomes = append(outcomes, k.outcomes())
				r.jobs[0].gone = gone
				time.Sleep(24 * time.Hour)
			}
			want(t, "outcomes", outcomes, map[bool]string{false: "[a exported a landed_again a settled]", true: "[a exported a exported a settled]"}[gone])
		})
	}
}

// TestOldResultOfItsDay: under history an old result that never landed lands for its day, beside a new export.
func TestOldResultOfItsDay(t *testing.T) {
	bubble(t, "both", func(t *testing.T) {
		r, s := newRegistry(), newStore()
		r.old("old", 30*time.Hour, time.Minute)
		s.keep("paid/people/a", journal.Paid{Job: &journal.PaidJob{ID: "old", AskedAt: ago(30 * time.Hour)}})
		k := &census{name: "people", parts: [][]string{{"a"}}, change: func(i *Item) { i.Daily = true }}
		g := newRig(t, r, k)
		g.store = s
		if err := g.sync(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "outcomes", k.outcomes(), "a adopted, a exported")
		there := s.there(t, "a")
		want(t, "what is there", there.Job, "job2")
		want(t, "days", there.Days.Has(journal.DayNumber(ago(30*time.Hour))) && there.Days.Has(journal.DayNumber(time.Now())), true)
		paid := s.paid(t, "a")
		want(t, "paid for", paid.Job, (*journal.PaidJob)(nil))
		want(t, "set aside", s.durable["paid/people/a/older"], `{"items":null}`)
	})
}

// TestOldResultIsGone: an old result that is gone by the time at which it would land fails once, says so, and is not asked for again.
func TestOldResultIsGone(t *testing.T) {
	bubble(t, "gone", func(t *testing.T) {
		r, s := newRegistry(), newStore()
		r.old("old", 30*time.Hour, time.Minute)
		s.keep("paid/people/a", journal.Paid{Job: &journal.PaidJob{ID: "old", AskedAt: ago(30 * time.Hour)}})
		r.fault = func(op, what string, _ int) func(*http.Request) (*http.Response, error) {
			if op == "results" && what == "old" {
				return refusal(404, "no_such_result")(r, op, what)
			}
			return nil
		}
		for _, outcomes := range []string{"a exported, a failed", "a exported"} {
			k := &census{name: "people", parts: [][]string{{"a"}}, change: func(i *Item) { i.Daily = true }}
			g := newRig(t, r, k)
			g.store = s
			err := g.sync(t.Context())
			if failed := strings.Contains(outcomes, "failed"); failed != (err != nil) || failed && !strings.HasSuffix(err.Error(), "no_such_result: no (errorId e1)") {
				t.Errorf("%s: %v", outcomes, err)
			}
			want(t, "outcomes", k.outcomes(), outcomes)
			time.Sleep(24 * time.Hour)
		}
		want(t, "spent", r.spent(), 3)
	})
}

// TestOldResultsOfTheirDays: under history syncs that are stopped day after day, each once it has paid, lose none of their days.
func TestOldResultsOfTheirDays(t *testing.T) {
	bubble(t, "four days", func(t *testing.T) {
		r, s := newRegistry(), newStore()
		for range 3 {
			ctx, stop := context.WithCancel(t.Context())
			r.processed = func(op string, _ *registered) {
				if op == "create" {
					time.AfterFunc(time.Second, stop)
				}
			}
			g := newRig(t, r, &census{name: "people", parts: [][]string{{"a"}}, change: func(i *Item) { i.Daily = true }})
			g.store = s
			if err := g.sync(ctx); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			time.Sleep(24 * time.Hour)
		}
		r.processed = nil
		k := &census{name: "people", parts: [][]string{{"a"}}, change: func(i *Item) { i.Daily = true }}
		g := newRig(t, r, k)
		g.store = s
		if err := g.sync(t.Context()); err != nil {
			t.Error(err)
		}
		want(t, "outcomes", k.outcomes(), "a adopted, a adopted, a adopted, a exported")
		for days := range 4 {
			want(t, fmt.Sprintf("the snapshot of %d days ago", days), s.there(t, "a").Days.Has(journal.DayNumber(ago(time.Duration(days)*24*time.Hour))), true)
		}
		paid := s.paid(t, "a")
		want(t, "paid for", paid.Job, (*journal.PaidJob)(nil))
		want(t, "set aside", s.durable["paid/people/a/older"], `{"items":null}`)
	})
}

// TestPaidTwiceIsTold: one line names the job that was paid for and serves no more.
func TestPaidTwiceIsTold(t *testing.T) {
	bubble(t, "old", func(t *testing.T) {
		r, s := newRegistry(), newStore()
		r.old("old", 8*time.Hour, time.Minute)
		s.keep("paid/people/a", journal.Paid{Job: &journal.PaidJob{ID: "old", AskedAt: ago(8 * time.Hour)}})
		k := &census{name: "people", parts: [][]string{{"a"}}, change: func(i *Item) { i.Daily = true }}
		g := newRig(t, r, k)
		g.store = s
		if err := g.sync(t.Context()); err != nil {
			t.Error(err)
		}
		if log := g.log.String(); !strings.Contains(log, `"old_job":"old"`) || !strings.Contains(log, "six hours") {
			t.Errorf("log %s", log)
		}
		want(t, "spent", r.spent(), 2)
	})
}

// TestNothingOlderNextTime: where the state backend keeps nothing, rows that replace final ones are not sent while a later sync would land those again. Once
// their result is gone they are: what is paid for lands.
func TestNothingOlderNextTime(t *testing.T) {
	for _, test := range []struct {
		name    string
		expires time.Duration // from now
		want    string
	}{
		{"the result of before lives", time.Hour, "a failed"},
		{"the result of before is gone", -time.Hour, "a exported"},
	} {
		bubble(t, test.name, func(t *testing.T) {
			r, s := newRegistry(), newStore()
			r.jobs = append(r.jobs, &registered{id: "before", title: "people a", created: ago(48 * time.Hour), ended: ago(48 * time.Hour)})
			s.keep("place/people/a", journal.Place{
				Job: "before", ExportedAt: ago(48 * time.Hour), LandedAt: ago(48 * time.Hour), Expires: time.Now().Add(test.expires),
				Contents: journal.Contents{Types: []string{"heads"}, Whole: true}, Tables: []string{"villages"}, Schema: 1,
			})
			s.flush = func() error { return errors.New("full") }
			k := &census{name: "people", parts: [][]string{{"a"}}, change: func(i *Item) { i.FinalAt, i.Refresh = ago(72*time.Hour), &due.Refresh{} }}
			g := newRig(t, r, k)
			g.store = s
			if err := g.sync(t.Context()); errors.Is(err, errNotKept) != (test.expires > 0) {
				t.Errorf("ended with %v", err)
			}
			want(t, "outcome", k.outcomes(), test.want)
		})
	}
}
