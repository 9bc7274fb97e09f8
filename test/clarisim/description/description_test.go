package description

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// A reporter notes what is reported to it.
type reporter struct {
	testing.TB
	reports []string
}

func (r *reporter) Errorf(format string, args ...any) {
	r.reports = append(r.reports, fmt.Sprintf(format, args...))
}

// call sends requests, one a line: method, path and body.
func call(t *testing.T, s *sim.Server, requests ...string) (bodies []string) {
	client := http.Client{Transport: s.Transport()}
	for _, line := range requests {
		method, rest, _ := strings.Cut(line, " ")
		path, body, _ := strings.Cut(rest, " ")
		r, err := http.NewRequestWithContext(context.Background(), method, s.MemoryURL()+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("apikey", s.Key())
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		answer, err := client.Do(r)
		require.NoError(t, err)
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		bodies = append(bodies, string(text))
	}
	return bodies
}

// everyday are requests to every endpoint, those that are refused included.
func everyday(t *testing.T, s *sim.Server) {
	jobID := func(body string) string { return strings.Split(body, `"`)[3] }
	created := call(t, s,
		`POST /export/forecast/forecast`,
		`POST /export/forecast/forecast {"timePeriod":"1999_Q4","typesToExport":["forecast","crm_total"],"includeHistorical":true}`,
		`POST /export/activity {"startDate":"1999-12-25T00:00:00Z","endDate":"1999-12-31T00:00:00Z","activityTypes":["MEETING"],"exportFormat":"JSON"}`,
		`POST /export/forecast/forecast {"exportFormat":"CSV"}`, // the queue is full
		`POST /export/forecast/none {}`, `GET /admin/limits`, `GET /export/jobs`)
	forecast, history, activity := jobID(created[0]), jobID(created[1]), jobID(created[2])
	call(t, s, `GET /export/jobs/`+forecast, `GET /export/jobs/`+forecast+`/results`, `PATCH /export/jobs/`+history+` {"type":"CANCEL"}`, `GET /export/jobs/none`)
	time.Sleep(time.Hour)
	call(t, s, `GET /export/jobs/`+forecast, `GET /export/jobs/`+forecast+`/results`, `GET /export/jobs/`+activity+`/results`,
		`PATCH /export/jobs/`+forecast+` {"type":"CANCEL"}`, `GET /export/jobs`, `GET /admin/limits`,
		`GET /audit/events?limit=1000`, `GET /audit/events?limit=100&dateFrom=1999-12-31T00:00:00Z`,
		`GET /opportunity?oppId=`+s.OpportunityID(3)+`&oppId=`+s.OpportunityID(4)+`&oppId=`+s.OpportunityID(5), `GET /opportunity?oppId=bad`)
}

// TestDefaultsFollow holds the stand-in to the description, in all encodings.
func TestDefaultsFollow(t *testing.T) {
	for _, encoding := range []sim.Encoding{sim.Arrays, sim.FlatObjects, sim.FlatLists} {
		synctest.Test(t, func(t *testing.T) {
			seen := map[sim.Op]int{}
			hold := Hold(t)
			s := sim.New(sim.Config{
				Tenant: sim.Tenant{MissingCRM: 3, BlankWeeks: true, Tabs: []sim.Tab{{ID: "forecast", Fields: append(sim.Fields(3), sim.MonthlyField(), sim.CountField())}}},
				JSON:   encoding, Run: sim.Fixed(time.Minute), Around: sim.Around{BadOpportunity: func(id string) bool { return id == "bad" }},
				Observe: func(o sim.Observed) {
					require.True(t, o.Usual, o.Op)
					seen[o.Op]++
					hold(o)
				},
			})
			defer s.Close()
			everyday(t, s)
			require.Len(t, seen, len(sim.Ops)+len(sim.OpsAround))
		})
	}
}

// TestAnswersAreHeld lets the stand-in answer as its settings have it and calls that usual: each setting has something against it.
func TestAnswersAreHeld(t *testing.T) {
	routes, err := load()
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		config sim.Config
		op     sim.Op
	}{
		"wrapped job":   {sim.Config{WrapJob: true}, sim.Status},
		"wrapped list":  {sim.Config{WrapList: true}, sim.List},
		"words":         {sim.Config{Words: map[string]string{sim.Done: "COMPLETED"}}, sim.Status},
		"created as":    {sim.Config{CreatedAs: 201}, sim.Create},
		"quirks":        {sim.Config{Quirks: sim.Quirks{AmountText: true}}, sim.Results},
		"date texts":    {sim.Config{Around: sim.Around{ActivityDateTexts: true}}, sim.Results},
		"times":         {sim.Config{Around: sim.Around{AuditTimes: sim.Instant}}, sim.AuditEvents},
		"links":         {sim.Config{Around: sim.Around{AuditLinks: sim.FromRoot}}, sim.AuditEvents},
		"actor numbers": {sim.Config{Around: sim.Around{AuditActorNumbers: true}}, sim.AuditEvents},
		"audit key":     {sim.Config{Around: sim.Around{AuditKey: "activities"}}, sim.AuditEvents},
		"trends":        {sim.Config{Around: sim.Around{TrendScalars: true}}, sim.Opportunities},
		"opportunities": {sim.Config{Around: sim.Around{OpportunityWrap: "items"}}, sim.Opportunities},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wrong := map[sim.Op]int{}
				tt.config.Run = sim.Fixed(time.Minute)
				tt.config.Observe = func(o sim.Observed) {
					held := o.Usual
					o.Usual = true
					if answer(routes, o) != nil {
						wrong[o.Op]++
						require.False(t, held, "%s is not told apart from a default answer", o.Op)
					}
				}
				s := sim.New(tt.config)
				defer s.Close()
				everyday(t, s)
				require.Positive(t, wrong[tt.op])
			})
		})
	}
}

// TestRequestsAreHeld sends what the plugin must never send.
func TestRequestsAreHeld(t *testing.T) {
	for _, tt := range []struct{ request, report string }{
		{`POST /export/forecast/forecast {"timeperiod":"1999_Q4"}`, "timeperiod"},
		{`POST /export/forecast/forecast {"typesToExport":["best_case"]}`, "typesToExport"},
		{`POST /export/forecast/forecast?timePeriod=1999_Q4 {}`, "timePeriod"},
		{`POST /export/activity`, "body"},
		{`POST /export/activity {"startDate":"1999-12-30"}`, "startDate"},
		{`PATCH /export/jobs/1 {"type":"STOP"}`, "type"},
		{`GET /audit/events?limit=1001`, "limit"},
		{`GET /opportunity`, "oppId"},
		{`GET /opportunity?` + strings.Repeat("oppId=1&", 101), "oppId"},
		{`GET /export/forecast/list`, "no operation"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := &reporter{TB: t}
			s := sim.New(sim.Config{Observe: Hold(r)})
			defer s.Close()
			call(t, s, tt.request)
			require.Len(t, r.reports, 1, tt.request)
			require.Contains(t, r.reports[0], tt.report)
		})
	}
}
