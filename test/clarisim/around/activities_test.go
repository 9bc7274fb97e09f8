package around_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/caller"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

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
