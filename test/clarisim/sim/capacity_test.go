package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const quotaCode = "export_monthly_quota_reached"

func TestQueueIsShared(t *testing.T) {
	inBubble(t, Config{Queue: Fixed(time.Minute), Run: Fixed(time.Minute), Concurrent: 2}, func(t *testing.T, s *Server, c caller) {
		concurrent, monthly := c.available()
		require.EqualValues(t, 2, concurrent)
		require.EqualValues(t, 1000, monthly)
		require.NotContains(t, c.get("/admin/limits")["jobs"], "runningJobIds")

		s.Plant(Job{UserID: 9, Queue: 0, Run: 5 * time.Minute}) // somebody else's takes a place
		c.create("forecast", "")
		require.Equal(t, quotaCode, c.refused(400, "POST", "/export/forecast/forecast", ""))
		concurrent, monthly = c.available()
		require.EqualValues(t, 0, concurrent)
		require.EqualValues(t, 998, monthly)
		require.Len(t, c.get("/admin/limits")["jobs"].(map[string]any)["runningJobIds"], 2)
		require.Len(t, c.list(), 1, "only the user's own are listed")

		time.Sleep(2 * time.Minute)
		c.create("forecast", "")
		require.Equal(t, 1, s.Ledger().MaxConcurrent())
		require.Equal(t, 2, s.Ledger().Spent())
	})
}

func TestQuotaIsRolling(t *testing.T) {
	inBubble(t, Config{Monthly: 2}, func(t *testing.T, s *Server, c caller) {
		c.create("forecast", "")
		time.Sleep(10 * oneDay)
		c.create("forecast", "")
		require.Equal(t, quotaCode, c.refused(400, "POST", "/export/forecast/forecast", ""))
		time.Sleep(20 * oneDay) // the first is 30 days old
		c.create("forecast", "")
		require.Equal(t, quotaCode, c.refused(400, "POST", "/export/forecast/forecast", ""))
		s.SetCapacity(3, 3)
		c.create("forecast", "")
	})
}

func TestNoQuotaAtAll(t *testing.T) {
	inBubble(t, Config{Monthly: -1}, func(t *testing.T, _ *Server, c caller) {
		require.Equal(t, quotaCode, c.refused(400, "POST", "/export/forecast/forecast", ""))
		_, monthly := c.available()
		require.EqualValues(t, 0, monthly)
	})
}

func TestRequestRate(t *testing.T) {
	inBubble(t, Config{RequestsPerSecond: 2}, func(t *testing.T, s *Server, c caller) {
		c.available()
		c.available()
		status, header, _, err := c.do("GET", "/admin/limits", "")
		require.NoError(t, err)
		require.Equal(t, 429, status)
		require.Equal(t, "1", header.Get("Retry-After"))
		require.Empty(t, s.Ledger().TooEarly())
		time.Sleep(time.Second)
		c.available()
		require.Empty(t, s.Ledger().TooEarly())
	})
}
