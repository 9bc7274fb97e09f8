package server

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
)

// An Exchange is one request and its answer.
type Exchange struct {
	ledger.Target
	At      time.Time // on Clari's clock
	UserID  int64     // whose key came along; 0: none that is known
	Request *http.Request
	Body    []byte
	Writer  http.ResponseWriter

	WithLength bool // the results are to tell their length

	options
	server      *Server
	number      int // in the ledger
	jobID       string
	badBody     bool
	alter       []func(*ledger.Job) // the job that a creation makes
	activity    activityBody
	pages       []func(*Exchange, map[string]any) // alter a page of audit events
	faults      []string                          // names of the effects that fired
	intercepted bool                              // a test answered
}

// options are the body of a creation.
type options struct {
	TimePeriod        string   `json:"timePeriod"`
	TypesToExport     []string `json:"typesToExport"`
	ScopeID           string   `json:"scopeId"`
	Currency          string   `json:"currency"`
	IncludeHistorical bool     `json:"includeHistorical"`
	ExportFormat      string   `json:"exportFormat"`
	Schedule          string   `json:"schedule"`
}

// exchange reads the request and enters it in the ledger.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request) *Exchange {
	body, _ := io.ReadAll(r.Body) // to its end: only then does net/http notice a client that gives up
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		panic(http.ErrAbortHandler)
	}
	s.running.Add(1)
	x := &Exchange{At: s.Now(), Request: r, Body: body, server: s, UserID: s.users[r.Header.Get("apikey")]}
	x.identify()
	x.Writer = newRecorder(w, s.cfg.Observe != nil)
	x.number = len(s.ledger) + 1
	s.ledger = append(s.ledger, ledger.Request{
		Number: x.number, At: x.At, Target: x.Target, Method: r.Method, Path: r.URL.Path, JobID: x.jobID,
		KeySent: r.Header.Get("apikey") != "", UserID: x.UserID,
	})
	return x
}

// identify finds out what the request is about. Parameters in the query are not looked at, which is what Clari seems to do.
func (x *Exchange) identify() {
	path, ok := strings.CutPrefix(x.Request.URL.EscapedPath(), x.server.cfg.BasePath+"/")
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i], _ = url.PathUnescape(parts[i])
	}
	if !ok {
		return
	}
	id := ""
	if len(parts) > 2 {
		id, parts[2] = parts[2], "*"
	}
	x.Op = map[string]ledger.Op{
		"POST export/forecast/*": ledger.Create, "GET export/jobs": ledger.List, "GET export/jobs/*": ledger.Status,
		"PATCH export/jobs/*": ledger.Cancel, "GET export/jobs/*/results": ledger.Results, "GET admin/limits": ledger.Limits,
		"POST export/activity": ledger.CreateActivity, "GET audit/events": ledger.AuditEvents, "GET opportunity": ledger.Opportunities,
	}[x.Request.Method+" "+strings.Join(parts, "/")]
	switch x.Op {
	case ledger.Create:
		x.badBody = len(x.Body) > 0 && json.Unmarshal(x.Body, &x.options) != nil
		x.Forecast, x.Period, x.Job = id, x.TimePeriod, x.server.created+1
	case ledger.CreateActivity:
		x.badBody = json.Unmarshal(x.Body, &x.activity) != nil
		x.Period, x.Job = x.activity.days(), x.server.created+1
	case ledger.Status, ledger.Cancel, ledger.Results:
		x.jobID = id
		if j := x.server.find(id); j != nil {
			x.Forecast, x.Period, x.Job = j.Forecast, j.Asked, j.Number
		}
	}
}

// JSON answers with a JSON body.
func (x *Exchange) JSON(status int, body any) {
	b, err := json.Marshal(body)
	if err != nil { // bodies are text and numbers
		panic(err)
	}
	x.Send(status, "application/json", string(b))
}

// Send answers with a body of any kind.
func (x *Exchange) Send(status int, contentType, body string) {
	h := x.Writer.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.Writer.WriteHeader(status)
	io.WriteString(x.Writer, body)
}

// A recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	kept   *bytes.Buffer // the body, if it is observed and not too long
	broken bool          // the client went away before it had the whole answer
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	r.broken = r.broken || err != nil
	r.keep(p[:n])
	return n, err
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
