package forecasts

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// inspectFlat reads a result of the flat shapes: one row per person, field, week and kind of value,
// under twelve columns named User, Email, ... Data Type, Data Value (Clari's API reference). shape
// tells how the rows are written: as JSON objects, as JSON lists under a header, or as CSV.
//
// It keeps the rows in a compact buffer (see flatBuffer), because the lines of one entry may stand
// anywhere in the result, and emit walks that buffer.
func inspectFlat(ctx context.Context, r *io.SectionReader, shape string, a Asked) (*Result, error) {
	in := io.NewSectionReader(r, 0, r.Size()) // from the start, wherever r stands
	b := newFlatBuffer(a.Quarter)
	var err error
	switch shape {
	case shapeCSV:
		err = readCSV(ctx, in, b.add)
	case shapeFlatObjects:
		err = readFlatJSON(ctx, in, '{', b.add)
	case shapeFlatLists:
		err = readFlatJSON(ctx, in, '[', b.add)
	default:
		err = fmt.Errorf("not a flat shape: %s", shape)
	}
	if err != nil {
		return nil, err
	}
	quarter, err := b.quarter(a)
	if err != nil {
		return nil, err
	}
	result := &Result{Shape: shape, Quarter: quarter, Start: a.QuarterStart, End: a.QuarterEnd, Entries: b.entries.count}
	told := *result // what is inferred next is good enough to settle a quarter, and not for a row
	result.emit = func(_ context.Context, out rows) error { return b.emitSmall(out, &told) }
	if result.End.IsZero() {
		result.Start, result.End = b.weeks.quarterDays()
	}
	result.entries = b.parts(quarter, table.NonZero(cmp.Or(a.Currency, a.JobCurrency)))
	return result, nil
}
