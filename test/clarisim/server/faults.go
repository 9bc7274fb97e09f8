package server

import (
	"cmp"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
)

// A Fault makes something go wrong with the requests that it matches, and always with the same ones: it counts them.
//
//	sim.Fault{Op: sim.Create, Forecast: "net_arr", From: 2, Do: sim.Answer(504).AfterProcessing()}
//
// lets the second creation for net_arr succeed and tells its client that it timed out.
type Fault struct {
	Op       ledger.Op // "" matches every operation
	Forecast string    // of the creation, or of the job; "" matches all
	Period   string    // as asked, by the creation or for the job; "" matches all
	Job      int       // Number of the job; 0 matches all
	From     int       // the first of the matching requests that it happens to, counted from 1; 0 is 1
	Count    int       // to how many it happens in a row; 0 is 1, negative all
	Do       Effect
}

// Always is the Count of a fault that does not stop.
const Always = -1

type armed struct {
	Fault
	seen int // matching requests so far
}

func (f *Fault) matches(t ledger.Target) bool {
	return t.Op != "" && (f.Op == "" || f.Op == t.Op) && (f.Forecast == "" || f.Forecast == t.Forecast) &&
		(f.Period == "" || f.Period == t.Period) && (f.Job == 0 || f.Job == t.Job)
}

// fires counts a matching request.
func (f *armed) fires() bool {
	f.seen++
	from := cmp.Or(f.From, 1)
	return f.seen >= from && (f.Count < 0 || f.seen < from+cmp.Or(f.Count, 1))
}

// firing counts the request with every fault that it matches, and returns the effects of those that happen to it. Refused
// connections are left to the transport where there is one of ours.
func (s *Server) firing(t ledger.Target, pipe bool) (effects []Effect) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.matches(t) && !(pipe && f.Do.Refused) && f.fires() {
			effects = append(effects, f.Do)
		}
	}
	return effects
}

// refuses says whether a request is not even to be sent.
func (s *Server) refuses(t ledger.Target) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Do.Refused && f.matches(t) && f.fires() {
			return true
		}
	}
	return false
}
