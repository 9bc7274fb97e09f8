package forecast

import "github.com/cq-source-clari/cq-source-clari/resources/table"

var exportsTable = table.Def[shared, Export]{
	Name:  "clari_forecast_exports",
	Title: "Clari Forecast Exports",
	Description: "One row per export that a sync planned: what became of it, what it cost, and why. " +
		"The newest row of a forecast_key that has landed has the job_id of its present rows in the other tables.",
	Shared:  sharedColumns(false),
	Columns: exportColumns,
}

// Export is one planned export of a sync and what became of it.
type Export struct {
	ExportID string // the job's id, else fingerprint and time of the request
	Outcome  string // exported, adopted, landed_again, settled, kept, failed or left_out

	JobsCreated       table.Opt[int64] // what it cost
	Why               table.Opt[string]
	FirstWeekStart    table.Opt[int32] // this and the next in days since 1970
	LastWeekStart     table.Opt[int32]
	ValuesUnread      table.Opt[int64]
	LabelsUnknown     table.Opt[int64]
	NextTry           table.Opt[int32] // day, in days since 1970
	Types             []string
	IncludeHistorical table.Opt[bool]
	Format            table.Opt[string]
	Status            table.Opt[string] // of the job, as Clari named it last
	Attempts          table.Opt[int64]  // jobs
	Polls             table.Opt[int64]
	RequestedAt       table.Opt[int64] // this and the next three in microseconds since 1970, UTC
	StartedAt         table.Opt[int64]
	EndedAt           table.Opt[int64]
	ExpiresAt         table.Opt[int64]
	ResultShape       table.Opt[string]
	ResultBytes       table.Opt[int64]
	Entries           table.Opt[int64] // this and the next four in rows handed over
	Users             table.Opt[int64]
	Fields            table.Opt[int64]
	TimePeriods       table.Opt[int64]
	TimeFrames        table.Opt[int64]
	RowsTruncated     table.Opt[bool]
	CellsTruncated    table.Opt[bool]
	FileName          table.Opt[string]
	Error             table.Opt[string]
}

var exportColumns = []table.Column[Export]{
	table.String("export_id", "The export job. If there is none: a hash of the request, and the time.",
		func(x *Export) *string { return &x.ExportID }).Key(),
	table.String("outcome", "Three have landed. exported: a job of this sync; adopted: a job of an earlier sync; landed_again: the stored result of a job that had landed before, at no cost. "+
		"Four have not. settled: the quarter is final, and there was nothing to do; kept: the rows that are there serve, or are newer; failed; left_out: Clari was never asked.",
		func(x *Export) *string { return &x.Outcome }),
	table.Int("jobs_created", "What it cost: export jobs that were created for it.",
		func(x *Export) *table.Opt[int64] { return &x.JobsCreated }),
	table.NullString("why", "Why it was exported, or not.",
		func(x *Export) *table.Opt[string] { return &x.Why }),
	table.Date("first_week_start", "First day of the first week of which the result has entries. Null if it has none, or names no day.",
		func(x *Export) *table.Opt[int32] { return &x.FirstWeekStart }),
	table.Date("last_week_start", "First day of the last week of which the result has entries.",
		func(x *Export) *table.Opt[int32] { return &x.LastWeekStart }),
	table.Int("values_unread", "Number of texts in the result that do not fit their column (no amount, no day, no flag). They are in extra. Null if no result was read.",
		func(x *Export) *table.Opt[int64] { return &x.ValuesUnread }),
	table.Int("labels_unknown", "Number of different labels in the result (keys, data types, top-level members) that have no column. Null if no result was read.",
		func(x *Export) *table.Opt[int64] { return &x.LabelsUnknown }),
	table.Date("next_try", "Day on which the export is tried again, if it failed for what is in its result.",
		func(x *Export) *table.Opt[int32] { return &x.NextTry }),
	table.Strings("types", "Types asked for.",
		func(x *Export) *[]string { return &x.Types }),
	table.Bool("include_historical", "True if every week of the quarter was asked for, false if only the latest.",
		func(x *Export) *table.Opt[bool] { return &x.IncludeHistorical }),
	table.NullString("export_format", "Format asked for: json or csv.",
		func(x *Export) *table.Opt[string] { return &x.Format }),
	table.NullString("status", "Status in which the job was last seen.",
		func(x *Export) *table.Opt[string] { return &x.Status }),
	table.Int("attempts", "Jobs that this sync created for the export.",
		func(x *Export) *table.Opt[int64] { return &x.Attempts }),
	table.Int("polls", "How often the status of its jobs was asked for.",
		func(x *Export) *table.Opt[int64] { return &x.Polls }),
	table.Timestamp("requested_at", "When the job was asked for.",
		func(x *Export) *table.Opt[int64] { return &x.RequestedAt }),
	table.Timestamp("started_at", "When Clari started the job.",
		func(x *Export) *table.Opt[int64] { return &x.StartedAt }),
	table.Timestamp("ended_at", "When the job ended.",
		func(x *Export) *table.Opt[int64] { return &x.EndedAt }),
	table.Timestamp("expires_at", "Until when Clari keeps the result.",
		func(x *Export) *table.Opt[int64] { return &x.ExpiresAt }),
	table.NullString("result_shape", "Shape of the result: arrays, flat_objects, flat_lists or csv.",
		func(x *Export) *table.Opt[string] { return &x.ResultShape }),
	table.Int("result_bytes", "Size of the result in bytes.",
		func(x *Export) *table.Opt[int64] { return &x.ResultBytes }),
	table.Int("entries", "Rows landed in clari_forecast_entries.",
		func(x *Export) *table.Opt[int64] { return &x.Entries }),
	table.Int("users", "Rows landed in clari_forecast_users.",
		func(x *Export) *table.Opt[int64] { return &x.Users }),
	table.Int("fields", "Rows landed in clari_forecast_fields.",
		func(x *Export) *table.Opt[int64] { return &x.Fields }),
	table.Int("time_periods", "Rows landed in clari_forecast_time_periods.",
		func(x *Export) *table.Opt[int64] { return &x.TimePeriods }),
	table.Int("time_frames", "Rows landed in clari_forecast_time_frames.",
		func(x *Export) *table.Opt[int64] { return &x.TimeFrames }),
	table.Bool("rows_truncated", "Whether Clari left out rows. Such an export fails.",
		func(x *Export) *table.Opt[bool] { return &x.RowsTruncated }),
	table.Bool("cells_truncated", "Whether Clari cut cells short. Such an export fails.",
		func(x *Export) *table.Opt[bool] { return &x.CellsTruncated }),
	table.NullString("file_name", "Name of the result's file.",
		func(x *Export) *table.Opt[string] { return &x.FileName }),
	table.NullString("error", "Why the export failed or was left out.",
		func(x *Export) *table.Opt[string] { return &x.Error }),
}
