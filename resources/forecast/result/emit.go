package result

import (
	"cmp"
	"context"
	"runtime"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/store"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Counts are the rows handed over: none of a table that is not selected.
type Counts struct {
	Entries, Users, Fields, TimePeriods, TimeFrames int64
}

// Emit sends the rows to the selected tables, always in the same order: those of the small tables, then the entries as they came.
// After an error some rows may have been sent.
func (r *Result) Emit(ctx context.Context, o forecast.Origin, out *forecast.Tables) (c Counts, err error) {
	if err := context.Cause(ctx); err != nil {
		return c, err
	}
	if o.RequestedPeriod == "" {
		o.RequestedPeriod = r.Found.Quarter
	}
	s := r.store
	if !out.Selected(forecast.EntriesTableName) {
		for i := range s.Frames.All {
			s.Frames.All[i].Entries = table.Opt[int64]{} // none is sent
		}
	}
	err = cmp.Or(
		emitRows(ctx, &s.Users, forecast.Open(out, &forecast.UsersTable, o), &c.Users),
		emitRows(ctx, &s.Fields, forecast.Open(out, &forecast.FieldsTable, o), &c.Fields),
		emitRows(ctx, &s.Periods, forecast.Open(out, &forecast.TimePeriodsTable, o), &c.TimePeriods),
		emitRows(ctx, &s.Frames, forecast.Open(out, &forecast.TimeFramesTable, o), &c.TimeFrames),
	)
	if err == nil {
		c.Entries, err = r.emitEntries(ctx, o, out)
	}
	return c, err
}

func emitRows[R any](ctx context.Context, rows *store.Rows[R], w *table.Writer[R], count *int64) error {
	for _, n := range rows.Listed {
		if err := w.Append(ctx, &rows.All[n]); err != nil {
			return err
		}
	}
	err := w.Flush(ctx)
	*count = w.Rows()
	return err
}

// maxWorkers bounds the memory: each has a page and a record or two.
const maxWorkers = 4

// emitEntries makes records of pages on several cores, and sends them in the order of the pages.
func (r *Result) emitEntries(ctx context.Context, o forecast.Origin, out *forecast.Tables) (rows int64, err error) {
	pages := r.store.Pages()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	turns := make([]chan struct{}, pages+1) // closed when the records of all pages before were sent
	for i := range turns {
		turns[i] = make(chan struct{})
	}
	close(turns[0])
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(pages, runtime.GOMAXPROCS(0), maxWorkers) {
		m := out.OpenEntries(o)
		if m == nil {
			return 0, nil
		}
		w := &emitter{Reader: r.store.Reader(), records: m}
		w.batch = forecast.Entries{
			Users: r.store.Users.All, Fields: r.store.Fields.All, Frames: r.store.Frames.All, Periods: r.store.Periods.All, Quarter: r.quarter,
			Label: w.Label, Document: w.Document, Currency: cmp.Or(r.asked.Currency, r.asked.JobCurrency),
		}
		workers.Go(func() {
			for n := range next {
				err := w.page(n, func(record arrow.Record) error {
					select {
					case <-turns[n]:
						rows += record.NumRows()
						return out.Send(ctx, record)
					case <-ctx.Done():
						return context.Cause(ctx)
					}
				})
				if err != nil {
					cancel(err)
					return
				}
				close(turns[n+1])
			}
		})
	}
	for n := range pages {
		select {
		case next <- n:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	workers.Wait()
	return rows, context.Cause(ctx)
}

// emitter is one worker.
type emitter struct {
	*store.Reader
	records *forecast.EntryBatches
	batch   forecast.Entries
}

// page makes the records of a page.
func (w *emitter) page(n int, send func(arrow.Record) error) error {
	whole := w.batch
	if err := w.Read(n, &whole); err != nil {
		return err
	}
	return w.records.Each(&whole, func(record arrow.Record) error { return cmp.Or(w.Err(), send(record)) })
}
