package server

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/result"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// create makes a job, or refuses in the order in which Clari can be expected to find fault.
func (s *Server) create(x *Exchange) {
	const bad, fcw = http.StatusBadRequest, "fcw"
	tab, known := s.tenant.Tab(x.Forecast)
	types := slices.Compact(slices.Sorted(slices.Values(x.TypesToExport)))
	if len(types) == 0 {
		types = result.DefaultTypes
	}
	_, inTenant := s.tenant.Root(x.ScopeID)
	_, money := tenant.Currencies[x.Currency]
	unknown := result.UnknownTypes(types)
	format := cmp.Or(x.ExportFormat, "JSON")
	switch {
	case x.badBody:
		x.Refuse(bad, "bad_request", fcw, "The request body is malformed.")
	case x.Forecast == "":
		x.Refuse(bad, "missing_forecast_id", fcw, "The forecastId query parameter is required.")
	case !known:
		x.RefuseForecast()
	case len(unknown) > 0:
		list, _ := json.Marshal(unknown)
		x.Refuse(bad, "bad_request", fcw, "The following typesToExport values are invalid: "+string(list))
	case tab.RefuseCRM && slices.ContainsFunc(types, func(t string) bool { return strings.HasPrefix(t, "crm_") }):
		x.RefuseTypes()
	case x.Currency != "" && !money:
		x.Refuse(bad, "bad_request", fcw, "The currency parameter is invalid.")
	case format != "JSON" && format != "CSV":
		x.Refuse(bad, "bad_request", fcw, "The exportFormat parameter is invalid.")
	case tab.NoOptIn || !inTenant:
		x.RefuseUser()
	default:
		j := &ledger.Job{
			UserID: x.UserID, Request: x.number, CreatedAt: x.At, Forecast: x.Forecast, Asked: x.TimePeriod, Types: types,
			Scope: x.ScopeID, Currency: x.Currency, Historical: x.IncludeHistorical, Format: format, Schedule: x.Schedule, Counted: true,
		}
		s.admit(x, j, s.cfg.CreatedAs)
	}
}

// admit answers a creation with its job if queue and quota have a place for one.
func (s *Server) admit(x *Exchange, j *ledger.Job, status int) {
	if !s.enter(x, j) {
		x.RefuseQuota()
		return
	}
	x.JSON(status, object{"jobId": j.ID})
}

// enter takes a job in, unless queue or quota are full.
func (s *Server) enter(x *Exchange, j *ledger.Job) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if use := s.usage(x.At); len(use.active) >= s.cfg.Concurrent || len(use.counted) >= s.cfg.Monthly {
		return false
	}
	s.created++
	j.Number = s.created
	j.Export.Quirks = s.cfg.Quirks
	j.Queue, j.Run = s.cfg.Queue.Draw(s.random), s.cfg.Run.Draw(s.random)
	for _, alter := range x.alter {
		alter(j)
	}
	j.Altered = len(x.alter) > 0 || s.cfg.OnJob != nil
	s.finish(j)
	if s.cfg.OnJob != nil {
		s.cfg.OnJob(j)
	}
	s.jobs = append(s.jobs, j)
	x.jobID = j.ID
	if j.Twin {
		twin := *j
		twin.ID, twin.Number, twin.Request = "", 0, 0
		s.finish(&twin)
		s.jobs = append(s.jobs, &twin)
	}
	return true
}

// finish fills in what follows from the rest of a job. The lock must be held.
func (s *Server) finish(j *ledger.Job) {
	tab, _ := s.tenant.Tab(j.Forecast)
	quarter, ok := tenant.ParseQuarter(j.Asked)
	if !ok { // also where something was asked that Clari does not understand: seen in production pipelines
		quarter = s.tenant.Calendar.QuarterOf(j.CreatedAt)
	}
	x := &j.Export
	x.Tenant, x.Tab, x.Quarter = &s.tenant, tab, quarter.Add(j.WrongBy)
	x.Types, x.Scope, x.Currency, x.Historical = j.Types, j.Scope, j.Currency, j.Historical
	x.Encoding = cmp.Or(tab.Encoding, s.cfg.JSON)
	if j.Format == "CSV" {
		x.Encoding = tenant.CSV
	}
	if !slices.Contains(s.cfg.OmitKeys, "currency") {
		x.JobCurrency = cmp.Or(j.Currency, s.tenant.Currency)
	}
	j.Got = x.Quarter.String()
	j.Life = cmp.Or(j.Life, s.cfg.Life)
	j.ID = cmp.Or(j.ID, fmt.Sprintf("%08x%016x", uint32(j.CreatedAt.Unix()), tenant.Mix(s.tenant.Seed, uint64(len(s.jobs)))))
	j.FileName = cmp.Or(j.FileName, fileName(j))
}

func (s *Server) find(id string) *ledger.Job {
	for _, j := range slices.Backward(s.jobs) {
		if j.ID == id && !j.Vanished {
			return j
		}
	}
	return nil
}

// fileName is made as in Clari's API reference: clari_export_forecast_new_summary_2021_Q12915_20210407_212737.json.
func fileName(j *ledger.Job) string {
	return fmt.Sprintf("clari_export_forecast_%s_%s%d_%s.%s", j.Forecast, j.Got, 1000+j.UserID,
		j.CreatedAt.UTC().Format("20060102_150405"), map[string]string{"JSON": "json", "CSV": "csv"}[j.Format])
}
