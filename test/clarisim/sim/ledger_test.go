package sim

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLedger(t *testing.T) {
	inBubble(t, Config{Run: Fixed(time.Minute)}, func(t *testing.T, s *Server, c caller) {
		a := c.create("forecast", `{"timePeriod":"2000_Q3"}`)
		time.Sleep(10 * time.Second)
		c.status(a)
		b := c.create("forecast", "")
		time.Sleep(7 * time.Second)
		c.status(b)
		c.status(a)
		time.Sleep(5 * time.Second)
		c.status(b)
		time.Sleep(time.Hour)
		c.create("forecast", "")
		s.Plant(Job{})

		l := s.Ledger()
		require.Equal(t, map[Asked]int{{"forecast", "2000_Q3"}: 1, {"forecast", ""}: 2}, l.JobsFor())
		require.Equal(t, 2, l.MaxConcurrent())
		require.Equal(t, 3, l.Spent())
		require.Len(t, l.Jobs, 4)
		require.Len(t, l.Of(Status), 4)
		gap, ok := l.MinPollGap()
		require.True(t, ok)
		require.Equal(t, 5*time.Second, gap)
		gap, ok = l.MinCreateGap()
		require.True(t, ok)
		require.Equal(t, 10*time.Second, gap)

		r := l.Requests[0]
		require.Equal(t, Target{Op: Create, Forecast: "forecast", Period: "2000_Q3", Job: 1}, r.Target)
		require.Equal(t, []any{1, "POST", "/v4/export/forecast/forecast", a, true, int64(1), 200, false},
			[]any{r.Number, r.Method, r.Path, r.JobID, r.KeySent, r.UserID, r.Status, r.Cut})
		require.NotZero(t, r.Bytes)
		require.Equal(t, 1, l.Jobs[0].Request)
		require.Contains(t, l.String(), "2000-01-01 00:00:00.000 POST /v4/export/forecast/forecast 200")
	})
}

func TestNoGapWithoutTwo(t *testing.T) {
	_, ok := Ledger{Requests: []Request{{Target: Target{Op: Status}, JobID: "a"}, {Target: Target{Op: Status}, JobID: "b"}}}.MinPollGap()
	require.False(t, ok)
}

func TestTooEarly(t *testing.T) {
	inBubble(t, Config{OtherKeys: map[string]int64{"theirs": 2}}, func(t *testing.T, s *Server, c caller) {
		s.Add(
			Fault{Op: List, Do: Throttled().RetryAfter(10 * time.Second)},
			Fault{Op: Limits, From: 3, Do: Answer(503).RetryAfter(10 * time.Second)},
		)
		list := func(c caller) { c.do("GET", "/export/jobs", "") }
		early := func() int { return len(s.Ledger().TooEarly()) }
		theirs := c
		theirs.key = "theirs"

		list(c) // throttled until second 10
		time.Sleep(9 * time.Second)
		c.available() // another operation, the same key
		require.Equal(t, 1, early())
		list(theirs)
		require.Equal(t, 1, early())
		time.Sleep(time.Second)
		c.available()
		list(c)
		require.Equal(t, 1, early())

		c.do("GET", "/admin/limits", "") // 503 until second 20
		list(c)
		require.Equal(t, 1, early(), "503 speaks of its own path only")
		c.do("GET", "/admin/limits", "") // in the same instant, but the same again
		require.Equal(t, 2, early())
	})
}

// Requests that were under way when one of them was throttled are nobody's fault.
func TestTooEarlySparesWhatWasUnderWay(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, s *Server, c caller) {
		s.Add(Fault{Op: List, Count: Always, Do: Throttled().RetryAfter(time.Second)})
		var calls sync.WaitGroup
		for _, path := range []string{"/export/jobs", "/admin/limits"} {
			calls.Go(func() { c.do("GET", path, "") })
		}
		calls.Wait()
		require.Empty(t, s.Ledger().TooEarly())
	})
}

func TestLog(t *testing.T) {
	var logged []Request
	cfg := Config{Log: func(r Request) { logged = append(logged, r) }}
	inBubble(t, cfg, func(t *testing.T, s *Server, c caller) {
		s.Add(Fault{Op: Limits, Do: Reset()}, Fault{Op: Limits, From: 2, Do: Throttled()})
		c.do("POST", "/export/forecast/forecast", "") // not repeated by net/http
		c.do("GET", "/admin/limits", "")
	})
	require.NotEmpty(t, logged)
	require.Equal(t, []string{"reset"}, logged[1].Faults)
	require.True(t, logged[1].Cut)
	require.Zero(t, logged[1].Status)
}
