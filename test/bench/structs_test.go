package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/scheduler"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/transformers"
	"github.com/cloudquery/plugin-sdk/v4/types"
	"github.com/google/uuid"
)

// row is an entry as a struct, with the columns of clari_forecast_entries.
type row struct {
	ForecastID        string         `json:"forecast_id"`
	ScopeID           string         `json:"scope_id"`
	RequestedCurrency string         `json:"requested_currency"`
	RequestedPeriod   string         `json:"requested_period"`
	JobID             string         `json:"job_id"`
	ExportedAt        time.Time      `json:"exported_at"`
	SnapshotDate      time.Time      `json:"snapshot_date"`
	TimePeriodID      string         `json:"time_period_id"`
	TimeFrameID       string         `json:"time_frame_id"`
	UserID            string         `json:"user_id"`
	FieldID           string         `json:"field_id"`
	ForecastValue     *float64       `json:"forecast_value"`
	QuotaValue        *float64       `json:"quota_value"`
	AdjustmentValue   *float64       `json:"adjustment_value"`
	CRMTotal          *float64       `json:"crm_total"`
	CRMClosed         *float64       `json:"crm_closed"`
	CurrencyCode      *string        `json:"currency_code"`
	CurrencySymbol    *string        `json:"currency_symbol"`
	IsUpdated         *bool          `json:"is_updated"`
	UpdatedBy         *string        `json:"updated_by"`
	UpdatedAt         *time.Time     `json:"updated_at"`
	AdjustedBy        *string        `json:"adjusted_by"`
	AdjustedAt        *time.Time     `json:"adjusted_at"`
	CRMUserID         *string        `json:"crm_user_id"`
	Email             *string        `json:"email"`
	FieldName         *string        `json:"field_name"`
	Extra             map[string]any `json:"extra"`
}

var keyFields = []string{
	"ForecastID", "ScopeID", "RequestedCurrency", "RequestedPeriod", "TimePeriodID", "TimeFrameID", "UserID", "FieldID",
}

// arrays is the five-array result, as one would declare it for encoding/json.
type arrays struct {
	Entries []struct {
		FieldID, UserID, TimePeriodID, TimeFrameID           string
		ForecastValue, QuotaValue, AdjustmentValue, CRMTotal *float64
		Currency                                             *struct{ Code, Symbol *string }
		IsUpdated                                            *bool
		UpdatedBy, AdjustedBy                                *string
		UpdatedOn, AdjustedOn                                *int64
	}
	Users []struct {
		UserID string
		CRMID  *string `json:"crmId"`
		Email  *string
	}
}

// decodeStructs reads a five-array result with encoding/json.
func decodeStructs(r *result) ([]*row, error) {
	var a arrays
	if err := json.NewDecoder(bufio.NewReader(r.section())).Decode(&a); err != nil {
		return nil, err
	}
	people := make(map[string]int, len(a.Users))
	for i, u := range a.Users {
		people[u.UserID] = i
	}
	rows := make([]*row, 0, len(a.Entries))
	for i := range a.Entries {
		e := &a.Entries[i]
		w := newRow()
		w.TimePeriodID, w.TimeFrameID, w.UserID, w.FieldID = e.TimePeriodID, e.TimeFrameID, e.UserID, e.FieldID
		w.ForecastValue, w.QuotaValue, w.AdjustmentValue, w.CRMTotal = e.ForecastValue, e.QuotaValue, e.AdjustmentValue, e.CRMTotal
		w.IsUpdated, w.UpdatedBy, w.UpdatedAt = e.IsUpdated, e.UpdatedBy, instant(e.UpdatedOn)
		w.AdjustedBy, w.AdjustedAt = e.AdjustedBy, instant(e.AdjustedOn)
		if e.Currency != nil {
			w.CurrencyCode, w.CurrencySymbol = e.Currency.Code, e.Currency.Symbol
		}
		if p, ok := people[e.UserID]; ok {
			w.CRMUserID, w.Email = a.Users[p].CRMID, a.Users[p].Email
		}
		rows = append(rows, w)
	}
	return rows, nil
}

func newRow() *row {
	now := time.Now()
	return &row{ForecastID: tab, RequestedPeriod: quarter.String(), JobID: "5f50aa39f51a120041a6a0aa", ExportedAt: now, SnapshotDate: now}
}

func instant(milliseconds *int64) *time.Time {
	if milliseconds == nil {
		return nil
	}
	return new(time.UnixMilli(*milliseconds))
}

// structTable is the table that the SDK makes of a row.
func structTable() (*schema.Table, error) {
	t := &schema.Table{Name: "clari_forecast_entries", Transform: transformers.TransformWithStruct(&row{}, transformers.WithPrimaryKeyComponents(keyFields...))}
	if err := t.Transform(t); err != nil {
		return nil, err
	}
	schema.AddCqIDs(t)
	return t, nil
}

// decodeTable reads the entries of a result, and makes their table.
func decodeTable(r *result) ([]*row, *schema.Table, error) {
	rows, err := decodeRows(r)
	if err != nil {
		return nil, nil, err
	}
	t, err := structTable()
	return rows, t, err
}

// schedule decodes, and leaves the rest to the SDK's scheduler as most sources do.
func schedule(ctx context.Context, r *result) (wire int64, err error) {
	rows, t, err := decodeTable(r)
	if err != nil {
		return 0, err
	}
	t.Resolver = func(_ context.Context, _ schema.ClientMeta, _ *schema.Resource, res chan<- any) error {
		res <- rows
		return nil
	}
	messages := make(chan message.SyncMessage)
	failed := make(chan error, 1)
	go func() {
		defer close(messages)
		failed <- scheduler.NewScheduler().Sync(ctx, meta{}, schema.Tables{t}, messages)
	}()
	for m := range messages {
		if insert, ok := m.(*message.SyncInsert); ok && err == nil {
			var b []byte
			b, err = pb.RecordToBytes(insert.Record)
			wire += int64(len(b))
		}
	}
	if failure := <-failed; failure != nil {
		return wire, failure
	}
	return wire, err
}

type meta struct{}

func (meta) ID() string { return "bench" }

// buildRecords decodes, and fills Arrow's own builders by hand: records of 5,000 rows, as the plugin makes.
func buildRecords(_ context.Context, r *result) (wire int64, err error) {
	rows, t, err := decodeTable(r)
	if err != nil {
		return 0, err
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, t.ToArrowSchema())
	defer b.Release()
	for len(rows) > 0 {
		n := min(len(rows), 5000)
		for _, w := range rows[:n] {
			w.appendTo(b.Fields())
		}
		rows = rows[n:]
		record := b.NewRecord()
		data, err := pb.RecordToBytes(record)
		record.Release()
		if err != nil {
			return wire, err
		}
		wire += int64(len(data))
	}
	return wire, nil
}

func (w *row) appendTo(to []array.Builder) {
	key := strings.Join([]string{w.ForecastID, w.ScopeID, w.RequestedCurrency, w.RequestedPeriod, w.TimePeriodID, w.TimeFrameID, w.UserID, w.FieldID}, "\x00")
	to[0].(*types.UUIDBuilder).Append(uuid.NewSHA1(uuid.Nil, []byte(key)))
	to[1].AppendNull() // _cq_parent_id
	texts := []*string{
		&w.ForecastID, &w.ScopeID, &w.RequestedCurrency, &w.RequestedPeriod, &w.JobID, nil, nil, &w.TimePeriodID, &w.TimeFrameID, &w.UserID, &w.FieldID,
	}
	for i, text := range texts {
		if text != nil {
			to[2+i].(*array.StringBuilder).Append(*text)
		}
	}
	appendTime(to[7], &w.ExportedAt)
	appendTime(to[8], &w.SnapshotDate)
	for i, v := range []*float64{w.ForecastValue, w.QuotaValue, w.AdjustmentValue, w.CRMTotal, w.CRMClosed} {
		appendTo(to[13+i].(*array.Float64Builder), v)
	}
	appendTo(to[18].(*array.StringBuilder), w.CurrencyCode)
	appendTo(to[19].(*array.StringBuilder), w.CurrencySymbol)
	appendTo(to[20].(*array.BooleanBuilder), w.IsUpdated)
	appendTo(to[21].(*array.StringBuilder), w.UpdatedBy)
	appendTime(to[22], w.UpdatedAt)
	appendTo(to[23].(*array.StringBuilder), w.AdjustedBy)
	appendTime(to[24], w.AdjustedAt)
	for i, v := range []*string{w.CRMUserID, w.Email, w.FieldName} {
		appendTo(to[25+i].(*array.StringBuilder), v)
	}
	to[28].AppendNull() // extra
}

// appendTo adds a cell that is null without a value.
func appendTo[T any](b interface {
	Append(T)
	AppendNull()
}, v *T,
) {
	if v == nil {
		b.AppendNull()
	} else {
		b.Append(*v)
	}
}

func appendTime(b array.Builder, t *time.Time) {
	if t == nil {
		b.AppendNull()
	} else {
		b.(*array.TimestampBuilder).Append(arrow.Timestamp(t.UnixMicro()))
	}
}
