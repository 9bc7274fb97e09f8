package activity

import "github.com/cq-source-clari/cq-source-clari/resources/table"

// Export is one planned export of a sync and what became of it.
type Export struct {
	ExportID               string           // the job's id, else fingerprint and time of the request
	WindowStart, WindowEnd table.Opt[int32] // days since 1970, both included
	JobID                  table.Opt[string]
	ExportedAt             table.Opt[int64] // microseconds since 1970, UTC, as all times here
	Outcome                string           // exported, adopted, landed_again, settled, kept, failed or left_out
	JobsCreated            table.Opt[int64]
	Why                    table.Opt[string]
	ValuesUnread           table.Opt[int64]
	LabelsUnknown          table.Opt[int64]
	NextTry                table.Opt[int32] // day, in days since 1970
	Types                  []string
	Status                 table.Opt[string] // of the job, as Clari named it last
	Attempts               table.Opt[int64]  // jobs
	Polls                  table.Opt[int64]
	RequestedAt            table.Opt[int64]
	StartedAt              table.Opt[int64]
	EndedAt                table.Opt[int64]
	ExpiresAt              table.Opt[int64]
	ResultBytes            table.Opt[int64]
	Rows                   Counts // null unless it landed
	RowsTruncated          table.Opt[bool]
	CellsTruncated         table.Opt[bool]
	FileName               table.Opt[string]
	Error                  table.Opt[string]
}

var exportsTable = table.Def[struct{}, Export]{
	Name:  ExportsTable,
	Title: "Clari Activity Exports",
	Description: "One row per window of activities that a sync planned to export: what became of it, what it cost, and why. " +
		"A window that has landed and has ended is not planned again, unless a table is selected later.",
	Columns: []table.Column[Export]{
		table.String("export_id", "The export job. If there is none: a hash of the request, and the time.", func(x *Export) *string { return &x.ExportID }).Key(),
		table.Date("window_start", "First day that was exported.", func(x *Export) *table.Opt[int32] { return &x.WindowStart }),
		table.Date("window_end", "Last day that was exported.", func(x *Export) *table.Opt[int32] { return &x.WindowEnd }),
		table.NullString("job_id", "The export job.", func(x *Export) *table.Opt[string] { return &x.JobID }),
		table.Timestamp("exported_at", "When the export ended.", func(x *Export) *table.Opt[int64] { return &x.ExportedAt }),
		table.String("outcome", "Three have landed. exported: a job of this sync; adopted: a job of an earlier sync; landed_again: the stored result of a job that had landed before, at no cost. "+
			"Four have not. settled: it lacks a table that was selected later, and its result is gone; kept: the rows that are there serve; failed; left_out: Clari was never asked.",
			func(x *Export) *string { return &x.Outcome }),
		table.Int("jobs_created", "What it cost: export jobs that were created for it.", func(x *Export) *table.Opt[int64] { return &x.JobsCreated }),
		table.NullString("why", "Why it was exported, or not.", func(x *Export) *table.Opt[string] { return &x.Why }),
		table.Int("values_unread", "Number of texts in the result that do not fit their column (no amount, no day, no flag). They are in extra. Null if no result was read.",
			func(x *Export) *table.Opt[int64] { return &x.ValuesUnread }),
		table.Int("labels_unknown", "How many different keys of the result no column has. Null if no result was read.", func(x *Export) *table.Opt[int64] { return &x.LabelsUnknown }),
		table.Date("next_try", "Day on which the window is tried again, if it failed for what is in its result.", func(x *Export) *table.Opt[int32] { return &x.NextTry }),
		table.Strings("types", "Types asked for.", func(x *Export) *[]string { return &x.Types }),
		table.NullString("status", "Status in which the job was last seen.", func(x *Export) *table.Opt[string] { return &x.Status }),
		table.Int("attempts", "Jobs that this sync created for the export.", func(x *Export) *table.Opt[int64] { return &x.Attempts }),
		table.Int("polls", "How often the status of its jobs was asked for.", func(x *Export) *table.Opt[int64] { return &x.Polls }),
		table.Timestamp("requested_at", "When the job was asked for.", func(x *Export) *table.Opt[int64] { return &x.RequestedAt }),
		table.Timestamp("started_at", "When Clari started the job.", func(x *Export) *table.Opt[int64] { return &x.StartedAt }),
		table.Timestamp("ended_at", "When the job ended.", func(x *Export) *table.Opt[int64] { return &x.EndedAt }),
		table.Timestamp("expires_at", "Until when Clari keeps the result.", func(x *Export) *table.Opt[int64] { return &x.ExpiresAt }),
		table.Int("result_bytes", "Size of the result in bytes.", func(x *Export) *table.Opt[int64] { return &x.ResultBytes }),
		table.Int("activities", "Rows landed in clari_activities.", func(x *Export) *table.Opt[int64] { return &x.Rows.Activities }),
		table.Int("accounts", "Rows landed in clari_activity_accounts.", func(x *Export) *table.Opt[int64] { return &x.Rows.Accounts }),
		table.Int("opportunities", "Rows landed in clari_activity_opportunities.", func(x *Export) *table.Opt[int64] { return &x.Rows.Opportunities }),
		table.Int("participants", "Rows landed in clari_activity_participants.", func(x *Export) *table.Opt[int64] { return &x.Rows.Participants }),
		table.Bool("rows_truncated", "Whether Clari left out rows. Such an export fails.", func(x *Export) *table.Opt[bool] { return &x.RowsTruncated }),
		table.Bool("cells_truncated", "Whether Clari cut cells short. Such an export fails.", func(x *Export) *table.Opt[bool] { return &x.CellsTruncated }),
		table.NullString("file_name", "Name of the result's file.", func(x *Export) *table.Opt[string] { return &x.FileName }),
		table.NullString("error", "Why the export failed or was left out.", func(x *Export) *table.Opt[string] { return &x.Error }),
	},
}
