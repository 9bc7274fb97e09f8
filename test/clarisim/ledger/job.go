package ledger

import (
	"cmp"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/around"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/result"
)

// The status words of Clari's API reference.
const (
	Scheduled = "SCHEDULED"
	Started   = "STARTED"
	Done      = "DONE"
	Failed    = "FAILED"
	Aborted   = "ABORTED"
	Cancelled = "CANCELLED"
)

// A Job is an export job. Nothing runs: what state a job is in follows from its times and the clock. A hook
// or an effect may set any field when the job is created.
type Job struct {
	ID      string
	Number  int   // counts the jobs that requests created, from 1; 0 is a planted one
	UserID  int64 // whose token created it
	Request int   // number of the request in the ledger

	Forecast   string
	Asked      string // the time period as asked; "" where none was
	Got        string // the quarter of the result
	Types      []string
	Scope      string
	Currency   string
	Historical bool
	Format     string // JSON or CSV
	Schedule   string

	CreatedAt   time.Time
	Queue, Run  time.Duration // negative: for ever
	End         string        // the status it ends in
	QueuedWord  string        // "": SCHEDULED
	RunningWord string        // "": STARTED
	CancelledAt time.Time     // zero: not cancelled
	Life        time.Duration // of the results after the end; 0: as the server has it
	Withheld    time.Duration // after the end: for so long it is said not to have finished when its results are asked for

	RowsTruncated, CellsTruncated bool
	Hidden                        bool          // missing from the list
	NamedAfter, ListedAfter       time.Duration // since the creation: until then it has no file name, or is not in the list
	StartsLate                    bool          // its startTime is when it leaves the queue, and there is none before
	GoesBack                      time.Duration // not zero: so long after its start it is shown as queued again, for as long
	Twin                          bool          // the list holds a second job just like it
	Vanished                      bool          // nobody knows of it any more
	WrongBy                       int           // the result is of the quarter so many later than asked
	Downloads                     int           // of the results, begun
	Counted                       bool          // against the monthly quota; a cancelled job is not
	FileName                      string
	Module                        string             // as the list has it; "": that of what it is
	Export                        result.Export      // what the result holds
	Activities                    *around.Activities // of an export of activities, in place of Export; nil for the others
	Altered                       bool               // a test had its hand in it
}

// Change is a state that a job came into.
type Change struct {
	At     time.Time
	Status string
}

// forever stands for an end that does not come.
var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// StartsAt is when the job leaves the queue, year 9999 if it never does.
func (j *Job) StartsAt() time.Time {
	if j.Queue < 0 {
		return forever
	}
	return j.CreatedAt.Add(j.Queue)
}

// EndsAt is when the job ends, or was cancelled; year 9999 if neither ever happens.
func (j *Job) EndsAt() time.Time {
	switch {
	case !j.CancelledAt.IsZero():
		return j.CancelledAt
	case j.Queue < 0 || j.Run < 0:
		return forever
	default:
		return j.StartsAt().Add(j.Run)
	}
}

// ExpiresAt is when the results are gone.
func (j *Job) ExpiresAt() time.Time { return j.EndsAt().Add(j.Life) }

// States are the states that the job came into until t, in order.
func (j *Job) States(t time.Time) []Change {
	queued, running, end := cmp.Or(j.QueuedWord, Scheduled), cmp.Or(j.RunningWord, Started), cmp.Or(j.End, Done)
	changes := []Change{{j.CreatedAt, queued}}
	started := !t.Before(j.StartsAt()) && (j.CancelledAt.IsZero() || !j.CancelledAt.Before(j.StartsAt()))
	if started {
		changes = append(changes, Change{j.StartsAt(), running})
	}
	if !j.CancelledAt.IsZero() {
		end = Cancelled
		if started {
			end = Aborted
		}
	}
	if !t.Before(j.EndsAt()) {
		changes = append(changes, Change{j.EndsAt(), end})
	}
	return changes
}

// Status is the status word at t.
func (j *Job) Status(t time.Time) string {
	changes := j.States(t)
	return changes[len(changes)-1].Status
}

// Active says whether the job is queued or running at t, and so takes a place among the concurrent ones.
func (j *Job) Active(t time.Time) bool { return !t.Before(j.CreatedAt) && t.Before(j.EndsAt()) }

// Readable says whether the results can be had at t.
func (j *Job) Readable(t time.Time) bool {
	return j.Status(t) == Done && t.Before(j.ExpiresAt()) && !t.Before(j.EndsAt().Add(j.Withheld))
}

// EndAs ends an active job at t in a status.
func (j *Job) EndAs(status string, t time.Time) {
	if !j.Active(t) {
		return
	}
	if t.Before(j.StartsAt()) {
		j.Queue, j.Run = t.Sub(j.CreatedAt), 0
	} else {
		j.Run = t.Sub(j.StartsAt())
	}
	j.End = status
}

// Shown is the job as the API shows it at t, with other words for some of its states.
func (j *Job) Shown(t time.Time, words map[string]string) map[string]any {
	status := j.Status(t)
	if back := j.StartsAt().Add(j.GoesBack); j.GoesBack > 0 && j.Active(t) && !t.Before(back) && t.Before(back.Add(j.GoesBack)) {
		status = cmp.Or(j.QueuedWord, Scheduled)
	}
	if word, ok := words[status]; ok {
		status = word
	}
	o := map[string]any{
		"jobId": j.ID, "userId": j.UserID, "orgId": 101, "title": "Forecast Export", "module": "FORECAST",
		"startTime": j.CreatedAt.UnixMilli(), "version": 1, "fileName": j.FileName, "fileType": j.Format, "status": status,
		"viewed": false, "cellsTruncated": j.CellsTruncated, "rowsTruncated": j.RowsTruncated, "downloads": j.Downloads,
		"deliveryStatusMap": map[string]any{}, "currency": j.Export.JobCurrency,
	}
	if t.Before(j.CreatedAt.Add(j.NamedAfter)) {
		delete(o, "fileName")
	}
	if j.StartsLate {
		delete(o, "startTime")
		if !t.Before(j.StartsAt()) {
			o["startTime"] = j.StartsAt().UnixMilli()
		}
	}
	if j.Activities != nil {
		o["title"], o["module"] = "Activity Export", "ACTIVITY"
		delete(o, "currency")
	}
	if j.Module != "" {
		o["module"] = j.Module
	}
	if !j.Active(t) {
		o["endTime"], o["expiredTime"] = j.EndsAt().UnixMilli(), j.ExpiresAt().UnixMilli()
	}
	return o
}
