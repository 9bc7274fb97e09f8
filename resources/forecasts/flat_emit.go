package forecasts

import (
	"cmp"
	"context"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// emitSmall hands on the rows of all tables but the entries.
func (b *flatBuffer) emitSmall(out rows, r *Result) error {
	for _, label := range b.fields.texts {
		if err := out.Field(&Field{FieldID: label, Name: table.Some(label)}); err != nil {
			return err
		}
	}
	return cmp.Or(b.weeks.emitPeriods(out, r), b.weeks.emitFrames(out), b.people.emit(out))
}

// flatEmitter is what entries borrow from the small tables, by the numbers in their keys.
type flatEmitter struct {
	*flatBuffer
	crmUserIDs, emails  []table.Opt[string]
	periodIDs, frameIDs []string
	currency            table.Opt[string]
}

// blocksPerPart makes parts of 65,536 entries.
const blocksPerPart = 64

// parts hand on the entries, each those of some blocks.
func (b *flatBuffer) parts(quarter string, currency table.Opt[string]) []func(context.Context, rows) error {
	m := &flatEmitter{flatBuffer: b, currency: currency}
	m.crmUserIDs, m.emails = b.people.contacts()
	for n := range b.weeks.periods.texts {
		m.periodIDs = append(m.periodIDs, b.weeks.periodID(quarter, uint32(n)))
	}
	for n := range b.weeks.frames.texts {
		m.frameIDs = append(m.frameIDs, b.weeks.frameID(uint32(n)))
	}
	var parts []func(context.Context, rows) error
	for from := 0; from < b.entries.count; from += blocksPerPart * blockEntries {
		parts = append(parts, func(ctx context.Context, out rows) error {
			return m.emit(ctx, out, from, min(from+blocksPerPart*blockEntries, b.entries.count))
		})
	}
	return parts
}

func (m *flatEmitter) emit(ctx context.Context, out rows, from, to int) error {
	var row Entry
	var extra extras
	for n := from; n < to; n++ {
		if n%blockEntries == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		e := m.entries.at(n)
		object, err := m.object(e, &extra)
		if err != nil {
			return err
		}
		row = Entry{
			TimePeriodID:    m.periodIDs[e.period],
			TimeFrameID:     m.frameIDs[e.frame],
			UserID:          m.people.ids.texts[e.user],
			FieldID:         m.fields.texts[e.field],
			ForecastValue:   e.amount(typeForecast),
			QuotaValue:      e.amount(typeQuota),
			AdjustmentValue: e.amount(typeAdjustment),
			CRMTotal:        e.amount(typeCRMTotal),
			CRMClosed:       e.amount(typeCRMClosed),
			CurrencyCode:    m.currency,
			IsUpdated:       table.Opt[bool]{V: e.updated, Valid: e.has(typeUpdated)},
			CRMUserID:       m.crmUserIDs[e.user],
			Email:           m.emails[e.user],
			FieldName:       table.Some(m.fields.texts[e.field]),
			Extra:           object,
		}
		if e.symbol != 0 {
			row.CurrencySymbol = table.Some(m.symbols.texts[e.symbol-1])
		}
		if err := out.Entry(&row); err != nil {
			return err
		}
	}
	return nil
}
