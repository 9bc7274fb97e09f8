package server_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/caller"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

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

func TestActivityExport(t *testing.T) {
	caller.InBubble(t, sim.Config{Run: sim.Fixed(time.Minute), Around: sim.Around{ActivityDateTexts: true, ActivityTwice: 4, ActivityLate: time.Hour}}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		create := func(body string) (int, string) {
			status, _, answer, err := c.Do("POST", "/export/activity", body)
			require.NoError(t, err)
			var a struct{ JobID string }
			require.NoError(t, json.Unmarshal(answer, &a))
			return status, a.JobID
		}
		for _, body := range []string{
			``, `{}`, `{"startDate":"1999-12-30"}`, `{"startDate":"1999-12-30T00:00:00Z","endDate":"1999-12-29T00:00:00Z"}`,
			`{"startDate":"1999-12-30T00:00:00Z","endDate":"1999-12-31T00:00:00Z","activityTypes":["CALL"]}`,
		} {
			status, _ := create(body)
			require.Equal(t, 400, status, body)
		}
		s.Add(sim.Fault{Op: sim.CreateActivity, From: 2, Do: sim.ActivityWithoutID(2)})
		status, id := create(`{"startDate":"1999-12-30T07:00:00+02:00","endDate":"2000-01-01T09:00:00+02:00","activityTypes":["MEETING","EMAIL_SENT"],"exportFormat":"JSON"}`)
		require.Equal(t, 202, status)
		job := c.Get("/export/jobs/" + id)
		require.Equal(t, []any{"ACTIVITY", "SCHEDULED"}, []any{job["module"], strings.Replace(job["status"].(string), "STARTED", "SCHEDULED", 1)})
		time.Sleep(time.Minute)

		zone := time.FixedZone("", 2*3600)
		asked := sim.Activities{
			First: time.Date(1999, 12, 30, 0, 0, 0, 0, zone), Last: time.Date(2000, 1, 1, 0, 0, 0, 0, zone), Types: []string{"MEETING", "EMAIL_SENT"}, At: s.Now(),
		}
		var want, got []string
		for a := range s.Activities(asked) {
			require.Contains(t, asked.Types, a.Type)
			want = append(want, a.ID)
		}
		require.Greater(t, len(want), 8)
		texts := 0
		for _, item := range c.Get(caller.Results(id))["activities"].([]any) {
			o := item.(map[string]any)
			got = append(got, o["activityId"].(string))
			if _, text := o["date"].(string); text {
				texts++
			}
		}
		require.Greater(t, len(got), len(want)) // some twice
		require.Equal(t, want, slices.Compact(got))
		require.Greater(t, texts, 2)

		_, id = create(`{"startDate":"1999-12-30T00:00:00Z","endDate":"1999-12-31T00:00:00Z"}`)
		time.Sleep(time.Minute)
		list := c.Get(caller.Results(id))["activities"].([]any)
		require.Nil(t, list[1].(map[string]any)["activityId"])
		require.Equal(t, 2, s.Ledger().Spent())
	})
}

func TestOpportunityLookUp(t *testing.T) {
	missing := func(id string) bool { return id == "006M" }
	bad := func(id string) bool { return id == "006X" }
	caller.InBubble(t, sim.Config{Around: sim.Around{OpportunityWrap: "opportunities", NoOpportunity: missing, BadOpportunity: bad}}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		list := c.Get("/opportunity?oppId=" + s.OpportunityID(3) + "&oppId=006M")["opportunities"].([]any)
		require.Len(t, list, 1)
		o := s.Opportunity(s.OpportunityID(3))
		require.Equal(t, []any{o.ID, o.Score}, []any{list[0].(map[string]any)["id"], list[0].(map[string]any)["crmScore"].(map[string]any)["score"]})
		for query, text := range map[string]string{"": "required", "?oppId=1&oppId=006X": "006X is not valid", "?" + strings.Repeat("oppId=1&", 101): "At most 100"} {
			status, _, body, err := c.Do("GET", "/opportunity"+query, "")
			require.NoError(t, err)
			require.Equal(t, http.StatusBadRequest, status)
			require.Contains(t, string(body), text)
			require.Contains(t, string(body), `"reaspnPhrase":"Bad Request"`)
		}
		require.Equal(t, sim.Opportunities, s.Ledger().Requests[0].Op)
	})
}
