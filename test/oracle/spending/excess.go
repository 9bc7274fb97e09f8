package spending

import (
	"fmt"
	"slices"
	"time"
)

// An Excess is a job that did not have to be bought.
type Excess struct {
	Job *Job
	Verdict
}

// String is one line.
func (e Excess) String() string {
	return fmt.Sprintf("%v: job %s bought at %s: row %s: %s", e.Job.Request, e.Job.ID, e.Job.At.UTC().Format("2006-01-02 15:04:05"), e.Row, e.Why)
}

// Add enters a sync and returns the jobs that it did not have to buy. Syncs are added in the order of their beginning.
func (h *History) Add(s Sync) (excess []Excess) {
	if s.Forgot {
		h.paid, h.there = nil, nil
	}
	before := map[string]*Job{} // the last one of each request in this sync
	failed := map[string]int{}  // tries that ended FAILED or ABORTED
	for _, j := range slices.SortedStableFunc(slices.Values(s.Bought), func(a, b *Job) int { return a.At.Compare(b.At) }) {
		last := before[j.key()]
		before[j.key()] = j
		v := h.again(s, last, failed[j.key()])
		if last == nil {
			v = h.first(s, j)
		}
		if !v.Buy {
			excess = append(excess, Excess{j, v})
		}
		if j.Fate == Failed {
			failed[j.key()]++
		}
	}
	excess = append(excess, unsent(s)...)
	h.enter(s)
	return excess
}

// first is the verdict on the first job of a request in a sync.
func (h *History) first(s Sync, j *Job) Verdict {
	for _, wanted := range s.Wanted {
		same := wanted.Request
		if wanted.EitherWeeks {
			same.AllWeeks = j.AllWeeks
		}
		if same.key() == j.key() {
			return h.Due(s, wanted)
		}
	}
	if h.stays(s, j) {
		return h.Due(s, Item{Request: j.Request, Quarter: j.Quarter})
	}
	return free("none", "no item of the plan asks for it")
}

// stays says whether a job is of a quarter that was once exported as current: it is in the plan until it is settled, while its tab is.
func (h *History) stays(s Sync, j *Job) bool {
	return h.current[placeOf(j.Request, j.Quarter)] && s.Settings.Backend && slices.ContainsFunc(s.Wanted, func(i Item) bool {
		return i.Window == nil && placeOf(i.Request, "") == placeOf(j.Request, "")
	})
}

// again is the verdict on a job of a request that this sync had bought before: section 3.3.
func (h *History) again(s Sync, last *Job, failed int) Verdict {
	if last == nil {
		return Verdict{}
	}
	attempts := s.Settings.Attempts
	if h.record(last.Request).exhausted {
		attempts = 1
	}
	switch {
	case last.Fate == Unclear:
		return buy("1", "the creation before it is unclear")
	case last.Fate == Lost:
		return buy("9", "the job before it was lost")
	case last.Fate != Failed:
		return free("3.3", "the job before it was "+string(last.Fate))
	case failed >= attempts:
		return free("3.3", fmt.Sprintf("%d tries have failed", failed))
	default:
		return buy("3.3", "the job before it failed")
	}
}

// done is when a job of a sync was sent to its last row, or given up. Unclear creations are not told: when they have been looked for and
// not found is not known here.
func (j *Job) done(s Sync) time.Time {
	switch {
	case j.Fate == Unclear:
		return j.At
	case !j.Sent.IsZero():
		return j.Sent
	case j.Fate == Failed || j.Fate == Lost:
		return j.Ended
	default:
		return s.End
	}
}

// unsent are the jobs that were bought while concurrency + 1 others of the sync were neither sent nor given up.
func unsent(s Sync) (excess []Excess) {
	for _, j := range s.Bought {
		waiting := 0
		for _, other := range s.Bought {
			if other != j && other.At.Before(j.At) && j.At.Before(other.done(s)) {
				waiting++
			}
		}
		if limit := s.Settings.Concurrency + 1; waiting >= limit {
			excess = append(excess, Excess{j, free("3.3", fmt.Sprintf("%d jobs of the sync are bought and not sent, of %d", waiting, limit))})
		}
	}
	return excess
}
