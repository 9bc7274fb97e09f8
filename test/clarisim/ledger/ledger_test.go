package ledger_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/caller"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLedger(t *testing.T) {
	caller.InBubble(t, sim.Config{Run: sim.Fixed(time.Minute)}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		a := c.Create("forecast", `{"timePeriod":"2000_Q3"}`)
		time.Sleep(10 * time.Second)
		c.Status(a)
		b := c.Create("forecast", "")
		time.Sleep(7 * time.Second)
		c.Status(b)
		c.Status(a)
		time.Sleep(5 * time.Second)
		c.Status(b)
		time.Sleep(time.Hour)
		c.Create("forecast", "")
		s.Plant(sim.Job{})

		l := s.Ledger()
		require.Equal(t, map[sim.Asked]int{{"forecast", "2000_Q3"}: 1, {"forecast", ""}: 2}, l.JobsFor())
		require.Equal(t, 2, l.MaxConcurrent())
		require.Equal(t, 3, l.Spent())
		require.Len(t, l.Jobs, 4)
		require.Len(t, l.Of(sim.Status), 4)
		gap, ok := l.MinPollGap()
		require.True(t, ok)
		require.Equal(t, 5*time.Second, gap)
		gap, ok = l.MinCreateGap()
		require.True(t, ok)
		require.Equal(t, 10*time.Second, gap)

		r := l.Requests[0]
		require.Equal(t, sim.Target{Op: sim.Create, Forecast: "forecast", Period: "2000_Q3", Job: 1}, r.Target)
		require.Equal(t, []any{1, "POST", "/v4/export/forecast/forecast", a, true, int64(1), 200, false},
			[]any{r.Number, r.Method, r.Path, r.JobID, r.KeySent, r.UserID, r.Status, r.Cut})
		require.NotZero(t, r.Bytes)
		require.Equal(t, 1, l.Jobs[0].Request)
		require.Contains(t, l.String(), "2000-01-01 00:00:00.000 POST /v4/export/forecast/forecast 200")
	})
}

func TestNoGapWithoutTwo(t *testing.T) {
	_, ok := sim.Ledger{Requests: []sim.Request{{Target: sim.Target{Op: sim.Status}, JobID: "a"}, {Target: sim.Target{Op: sim.Status}, JobID: "b"}}}.MinPollGap()
	require.False(t, ok)
}

func TestTooEarly(t *testing.T) {
	caller.InBubble(t, sim.Config{OtherKeys: map[string]int64{"theirs": 2}}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		s.Add(
			sim.Fault{Op: sim.List, Do: sim.Throttled().RetryAfter(10 * time.Second)},
			sim.Fault{Op: sim.Limits, From: 3, Do: sim.Answer(503).RetryAfter(10 * time.Second)},
		)
		list := func(c caller.Caller) { c.Do("GET", "/export/jobs", "") }
		early := func() int { return len(s.Ledger().TooEarly()) }
		theirs := c.As("theirs")

		list(c) // throttled until second 10
		time.Sleep(9 * time.Second)
		c.Available() // another operation, the same key
		require.Equal(t, 1, early())
		list(theirs)
		require.Equal(t, 1, early())
		time.Sleep(time.Second)
		c.Available()
		list(c)
		require.Equal(t, 1, early())

		c.Do("GET", "/admin/limits", "") // 503 until second 20
		list(c)
		require.Equal(t, 1, early(), "503 speaks of its own path only")
		c.Do("GET", "/admin/limits", "") // in the same instant, but the same again
		require.Equal(t, 2, early())
	})
}

// Requests that were under way when one of them was throttled are nobody's fault.
func TestTooEarlySparesWhatWasUnderWay(t *testing.T) {
	caller.InBubble(t, sim.Config{}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		s.Add(sim.Fault{Op: sim.List, Count: sim.Always, Do: sim.Throttled().RetryAfter(time.Second)})
		var calls sync.WaitGroup
		for _, path := range []string{"/export/jobs", "/admin/limits"} {
			calls.Go(func() { c.Do("GET", path, "") })
		}
		calls.Wait()
		require.Empty(t, s.Ledger().TooEarly())
	})
}
