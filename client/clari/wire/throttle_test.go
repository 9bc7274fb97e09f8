package wire

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryAfterIsWaitedOutExactly(t *testing.T) {
	date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, test := range []struct {
		name     string
		offset   time.Duration // within the second at which the answer is given
		headers  func() []string
		want     time.Duration
		overTime time.Duration // what a date's rounding may add
	}{
		{"seconds", 0, func() []string { return []string{"Retry-After", "7"} }, 7 * time.Second, 0},
		{"fraction", 0, func() []string { return []string{"Retry-After", "1.5"} }, 1500 * time.Millisecond, 0},
		{"longest of two", 0, func() []string { return []string{"Retry-After", "9", "Retry-After", "3"} }, 9 * time.Second, 0},
		{"date", 0, func() []string { return []string{"Retry-After", date(30 * time.Second)} }, 30 * time.Second, 0},
		{"date within a second", 700 * time.Millisecond, func() []string { return []string{"Retry-After", date(30*time.Second + 300*time.Millisecond)} }, 30*time.Second + 300*time.Millisecond, time.Second},
		{"date on a clock an hour ahead", 0, func() []string {
			return []string{"Retry-After", date(time.Hour + 30*time.Second), "Date", date(time.Hour)}
		}, 30 * time.Second, 0},
		{"date on a clock an hour behind", 0, func() []string {
			return []string{"Retry-After", date(30*time.Second - time.Hour), "Date", date(-time.Hour)}
		}, 30 * time.Second, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(test.offset)
				c, s := serve(t, inTurn(func(w http.ResponseWriter, r *http.Request) {
					answer(429, `{"error":"API rate limit exceeded"}`, test.headers()...)(w, r)
				}, answer(200, okLimits)))
				if _, err := c.limits(t.Context()); err != nil {
					t.Fatal(err)
				}
				within(t, "waited", s.Elapsed(), test.want, test.want+test.overTime)
			})
		})
	}
}

func TestRetryAfterDateWithoutDateHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ahead = 3 * time.Hour // Clari's clock, learnt from the first answer
		stamp := func(d time.Duration) string { return time.Now().Add(ahead + d).UTC().Format(http.TimeFormat) }
		c, s := serve(t, inTurn(
			func(w http.ResponseWriter, r *http.Request) { answer(200, okLimits, "Date", stamp(0))(w, r) },
			func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Date"] = nil
				answer(429, "", "Retry-After", stamp(40*time.Second))(w, r)
			},
			answer(200, okLimits),
		))
		local := time.Now()
		if got := c.ServerTime(local); !got.Equal(local) {
			t.Errorf("before the first response: %s is not %s", got, local)
		}
		for range 2 {
			if _, err := c.limits(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s.Elapsed() == 0 {
				if got := c.ServerTime(local).Sub(local); got != ahead {
					t.Errorf("clock is ahead by %s, want %s", got, ahead)
				}
			}
		}
		within(t, "waited", s.Elapsed(), 40*time.Second, 41*time.Second)
	})
}

func TestOneThrottledRequestHoldsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, inTurn(answer(429, "", "Retry-After", "20"), answer(200, okJob)))
		var callers sync.WaitGroup
		for i := range 5 {
			callers.Go(func() {
				time.Sleep(time.Duration(i) * time.Second)
				if _, err := c.job(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(12 * time.Second)
		if got := c.Throttled(); got != 12*time.Second {
			t.Errorf("while shut: throttled for %s", got)
		}
		callers.Wait()
		time.Sleep(time.Minute)
		if got := s.Requests(); len(got) != 6 || got[0] != 0 || slices.Min(got[1:]) != 20*time.Second {
			t.Errorf("requests at %s", got)
		}
		if got := c.Throttled(); got != 20*time.Second {
			t.Errorf("five callers were held for 20 s together, got %s", got)
		}
		if n := strings.Count(s.log.String(), `"level":"info"`); n != 1 {
			t.Errorf("%d info lines:\n%s", n, s.log.String())
		}
		if !strings.Contains(s.log.String(), `"wait":"20s"`) {
			t.Errorf("no wait in the log:\n%s", s.log.String())
		}
	})
}

func TestShutWhileWaitingForATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, inTurn(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(500 * time.Millisecond)
			answer(429, "", "Retry-After", "30")(w, r)
		}, answer(200, okJob)), func(cfg *Config) { cfg.RequestsPerSecond = 1 })
		var callers sync.WaitGroup
		for range 2 { // the second has its turn after a second, when the first has been refused
			callers.Go(func() {
				if _, err := c.job(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		if at := s.Requests(); len(at) != 3 || at[1] < 30500*time.Millisecond {
			t.Errorf("requests at %s", at)
		}
	})
}

func TestThrottlingIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := answer(429, "")
		c, s := serve(t, inTurn(full, full, full, answer(500, ""), full, full, full, answer(200, okJob)), func(cfg *Config) { cfg.MaxWait = time.Minute })
		if _, err := c.job(t.Context()); err != nil { // 35 s and then 35 s again are not 70 s at a stretch
			t.Fatal(err)
		}
		at := s.Requests()
		for i, least := range []time.Duration{5, 10, 20, 1, 5, 10, 20} {
			within(t, fmt.Sprintf("gap %d", i), at[i+1]-at[i], least*time.Second, least*time.Second*5/4)
		}
	})
}

func TestThrottledIsAUnion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, answer(200, okJob))
		cause := &Error{Status: 429}
		for _, step := range []struct{ at, block, want time.Duration }{
			{0, 10 * time.Second, 0},
			{0, 10 * time.Second, 0},
			{4 * time.Second, 2 * time.Second, 4 * time.Second},   // inside the first
			{8 * time.Second, 5 * time.Second, 8 * time.Second},   // lengthens it to 13 s
			{20 * time.Second, 3 * time.Second, 13 * time.Second}, // a second span
			{60 * time.Second, time.Second, 16 * time.Second},     // a third
			{60*time.Second + time.Second/2, 0, 16500 * time.Millisecond},
		} {
			time.Sleep(step.at - s.Elapsed())
			if got := c.Throttled(); got != step.want {
				t.Errorf("at %s: %s, want %s", step.at, got, step.want)
			}
			c.throttle.block(step.block, cause)
		}
	})
}

func TestThrottledWithoutRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := answer(429, `{"error":"API rate limit exceeded"}`)
		past := answer(429, "", "Retry-After", "Thu, 01 Jan 1998 00:00:00 GMT")
		c, s := serve(t, inTurn(full, full, answer(429, "", "Retry-After", "0"), answer(429, "", "Retry-After", "soon"), past, full, answer(200, okCreate)),
			func(cfg *Config) { cfg.MaxRetries = 0 }) // a 429 is not a retry
		id, err := c.create(t.Context(), nil)
		if err != nil || id != "j1" {
			t.Fatal(id, err)
		}
		at := s.Requests()
		for i, least := range []time.Duration{5, 10, 20, 40, 60, 60} {
			least *= time.Second
			within(t, fmt.Sprintf("gap %d", i), at[i+1]-at[i], least, least*5/4)
		}
	})
}

func TestRetryAfterBeyondMaxWait(t *testing.T) {
	for _, status := range []int{429, 503} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := serve(t, inTurn(answer(status, `{"error":"API rate limit exceeded"}`, "Retry-After", "3600"), answer(200, okCreate)),
					func(cfg *Config) { cfg.MaxWait = 30 * time.Minute })
				_, err := c.create(t.Context(), nil)
				throttled, ok := errors.AsType[*ThrottledError](err)
				if !ok || s.Elapsed() != 0 {
					t.Fatalf("after %s: %v", s.Elapsed(), err)
				}
				if _, vague := errors.AsType[*UnknownOutcomeError](err); vague {
					t.Errorf("a refused create is not unclear: %v", err)
				}
				until := s.Began().Add(time.Hour)
				if !throttled.Until.Equal(until) || !strings.Contains(err.Error(), until.UTC().Format(time.RFC3339)) {
					t.Errorf("until %s: %v", throttled.Until, err)
				}
				if e, ok := errors.AsType[*Error](err); !ok || e.Status != status || e.Message != "API rate limit exceeded" {
					t.Errorf("the cause is lost: %v", err)
				}
				if status == 429 { // the doomed are not sent, until the time is near enough
					if _, err := c.limits(t.Context()); err == nil || len(s.Requests()) != 1 {
						t.Errorf("sent %d requests, got %v", len(s.Requests()), err)
					}
				}
				time.Sleep(31 * time.Minute)
				if _, err := c.create(t.Context(), nil); err != nil {
					t.Error(err)
				}
				if s.Elapsed() != time.Hour {
					t.Errorf("went on after %s", s.Elapsed())
				}
			})
		})
	}
}

func TestThrottledForeverEnds(t *testing.T) {
	for _, headers := range [][]string{nil, {"Retry-After", "100"}} {
		synctest.Test(t, func(t *testing.T) {
			c, s := serve(t, answer(429, "", headers...), func(cfg *Config) { cfg.MaxWait, cfg.MaxHeld = 10*time.Minute, 10*time.Minute })
			_, err := c.limits(t.Context())
			if _, ok := errors.AsType[*ThrottledError](err); !ok {
				t.Fatalf("%v", err)
			}
			within(t, "gave up", s.Elapsed(), 8*time.Minute, 10*time.Minute)
		})
	}
}

// Each Retry-After counts against MaxWait; together they count against MaxHeld.
func TestRetryAftersAreNotAddedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := answer(429, "", "Retry-After", "500")
		c, s := serve(t, inTurn(full, full, answer(200, okLimits)), func(cfg *Config) { cfg.MaxWait, cfg.MaxHeld = 10*time.Minute, 20*time.Minute })
		if _, err := c.limits(t.Context()); err != nil || s.Elapsed() != 1000*time.Second {
			t.Fatalf("after %s: %v", s.Elapsed(), err)
		}
	})
}

// The sender is told each time that the request is about to go out, not when it is first wanted.
func TestSendingIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, inTurn(answer(429, "", "Retry-After", "300"), answer(503, "", "Retry-After", "200"), answer(200, okCreate)))
		var told []time.Duration
		id, err := c.create(t.Context(), func(context.Context) { told = append(told, s.Elapsed()) })
		if at := s.Requests(); err != nil || id != "j1" || !slices.Equal(told, at) || len(at) != 3 {
			t.Fatalf("told at %s, sent at %s: %v", told, at, err)
		}
	})
}

// A gate that shuts while the sender is told holds the request back, and the sender is told again.
func TestSendingIsToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, answer(200, okCreate))
		var told []time.Duration
		_, err := c.create(t.Context(), func(context.Context) {
			if told = append(told, s.Elapsed()); len(told) == 1 {
				c.throttle.block(time.Minute, &Error{Status: 429})
			}
		})
		if at := s.Requests(); err != nil || len(told) != 2 || len(at) != 1 || told[1] != at[0] || at[0] < time.Minute {
			t.Fatalf("told at %s, sent at %s: %v", told, at, err)
		}
	})
}

func TestHeldByOthersForeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := serve(t, answer(200, okLimits), func(cfg *Config) { cfg.MaxWait, cfg.MaxHeld = 10*time.Minute, 10*time.Minute })
		go func() {
			for range 30 {
				c.throttle.block(time.Minute+time.Millisecond, &Error{Status: 429})
				time.Sleep(time.Minute)
			}
		}()
		synctest.Wait()
		_, err := c.limits(t.Context())
		if _, ok := errors.AsType[*ThrottledError](err); !ok || len(s.Requests()) != 0 {
			t.Fatalf("%d requests: %v", len(s.Requests()), err)
		}
		within(t, "gave up", s.Elapsed(), 8*time.Minute, 10*time.Minute)
		time.Sleep(time.Hour)
	})
}

func TestPace(t *testing.T) {
	for rate, want := range map[float64]time.Duration{0: time.Second, 10: time.Second, 4: 2500 * time.Millisecond, math.Inf(1): 0} {
		synctest.Test(t, func(t *testing.T) {
			c, s := serve(t, answer(200, okLimits), func(cfg *Config) { cfg.RequestsPerSecond = rate })
			var callers sync.WaitGroup
			for range 11 {
				callers.Go(func() {
					if _, err := c.limits(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			callers.Wait()
			within(t, fmt.Sprintf("11 requests at %v/s", rate), s.Elapsed(), want, want+time.Millisecond)
			at := s.Requests()
			slices.Sort(at)
			for i := range 10 {
				if gap := at[i+1] - at[i]; gap < want/10-time.Microsecond {
					t.Errorf("gap of %s at %v/s", gap, rate)
				}
			}
		})
	}
}
