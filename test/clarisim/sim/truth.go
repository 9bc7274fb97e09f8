package sim

import (
	"database/sql"
	"iter"
	"time"
)

// The rows that the tables of an export must end up with, in the result's own shape: the ids of flat rows are made from what
// flat rows have. A value that the result leaves out, or blank, is null. Extra is the text of a JSON object.
type (
	// EntryRow is a row of clari_forecast_entries; the four ids are its key.
	EntryRow struct {
		TimePeriodID, TimeFrameID, UserID, FieldID                      string
		ForecastValue, QuotaValue, AdjustmentValue, CRMTotal, CRMClosed sql.Null[float64]
		CurrencyCode, CurrencySymbol, UpdatedBy, AdjustedBy, Extra      sql.Null[string]
		CRMUserID, Email                                                sql.Null[string] // of the person
		FieldName                                                       sql.Null[string] // flat rows only
		IsUpdated                                                       sql.Null[bool]
		UpdatedAt, AdjustedAt                                           sql.Null[time.Time]
	}
	// UserRow is a row of clari_forecast_users.
	UserRow struct {
		UserID, Name, Email, Role, ParentRole                       string
		CRMUserID, HierarchyID, ParentHierarchyID, UserScope, Extra sql.Null[string]
	}
	// FieldRow is a row of clari_forecast_fields.
	FieldRow struct {
		FieldID, Name string
		Type, Extra   sql.Null[string]
	}
	// TimePeriodRow is a row of clari_forecast_time_periods.
	TimePeriodRow struct {
		TimePeriodID, Label      string
		Type, Year, CRMID, Extra sql.Null[string]
		StartDate, EndDate       sql.Null[time.Time]
	}
	// TimeFrameRow is a row of clari_forecast_time_frames.
	TimeFrameRow struct {
		TimeFrameID        string
		StartDate, EndDate time.Time
		Week, Extra        sql.Null[string]
	}
)

// Counts are the numbers of rows of an export.
type Counts struct{ Entries, Users, Fields, TimePeriods, TimeFrames int }

func some[T any](v T) sql.Null[T] { return sql.Null[T]{V: v, Valid: true} }

// text is null where s is empty.
func text(s string) sql.Null[string] { return sql.Null[string]{V: s, Valid: s != ""} }

// Entries yields one row for each key, in no promised order. SplitEntries does not show here: the parts of an entry are one
// row. Neither does RepeatEntry or MissingID: such a result is not to land.
func (x Export) Entries() iter.Seq[EntryRow] {
	return func(yield func(EntryRow) bool) {
		asked, weeks := x.columns(), x.weeks()
		for b := range x.all() {
			for _, w := range weeks {
				if c := x.cell(b, w, asked); c.has != 0 && !yield(x.entryRow(b, w, c)) {
					return
				}
			}
		}
	}
}

func (x Export) entryRow(b block, w Week, c cell) EntryRow {
	number := func(col column, a amount) (n sql.Null[float64]) {
		if c.has&col != 0 && !a.null {
			n = some(a.float())
		}
		return n
	}
	r := EntryRow{
		TimePeriodID: b.period.id, TimeFrameID: w.ID(), UserID: b.person.id, FieldID: b.Field.ID,
		ForecastValue: number(forecastColumn, c.forecast), QuotaValue: number(quotaColumn, c.quota),
		AdjustmentValue: number(adjustmentColumn, c.adjustment), CRMUserID: text(b.crmID), Email: text(b.email),
		CRMTotal: number(totalColumn, c.crmTotal), CRMClosed: number(closedColumn, c.crmWon),
	}
	if c.has&updatedColumn != 0 {
		r.IsUpdated = some(c.updated)
	}
	if x.Encoding.Flat() {
		x.asFlat(&r, b, c)
	} else {
		x.asArrays(&r, b, c)
	}
	return r
}

func (x Export) asArrays(r *EntryRow, b block, c cell) {
	if c.has&money != 0 && !b.Count {
		code, sign := x.currency()
		r.CurrencyCode, r.CurrencySymbol = some(code), some(sign)
	}
	if r.IsUpdated.V {
		r.UpdatedBy, r.UpdatedAt = some(c.updatedBy), some(time.UnixMilli(c.updatedOn).UTC())
	}
	if c.has&adjustmentColumn != 0 {
		r.AdjustedBy, r.AdjustedAt = some(c.adjustedBy), some(time.UnixMilli(c.adjustedOn).UTC())
	}
	// The key of crm_closed is not known to anybody, so it is one of the extra keys.
	r.CRMClosed = sql.Null[float64]{}
	var extra []byte
	if c.has&closedColumn != 0 {
		extra = append(extra, `,"`+crmClosedKey+`":`...)
		extra = x.appendAmount(extra, c.crmWon)
	}
	if x.Quirks.ExtraKeys {
		extra = append(extra, `,"simNote":"entry"`...)
	}
	if extra != nil {
		r.Extra = some("{" + string(extra[1:]) + "}")
	}
}

func (x Export) asFlat(r *EntryRow, b block, c cell) {
	r.UserID, r.FieldID, r.TimePeriodID = b.flatID(), b.Field.Name, x.flatPeriodID(b.period)
	r.FieldName = text(b.Field.Name)
	r.CurrencyCode = text(x.Currency)
	if x.Currency == "" {
		r.CurrencyCode = text(x.JobCurrency)
	}
	if sign := x.signShown(b, c); r.ForecastValue.Valid || r.QuotaValue.Valid || r.AdjustmentValue.Valid || r.CRMTotal.Valid || r.CRMClosed.Valid {
		r.CurrencySymbol = text(sign)
	}
	if x.Quirks.ExtraKeys {
		r.Extra = some(`{"` + flatExtra + `":"` + stretchTarget + `"}`)
	}
}

// flatID is how a person is told apart in flat rows.
func (p *person) flatID() string {
	if p.crmID != "" {
		return p.crmID + ":" + p.role
	}
	return p.email + ":" + p.role
}

func (x Export) flatPeriodID(p *period) string {
	if p.kind == "quarter" {
		return x.Quarter.String()
	}
	return x.Quarter.String() + "/" + p.flatLabel
}

// Count counts the rows of an export by generating them.
func (x Export) Count() (c Counts) {
	for range x.Entries() {
		c.Entries++
	}
	for range x.Users() {
		c.Users++
	}
	for range x.Fields() {
		c.Fields++
	}
	for range x.TimePeriods() {
		c.TimePeriods++
	}
	for range x.TimeFrames() {
		c.TimeFrames++
	}
	return c
}
