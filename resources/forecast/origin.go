package forecast

import (
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Origin is where rows come from: what every table of an export says in each row.
type Origin struct {
	ForecastID        string // tab
	ScopeID           string // empty when not set
	RequestedCurrency string // empty when not set
	RequestedPeriod   string // quarter asked for; empty takes the one that the result holds
	JobID             string
	ExportedAt        time.Time // end of the job, else start of the download
	SnapshotDate      time.Time // its day, in the user's time zone
}

// shared is an Origin as cells.
type shared struct {
	forecastID, scopeID, requestedCurrency, requestedPeriod, key string

	jobID        table.Opt[string]
	exportedAt   table.Opt[int64]
	snapshotDate table.Opt[int32]
}

func (o Origin) shared() *shared {
	return &shared{
		forecastID: o.ForecastID, scopeID: o.ScopeID, requestedCurrency: o.RequestedCurrency, requestedPeriod: o.RequestedPeriod, key: o.Key(),
		jobID: table.NonZero(o.JobID), exportedAt: table.Micros(o.ExportedAt), snapshotDate: table.Day(o.SnapshotDate),
	}
}

// Key is the column forecast_key: net_arr/2026_Q1, net_arr/2026_Q1/EUR, net_arr/2026_Q1//1905%3A%3AMGR.
func (o Origin) Key() string {
	key := Escape(o.ForecastID) + "/" + Escape(o.RequestedPeriod)
	if o.RequestedCurrency != "" || o.ScopeID != "" {
		key += "/" + Escape(o.RequestedCurrency)
	}
	if o.ScopeID != "" {
		key += "/" + Escape(o.ScopeID)
	}
	return key
}

// Escape percent-encodes all but what RFC 3986 calls unreserved.
func Escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// sharedColumns are the columns that each table of an export begins with. The tables of a result have the period in their key.
func sharedColumns(periodInKey bool) []table.Column[shared] {
	period := table.String("requested_period", "Fiscal quarter that the export asked for. If Clari chose the quarter, the one that it chose.",
		func(s *shared) *string { return &s.requestedPeriod })
	if periodInKey {
		period = period.Key()
	}
	return []table.Column[shared]{
		table.String("forecast_id", "Forecast tab that was exported.",
			func(s *shared) *string { return &s.forecastID }).Key(),
		table.String("scope_id", "Part of the hierarchy that the export was limited to. Empty if it was not.",
			func(s *shared) *string { return &s.scopeID }).Key(),
		table.String("requested_currency", "Currency that the export asked for, empty for the tab's own.",
			func(s *shared) *string { return &s.requestedCurrency }).Key(),
		period,
		table.String("forecast_key", "Tab, quarter, currency and scope of the export in one. Join tables of forecasts by it. Its form: "+
			"<forecast_id>/<requested_period>, then /<requested_currency> and /<scope_id> where they are set.",
			func(s *shared) *string { return &s.key }),
		table.NullString("job_id", "Export job that the row comes from, as in clari_forecast_exports.",
			func(s *shared) *table.Opt[string] { return &s.jobID }),
		table.Timestamp("exported_at", "When the data is from: the end of the export job, else the start of the download.",
			func(s *shared) *table.Opt[int64] { return &s.exportedAt }),
		table.Date("snapshot_date", "Day of exported_at in the configured time zone. With history one snapshot of each day is kept.",
			func(s *shared) *table.Opt[int32] { return &s.snapshotDate }).HistoryKey(),
	}
}
