package lifecycle

import (
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// carried are the columns that tell where a row is from; the truth of an export does not know them.
var carried = []string{
	"_cq_id", "forecast_id", "scope_id", "requested_currency", "requested_period", "job_id", "exported_at", "snapshot_date",
}

func put[T any](r row, name string, v sql.Null[T]) {
	if !v.Valid {
		return
	}
	switch v := any(v.V).(type) {
	case time.Time:
		r[name] = v.UnixMicro()
	default:
		r[name] = v
	}
}

func putDay(r row, name string, v sql.Null[time.Time]) {
	if v.Valid {
		r[name] = v.V.Format(time.DateOnly)
	}
}

func putJSON(r row, name string, v sql.Null[string]) {
	if v.Valid {
		text, err := canonical(v.V)
		if err != nil {
			panic(err)
		}
		r[name] = text
	}
}

func putText(r row, name, text string) {
	if text != "" {
		r[name] = text
	}
}

// truth is what the tables of an export must hold.
func truth(x sim.Export) map[string]iter.Seq[row] {
	// The five arrays tell of a person under users; the plugin repeats the two columns to join on in each entry.
	people := map[string]sim.UserRow{}
	if !x.Encoding.Flat() {
		for u := range x.Users() {
			people[u.UserID] = u
		}
	}
	return map[string]iter.Seq[row]{
		"clari_forecast_entries": mapped(x.Entries(), func(e sim.EntryRow) row {
			r := row{"time_period_id": e.TimePeriodID, "time_frame_id": e.TimeFrameID, "user_id": e.UserID, "field_id": e.FieldID}
			put(r, "forecast_value", e.ForecastValue)
			put(r, "quota_value", e.QuotaValue)
			put(r, "adjustment_value", e.AdjustmentValue)
			put(r, "crm_total", e.CRMTotal)
			put(r, "crm_closed", e.CRMClosed)
			put(r, "currency_code", e.CurrencyCode)
			put(r, "currency_symbol", e.CurrencySymbol)
			put(r, "is_updated", e.IsUpdated)
			put(r, "updated_by", e.UpdatedBy)
			put(r, "updated_at", e.UpdatedAt)
			put(r, "adjusted_by", e.AdjustedBy)
			put(r, "adjusted_at", e.AdjustedAt)
			if u, ok := people[e.UserID]; ok {
				e.CRMUserID, e.Email = u.CRMUserID, sql.Null[string]{V: u.Email, Valid: u.Email != ""}
			}
			put(r, "crm_user_id", e.CRMUserID)
			put(r, "email", e.Email)
			put(r, "field_name", e.FieldName)
			putJSON(r, "extra", e.Extra)
			return r
		}),
		"clari_forecast_users": mapped(x.Users(), func(u sim.UserRow) row {
			r := row{"user_id": u.UserID, "parent_role": u.ParentRole}
			putText(r, "name", u.Name)
			putText(r, "email", u.Email)
			putText(r, "role", u.Role)
			put(r, "crm_user_id", u.CRMUserID)
			put(r, "hierarchy_id", u.HierarchyID)
			put(r, "parent_hierarchy_id", u.ParentHierarchyID)
			putJSON(r, "user_scope", u.UserScope)
			putJSON(r, "extra", u.Extra)
			return r
		}),
		"clari_forecast_fields": mapped(x.Fields(), func(f sim.FieldRow) row {
			r := row{"field_id": f.FieldID, "name": f.Name}
			put(r, "type", f.Type)
			putJSON(r, "extra", f.Extra)
			return r
		}),
		"clari_forecast_time_periods": mapped(x.TimePeriods(), func(p sim.TimePeriodRow) row {
			r := row{"time_period_id": p.TimePeriodID, "label": p.Label}
			if x.Encoding.Flat() { // labels tell
				p.Type, p.Year = sql.Null[string]{V: "quarter", Valid: true}, sql.Null[string]{V: fmt.Sprint(x.Quarter.Year), Valid: true}
				if strings.Contains(p.TimePeriodID, "/") {
					p.Type.V = "month"
				}
			}
			put(r, "type", p.Type)
			put(r, "year", p.Year)
			put(r, "crm_id", p.CRMID)
			putDay(r, "start_date", p.StartDate)
			putDay(r, "end_date", p.EndDate)
			putJSON(r, "extra", p.Extra)
			return r
		}),
		"clari_forecast_time_frames": mapped(x.TimeFrames(), func(f sim.TimeFrameRow) row {
			r := row{
				"time_frame_id": f.TimeFrameID,
				"start_date":    f.StartDate.Format(time.DateOnly), "end_date": f.EndDate.Format(time.DateOnly),
			}
			put(r, "week", f.Week)
			putJSON(r, "extra", f.Extra)
			return r
		}),
	}
}

func mapped[T any](seq iter.Seq[T], f func(T) row) iter.Seq[row] {
	return func(yield func(row) bool) {
		for v := range seq {
			if !yield(f(v)) {
				return
			}
		}
	}
}

// differ compares the rows that landed from a job with its truth and returns what differs, one line each, at most a few.
func (w *warehouse) differ(job sim.Job, tables ...string) []string {
	var wrong []string
	for table, want := range truth(job.Export) {
		if len(tables) > 0 && !slices.Contains(tables, table) {
			continue
		}
		landed := map[string]int{}
		for _, r := range w.rows(table, func(r row) bool { return r["job_id"] == job.ID }) {
			without := carried
			if job.Export.Encoding.Flat() && ownDays(job.Export, r) {
				without = slices.Concat(carried, []string{"start_date", "end_date"})
			}
			landed[r.line(without...)]++
		}
		for r := range want {
			line := r.line()
			if landed[line] == 0 {
				wrong = append(wrong, fmt.Sprintf("%s: job %s: missing %s", table, job.ID, line))
			}
			landed[line]--
		}
		for line, n := range landed {
			if n > 0 {
				wrong = append(wrong, fmt.Sprintf("%s: job %s: %d too many of %s", table, job.ID, n, line))
			}
		}
	}
	slices.Sort(wrong)
	if len(wrong) > 6 {
		wrong = append(wrong[:6], fmt.Sprintf("and %d more", len(wrong)-6))
	}
	return wrong
}

// ownDays tells whether a row of clari_forecast_time_periods has the days of its quarter: the flat shapes do not tell them, and the plugin
// adds them where it knows them.
func ownDays(x sim.Export, r row) bool {
	first, last := x.Tenant.Calendar.Days(x.Quarter)
	return r["type"] == "quarter" && r["start_date"] == first.Format(time.DateOnly) && r["end_date"] == last.Format(time.DateOnly)
}

func lines(wrong []string) string { return "\n  " + strings.Join(wrong, "\n  ") }
