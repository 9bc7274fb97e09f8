package activity

import (
	"context"
	"errors"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Read reads a result while it is downloaded. A job that was found in the list may be any export of this user's.
func (w *work) Read(ctx context.Context, e *job.Export, body job.Body) (job.Result, error) {
	r := &landing{w: w}
	err := Decode(ctx, body, &r.store)
	if err == nil {
		return r, nil
	}
	if _, content := errors.AsType[*job.ContentError](err); content && e.Listed {
		err = job.ErrNotOurs
	}
	return nil, errors.Join(err, r.Close())
}

// landing is a result that has been read, on its way to the tables.
type landing struct {
	w     *work
	store Store
}

func (l *landing) Close() error { return l.store.Close() }

// Check refuses the result of a job that was found in the list if it holds no activities, or days that were not asked for: it is another's. Otherwise no
// activities at all are no error: there may have been none.
func (l *landing) Check(_ context.Context, e *job.Export) error {
	if !e.Listed {
		return nil
	}
	at, first, last := l.w.k.Spec.Location(), l.store.First, l.store.Last
	if l.store.Len() == 0 || !first.IsZero() && (DayOf(first.In(at)) < l.w.From-1 || DayOf(last.In(at)) > l.w.To+1) {
		return job.ErrNotOurs
	}
	return nil
}

// Emit sends the rows.
func (l *landing) Emit(ctx context.Context, e *job.Export) (int64, error) {
	w, f := l.w, &found{ids: map[string]bool{}}
	e.Found = f
	zone, askedAt := w.k.Spec.Location(), w.k.Client.ServerTime(e.RequestedAt)
	w.sent = map[Day]bool{}
	sends := func(at time.Time) bool {
		day := DayOf(at.In(zone))
		if !at.IsZero() && !w.sends(day, askedAt) {
			return false
		}
		w.sent[day] = true
		return true
	}
	counts, err := w.k.Tables.Emit(ctx, Origin{JobID: e.Job.ID, ExportedAt: table.Micros(e.ExportedAt)}, &l.store, sends, func(id string) { f.ids[id] = true })
	if err != nil {
		return 0, err
	}
	f.counts = counts
	return counts.Activities.V + counts.Accounts.V + counts.Opportunities.V + counts.Participants.V, nil
}
