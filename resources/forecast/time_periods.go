package forecast

import "github.com/cq-source-clari/cq-source-clari/resources/table"

// TimePeriodsTable has the quarter, and months.
var TimePeriodsTable = table.Def[shared, TimePeriod]{
	Name:        "clari_forecast_time_periods",
	Title:       "Clari Forecast Time Periods",
	Description: "One row per fiscal quarter. A tab that is forecast by month also has a row per month of the quarter.",
	Shared:      sharedColumns(true),
	Columns: []table.Column[TimePeriod]{
		table.String("time_period_id", "Quarter, such as 2026_Q1, or month.",
			func(p *TimePeriod) *string { return &p.TimePeriodID }).Key(),
		table.NullString("type", "Kind of the period, such as quarter.", periodType),
		table.NullString("label", "The period's name in Clari.", func(p *TimePeriod) *table.Opt[string] { return &p.Label }),
		table.NullString("year", "Fiscal year: the year that it ends in.", func(p *TimePeriod) *table.Opt[string] { return &p.Year }),
		table.Date("start_date", "First day. Null if it is not known, or if the result names several days.", periodStart),
		table.Date("end_date", "Last day. Null if it is not known, or if the result names several days.", periodEnd),
		table.NullString("crm_id", "The period's id in the CRM.", func(p *TimePeriod) *table.Opt[string] { return &p.CRMID }),
		extraColumn(func(p *TimePeriod) *[]byte { return &p.Extra }),
	},
}

func periodType(p *TimePeriod) *table.Opt[string] { return &p.Type }
func periodStart(p *TimePeriod) *table.Opt[int32] { return &p.StartDate }
func periodEnd(p *TimePeriod) *table.Opt[int32]   { return &p.EndDate }
