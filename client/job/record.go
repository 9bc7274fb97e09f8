package job

import (
	"context"
	"errors"
)

// commit passes a barrier and then notes in the journal what has landed: "done" is never ahead of the rows.
func (r *run) commit(ctx context.Context) error {
	waiting := make([]func(error), len(r.sent))
	for i, e := range r.sent {
		_, waiting[i] = e.stage(ctx, stageBarrier)
	}
	err := r.Barrier(ctx)
	for _, ended := range waiting {
		ended(err)
	}
	if err != nil {
		return err
	}
	r.recordSent(ctx)
	return nil
}

func (r *run) recordSent(ctx context.Context) {
	for _, e := range r.sent {
		r.record(e)
		r.tell(e, r.Log.Info()).Int64("rows", e.Rows).Float64("seconds", seconds(e)).Msg("export landed")
		e.close()
	}
	r.sent = nil
	r.journal.Flushed(ctx)
}

// record notes one export as done.
func (r *run) record(e *Export) {
	if e.prior {
		return
	}
	e.entry.DoneJobID, e.entry.Found, e.entry.Unusable = e.Job.ID, false, ""
	if e.priorOver {
		e.entry.PriorJobID = ""
	}
	e.entry.Unlisted, e.entry.Unread, e.entry.TooLarge = false, false, 0
	e.Subject.Landed(e, r.journal)
	r.note(e, done)
	r.remember(e)
}

// tellLacking tells of what nobody can land any more, in one line a kind.
func (r *run) tellLacking() {
	lacking := map[Kind][]*Export{}
	for _, e := range r.lacking {
		lacking[e.Kind] = append(lacking[e.Kind], e)
	}
	for k, exports := range lacking {
		r.Log.Info().Str("exports", k.Describe(exports)).Msg("settled, but without tables or columns that came later, and their results are gone: " + k.Advice().Lacking)
	}
}

// conclude commits what has landed, and names what has not.
func (r *run) conclude(ctx context.Context) error {
	var missing []*Export
	for _, e := range r.planned {
		if e.Err != nil {
			missing = append(missing, e)
		}
	}
	r.tellLacking()
	var err error
	if len(missing) > 0 || r.Store != nil && len(r.sent) > 0 {
		err = r.commit(ctx)
	} else { // the CLI makes destinations write out what a sync that ends well has sent
		r.recordSent(ctx)
	}
	if len(missing) > 0 {
		err = errors.Join(err, &IncompleteError{Planned: len(r.planned), Missing: missing})
	}
	return err
}
