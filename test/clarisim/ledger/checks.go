package ledger

import (
	"slices"
	"time"
)

// Asked is what an export was asked for.
type Asked struct{ Forecast, Period string }

// JobsFor counts the jobs that requests created for each forecast and period asked.
func (l Ledger) JobsFor() map[Asked]int {
	jobs := map[Asked]int{}
	for _, j := range l.Created() {
		jobs[Asked{j.Forecast, j.Asked}]++
	}
	return jobs
}

// Created are the jobs that requests created.
func (l Ledger) Created() []Job {
	return slices.DeleteFunc(slices.Clone(l.Jobs), func(j Job) bool { return j.Request == 0 })
}

// Spent is how many of those count against the monthly quota: all that were not cancelled.
func (l Ledger) Spent() int {
	return len(slices.DeleteFunc(l.Created(), func(j Job) bool { return !j.Counted }))
}

// Of are the requests of one operation.
func (l Ledger) Of(op Op) []Request {
	return slices.DeleteFunc(slices.Clone(l.Requests), func(r Request) bool { return r.Op != op })
}

// MinPollGap is the least time between two status requests for the same job; ok is false if no job was polled twice.
func (l Ledger) MinPollGap() (gap time.Duration, ok bool) {
	return minGap(l.Of(Status), func(r Request) string { return r.JobID })
}

// MinCreateGap is the least time between two creations, whatever became of them.
func (l Ledger) MinCreateGap() (gap time.Duration, ok bool) {
	return minGap(slices.DeleteFunc(slices.Clone(l.Requests), func(r Request) bool { return r.Op != Create && r.Op != CreateActivity }), func(Request) string { return "" })
}

func minGap(requests []Request, group func(Request) string) (gap time.Duration, ok bool) {
	last := map[string]time.Time{}
	for _, r := range requests {
		if before, twice := last[group(r)]; twice {
			if d := r.At.Sub(before); !ok || d < gap {
				gap, ok = d, true
			}
		}
		last[group(r)] = r.At
	}
	return gap, ok
}

// TooEarly are the requests that were sent before a Retry-After had run out. After 429 that goes for all requests of the user,
// after any other status for the same operation on the same path. Requests that may have been under way when the answer went
// out are let pass: those of the same instant, if they are not the same again.
func (l Ledger) TooEarly() (early []Request) {
	var told []Request // to come again later
	for _, r := range l.Requests {
		if slices.ContainsFunc(told, func(t Request) bool {
			same := t.Op == r.Op && t.Path == r.Path
			knew := r.At.After(t.Answered) || same && t.Seen < r.Number
			return t.UserID == r.UserID && (t.Throttled || same) && knew && r.At.Before(t.RetryAt)
		}) {
			early = append(early, r)
		}
		if !r.RetryAt.IsZero() {
			told = append(told, r)
		}
	}
	return early
}

// WithoutKey are the requests that came without a key that is known.
func (l Ledger) WithoutKey() []Request {
	return slices.DeleteFunc(slices.Clone(l.Requests), func(r Request) bool { return r.UserID != 0 })
}

// MaxConcurrent is the greatest number of jobs created by requests that were queued or running at one time.
func (l Ledger) MaxConcurrent() (most int) {
	jobs := l.Created()
	for _, at := range jobs { // the number only grows where a job is created
		n := 0
		for _, j := range jobs {
			if j.Active(at.CreatedAt) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}
