package job

import (
	"encoding/json"
	"time"
)

// state is where an export stands in the journal.
type state string

const (
	creating state = "creating" // flushed before the request that creates a job: a job may exist
	running  state = "running"  // a job exists, its rows are not known to have landed
	done     state = "done"     // its rows were handed over past a barrier
	failed   state = "failed"   // its job or its result is of no use
)

// entry is what the journal keeps of one export, beside the kind's own memory in the same JSON object: under 1 KiB in all, overwritten in
// place since a state backend cannot delete.
type entry struct {
	State      state     `json:"state,omitempty"`
	JobID      string    `json:"job_id,omitempty"`
	At         time.Time `json:"at,omitzero"`          // when the job was asked for, on Clari's clock
	ExportedAt time.Time `json:"exported_at,omitzero"` // first known: a re-download is no second snapshot
	Found      bool      `json:"found,omitempty"`      // JobID is from the list of jobs, not from the answer to a creation
	Unlisted   bool      `json:"unlisted,omitempty"`   // the list could not be had when a creation had to be looked for
	TooLarge   int64     `json:"too_large,omitempty"`  // the limit in bytes that its result met
	Unread     bool      `json:"unread,omitempty"`     // this machine could not read its result

	PriorJobID string `json:"prior_job_id,omitempty"` // an older result that is yet to land
	DoneJobID  string `json:"done_job_id,omitempty"`  // the job whose rows landed last
	Unusable   string `json:"unusable,omitempty"`     // a job that landed, and whose result does not pass any more
}

// note saves where an export stands.
func (r *run) note(e *Export, s state) {
	e.entry.State = s
	r.save(e)
}

// save saves what the journal has to know of an export. An old result that lands beside a new job has no entry of its own.
func (r *run) save(e *Export) {
	if !e.prior {
		r.journal.Save(e.Key(), joined{e.entry, e.Memory()})
	}
}

// joined is one JSON object of two.
type joined struct {
	entry  entry
	memory any
}

func (b joined) MarshalJSON() ([]byte, error) {
	own, err := json.Marshal(b.entry)
	if err != nil {
		return nil, err
	}
	kinds, err := json.Marshal(b.memory)
	switch {
	case err != nil:
		return nil, err
	case len(kinds) <= len("{}"):
		return own, nil
	case len(own) <= len("{}"):
		return kinds, nil
	}
	return append(append(own[:len(own)-1], ','), kinds[1:]...), nil
}
