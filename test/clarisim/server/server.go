// Package server answers as the Clari API does: forecast exports, their jobs and results, limits, and what there is around them.
//
// A request goes one way. The transport lets it in, an [Exchange] finds out what it is about and enters it in the ledger, the faults that
// it meets fire, and a handler answers, or an [Effect] in its place; package fault has those with names. What is answered is made up by the
// rooms result and around. What a job is doing follows from its times and the clock, so nothing runs in the background.
//
// Tests use package sim, which names all of it.
package server

import (
	"cmp"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/around"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/pipe"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/result"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// Config is what a stand-in is made from. The zero value is a small tenant on a well-behaved server whose jobs take no time, and whose
// answers are as Clari's published description has them. What was seen otherwise is a setting.
type Config struct {
	Tenant    tenant.Tenant
	Around    around.Config    // what there is beside forecasts
	Key       string           // the API key; "" is DefaultKey. Its user is number 1
	OtherKeys map[string]int64 // more keys, with the numbers of their users
	BasePath  string           // "" is /v4

	JSON      tenant.Encoding   // of results asked for as JSON, for tabs without one of their own; "" is Arrays
	Quirks    result.Quirks     // of every result
	WrapJob   bool              // a job comes as {"job":{..}}, as seen in production, not {..}
	WrapList  bool              // the job list comes as {"jobs":[..]}, not [..]
	Words     map[string]string // status words to show instead of others: {"DONE": "COMPLETED"}
	OmitKeys  []string          // keys that jobs are shown without
	CreatedAs int               // the HTTP status of a creation; 0 is 200

	Queue, Run ledger.Duration // how long jobs stay queued, and run
	Concurrent int             // jobs of the org queued or running at once; 0 is 3, negative none
	Monthly    int             // exports of the org in 30 days; 0 is 1000, negative none
	Life       time.Duration   // of results; 0 is 30 days

	RequestsPerSecond int           // of one key; more are answered 429 with Retry-After: 1. 0: no limit
	Skew              time.Duration // how far Clari's clock is ahead of ours
	ContentLength     bool          // results tell their length, at the price of generating them twice
	Gzip              bool          // results are compressed for clients that take it

	Faults    []Fault
	OnJob     func(*ledger.Job)    // sees every new job, and may alter it; must not call the server
	Intercept func(*Exchange) bool // sees every request with a good key before all faults; true: it has answered
	Log       func(ledger.Request) // sees every request when it is over
	Observe   func(Observed)       // sees every exchange that was answered to its end, with its bodies
}

// DefaultKey is the API key where Config names none.
const DefaultKey = "sim-key"

// A Server stands in for the Clari API. To be used inside a synctest bubble it must have been made there. Its methods may be
// called from anywhere at any time.
type Server struct {
	cfg    Config
	tenant tenant.Tenant
	around *around.Records
	users  map[string]int64

	mu      sync.Mutex
	faults  []*armed
	jobs    []*ledger.Job
	created int
	ledger  []ledger.Request
	random  *rand.Rand

	pipes   *pipe.Listener
	serving []io.Closer
	running sync.WaitGroup
	closed  bool
}

// New makes a server; it starts nothing, and costs next to nothing.
func New(cfg Config) *Server {
	cfg.Key = cmp.Or(cfg.Key, DefaultKey)
	cfg.BasePath = "/" + strings.Trim(cmp.Or(cfg.BasePath, "/v4"), "/")
	cfg.JSON = cmp.Or(cfg.JSON, tenant.Arrays)
	cfg.CreatedAs = cmp.Or(cfg.CreatedAs, http.StatusOK)
	cfg.Concurrent = max(0, cmp.Or(cfg.Concurrent, 3))
	cfg.Monthly = max(0, cmp.Or(cfg.Monthly, 1000))
	cfg.Life = cmp.Or(cfg.Life, month)
	s := &Server{cfg: cfg, tenant: cfg.Tenant.WithDefaults(), users: map[string]int64{cfg.Key: 1}}
	for key, user := range cfg.OtherKeys {
		s.users[key] = user
	}
	s.around = around.New(&s.tenant, cfg.Around)
	s.random = rand.New(rand.NewPCG(s.tenant.Seed, 1))
	s.Add(cfg.Faults...)
	return s
}

// Tenant is the tenant served, with its defaults.
func (s *Server) Tenant() tenant.Tenant { return s.tenant }

// Key is the API key of user 1.
func (s *Server) Key() string { return s.cfg.Key }

// Now is the time on Clari's clock, as the Date header of every answer tells it.
func (s *Server) Now() time.Time { return time.Now().Add(s.cfg.Skew) }

// Current is the current fiscal quarter.
func (s *Server) Current() tenant.Quarter { return s.tenant.Calendar.QuarterOf(s.Now()) }

// AuditEvents yields the events from one time to another, both included, that can be listed at now; the oldest first.
func (s *Server) AuditEvents(from, to, now time.Time) iter.Seq[around.AuditEvent] {
	return s.around.AuditEvents(from, to, now)
}

// Actor is the name and e-mail address of an actor of audit events.
func (s *Server) Actor(id string) (name, email string) { return s.around.Actor(id) }

// Activities yields what an export of activities holds, in order of time, each activity once.
func (s *Server) Activities(x around.Activities) iter.Seq[around.Activity] {
	return s.around.Activities(x)
}

// OpportunityID is the id of the nth opportunity of the tenant.
func (s *Server) OpportunityID(n int) string { return s.around.OpportunityID(n) }

// Opportunity is what a look-up tells of an id, unless the configuration says that it is missing.
func (s *Server) Opportunity(id string) around.Opportunity { return s.around.Opportunity(id) }

// Plant adds a job that no request asked for: of another user, or of this one in another program. It takes its place in the
// queue and counts against the quota like any other. What is left out is filled in: the id, user 1, created now, the first
// tab's current quarter.
func (s *Server) Plant(j ledger.Job) ledger.Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	if j.CreatedAt.IsZero() {
		j.CreatedAt = now
	}
	j.UserID = cmp.Or(j.UserID, 1)
	j.Forecast = cmp.Or(j.Forecast, s.tenant.Tabs[0].ID)
	j.Format = cmp.Or(j.Format, "JSON")
	j.Counted = true
	j.Altered = true
	s.finish(&j)
	s.jobs = append(s.jobs, &j)
	planted := j
	planted.Export.At = j.EndsAt()
	return planted
}

// Change alters jobs that there are: what befalls them behind the back of whoever waits for them.
func (s *Server) Change(alter func(*ledger.Job)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.jobs {
		alter(j)
		j.Altered = true
	}
}

// Add arms faults, behind those there already.
func (s *Server) Add(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &armed{Fault: f})
	}
}

// ClearFaults disarms all faults. What they have done stays done.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// ServeHTTP answers as the Clari API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := s.exchange(w, r)
	defer s.running.Done()
	defer s.close(x)
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	switch {
	case x.UserID == 0:
		x.RefuseKey()
	case s.tooFast(x):
		x.Writer.Header().Set("Retry-After", "1")
		x.RefuseRate()
	case s.cfg.Intercept != nil && s.cfg.Intercept(x):
		x.intercepted = true
	default:
		s.answer(x, s.firing(x.Target, pipe.Is(x.Conn())))
	}
}

// tooFast looks at the second that has just gone by.
func (s *Server) tooFast(x *Exchange) bool {
	if s.cfg.RequestsPerSecond == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range slices.Backward(s.ledger) {
		if x.At.Sub(r.At) >= time.Second {
			break
		}
		if r.UserID == x.UserID && !r.Throttled {
			n++
		}
	}
	return n > s.cfg.RequestsPerSecond
}
