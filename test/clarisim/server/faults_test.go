package server_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/caller"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

func TestFaultsCountTheRequestsThatTheyMatch(t *testing.T) {
	tabs := []sim.Tab{{ID: "a"}, {ID: "b"}}
	caller.InBubble(t, sim.Config{Tenant: sim.Tenant{Tabs: tabs}, Concurrent: 100}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		outcomes := func(requests ...string) (statuses []int) {
			for _, r := range requests {
				status, _, _, err := c.Do("POST", "/export/forecast/"+r[:1], `{"timePeriod":"`+r[1:]+`"}`)
				require.NoError(t, err)
				statuses = append(statuses, status)
			}
			return statuses
		}
		s.Add(sim.Fault{Op: sim.Create, Forecast: "b", From: 2, Count: 2, Do: sim.Answer(500)})
		require.Equal(t, []int{200, 200, 500, 500, 200, 200}, outcomes("a", "b", "b", "b", "b", "a"))
		s.Add(sim.Fault{Op: sim.Create, Period: "2026_Q1", Count: sim.Always, Do: sim.Answer(503)})
		require.Equal(t, []int{200, 503, 503, 200}, outcomes("a2026_Q2", "b2026_Q1", "a2026_Q1", "a"))
		s.ClearFaults()
		s.Add(sim.Fault{Job: 2, Do: sim.Answer(502)}, sim.Fault{Op: sim.Status, Job: 2, From: 3, Do: sim.Answer(504)})
		first, _ := s.Job(1)
		second, _ := s.Job(2)
		for _, tt := range []struct {
			j    sim.Job
			want int
		}{{first, 200}, {second, 502}, {second, 200}, {first, 200}, {second, 504}, {second, 200}} {
			status, _, _, _ := c.Do("GET", "/export/jobs/"+tt.j.ID, "")
			require.Equal(t, tt.want, status)
		}
	})
}

// Clari's clock is ahead, and a date in Retry-After is one on it.
func TestRetryAfterDateIsOnClarisClock(t *testing.T) {
	caller.InBubble(t, sim.Config{Skew: time.Hour}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		s.Add(sim.Fault{Do: sim.Throttled().RetryAfterDate(1500 * time.Millisecond)})
		_, header, _, err := c.Do("GET", "/admin/limits", "")
		require.NoError(t, err)
		at, err := http.ParseTime(header.Get("Retry-After"))
		require.NoError(t, err)
		require.Equal(t, time.Now().Add(time.Hour+2*time.Second).UTC(), at)
	})
}
