package forecasts

import "github.com/cq-source-clari/cq-source-clari/resources/table"

var entriesTable = table.Def[shared, Entry]{
	Name:  EntriesTable,
	Title: "Clari Forecast Entries",
	Description: "What Clari knows of one person, field and week: call, quota, adjustment and CRM amounts, as far as the export asked for them. " +
		"A value that the export left out is null, never zero.",
	Shared:  sharedColumns(true),
	Columns: entryColumns,
}

var entryColumns = []table.Column[Entry]{
	table.String("time_period_id", "Fiscal quarter of the entry, or the month in it. Key of clari_forecast_time_periods.",
		func(e *Entry) *string { return &e.TimePeriodID }).Key(),
	table.String("time_frame_id", "Week of the entry. Key of clari_forecast_time_frames; the same week may be part of two quarters.",
		func(e *Entry) *string { return &e.TimeFrameID }).Key(),
	table.String("user_id", "Person in a role. Key of clari_forecast_users; a person who changes roles gets another one.",
		func(e *Entry) *string { return &e.UserID }).Key(),
	table.String("field_id", "Field of the forecast tab, such as commit or best case. Key of clari_forecast_fields.",
		func(e *Entry) *string { return &e.FieldID }).Key(),
	table.Float("forecast_value", "Amount that the person called (type forecast).",
		func(e *Entry) *table.Opt[float64] { return &e.ForecastValue }),
	table.Float("quota_value", "Quota, plan or budget (type quota).",
		func(e *Entry) *table.Opt[float64] { return &e.QuotaValue }),
	table.Float("adjustment_value", "A manager's override of the call (type adjustment).",
		func(e *Entry) *table.Opt[float64] { return &e.AdjustmentValue }),
	table.Float("crm_total", "Sum of the CRM's opportunities (type crm_total).",
		func(e *Entry) *table.Opt[float64] { return &e.CRMTotal }),
	table.Float("crm_closed", "Sum of the CRM's closed opportunities (type crm_closed).",
		func(e *Entry) *table.Opt[float64] { return &e.CRMClosed }),
	table.NullString("currency_code", "ISO 4217 code of the amounts.",
		func(e *Entry) *table.Opt[string] { return &e.CurrencyCode }),
	table.NullString("currency_symbol", "Symbol of the currency.",
		func(e *Entry) *table.Opt[string] { return &e.CurrencySymbol }),
	table.Bool("is_updated", "Whether the person has entered a call for the week (type forecast_updated).",
		func(e *Entry) *table.Opt[bool] { return &e.IsUpdated }),
	table.NullString("updated_by", "Who entered the call.",
		func(e *Entry) *table.Opt[string] { return &e.UpdatedBy }),
	table.Timestamp("updated_at", "When the call was entered.",
		func(e *Entry) *table.Opt[int64] { return &e.UpdatedAt }),
	table.NullString("adjusted_by", "Who made the adjustment.",
		func(e *Entry) *table.Opt[string] { return &e.AdjustedBy }),
	table.Timestamp("adjusted_at", "When the adjustment was made.",
		func(e *Entry) *table.Opt[int64] { return &e.AdjustedAt }),
	table.NullString("crm_user_id", "The person's id in the CRM: the same in all roles, and the one to join on.",
		func(e *Entry) *table.Opt[string] { return &e.CRMUserID }),
	table.NullString("email", "The person's e-mail address.",
		func(e *Entry) *table.Opt[string] { return &e.Email }),
	table.NullString("field_name", "Label of the field, in exports of rows with labels instead of ids.",
		func(e *Entry) *table.Opt[string] { return &e.FieldName }),
	extraColumn(func(e *Entry) *[]byte { return &e.Extra }),
}
