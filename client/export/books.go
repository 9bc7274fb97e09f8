package export

import "sync"

// books keeps account of export jobs: which are known to belong to which export, which of them this run would have to cancel, and
// which creations may have made a job that is not known yet.
type books struct {
	mu      sync.Mutex
	jobs    map[string]bool  // known job -> created by this run and not ended
	unclear map[*Export]bool // may have a job that is not known
}

func newBooks() *books {
	return &books{jobs: map[string]bool{}, unclear: map[*Export]bool{}}
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
		b.unclear[e] = true
	}
}

// lose notes that a creation for e may have made a job nobody knows.
func (b *books) lose(e *Export) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unclear[e] = true
}

// own notes a job, and whether giving up the run has to cancel it.
func (b *books) own(e *Export, id string, unfinished bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.unclear, e)
	b.jobs[id] = unfinished
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

// ambiguous tells whether another export of the same tab and period may have a job nobody knows: a job in the list may be either's.
func (b *books) ambiguous(e *Export) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for other := range b.unclear {
		if other != e && other.ForecastID == e.ForecastID && other.Period == e.Period {
			return true
		}
	}
	return false
}
