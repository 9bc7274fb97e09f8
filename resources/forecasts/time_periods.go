package forecasts

import "github.com/cq-source-clari/cq-source-clari/resources/table"

var timePeriodsTable = table.Def[shared, TimePeriod]{
	Name:        "clari_forecast_time_periods",
	Title:       "Clari Forecast Time Periods",
	Description: "The fiscal quarter of an export, and the months in it where the tab is forecast by month.",
	Shared:      sharedColumns(true),
	Columns:     timePeriodColumns,
}

var timePeriodColumns = []table.Column[TimePeriod]{
	table.String("time_period_id", "Quarter, such as 2026_Q1, or month.",
		func(p *TimePeriod) *string { return &p.TimePeriodID }).Key(),
	table.NullString("type", "Kind of the period, such as quarter.",
		func(p *TimePeriod) *table.Opt[string] { return &p.Type }),
	table.NullString("label", "The period's name in Clari.",
		func(p *TimePeriod) *table.Opt[string] { return &p.Label }),
	table.NullString("year", "Fiscal year: the year that it ends in.",
		func(p *TimePeriod) *table.Opt[string] { return &p.Year }),
	table.Date("start_date", "First day.",
		func(p *TimePeriod) *table.Opt[int32] { return &p.StartDate }),
	table.Date("end_date", "Last day.",
		func(p *TimePeriod) *table.Opt[int32] { return &p.EndDate }),
	table.NullString("crm_id", "The period's id in the CRM.",
		func(p *TimePeriod) *table.Opt[string] { return &p.CRMID }),
	extraColumn(func(p *TimePeriod) *[]byte { return &p.Extra }),
}
