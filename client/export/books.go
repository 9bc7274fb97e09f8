package export

import (
	"cmp"
	"sync"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// books keeps account of export jobs: which are known to belong to which export, which of them this run would have to cancel, and
// which creations may have made a job that is not known yet.
type books struct {
	mu      sync.Mutex
	jobs    map[string]bool    // known job -> created by this run and not ended
	waited  map[string]bool    // those of them that an export waits for
	unclear map[string]*Export // journal key -> an export that may have a job that is not known
	freed   chan struct{}      // told when one less is waited for, so that a place in the queue may be free
}

func newBooks() *books {
	return &books{jobs: map[string]bool{}, waited: map[string]bool{}, unclear: map[string]*Export{}, freed: make(chan struct{}, 1)}
}

// plan takes in what the journal knew of an export.
func (b *books) plan(e *Export) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range []string{e.entry.JobID, e.entry.DoneJobID} {
		if id != "" {
			b.jobs[id] = false
		}
	}
	if e.entry.State == creating {
		b.unclear[e.key] = e
	}
}

// lose notes that a creation for e may make, or have made, a job nobody knows.
func (b *books) lose(e *Export) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unclear[e.key] = e
}

// refused notes that a creation for e made no job.
func (b *books) refused(e *Export) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.unclear, e.key)
}

// lost tells whether e may have a job that nobody knows.
func (b *books) lost(e *Export) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.unclear[e.key]
	return ok
}

// created notes a job that this run made for e.
func (b *books) created(e *Export, id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.unclear, e.key)
	b.jobs[id], b.waited[id] = true, true
}

// adopted notes a job that an earlier sync made for e, and that is not this run's to cancel.
func (b *books) adopted(e *Export, id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.unclear, e.key)
	b.jobs[id], b.waited[id] = false, true
}

// ended notes that a job has ended, or was cancelled.
func (b *books) ended(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.jobs[id] = false
	b.letGo(id)
}

// leave notes that e has ended, and waits for its job no longer even if that still runs.
func (b *books) leave(e *Export) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.letGo(e.Job.ID)
}

func (b *books) letGo(id string) {
	delete(b.waited, id)
	select {
	case b.freed <- struct{}{}:
	default:
	}
}

// waiting tells whether an export waits for a job of this run.
func (b *books) waiting() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waited) > 0
}

// unfinished are the jobs of this run that have not ended.
func (b *books) unfinished() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []string
	for id, unfinished := range b.jobs {
		if unfinished {
			ids = append(ids, id)
		}
	}
	return ids
}

func (b *books) known(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.jobs[id]
	return ok
}

// ambiguous tells whether another export of the same tab and period may have a job nobody knows: the one in the list may be either's. A
// quarter that is not known may be any.
func (b *books) ambiguous(e *Export, job clari.Job) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, other := range b.unclear {
		mine, theirs := cmp.Or(e.Period, e.likely), cmp.Or(other.Period, other.likely)
		if key != e.key && other.ForecastID == e.ForecastID && (mine == theirs || mine == "" || theirs == "" || job.FileName == "") {
			return true
		}
	}
	return false
}
