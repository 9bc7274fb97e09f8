package server

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/result"
)

// Process lets the API do what was asked, and answer into the exchange's writer.
func (x *Exchange) Process() { x.server.process(x) }

func (s *Server) process(x *Exchange) {
	switch x.Op {
	case ledger.Create:
		s.create(x)
	case ledger.List:
		s.list(x)
	case ledger.Limits:
		x.JSON(http.StatusOK, s.limits(x.At))
	case ledger.CreateActivity:
		s.createActivity(x)
	case ledger.AuditEvents:
		s.auditEvents(x)
	case ledger.Opportunities:
		s.opportunities(x)
	case ledger.Status, ledger.Cancel, ledger.Results:
		s.mu.Lock()
		j := s.find(x.jobID)
		s.mu.Unlock()
		switch {
		case j == nil:
			x.Refuse(http.StatusBadRequest, "invalid_jobId", "exports", "The jobId "+x.jobID+" is not valid.")
		case j.UserID != x.UserID:
			x.Refuse(http.StatusForbidden, "SWW", "exports", "You do not have the rights to view this job.")
		case x.Op == ledger.Status:
			s.status(x, j)
		case x.Op == ledger.Cancel:
			s.cancel(x, j)
		default:
			s.results(x, j)
		}
	default:
		x.JSON(http.StatusNotFound, object{"message": "no Route matched with those values", "request_id": "sim"})
	}
}

// show is the job as the configuration has it. The lock must be held.
func (s *Server) show(j *ledger.Job, now time.Time) object {
	o := j.Shown(now, s.cfg.Words)
	for _, key := range s.cfg.OmitKeys {
		delete(o, key)
	}
	return o
}

func (s *Server) status(x *Exchange, j *ledger.Job) {
	s.mu.Lock()
	o := s.show(j, x.At)
	s.mu.Unlock()
	if s.cfg.WrapJob {
		o = object{"job": o}
	}
	x.JSON(http.StatusOK, o)
}

func (s *Server) list(x *Exchange) {
	s.mu.Lock()
	jobs := []object{}
	for _, j := range slices.Backward(s.jobs) { // the newest first
		if j.UserID == x.UserID && !j.Hidden && !j.Vanished && !s.Now().Before(j.CreatedAt.Add(j.ListedAfter)) {
			jobs = append(jobs, s.show(j, x.At))
		}
	}
	s.mu.Unlock()
	if s.cfg.WrapList {
		x.JSON(http.StatusOK, object{"jobs": jobs})
		return
	}
	x.JSON(http.StatusOK, jobs)
}

func (s *Server) cancel(x *Exchange, j *ledger.Job) {
	var body struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(x.Body, &body) != nil || body.Type != "CANCEL" {
		x.Refuse(http.StatusBadRequest, "bad_request", "exports", "The body is not valid.")
		return
	}
	s.mu.Lock()
	active := j.Active(x.At)
	if active {
		j.CancelledAt, j.Counted = x.At, false
	}
	status := j.Status(x.At)
	s.mu.Unlock()
	if !active {
		x.Refuse(http.StatusBadRequest, "export_failed_to_cancel", "exports", "The job has finished already.")
		return
	}
	x.JSON(http.StatusOK, object{"status": status, "successful": true})
}

func (s *Server) results(x *Exchange, j *ledger.Job) {
	s.mu.Lock()
	readable, active, e := j.Readable(x.At), j.Active(x.At) || x.At.Before(j.EndsAt().Add(j.Withheld)), j.Export
	if readable {
		j.Downloads++
	}
	e.At = j.EndsAt()
	s.mu.Unlock()
	switch {
	case readable && j.Activities != nil:
		asked := *j.Activities
		asked.At = e.At
		x.Writer.Header().Set("Content-Type", "application/json")
		s.around.WriteActivities(x.Writer, asked)
	case readable:
		s.download(x, e, j.Format, j.FileName)
	case active:
		x.RefuseEarly()
	default:
		x.Refuse(http.StatusBadRequest, "invalid_jobId", "exports", "There is no data for job "+j.ID+".")
	}
}

func (s *Server) download(x *Exchange, e result.Export, format, file string) {
	h := x.Writer.Header()
	h.Set("Content-Type", map[string]string{"JSON": "application/json", "CSV": "text/csv"}[format])
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", file))
	if s.cfg.Gzip && strings.Contains(x.Request.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		zip, _ := gzip.NewWriterLevel(x.Writer, gzip.BestSpeed)
		e.WriteTo(zip)
		zip.Close()
		return
	}
	if s.cfg.ContentLength || x.WithLength {
		h.Set("Content-Length", strconv.FormatInt(e.Size(), 10))
	}
	x.Writer.WriteHeader(http.StatusOK)
	e.WriteTo(x.Writer)
}
