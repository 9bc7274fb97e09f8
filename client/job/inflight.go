package job

import (
	"sync"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// inFlight keeps account of jobs: which are known to belong to which export, which of them this run would have to cancel, and which
// creations may have made a job that nobody knows.
type inFlight struct {
	mu      sync.Mutex
	known   map[string]bool    // jobs that belong to an export
	own     map[string]bool    // those that a creation of this run returned, and that have not ended
	waited  map[*Export]bool   // exports that hold a place in the queue, or may
	unclear map[string]*Export // by journal key: exports that may have a job that is not known
	freed   chan struct{}      // told when one less is waited for, so that a place in the queue may be free
}

func newInFlight() *inFlight {
	return &inFlight{
		known: map[string]bool{}, own: map[string]bool{}, waited: map[*Export]bool{}, unclear: map[string]*Export{},
		freed: make(chan struct{}, 1),
	}
}

// plan takes in what the journal has of an export.
func (f *inFlight) plan(e *Export) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range []string{e.entry.JobID, e.entry.DoneJobID, e.entry.PriorJobID} {
		if id != "" {
			f.known[id] = true
		}
	}
	if e.entry.State == creating {
		f.unclear[e.Key()] = e
	}
}

// markUnclear notes that a creation for e may make, or have made, a job that nobody knows.
func (f *inFlight) markUnclear(e *Export) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unclear[e.Key()] = e
}

// markClear notes that no creation for e made a job that nobody knows.
func (f *inFlight) markClear(e *Export) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.unclear, e.Key())
}

// start notes the job that e now waits for. Only one that a creation of this run returned is this run's to cancel.
func (f *inFlight) start(e *Export, own bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.unclear, e.Key())
	f.known[e.Job.ID], f.waited[e] = true, true
	if own {
		f.own[e.Job.ID] = true
	}
}

// end notes that the job of e has ended, or was cancelled.
func (f *inFlight) end(e *Export) {
	f.mu.Lock()
	delete(f.own, e.Job.ID)
	f.mu.Unlock()
	f.release(e)
}

// release notes that e waits for no job any more, even if one still runs.
func (f *inFlight) release(e *Export) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.waited, e)
	select {
	case f.freed <- struct{}{}:
	default:
	}
}

// waiting is how many exports wait for a job.
func (f *inFlight) waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.waited)
}

// unfinished are the jobs that this run would have to cancel.
func (f *inFlight) unfinished() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []string
	for id := range f.own {
		ids = append(ids, id)
	}
	return ids
}

func (f *inFlight) isKnown(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known[id]
}

// hasRival tells whether another export may have a job that nobody knows, and the listed one may as well be that.
func (f *inFlight) hasRival(e *Export, j clari.Job) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, other := range f.unclear {
		if key != e.Key() && e.Rival(other.Subject, j) {
			return true
		}
	}
	return false
}
