package server_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/caller"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

const oneDay = 24 * time.Hour

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestJobFromRequestToResult(t *testing.T) {
	caller.InBubble(t, sim.Config{Queue: sim.Fixed(10 * time.Second), Run: sim.Fixed(time.Minute)}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		id := c.Create("forecast", `{"timePeriod":"2000_Q3","includeHistorical":true,"typesToExport":["forecast","quota"],"currency":"EUR"}`)
		require.Len(t, id, 24)
		require.Equal(t, sim.Scheduled, c.Status(id))
		time.Sleep(10 * time.Second)
		require.Equal(t, sim.Started, c.Status(id))
		require.Equal(t, "invalid_jobId", c.Refused(400, "GET", caller.Results(id), ""))
		time.Sleep(time.Minute)
		require.Equal(t, sim.Done, c.Status(id))

		_, header, body, err := c.Do("GET", caller.Results(id), "")
		require.NoError(t, err)
		require.Equal(t, "application/json", header.Get("Content-Type"))
		require.Equal(t, time.Now().UTC().Format(http.TimeFormat), header.Get("Date"))
		j, ok := s.Job(1)
		require.True(t, ok)
		require.Equal(t, caller.Written(t, j.Export), string(body))
		require.Equal(t, []string{"2000_Q3", "2000_Q3", "EUR", "JSON"}, []string{j.Asked, j.Got, j.Export.Currency, j.Format})
		require.Equal(t, 1, j.Downloads)
		require.Equal(t, []sim.Change{
			{At: j.CreatedAt, Status: sim.Scheduled}, {At: j.CreatedAt.Add(10 * time.Second), Status: sim.Started}, {At: j.CreatedAt.Add(70 * time.Second), Status: sim.Done},
		},
			j.States(time.Now()))

		job := c.List()[0].(map[string]any)
		require.Equal(t, "clari_export_forecast_forecast_2000_Q31001_20000101_000000.json", job["fileName"])
		require.Equal(t, "EUR", job["currency"])
		require.EqualValues(t, 30*oneDay/time.Millisecond, job["expiredTime"].(float64)-job["endTime"].(float64))

		time.Sleep(30 * oneDay)
		require.Equal(t, "invalid_jobId", c.Refused(400, "GET", caller.Results(id), ""), "expired")
	})
}

// The quarter follows the clock: a year of virtual time sees five.
func TestCurrentQuarterFollowsTheClock(t *testing.T) {
	caller.InBubble(t, sim.Config{}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		for _, want := range []string{"2000_Q4", "2001_Q1", "2001_Q2", "2001_Q3", "2001_Q4"} {
			require.Equal(t, want, s.Current().String())
			c.Create("forecast", "")
			time.Sleep(92 * oneDay)
		}
		for i, want := range []string{"2000_Q4", "2001_Q1"} {
			j, _ := s.Job(i + 1)
			require.Equal(t, want, j.Got)
			require.Empty(t, j.Asked)
		}
	})
}

// Whatever Clari does not understand is the current quarter, without a word (observed in production pipelines).
func TestUnknownPeriodsFallBack(t *testing.T) {
	caller.InBubble(t, sim.Config{}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		for i, request := range []struct{ path, body string }{
			{"forecast?timePeriod=1999_Q1", ""},
			{"forecast?timePeriod=1999_Q1", "{}"},
			{"forecast", `{"timePeriod":"Q1-1999"}`},
			{"forecast", `{"timePeriod":"","period":"1999_Q1"}`},
		} {
			c.Create(request.path, request.body)
			j, _ := s.Job(i + 1)
			require.Equal(t, "2000_Q4", j.Got)
		}
	})
}

func TestRefusals(t *testing.T) {
	tabs := []sim.Tab{{ID: "a b/c"}, {ID: "closed", NoOptIn: true}, {ID: "no_crm", RefuseCRM: true}}
	caller.InBubble(t, sim.Config{Tenant: sim.Tenant{Tabs: tabs}, OtherKeys: map[string]int64{"theirs": 2}}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		for _, tt := range []struct {
			status           int
			code, path, body string
		}{
			{400, "bad_request", "no_crm", "{"},
			{400, "no_such_forecast_config", "none", ""},
			{400, "bad_request", "no_crm", `{"typesToExport":["forecast_value"]}`},
			{400, "type_not_supported", "no_crm", `{"typesToExport":["forecast","crm_total"]}`},
			{400, "bad_request", "no_crm", `{"currency":"XXX"}`},
			{400, "bad_request", "no_crm", `{"exportFormat":"json"}`},
			{401, "no_optin", "closed", ""},
			{401, "no_optin", "no_crm", `{"scopeId":"1::MGR"}`},
		} {
			require.Equal(t, tt.code, c.Refused(tt.status, "POST", "/export/forecast/"+tt.path, tt.body), tt)
		}
		require.Empty(t, s.Ledger().Jobs)
		require.Equal(t, "", c.Refused(404, "GET", "/export/forecast/list", ""))

		id := c.Create("a%20b%2Fc", `{"scopeId":"`+s.Tenant().ScopeID(0)+`","typesToExport":["crm_total"]}`)
		theirs := c.As("theirs")
		require.Equal(t, "SWW", theirs.Refused(403, "GET", "/export/jobs/"+id, ""))
		require.Equal(t, "SWW", theirs.Refused(403, "GET", caller.Results(id), ""))
		require.Empty(t, theirs.List())
		require.Equal(t, "invalid_jobId", c.Refused(400, "GET", "/export/jobs/none", ""))

		theirs = c.As("stale")
		require.Equal(t, "", theirs.Refused(401, "GET", "/admin/limits", ""))
		theirs = c.As("")
		require.Equal(t, "", theirs.Refused(401, "POST", "/export/forecast/no_crm", ""))
		without := s.Ledger().WithoutKey()
		require.Len(t, without, 2)
		require.True(t, without[0].KeySent)
		require.False(t, without[1].KeySent)
	})
}

func TestCancel(t *testing.T) {
	caller.InBubble(t, sim.Config{Queue: sim.Fixed(time.Minute), Run: sim.Fixed(time.Minute), Monthly: 10}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		const cancel = `{"type":"CANCEL"}`
		queued := c.Create("forecast", "")
		require.Equal(t, sim.Cancelled, c.Must("PATCH", "/export/jobs/"+queued, cancel)["status"])
		running := c.Create("forecast", "")
		done := c.Create("forecast", "")
		time.Sleep(time.Minute)
		require.Equal(t, "bad_request", c.Refused(400, "PATCH", "/export/jobs/"+running, "{}"))
		require.Equal(t, sim.Aborted, c.Must("PATCH", "/export/jobs/"+running, cancel)["status"])
		time.Sleep(time.Minute)
		require.Equal(t, "export_failed_to_cancel", c.Refused(400, "PATCH", "/export/jobs/"+done, cancel))
		require.Equal(t, []string{sim.Cancelled, sim.Aborted, sim.Done}, []string{c.Status(queued), c.Status(running), c.Status(done)})
		require.Equal(t, "invalid_jobId", c.Refused(400, "GET", caller.Results(running), ""))
		_, monthly := c.Available()
		require.EqualValues(t, 9, monthly, "cancelling frees the quota")
		require.Equal(t, 1, s.Ledger().Spent())
	})
}

func TestForms(t *testing.T) {
	cfg := sim.Config{
		WrapJob: true, WrapList: true, Words: map[string]string{sim.Done: "COMPLETED"}, OmitKeys: []string{"fileName", "currency"},
		CreatedAs: 202, BasePath: "/api/v4/", Skew: time.Hour, ContentLength: true,
		Tenant: sim.Tenant{Tabs: []sim.Tab{{ID: "flat", Encoding: sim.FlatLists}, {ID: "other"}}},
	}
	caller.InBubble(t, cfg, func(t *testing.T, s *sim.Server, c caller.Caller) {
		require.Equal(t, "http://localhost/api/v4", s.MemoryURL())
		status, header, body, err := c.Do("POST", "/export/forecast/flat", "")
		require.NoError(t, err)
		require.Equal(t, 202, status)
		require.Equal(t, time.Now().UTC().Add(time.Hour).Format(http.TimeFormat), header.Get("Date"))
		var created struct{ JobID string }
		require.NoError(t, json.Unmarshal(body, &created))

		job := c.Get("/export/jobs/" + created.JobID)["job"].(map[string]any)
		require.Equal(t, "COMPLETED", job["status"])
		require.EqualValues(t, time.Now().Add(time.Hour).UnixMilli(), job["startTime"])
		require.NotContains(t, job, "fileName")
		require.Len(t, c.Get("/export/jobs")["jobs"], 1)

		_, header, body, err = c.Do("GET", caller.Results(created.JobID), "")
		require.NoError(t, err)
		require.NotEmpty(t, header.Get("Content-Length"))
		j, _ := s.Job(1)
		require.Empty(t, j.Export.JobCurrency)
		require.Equal(t, caller.Written(t, j.Export), string(body))

		c.Do("POST", "/export/forecast/flat", `{"exportFormat":"CSV"}`)
		j, _ = s.Job(2)
		_, header, body, _ = c.Do("GET", caller.Results(j.ID), "")
		require.Equal(t, "text/csv", header.Get("Content-Type"))
		require.Equal(t, caller.Written(t, j.Export), string(body))
	})
}

func TestGzip(t *testing.T) {
	caller.InBubble(t, sim.Config{Gzip: true}, func(t *testing.T, s *sim.Server, c caller.Caller) {
		id := c.Create("forecast", "")
		_, _, body, err := c.Do("GET", caller.Results(id), "") // net/http asks for gzip, and unpacks it
		require.NoError(t, err)
		j, _ := s.Job(1)
		require.Equal(t, caller.Written(t, j.Export), string(body))

		r, _ := http.NewRequest("GET", s.MemoryURL()+caller.Results(id), nil)
		r.Header = http.Header{"Apikey": {s.Key()}, "Accept-Encoding": {"gzip"}}
		resp, err := s.Transport().RoundTrip(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		zip, err := gzip.NewReader(resp.Body)
		require.NoError(t, err)
		unzipped, err := io.ReadAll(zip)
		require.NoError(t, err)
		require.Equal(t, body, unzipped)
	})
}

func TestHooks(t *testing.T) {
	cfg := sim.Config{
		OnJob:     func(j *sim.Job) { j.Run = 3 * time.Second },
		Intercept: func(x *sim.Exchange) bool { return x.Op == sim.Limits && teapot(x) },
	}
	caller.InBubble(t, cfg, func(t *testing.T, _ *sim.Server, c caller.Caller) {
		id := c.Create("forecast", "")
		require.Equal(t, sim.Started, c.Status(id))
		time.Sleep(3 * time.Second)
		require.Equal(t, sim.Done, c.Status(id))
		status, _, _, err := c.Do("GET", "/admin/limits", "")
		require.NoError(t, err)
		require.Equal(t, http.StatusTeapot, status)
	})
}

func teapot(x *sim.Exchange) bool {
	x.Writer.WriteHeader(http.StatusTeapot)
	return true
}

func TestLog(t *testing.T) {
	var logged []sim.Request
	cfg := sim.Config{Log: func(r sim.Request) { logged = append(logged, r) }}
	caller.InBubble(t, cfg, func(t *testing.T, s *sim.Server, c caller.Caller) {
		s.Add(sim.Fault{Op: sim.Limits, Do: sim.Reset()}, sim.Fault{Op: sim.Limits, From: 2, Do: sim.Throttled()})
		c.Do("POST", "/export/forecast/forecast", "") // not repeated by net/http
		c.Do("GET", "/admin/limits", "")
	})
	require.NotEmpty(t, logged)
	require.Equal(t, []string{"reset"}, logged[1].Faults)
	require.True(t, logged[1].Cut)
	require.Zero(t, logged[1].Status)
}
