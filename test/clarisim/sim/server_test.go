package sim

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestJobFromRequestToResult(t *testing.T) {
	inBubble(t, Config{Queue: Fixed(10 * time.Second), Run: Fixed(time.Minute)}, func(t *testing.T, s *Server, c caller) {
		id := c.create("forecast", `{"timePeriod":"2000_Q3","includeHistorical":true,"typesToExport":["forecast","quota"],"currency":"EUR"}`)
		require.Len(t, id, 24)
		require.Equal(t, Scheduled, c.status(id))
		time.Sleep(10 * time.Second)
		require.Equal(t, Started, c.status(id))
		require.Equal(t, "invalid_jobId", c.refused(400, "GET", results(id), ""))
		time.Sleep(time.Minute)
		require.Equal(t, Done, c.status(id))

		_, header, body, err := c.do("GET", results(id), "")
		require.NoError(t, err)
		require.Equal(t, "application/json", header.Get("Content-Type"))
		require.Equal(t, time.Now().UTC().Format(http.TimeFormat), header.Get("Date"))
		j, ok := s.Job(1)
		require.True(t, ok)
		require.Equal(t, string(encode(t, j.Export)), string(body))
		require.Equal(t, []string{"2000_Q3", "2000_Q3", "EUR", "JSON"}, []string{j.Asked, j.Got, j.Export.Currency, j.Format})
		require.Equal(t, 1, j.Downloads)
		require.Equal(t, []Change{{j.CreatedAt, Scheduled}, {j.CreatedAt.Add(10 * time.Second), Started}, {j.CreatedAt.Add(70 * time.Second), Done}},
			j.States(time.Now()))

		job := c.list()[0].(map[string]any)
		require.Equal(t, "clari_export_forecast_forecast_2000_Q31001_20000101_000000.json", job["fileName"])
		require.Equal(t, "EUR", job["currency"])
		require.EqualValues(t, 30*oneDay/time.Millisecond, job["expiredTime"].(float64)-job["endTime"].(float64))

		time.Sleep(30 * oneDay)
		require.Equal(t, "invalid_jobId", c.refused(400, "GET", results(id), ""), "expired")
	})
}

// The quarter follows the clock: a year of virtual time sees five.
func TestCurrentQuarterFollowsTheClock(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, s *Server, c caller) {
		for _, want := range []string{"2000_Q4", "2001_Q1", "2001_Q2", "2001_Q3", "2001_Q4"} {
			require.Equal(t, want, s.Current().String())
			c.create("forecast", "")
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
	inBubble(t, Config{}, func(t *testing.T, s *Server, c caller) {
		for i, request := range []struct{ path, body string }{
			{"forecast?timePeriod=1999_Q1", ""},
			{"forecast?timePeriod=1999_Q1", "{}"},
			{"forecast", `{"timePeriod":"Q1-1999"}`},
			{"forecast", `{"timePeriod":"","period":"1999_Q1"}`},
		} {
			c.create(request.path, request.body)
			j, _ := s.Job(i + 1)
			require.Equal(t, "2000_Q4", j.Got)
		}
	})
}

func TestRefusals(t *testing.T) {
	tabs := []Tab{{ID: "a b/c"}, {ID: "closed", NoOptIn: true}, {ID: "no_crm", RefuseCRM: true}}
	inBubble(t, Config{Tenant: Tenant{Tabs: tabs}, OtherKeys: map[string]int64{"theirs": 2}}, func(t *testing.T, s *Server, c caller) {
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
			require.Equal(t, tt.code, c.refused(tt.status, "POST", "/export/forecast/"+tt.path, tt.body), tt)
		}
		require.Empty(t, s.Ledger().Jobs)
		require.Equal(t, "", c.refused(404, "GET", "/export/forecast/list", ""))

		id := c.create("a%20b%2Fc", `{"scopeId":"`+s.Tenant().ScopeID(0)+`","typesToExport":["crm_total"]}`)
		theirs := c
		theirs.key = "theirs"
		require.Equal(t, "SWW", theirs.refused(403, "GET", "/export/jobs/"+id, ""))
		require.Equal(t, "SWW", theirs.refused(403, "GET", results(id), ""))
		require.Empty(t, theirs.list())
		require.Equal(t, "invalid_jobId", c.refused(400, "GET", "/export/jobs/none", ""))

		theirs.key = "stale"
		require.Equal(t, "", theirs.refused(401, "GET", "/admin/limits", ""))
		theirs.key = ""
		require.Equal(t, "", theirs.refused(401, "POST", "/export/forecast/no_crm", ""))
		without := s.Ledger().WithoutKey()
		require.Len(t, without, 2)
		require.True(t, without[0].KeySent)
		require.False(t, without[1].KeySent)
	})
}

func TestCancel(t *testing.T) {
	inBubble(t, Config{Queue: Fixed(time.Minute), Run: Fixed(time.Minute), Monthly: 10}, func(t *testing.T, s *Server, c caller) {
		const cancel = `{"type":"CANCEL"}`
		queued := c.create("forecast", "")
		require.Equal(t, Cancelled, c.must("PATCH", "/export/jobs/"+queued, cancel)["status"])
		running := c.create("forecast", "")
		done := c.create("forecast", "")
		time.Sleep(time.Minute)
		require.Equal(t, "bad_request", c.refused(400, "PATCH", "/export/jobs/"+running, "{}"))
		require.Equal(t, Aborted, c.must("PATCH", "/export/jobs/"+running, cancel)["status"])
		time.Sleep(time.Minute)
		require.Equal(t, "export_failed_to_cancel", c.refused(400, "PATCH", "/export/jobs/"+done, cancel))
		require.Equal(t, []string{Cancelled, Aborted, Done}, []string{c.status(queued), c.status(running), c.status(done)})
		require.Equal(t, "invalid_jobId", c.refused(400, "GET", results(running), ""))
		_, monthly := c.available()
		require.EqualValues(t, 9, monthly, "cancelling frees the quota")
		require.Equal(t, 1, s.Ledger().Spent())
	})
}

func TestForms(t *testing.T) {
	cfg := Config{
		WrapJob: true, WrapList: true, Words: map[string]string{Done: "COMPLETED"}, OmitKeys: []string{"fileName", "currency"},
		CreatedAs: 202, BasePath: "/api/v4/", Skew: time.Hour, ContentLength: true,
		Tenant: Tenant{Tabs: []Tab{{ID: "flat", Encoding: FlatLists}, {ID: "other"}}},
	}
	inBubble(t, cfg, func(t *testing.T, s *Server, c caller) {
		require.Equal(t, "http://localhost/api/v4", c.url)
		status, header, body, err := c.do("POST", "/export/forecast/flat", "")
		require.NoError(t, err)
		require.Equal(t, 202, status)
		require.Equal(t, time.Now().UTC().Add(time.Hour).Format(http.TimeFormat), header.Get("Date"))
		var created struct{ JobID string }
		require.NoError(t, json.Unmarshal(body, &created))

		job := c.get("/export/jobs/" + created.JobID)["job"].(map[string]any)
		require.Equal(t, "COMPLETED", job["status"])
		require.EqualValues(t, time.Now().Add(time.Hour).UnixMilli(), job["startTime"])
		require.NotContains(t, job, "fileName")
		require.Len(t, c.get("/export/jobs")["jobs"], 1)

		_, header, body, err = c.do("GET", results(created.JobID), "")
		require.NoError(t, err)
		require.NotEmpty(t, header.Get("Content-Length"))
		j, _ := s.Job(1)
		require.Empty(t, j.Export.JobCurrency)
		require.Equal(t, string(encode(t, j.Export)), string(body))

		c.do("POST", "/export/forecast/flat", `{"exportFormat":"CSV"}`)
		j, _ = s.Job(2)
		_, header, body, _ = c.do("GET", results(j.ID), "")
		require.Equal(t, "text/csv", header.Get("Content-Type"))
		require.Equal(t, string(encode(t, j.Export)), string(body))
	})
}

func TestGzip(t *testing.T) {
	inBubble(t, Config{Gzip: true}, func(t *testing.T, s *Server, c caller) {
		id := c.create("forecast", "")
		_, _, body, err := c.do("GET", results(id), "") // net/http asks for gzip, and unpacks it
		require.NoError(t, err)
		j, _ := s.Job(1)
		require.Equal(t, string(encode(t, j.Export)), string(body))

		r, _ := http.NewRequest("GET", c.url+results(id), nil)
		r.Header = http.Header{"Apikey": {c.key}, "Accept-Encoding": {"gzip"}}
		resp, err := c.client.Do(r)
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
	cfg := Config{
		OnJob:     func(j *Job) { j.Run = 3 * time.Second },
		Intercept: func(x *Exchange) bool { return x.Op == Limits && teapot(x) },
	}
	inBubble(t, cfg, func(t *testing.T, _ *Server, c caller) {
		id := c.create("forecast", "")
		require.Equal(t, Started, c.status(id))
		time.Sleep(3 * time.Second)
		require.Equal(t, Done, c.status(id))
		status, _, _, err := c.do("GET", "/admin/limits", "")
		require.NoError(t, err)
		require.Equal(t, http.StatusTeapot, status)
	})
}

func teapot(x *Exchange) bool {
	x.Writer.WriteHeader(http.StatusTeapot)
	return true
}

func TestDurations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	below, tail := 0, 0
	for range 1000 {
		require.Equal(t, time.Minute, Fixed(time.Minute)(r))
		between := Between(time.Second, 2*time.Second)(r)
		require.GreaterOrEqual(t, between, time.Second)
		require.LessOrEqual(t, between, 2*time.Second)
		switch d := LogNormal(time.Minute, 0.5)(r); {
		case d < time.Minute:
			below++
		case d > 2*time.Minute:
			tail++
		}
	}
	require.InDelta(t, 500, below, 50)
	require.InDelta(t, 83, tail, 40)
}
