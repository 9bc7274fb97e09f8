package forecast

import "github.com/cq-source-clari/cq-source-clari/resources/table"

// TimeFramesTable has the weeks.
var TimeFramesTable = table.Def[shared, TimeFrame]{
	Name:        "clari_forecast_time_frames",
	Title:       "Clari Forecast Time Frames",
	Description: "One row per week of a quarter. The first week may begin before the quarter does. It then also belongs to the quarter before.",
	Shared:      sharedColumns(true),
	Columns: []table.Column[TimeFrame]{
		table.String("time_frame_id", "Week, such as TF:2026-02-04. The same week may be part of two quarters.",
			func(f *TimeFrame) *string { return &f.TimeFrameID }).Key(),
		table.Date("start_date", "First day.", frameStart),
		table.Date("end_date", "Last day.", frameEnd),
		table.Int("number", "Number of the week in the quarter: the week in which the quarter begins is 1. Null if the start of the quarter is not known.", frameNumber).Unmerged(),
		table.Int("weeks_to_end", weeksToEndDescription, frameWeeksToEnd).Unmerged(),
		table.Int("entries", "Rows of this week that the job sent to clari_forecast_entries. Null if that table is not selected.",
			func(f *TimeFrame) *table.Opt[int64] { return &f.Entries }).Unmerged(),
		table.NullString("week", "Number of the week in the quarter as Clari gives it: some exports count from 0, some from 1.",
			func(f *TimeFrame) *table.Opt[string] { return &f.Week }),
		extraColumn(func(f *TimeFrame) *[]byte { return &f.Extra }),
	},
}

const weeksToEndDescription = "Whole weeks from the end of this week to the end of requested_period. It is 0 in the last week, and in a week that ends after the quarter. " +
	"Null if one of the two days is not known."

func frameStart(f *TimeFrame) *table.Opt[int32]  { return &f.StartDate }
func frameEnd(f *TimeFrame) *table.Opt[int32]    { return &f.EndDate }
func frameNumber(f *TimeFrame) *table.Opt[int64] { return &f.Number }

func frameWeeksToEnd(f *TimeFrame) *table.Opt[int64] { return &f.WeeksToEnd }
