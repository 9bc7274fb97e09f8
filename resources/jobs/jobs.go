// Package jobs is the table of Clari's export jobs.
package jobs

import (
	"context"

	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// TableName is the name of the table.
const TableName = "clari_export_jobs"

// Schema is the table.
func Schema(o table.Options) *schema.Table { return jobsTable.Schema(o) }

// Sync asks for the jobs of the token's user and sends them.
func Sync(ctx context.Context, api *clari.Client, o table.Options, send table.Send) error {
	jobs, err := api.Jobs(ctx)
	if err != nil {
		return err
	}
	return write(ctx, jobs, o, send)
}

func write(ctx context.Context, jobs []clari.Job, o table.Options, send table.Send) error {
	w := jobsTable.Writer(o, &struct{}{}, send)
	seen := make(map[string]bool, len(jobs))
	for _, job := range jobs {
		if seen[job.ID] { // no record may hold a key twice
			continue
		}
		seen[job.ID] = true
		if err := w.Append(ctx, newRow(job)); err != nil {
			return err
		}
	}
	return w.Flush(ctx)
}

type row struct {
	jobID, status                               string
	title, module, fileName, fileType, currency table.Opt[string]
	userID, orgID, version, downloads           table.Opt[int64]
	startedAt, endedAt, expiresAt               table.Opt[int64]
	viewed, cellsTruncated, rowsTruncated       table.Opt[bool]
	deliveryStatusMap, extra                    []byte
}

func newRow(j clari.Job) *row {
	return &row{
		jobID: j.ID, status: string(j.Status),
		title: table.NonZero(j.Title), module: table.NonZero(j.Module), fileName: table.NonZero(j.FileName),
		fileType: table.NonZero(j.FileType), currency: table.NonZero(j.Currency),
		userID: table.Ptr(j.UserID), orgID: table.Ptr(j.OrgID), version: table.Ptr(j.Version), downloads: table.Ptr(j.Downloads),
		startedAt: table.Micros(j.StartTime), endedAt: table.Micros(j.EndTime), expiresAt: table.Micros(j.ExpiredTime),
		viewed: table.Ptr(j.Viewed), cellsTruncated: table.Ptr(j.CellsTruncated), rowsTruncated: table.Ptr(j.RowsTruncated),
		deliveryStatusMap: j.DeliveryStatusMap, extra: extra.Fit(j.Extra),
	}
}

var jobsTable = table.Def[struct{}, row]{
	Name:        TableName,
	Title:       "Clari Export Jobs",
	Description: "One row per export job that Clari lists for the token's user. Jobs of other programs are among them.",
	Columns: []table.Column[row]{
		table.String("job_id", "The job.", func(r *row) *string { return &r.jobID }).Key(),
		table.String("status", "SCHEDULED, STARTED, DONE, FAILED, CANCELLED or ABORTED; other values as Clari gives them.",
			func(r *row) *string { return &r.status }),
		table.NullString("title", "Kind of the export.", func(r *row) *table.Opt[string] { return &r.title }),
		table.NullString("module", "Part of Clari that exports, such as FORECAST.", func(r *row) *table.Opt[string] { return &r.module }),
		table.Int("user_id", "Clari user that started the job.", func(r *row) *table.Opt[int64] { return &r.userID }),
		table.Int("org_id", "Organisation.", func(r *row) *table.Opt[int64] { return &r.orgID }),
		table.Timestamp("started_at", "When the job was started.", func(r *row) *table.Opt[int64] { return &r.startedAt }),
		table.Timestamp("ended_at", "When the job ended.", func(r *row) *table.Opt[int64] { return &r.endedAt }),
		table.Timestamp("expires_at", "Until when Clari keeps the result.", func(r *row) *table.Opt[int64] { return &r.expiresAt }),
		table.NullString("file_name", "Name of the result's file.", func(r *row) *table.Opt[string] { return &r.fileName }),
		table.NullString("file_type", "Format of the result, JSON or CSV.", func(r *row) *table.Opt[string] { return &r.fileType }),
		table.NullString("currency", "Currency of the amounts.", func(r *row) *table.Opt[string] { return &r.currency }),
		table.Int("version", "Version of the job's record.", func(r *row) *table.Opt[int64] { return &r.version }),
		table.Bool("viewed", "Whether the user has seen the result in Clari.", func(r *row) *table.Opt[bool] { return &r.viewed }),
		table.Bool("rows_truncated", "Whether rows are missing from the result.", func(r *row) *table.Opt[bool] { return &r.rowsTruncated }),
		table.Bool("cells_truncated", "Whether cells of the result are cut short.", func(r *row) *table.Opt[bool] { return &r.cellsTruncated }),
		table.Int("downloads", "How often the result was downloaded.", func(r *row) *table.Opt[int64] { return &r.downloads }),
		table.JSON("delivery_status_map", "Where the result was delivered to, as Clari gives it.",
			func(r *row) *[]byte { return &r.deliveryStatusMap }),
		table.JSON("extra", "Keys of the job that this table has no column for, as a JSON object. Null if there are none.",
			func(r *row) *[]byte { return &r.extra }),
	},
}
