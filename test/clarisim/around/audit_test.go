package around_test

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/caller"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestAuditPages reads all events by the links, in pages of any size and either order.
func TestAuditPages(t *testing.T) {
	for _, around := range []sim.Around{
		{}, {AuditOldest: true, AuditEqual: 3}, {AuditLinks: sim.FromRoot, AuditKey: "activities", AuditTimes: sim.Instant}, {AuditLinks: sim.QueryOnly, AuditTimes: sim.Seconds, AuditLate: time.Hour},
	} {
		for _, limit := range []int{1, 7, 1000} {
			caller.InBubble(t, sim.Config{Around: around}, func(t *testing.T, s *sim.Server, c caller.Caller) {
				from, now := s.Now().Add(-9*time.Hour), s.Now()
				var want []string
				for e := range s.AuditEvents(from, now, now) {
					want = append(want, e.At.String()+e.CorrelationID)
				}
				if !around.AuditOldest {
					slices.Reverse(want)
				}
				require.Greater(t, len(want), 40)
				require.NotEqual(t, around.AuditEqual > 0, len(slices.Compact(slices.Clone(want))) == len(want))

				path := fmt.Sprintf("/audit/events?limit=%d&dateFrom=%s", limit, from.Format(time.RFC3339))
				var got []string
				for pages := 0; path != ""; pages++ {
					require.Less(t, pages, 100)
					page := c.Get(path)
					list := page[cmp.Or(around.AuditKey, "items")].([]any)
					require.LessOrEqual(t, len(list), limit)
					for _, item := range list {
						o := item.(map[string]any)
						at := time.Time{}
						switch v := o["eventTimestamp"].(type) {
						case string:
							at, _ = time.Parse(time.RFC3339, v)
						case float64:
							at = time.Unix(int64(v), 0)
						case map[string]any:
							at = time.Unix(int64(v["epochSecond"].(float64)), int64(v["nano"].(float64)))
						}
						got = append(got, at.UTC().String()+o["correlationID"].(string))
					}
					link, _ := page["nextLink"].(string)
					u, err := url.Parse(link)
					require.NoError(t, err)
					if path = ""; link != "" {
						path = "/audit/events?" + u.RawQuery
					}
				}
				require.Equal(t, want, got)
			})
		}
	}
}

func TestAuditRefuses(t *testing.T) {
	caller.InBubble(t, sim.Config{}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		for _, query := range []string{"limit=0", "limit=1001", "limit=x", "dateFrom=yesterday", "token=%3F"} {
			status, _, body, err := c.Do("GET", "/audit/events?"+query, "")
			require.NoError(t, err)
			require.Equal(t, 400, status, query)
			require.Contains(t, string(body), `"errors":[{`)
		}
		page := c.Get("/audit/events?limit=1000") // no further back than it goes
		oldest := page["items"].([]any)[len(page["items"].([]any))-1].(map[string]any)["eventTimestamp"].(string)
		require.GreaterOrEqual(t, oldest, s.Now().Add(-30*24*time.Hour).Format("2006-01-02T15:04:05"))

		s.Add(sim.Fault{Op: sim.AuditEvents, Do: sim.LinkElsewhere("https://elsewhere.example")}, sim.Fault{Op: sim.AuditEvents, From: 2, Do: sim.LinkRepeats()}, sim.Fault{Op: sim.AuditEvents, From: 3, Do: sim.OtherShape()})
		require.True(t, strings.HasPrefix(c.Get("/audit/events")["nextLink"].(string), "https://elsewhere.example/"))
		require.Equal(t, "/v4/audit/events?limit=2", c.Get("/audit/events?limit=2")["nextLink"])
		require.Nil(t, c.Get("/audit/events")["items"])
		s.Add(sim.Fault{Op: sim.AuditEvents, Do: sim.NoAuditRights()})
		status, _, _, err := c.Do("GET", "/audit/events", "")
		require.NoError(t, err)
		require.Equal(t, 403, status)
	})
}
