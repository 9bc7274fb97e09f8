package forecasts

import (
	"cmp"
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// maxWorkers bounds the memory of one Emit: a worker needs about 10 MiB, for a segment of the result and a record or two.
const maxWorkers = 4

// Emit reads the result once more and sends its rows to the selected tables. Records go out from several goroutines at once; the
// order of rows is not that of the result. After an error some rows may have been sent.
func (r *Result) Emit(ctx context.Context, o Origin, out *Tables) (Counts, error) {
	if o.RequestedPeriod == "" {
		o.RequestedPeriod = r.Quarter
	}
	parts := []func(context.Context, rows) error{r.emit}
	if out.selected(entriesTable.Name) {
		parts = append(parts, r.entries...)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	emitters := make([]*emitter, min(len(parts), runtime.GOMAXPROCS(0), maxWorkers))
	var workers sync.WaitGroup
	for i := range emitters {
		e := newEmitter(ctx, o, out)
		emitters[i] = e
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(parts)); i = next.Add(1) - 1 {
				if err := parts[i](ctx, e); err != nil {
					cancel(err)
					return
				}
			}
			if err := e.flush(); err != nil {
				cancel(err)
			}
		})
	}
	workers.Wait()
	var c Counts
	for _, e := range emitters {
		e.count(&c)
	}
	return c, context.Cause(ctx)
}

// emitter is where the rows of one worker become records.
type emitter struct {
	ctx         context.Context
	entries     *table.Writer[Entry]
	users       *table.Writer[User]
	fields      *table.Writer[Field]
	timePeriods *table.Writer[TimePeriod]
	timeFrames  *table.Writer[TimeFrame]
}

func newEmitter(ctx context.Context, o Origin, t *Tables) *emitter {
	return &emitter{
		ctx: ctx, entries: open(t, &entriesTable, o), users: open(t, &usersTable, o), fields: open(t, &fieldsTable, o),
		timePeriods: open(t, &timePeriodsTable, o), timeFrames: open(t, &timeFramesTable, o),
	}
}

func (e *emitter) Entry(r *Entry) error           { return e.entries.Append(e.ctx, r) }
func (e *emitter) User(r *User) error             { return e.users.Append(e.ctx, r) }
func (e *emitter) Field(r *Field) error           { return e.fields.Append(e.ctx, r) }
func (e *emitter) TimePeriod(r *TimePeriod) error { return e.timePeriods.Append(e.ctx, r) }
func (e *emitter) TimeFrame(r *TimeFrame) error   { return e.timeFrames.Append(e.ctx, r) }

func (e *emitter) flush() error {
	return cmp.Or(e.users.Flush(e.ctx), e.fields.Flush(e.ctx), e.timePeriods.Flush(e.ctx), e.timeFrames.Flush(e.ctx), e.entries.Flush(e.ctx))
}

func (e *emitter) count(c *Counts) {
	c.Entries += e.entries.Rows()
	c.Users += e.users.Rows()
	c.Fields += e.fields.Rows()
	c.TimePeriods += e.timePeriods.Rows()
	c.TimeFrames += e.timeFrames.Rows()
}
