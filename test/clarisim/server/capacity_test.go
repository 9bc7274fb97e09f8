package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/caller"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

const quotaCode = "export_monthly_quota_reached"

func TestQueueIsShared(t *testing.T) {
	caller.InBubble(t, sim.Config{Queue: sim.Fixed(time.Minute), Run: sim.Fixed(time.Minute), Concurrent: 2}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		concurrent, monthly := c.Available()
		require.EqualValues(t, 2, concurrent)
		require.EqualValues(t, 1000, monthly)
		require.NotContains(t, c.Get("/admin/limits")["jobs"], "runningJobIds")

		s.Plant(sim.Job{UserID: 9, Queue: 0, Run: 5 * time.Minute}) // somebody else's takes a place
		c.Create("forecast", "")
		require.Equal(t, quotaCode, c.Refused(400, "POST", "/export/forecast/forecast", ""))
		concurrent, monthly = c.Available()
		require.EqualValues(t, 0, concurrent)
		require.EqualValues(t, 998, monthly)
		require.Len(t, c.Get("/admin/limits")["jobs"].(map[string]any)["runningJobIds"], 2)
		require.Len(t, c.List(), 1, "only the user's own are listed")

		time.Sleep(2 * time.Minute)
		c.Create("forecast", "")
		require.Equal(t, 1, s.Ledger().MaxConcurrent())
		require.Equal(t, 2, s.Ledger().Spent())
	})
}

func TestQuotaIsRolling(t *testing.T) {
	caller.InBubble(t, sim.Config{Monthly: 2}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		c.Create("forecast", "")
		time.Sleep(10 * oneDay)
		c.Create("forecast", "")
		require.Equal(t, quotaCode, c.Refused(400, "POST", "/export/forecast/forecast", ""))
		time.Sleep(20 * oneDay) // the first is 30 days old
		c.Create("forecast", "")
		require.Equal(t, quotaCode, c.Refused(400, "POST", "/export/forecast/forecast", ""))
		s.SetCapacity(3, 3)
		c.Create("forecast", "")
	})
}

func TestNoQuotaAtAll(t *testing.T) {
	caller.InBubble(t, sim.Config{Monthly: -1}, func(t *testing.T, _ *sim.Server, c caller.Caller) {
		require.Equal(t, quotaCode, c.Refused(400, "POST", "/export/forecast/forecast", ""))
		_, monthly := c.Available()
		require.EqualValues(t, 0, monthly)
	})
}

func TestRequestRate(t *testing.T) {
	caller.InBubble(t, sim.Config{RequestsPerSecond: 2}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		c.Available()
		c.Available()
		status, header, _, err := c.Do("GET", "/admin/limits", "")
		require.NoError(t, err)
		require.Equal(t, 429, status)
		require.Equal(t, "1", header.Get("Retry-After"))
		require.Empty(t, s.Ledger().TooEarly())
		time.Sleep(time.Second)
		c.Available()
		require.Empty(t, s.Ledger().TooEarly())
	})
}
