package server

import (
	"bytes"
	"net/http"
	"reflect"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/around"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
)

// An Observed is a request and its answer, as Config.Observe sees them.
type Observed struct {
	Op      ledger.Op // "" is a path that the API does not have
	Request *http.Request
	Body    []byte // of the request
	Status  int
	Header  http.Header // of the answer
	Answer  []byte      // its body, nil where it is longer than 64 KiB
	Usual   bool        // the API gave this answer as it does by default: no fault and no setting made it another
}

// observed is how much is kept of an answer.
const observed = 64 << 10

// keep keeps the beginning of an answer, as far as it is observed.
func (r *recorder) keep(p []byte) {
	if r.kept == nil {
		return
	}
	if r.kept.Len()+len(p) > observed {
		r.kept = nil
		return
	}
	r.kept.Write(p)
}

// observe tells of an exchange that was answered to its end.
func (s *Server) observe(x *Exchange) {
	r, ok := unwrap(x.Writer)
	if s.cfg.Observe == nil || !ok || r.status == 0 || r.broken {
		return
	}
	o := Observed{Op: x.Op, Request: x.Request, Body: x.Body, Status: r.status, Header: r.Header(), Usual: s.usual(x)}
	if r.kept != nil {
		o.Answer = append([]byte{}, r.kept.Bytes()...)
	}
	s.cfg.Observe(o)
}

// usual says whether neither a fault nor a setting made the answer another than the default one.
func (s *Server) usual(x *Exchange) bool {
	c, r := &s.cfg, s.around
	if len(x.faults) > 0 || x.intercepted || s.cfg.RequestsPerSecond > 0 || x.Writer.Header().Get("Content-Encoding") != "" {
		return false
	}
	switch x.Op {
	case ledger.Create:
		return c.CreatedAs == http.StatusOK
	case ledger.List:
		return !c.WrapList && len(c.Words) == 0 && !s.altered("")
	case ledger.Status:
		return !c.WrapJob && len(c.Words) == 0 && !s.altered(x.jobID)
	case ledger.Cancel:
		return len(c.Words) == 0 && !s.altered(x.jobID)
	case ledger.Results:
		return reflect.ValueOf(c.Quirks).IsZero() && !r.ActivityDateTexts && !s.altered(x.jobID)
	case ledger.AuditEvents:
		return r.AuditKey == "items" && r.AuditTimes == around.ISO && r.AuditLinks == around.Absolute && !r.AuditActorNumbers
	case ledger.Opportunities:
		return r.OpportunityWrap == "" && !r.TrendScalars
	}
	return true
}

// altered says whether a test had its hand in a job, or, without an id, in any.
func (s *Server) altered(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.jobs {
		if j.Altered && (id == "" || j.ID == id) {
			return true
		}
	}
	return false
}

func newRecorder(w http.ResponseWriter, keep bool) *recorder {
	r := &recorder{ResponseWriter: w}
	if keep {
		r.kept = &bytes.Buffer{}
	}
	return r
}
