package forecasts

import (
	"cmp"
	"context"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Emit reads the result once more and sends its rows to the selected tables. Records go out from several goroutines at once; the
// order of rows is not that of the result. After an error some rows may have been sent.
func (r *Result) Emit(ctx context.Context, o Origin, out *Tables) (Counts, error) {
	if o.RequestedPeriod == "" {
		o.RequestedPeriod = r.Quarter
	}
	parts := []part{r.emit}
	if out.selected(entriesTable.Name) {
		parts = append(parts, r.entries...)
	}
	var emitters []*emitter
	err := share(ctx, len(parts), func(ctx context.Context) (func(int) error, func() error) {
		e := newEmitter(ctx, o, out)
		emitters = append(emitters, e)
		return func(i int) error { return parts[i](ctx, e) }, e.flush
	})
	var c Counts
	for _, e := range emitters {
		e.count(&c)
	}
	return c, err
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
