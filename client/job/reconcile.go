package job

import (
	"context"
	"errors"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/clock"
)

// windowSlack widens the window in which a job of an unclear creation may have started: a Date header has whole seconds, and the
// job starts a moment after its request was read.
const windowSlack = 3 * time.Second

// reconcileLooks is how often the job list is asked before a creation counts as lost: Clari may still be working on it.
const reconcileLooks = 2

// reconcile looks for the job of a creation whose outcome is unclear, sent and given up at these times on Clari's clock. It finds a job
// only if exactly one can be meant: adopting somebody else's export would land the wrong rows, creating again costs one export. When
// the list cannot be had it fails, once: the journal remembers it, and the next time no job is found instead.
func (r *run) reconcile(ctx context.Context, e *Export, sent, ended time.Time) (clari.Job, bool, error) {
	from, to := sent.Add(-windowSlack), ended.Add(windowSlack)
	for range reconcileLooks {
		if err := clock.Sleep(ctx, r.PollInterval); err != nil {
			return clari.Job{}, false, err
		}
		jobs, err := r.Client.Jobs(ctx)
		switch {
		case ctx.Err() != nil:
			return clari.Job{}, false, ctx.Err()
		case errors.Is(err, clari.ErrForbidden) || errors.Is(err, clari.ErrNotFound) || errors.Is(err, clari.ErrBadRequest) || err != nil && e.entry.Unlisted:
			e.Log(r.Log.Info()).Err(err).Msg("the job list cannot be had: the job of an unclear creation cannot be looked for")
			return clari.Job{}, false, nil
		case err != nil:
			e.entry.Unlisted = true
			r.save(e)
			return clari.Job{}, false, err
		}
		candidates := r.candidates(e, jobs, from, to)
		if len(candidates) == 1 {
			e.Log(r.Log.Info()).Str("found", candidates[0].ID).Msg("found the job of an unclear creation")
			return candidates[0], true, nil
		}
		if len(candidates) > 1 {
			break
		}
	}
	return clari.Job{}, false, nil
}

// candidates are the listed jobs that the creation of e may have made.
func (r *run) candidates(e *Export, jobs []clari.Job, from, to time.Time) []clari.Job {
	var found []clari.Job
	for _, j := range jobs {
		started := !j.StartTime.Before(from) && !j.StartTime.After(to) // a job without a start time is never one
		if !started || r.inFlight.isKnown(j.ID) || !e.Made(j) {
			continue
		}
		if r.inFlight.hasRival(e, j) {
			return nil
		}
		found = append(found, j)
	}
	return found
}
