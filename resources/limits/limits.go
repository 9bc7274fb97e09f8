// Package limits is the table of what an organisation may export and has exported.
package limits

import (
	"context"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// TableName is the name of the table.
const TableName = "clari_limits"

// Schema is the table.
func Schema(o table.Options) *schema.Table { return limitsTable.Schema(o) }

// Sync asks for the limits and sends them as they are now.
func Sync(ctx context.Context, api *clari.Client, o table.Options, send table.Send) error {
	limits, err := api.Limits(ctx)
	if err != nil {
		return err
	}
	return write(ctx, limits, time.Now(), o, send)
}

func write(ctx context.Context, limits clari.Limits, at time.Time, o table.Options, send table.Send) error {
	w := limitsTable.Writer(o, &struct{}{}, send)
	if err := w.Append(ctx, newRow(limits, at)); err != nil {
		return err
	}
	return w.Flush(ctx)
}

type row struct {
	observedAt                                      table.Opt[int64]
	concurrentLimit, monthlyQuota                   table.Opt[int64]
	availableConcurrentLimit, availableMonthlyQuota table.Opt[int64]
	runningJobIDs, submittedJobIDs                  []string
	extra                                           []byte
}

func newRow(l clari.Limits, at time.Time) *row {
	count := func(p *int) table.Opt[int64] {
		if p == nil {
			return table.Opt[int64]{}
		}
		return table.Some(int64(*p))
	}
	return &row{
		observedAt:      table.Micros(at),
		concurrentLimit: count(l.ConcurrentLimit), monthlyQuota: count(l.MonthlyQuota),
		availableConcurrentLimit: count(l.AvailableConcurrentLimit), availableMonthlyQuota: count(l.AvailableMonthlyQuota),
		runningJobIDs: l.RunningJobIDs, submittedJobIDs: l.SubmittedJobIDs, extra: l.Extra,
	}
}

var limitsTable = table.Def[struct{}, row]{
	Name:        TableName,
	Title:       "Clari Limits",
	Description: "One row per sync: how many exports the organisation may run, and how many are left. Exports of all its tokens count.",
	Columns: []table.Column[row]{
		table.Timestamp("observed_at", "When Clari was asked.", func(r *row) *table.Opt[int64] { return &r.observedAt }).Key(),
		table.Int("concurrent_limit", "Export jobs that may be queued or running at a time.",
			func(r *row) *table.Opt[int64] { return &r.concurrentLimit }),
		table.Int("monthly_quota", "Export jobs that may be started in 30 days.",
			func(r *row) *table.Opt[int64] { return &r.monthlyQuota }),
		table.Int("available_concurrent_limit", "Export jobs that may be added now.",
			func(r *row) *table.Opt[int64] { return &r.availableConcurrentLimit }),
		table.Int("available_monthly_quota", "Export jobs that are left of the quota.",
			func(r *row) *table.Opt[int64] { return &r.availableMonthlyQuota }),
		table.Strings("running_job_ids", "Jobs that are running. Null if Clari names none.",
			func(r *row) *[]string { return &r.runningJobIDs }),
		table.Strings("submitted_job_ids", "Jobs that count against the quota. Null if Clari names none.",
			func(r *row) *[]string { return &r.submittedJobIDs }),
		table.JSON("extra", "Keys of the answer that this table has no column for, as a JSON object. Null if there are none.",
			func(r *row) *[]byte { return &r.extra }),
	},
}
