package job

import (
	"context"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// paceKey is the ledger's key of how long jobs of a class ran, in milliseconds.
func (r *run) paceKey(class string) string { return journal.OtherKey("pace", []string{r.Scope, class}) }

// learn sees to it that something is known of how long jobs of the class of e run: from earlier syncs, else from the jobs that Clari
// lists. That list is asked for once, and only if there is something to wait for.
func (r *run) learn(ctx context.Context, e *Export) {
	if r.pace.Knows(e.Class) {
		return
	}
	var ms []int64
	_ = r.Ledger.Load(ctx, r.paceKey(e.Class), &ms)
	if len(ms) > 0 {
		for _, n := range ms {
			r.pace.Observe(e.Class, time.Duration(n)*time.Millisecond)
		}
		return
	}
	for _, j := range r.finishedJobs(ctx) {
		if e.Similar(j) {
			r.pace.Observe(e.Class, j.EndTime.Sub(j.StartTime))
		}
	}
}

// finishedJobs are those that Clari lists, oldest first. They are asked for once; who comes meanwhile waits for the answer.
func (r *run) finishedJobs(ctx context.Context) []clari.Job {
	if !take(ctx, r.listing) {
		return nil
	}
	defer func() { <-r.listing }()
	if r.listed == nil {
		ctx, cancel := context.WithTimeout(ctx, r.PollInterval) // no poll is due before
		defer cancel()
		jobs, _ := r.Client.Jobs(ctx)
		r.listed = slices.DeleteFunc(append([]clari.Job{}, jobs...), func(j clari.Job) bool {
			return j.Status.Phase() != clari.PhaseDone || j.StartTime.IsZero() || !j.EndTime.After(j.StartTime)
		})
		slices.SortFunc(r.listed, func(a, b clari.Job) int { return a.EndTime.Compare(b.EndTime) })
	}
	return r.listed
}

// remember saves how long jobs of the class of e ran, for the next sync.
func (r *run) remember(e *Export) {
	var ms []int64
	for _, d := range r.pace.Took(e.Class) {
		ms = append(ms, d.Milliseconds())
	}
	if len(ms) > 0 {
		r.Ledger.Save(r.paceKey(e.Class), ms)
	}
}
