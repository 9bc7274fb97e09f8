package export

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/clock"
)

// windowSlack widens the window in which a job of an unclear creation may have started: a Date header has whole seconds, and the
// job starts a moment after its request was read.
const windowSlack = 3 * time.Second

// reconcileLooks is how often the job list is asked before a creation counts as lost: Clari may still be working on it.
const reconcileLooks = 2

// reconcile looks for the job of a creation whose outcome is unclear, sent and given up at these local times. It finds a job only
// if exactly one can be meant: adopting somebody else's export would land the wrong rows, creating again costs one export.
func (r *run) reconcile(ctx context.Context, e *Export, sent, ended time.Time) (clari.Job, bool, error) {
	from, to := r.Client.ServerTime(sent).Add(-windowSlack), r.Client.ServerTime(ended).Add(windowSlack)
	for range reconcileLooks {
		if err := clock.Sleep(ctx, time.Duration(r.Spec.PollInterval)); err != nil {
			return clari.Job{}, false, err
		}
		jobs, err := r.Client.Jobs(ctx)
		if errors.Is(err, clari.ErrForbidden) || errors.Is(err, clari.ErrNotFound) || errors.Is(err, clari.ErrBadRequest) {
			e.log(r.Log.Info()).Err(err).Msg("the job list is refused: the job of an unclear creation cannot be looked for")
			break
		}
		if err != nil {
			return clari.Job{}, false, err
		}
		candidates := r.candidates(e, jobs, from, to)
		if len(candidates) == 1 {
			e.log(r.Log.Info()).Str("found", candidates[0].ID).Msg("found the job of an unclear creation")
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
	if e.elsewhere {
		return nil
	}
	var found []clari.Job
	for _, job := range jobs {
		started := !job.StartTime.Before(from) && !job.StartTime.After(to) // a job without a start time is never one
		module := strings.EqualFold(job.Module, "FORECAST") || job.Module == "" && job.FileName != ""
		file := job.FileName == "" || fileNameOf(e, job.FileName)
		currency := e.Currency == "" || job.Currency == "" || job.Currency == e.Currency
		if !started || !module || !file || !currency || r.books.known(job.ID) {
			continue
		}
		if r.books.ambiguous(e, job) {
			return nil
		}
		found = append(found, job)
	}
	return found
}

// fileNameOf tells whether an export file belongs to the tab and period of e. Clari names files
// clari_export_forecast_<forecast>_<period><digits>_<day>_<time>.json (its API reference, job example).
func fileNameOf(e *Export, name string) bool {
	rest, ok := strings.CutPrefix(name, "clari_export_forecast_"+e.ForecastID+"_")
	if !ok {
		return false
	}
	if period := cmp.Or(e.Period, e.likely); period != "" {
		return strings.HasPrefix(rest, period)
	}
	return quarterPrefix.MatchString(rest) // not another tab whose name begins with this one's
}

var quarterPrefix = regexp.MustCompile(`^\d{4}_Q[1-4]`)
