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

// answer lets the API answer, as altered or replaced by the effects that fire.
func (s *Server) answer(x *Exchange, effects []Effect) {
	var replaced *Effect
	for i, e := range effects {
		x.faults = append(x.faults, e.Name)
		if e.page != nil {
			x.pages = append(x.pages, e.page)
		} else if e.job != nil {
			x.alter = append(x.alter, e.job)
		} else if replaced == nil {
			replaced = &effects[i]
		}
	}
	switch {
	case replaced == nil:
		s.process(x)
	case replaced.through != nil:
		x.Writer = replaced.through(x)
		s.process(x)
	default:
		if replaced.processed {
			w := x.Writer
			x.Writer = nowhere{http.Header{}}
			s.process(x)
			x.Writer = w
		}
		replaced.answer(x)
	}
}

func (s *Server) process(x *Exchange) {
	switch x.Op {
	case ledger.Create:
		s.create(x)
	case ledger.List:
		s.list(x)
	case ledger.Limits:
		x.json(http.StatusOK, s.limits(x.At))
	case ledger.CreateActivity, ledger.AuditEvents, ledger.Opportunities:
		s.processAround(x)
	case ledger.Status, ledger.Cancel, ledger.Results:
		s.mu.Lock()
		j := s.find(x.jobID)
		s.mu.Unlock()
		switch {
		case j == nil:
			x.refuse(http.StatusBadRequest, "invalid_jobId", "exports", "The jobId "+x.jobID+" is not valid.")
		case j.UserID != x.UserID:
			x.refuse(http.StatusForbidden, "SWW", "exports", "You do not have the rights to view this job.")
		case x.Op == ledger.Status:
			s.status(x, j)
		case x.Op == ledger.Cancel:
			s.cancel(x, j)
		default:
			s.results(x, j)
		}
	default:
		x.json(http.StatusNotFound, object{"message": "no Route matched with those values", "request_id": "sim"})
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
	x.json(http.StatusOK, o)
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
		x.json(http.StatusOK, object{"jobs": jobs})
		return
	}
	x.json(http.StatusOK, jobs)
}

func (s *Server) cancel(x *Exchange, j *ledger.Job) {
	var body struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(x.Body, &body) != nil || body.Type != "CANCEL" {
		x.refuse(http.StatusBadRequest, "bad_request", "exports", "The body is not valid.")
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
		x.refuse(http.StatusBadRequest, "export_failed_to_cancel", "exports", "The job has finished already.")
		return
	}
	x.json(http.StatusOK, object{"status": status, "successful": true})
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
		x.refuse(http.StatusBadRequest, "invalid_jobId", "exports", notFinished)
	default:
		x.refuse(http.StatusBadRequest, "invalid_jobId", "exports", "There is no data for job "+j.ID+".")
	}
}

const notFinished = "Cannot retrieve data for job because it has not finished executing."

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
	if s.cfg.ContentLength || x.withLength {
		h.Set("Content-Length", strconv.FormatInt(e.Size(), 10))
	}
	x.Writer.WriteHeader(http.StatusOK)
	e.WriteTo(x.Writer)
}
