package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// secondLook is the least time between two refusals of which the second is believed: no paid job and no stored result is given up for one answer.
const secondLook = time.Minute

// doubts are jobs about which Clari refused to answer, and those that are of no use any more. Creations have one subject: see mayCreate. They are safe for concurrent use.
type doubts struct {
	mu    sync.Mutex
	first map[string]time.Time
	gone  map[string]bool
}

func newDoubts() *doubts { return &doubts{first: map[string]time.Time{}, gone: map[string]bool{}} }

// isTwice reports whether what is said of a job is said twice, at least a minute apart; otherwise due is when to look again.
func (d *doubts) isTwice(id string) (twice bool, due time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	first, known := d.first[id]
	if !known {
		first = time.Now()
		d.first[id] = first
	}
	due = first.Add(secondLook)
	return !time.Now().Before(due), due
}

// answered notes that Clari does know a job: what it said before was not so.
func (d *doubts) answered(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.first, id)
}

// giveUp notes that the result of a job is of no use.
func (d *doubts) giveUp(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gone[id] = true
}

func (d *doubts) isGone(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.gone[id]
}

// doubtful reports whether an answer about a job of an export is not believed the first time; counts, whether it counts against the job when it is said again. Clari's
// own refusals do. A key that is suddenly not accepted, a balancer's page and a gateway's answer say nothing of the job. Troubles of servers count only about
// a job that has had all its time, and only where an earlier sync met them too: an outage is no reason to give up what is paid for.
func (r *run) doubtful(e *Export, id string, err error) (doubtful, counts bool) {
	answer, isAnswer := errors.AsType[*clari.Error](err)
	switch {
	case !isAnswer:
		return false, false
	case errors.Is(err, clari.ErrUnauthorized), clari.IsPage(err):
		return true, false
	case clari.IsRefusal(err):
		return true, true
	case answer.Status == http.StatusTooManyRequests:
		return false, false
	case r.outlived(cmp.Or(e.asked, e.askedFor(id))):
		return true, r.longInTrouble(e)
	}
	return answer.Status/100 == 4, false
}

// A verdict is what an error that a request about a job came to means for the job.
type verdict int

const (
	plainError verdict = iota // it says nothing of the job
	lookAgain                 // it is not believed yet
	jobGone                   // it is believed, and the job is given up
)

// weigh says what an error means for a job of e; due is when to look again. One that is no surprise is believed at once.
func (r *run) weigh(e *Export, id string, err error, surprise bool) (v verdict, due time.Time) {
	doubtful, counts := r.doubtful(e, id, err)
	if !doubtful {
		return plainError, due
	}
	twice, due := r.doubts.isTwice(id)
	switch {
	case !twice && surprise:
		return lookAgain, due
	case !counts:
		return plainError, due
	}
	r.doubts.giveUp(id)
	return jobGone, due
}

// Troubles with a job have to last so long, over several syncs, until they count against it; those of more than a week ago are forgotten.
const (
	troubleFor  = time.Hour
	troubleKept = 7 * 24 * time.Hour
)

// longInTrouble reports whether Clari has not given what was asked of a job of e for so long, and notes that it does not.
func (r *run) longInTrouble(e *Export) bool {
	now := r.now()
	if since := now.Sub(time.Unix(e.paid.read().Trouble, 0)); since < troubleKept {
		return since >= troubleFor
	}
	r.accounts.note(e, func(p *journal.Paid) { p.Trouble = now.Unix() })
	return false
}

// outlived reports whether a job was asked for so long ago that it must have ended.
func (r *run) outlived(asked time.Time) bool {
	return !asked.IsZero() && r.now().Sub(asked) > r.QueueTimeout+r.RunTimeout
}

// ask asks for the state of a job of the ledgers. A first refusal puts the item back into the plan, so that the second look holds nobody up.
func (r *run) ask(ctx context.Context, e *Export, id string) (due.Seen, error) {
	if r.doubts.isGone(id) {
		return due.Seen{Gone: true}, nil
	}
	job, err := r.Client.Job(ctx, id)
	if err == nil {
		r.doubts.answered(id)
		return due.Seen{Job: job, Gone: r.expired(job)}, nil
	}
	err = fmt.Errorf("adopt: job %s: %w", id, err)
	if ctx.Err() != nil {
		return due.Seen{}, err
	}
	switch v, at := r.weigh(e, id, err, true); v {
	case lookAgain:
		return due.Seen{}, &again{due: at, err: fmt.Errorf("%w: looking again before that is believed", err)}
	case jobGone:
		return due.Seen{Gone: true}, nil
	}
	return due.Seen{}, err
}
