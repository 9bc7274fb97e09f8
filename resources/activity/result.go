package activity

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/resources/kept"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Read reads a result while it is downloaded. A job that was found in the list may be any export of this user's.
func (w *work) Read(ctx context.Context, e *job.Export, body job.Body) (job.Result, error) {
	r, f := &landing{w: w}, &found{}
	copied := kept.Folder(w.k.Spec.KeepResults).Begin("activities", e.Job.ID, "json")
	in := copied.Tee(body)
	err := Decode(ctx, in, &r.store)
	if _, content := errors.AsType[*job.ContentError](err); content && e.Listed {
		err = job.ErrNotOurs
	}
	copied.Settle(in, err, w.From.String()+".."+w.To.String(), w.k.Log, func(event *zerolog.Event) { e.Log(event) })
	if err == nil {
		f.take(&r.store.Odd)
		e.Found = f
		return r, nil
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
	at, first, last := l.w.k.Spec.Location(), l.store.First, l.store.Last
	if e.Listed && (l.store.Len() == 0 || !first.IsZero() && (DayOf(first.In(at)) < l.w.From-1 || DayOf(last.In(at)) > l.w.To+1)) {
		return job.ErrNotOurs
	}
	l.tellOdd(e)
	return nil
}

// tellOdd warns of what no column takes.
func (l *landing) tellOdd(e *job.Export) {
	l.w.k.odd.Warn(l.w.k.Log, l.store.Odd.Cases(), func(event *zerolog.Event) { e.Log(event) })
}

// Emit sends the rows.
func (l *landing) Emit(ctx context.Context, e *job.Export) (int64, error) {
	w, f := l.w, foundIn(e)
	f.ids = map[string]bool{}
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
	f.take(&l.store.Odd)
	l.tellOdd(e)
	return counts.Activities.V + counts.Accounts.V + counts.Opportunities.V + counts.Participants.V, nil
}
