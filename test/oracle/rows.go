package oracle

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// made is what the oracle knows of each table that comes from a result.
var made = map[string]struct {
	keys []string // what a row is known by, beside the job
	rows func(*told) iter.Seq[Row]
}{
	"clari_forecast_entries": {
		[]string{"time_period_id", "time_frame_id", "user_id", "field_id"}, func(t *told) iter.Seq[Row] { return each(t, t.x.Entries(), t.entry) },
	},
	"clari_forecast_users":        {[]string{"user_id"}, func(t *told) iter.Seq[Row] { return each(t, t.x.Users(), t.user) }},
	"clari_forecast_fields":       {[]string{"field_id"}, func(t *told) iter.Seq[Row] { return each(t, t.x.Fields(), t.field) }},
	"clari_forecast_time_periods": {[]string{"time_period_id"}, func(t *told) iter.Seq[Row] { return each(t, t.x.TimePeriods(), t.timePeriod) }},
	"clari_forecast_time_frames":  {[]string{"time_frame_id"}, func(t *told) iter.Seq[Row] { return each(t, t.x.TimeFrames(), t.timeFrame) }},
}

// Tables are those that come from a result.
func Tables() []string { return slices.Sorted(maps.Keys(made)) }

// A Row is column to value, in the form that Canonical gives. Nulls are left out.
type Row map[string]any

// Of yields the rows that the tables must hold of a job that landed, by table. Dates and week numbers of a quarter are there also
// where only the calendar tells them.
func Of(job sim.Job) map[string]iter.Seq[Row] {
	t := &told{Job: job, x: job.Export, flat: job.Export.Encoding.Flat()}
	t.start, t.end = t.x.Tenant.Calendar.Days(t.x.Quarter)
	t.hierarchy = hierarchyOf(t)
	t.quotas = quotaFields(t)
	all := map[string]iter.Seq[Row]{}
	for table, m := range made {
		all[table] = m.rows(t)
	}
	return all
}

// told is what one export tells.
type told struct {
	sim.Job
	x          sim.Export
	flat       bool
	start, end time.Time // of the quarter
	hierarchy  hierarchy
	quotas     map[string]bool     // names of fields that have quotas and no calls
	weeks      map[time.Time]int64 // entries by the first day of their week
}

// each makes rows, and adds to them what all rows of an export have.
func each[T any](t *told, facts iter.Seq[T], row func(T) Row) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for f := range facts {
			r := row(f)
			r["forecast_id"], r["requested_period"], r["job_id"] = t.Forecast, t.period(), t.ID
			r["scope_id"], r["requested_currency"] = t.Scope, t.Currency // not null where there is none
			r["forecast_key"] = ForecastKey(t.Forecast, t.period(), t.Currency, t.Scope)
			if !yield(r) {
				return
			}
		}
	}
}

// period is the requested period: the quarter, also where Clari chose it.
func (t *told) period() string { return t.x.Quarter.String() }

// ForecastKey is the column that joins the tables of an export.
func ForecastKey(forecast, period, currency, scope string) string {
	parts := []string{forecast, period}
	if currency != "" || scope != "" {
		parts = append(parts, currency)
	}
	if scope != "" {
		parts = append(parts, scope)
	}
	for i, part := range parts {
		parts[i] = percent(part, func(c byte) bool {
			return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
		})
	}
	return strings.Join(parts, "/")
}

func percent(s string, keep func(byte) bool) string {
	var b strings.Builder
	for i := range len(s) {
		if keep(s[i]) {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
	}
	return b.String()
}

// text sets a column unless the text is empty.
func (r Row) text(name, text string) {
	if text != "" {
		r[name] = valid(text)
	}
}

// valid is a text in which U+FFFD stands for each byte that is not UTF-8, and each NUL.
func valid(s string) string { return strings.ReplaceAll(string([]rune(s)), "\x00", "\uFFFD") }

func (r Row) day(name string, day time.Time) { r[name] = day.Format(time.DateOnly) }

func (r Row) instant(name string, at time.Time) {
	if !at.IsZero() {
		r[name] = at.UTC().Format(time.RFC3339Nano)
	}
}

func (r Row) extra(unknown map[string]any) {
	if len(unknown) == 0 {
		return
	}
	text, err := json.Marshal(unknown)
	if err != nil {
		panic(err) // text, numbers and null
	}
	r["extra"] = string(text)
}

func (t *told) entry(e sim.Entry) Row {
	r := Row{
		"time_period_id": t.timePeriodID(e.Period), "time_frame_id": t.timeFrameID(e.Week), "user_id": t.userID(e.Person), "field_id": t.fieldID(e.Field),
		"time_period_type": e.Period.Kind, "fiscal_year": int64(t.x.Quarter.Year), "fiscal_quarter": int64(t.x.Quarter.Number),
		"week_number": t.weekNumber(e.Week), "weeks_to_end": t.weeksToEnd(e.Week),
	}
	r.day("week_start_date", e.Week.First)
	r.day("week_end_date", e.Week.Last)
	if t.hasDays(e.Period) {
		r.day("time_period_start_date", e.Period.First)
		r.day("time_period_end_date", e.Period.Last)
	}

	r.text("user_name", e.Person.Name)
	t.person(r, e.Person)
	if boss := t.manager(e.Person); boss != nil {
		r.text("manager_name", boss.Name)
	}
	r.text("field_name", e.Field.Name)
	r.text("field_type", t.fieldType(e.Field))

	for name, v := range map[string]struct {
		V     float64
		Valid bool
	}{
		"forecast_value": e.ForecastValue, "quota_value": e.QuotaValue, "adjustment_value": e.AdjustmentValue, "crm_total": e.CRMTotal, "crm_closed": e.CRMClosed,
	} {
		if v.Valid && (t.flat || name != "crm_closed") { // under an unknown key in the five arrays
			r[name] = v.V
		}
	}
	if e.IsUpdated.Valid {
		r["is_updated"] = e.IsUpdated.V
	}
	r.text("updated_by", e.UpdatedBy)
	r.text("adjusted_by", e.AdjustedBy)
	r.instant("updated_at", e.UpdatedAt)
	r.instant("adjusted_at", e.AdjustedAt)
	for _, code := range []string{t.x.JobCurrency, t.x.Currency, e.Code} { // the last one that there is
		r.text("currency_code", code)
	}
	r.text("currency_symbol", e.Sign)
	r.text("currency_symbol", e.FlatSign)
	r.extra(e.Unknown)
	return r
}

func (t *told) user(p sim.Person) Row {
	r := Row{"user_id": t.userID(&p)}
	r.text("name", p.Name)
	t.person(r, &p)
	r.text("parent_role", p.ParentRole)
	if !t.flat {
		r.text("hierarchy_id", p.RoleID)
		r.text("parent_hierarchy_id", p.ParentRoleID)
		r["user_scope"] = canonicalJSON(p.Scope())
	}
	r.extra(t.x.Note("user"))
	return r
}

// person sets what users and entries both tell of a person.
func (t *told) person(r Row, p *sim.Person) {
	r.text("email", p.Email)
	r.text("role", p.Role)
	r.text("crm_user_id", p.CRMID)
	own := ""
	if !t.flat {
		own = fmt.Sprint(p.ID)
		r.text("clari_user_id", own)
		r.text("user_type", p.Type)
	}
	for _, id := range []string{p.Name, own, strings.ToLower(valid(p.Email)), p.CRMID} { // the last one that there is
		r.text("person_id", id)
	}
	at := t.hierarchy.position(t.place(p))
	if at.known {
		r["hierarchy_level"] = int64(at.level)
	}
	r["has_reports"] = at.hasReports
	if boss := t.manager(p); boss != nil {
		r["manager_user_id"] = t.userID(boss)
	}
}

func (t *told) field(f sim.Field) Row {
	r := Row{"field_id": t.fieldID(f)}
	r.text("name", f.Name)
	r.text("type", t.fieldType(f))
	r.extra(t.x.Note("field"))
	return r
}

func (t *told) timePeriod(p sim.Period) Row {
	r := Row{"time_period_id": t.timePeriodID(p), "type": p.Kind, "label": p.Label, "year": fmt.Sprint(p.Year)}
	if t.flat {
		r["label"] = p.FlatLabel
	} else {
		r.text("crm_id", p.CRMID)
	}
	if t.hasDays(p) {
		r.day("start_date", p.First)
		r.day("end_date", p.Last)
	}
	r.extra(t.x.Note("period"))
	return r
}

func (t *told) timeFrame(w sim.Week) Row {
	r := Row{"time_frame_id": t.timeFrameID(w), "number": t.weekNumber(w), "weeks_to_end": t.weeksToEnd(w), "entries": t.entriesOf(w)}
	r.day("start_date", w.First)
	r.day("end_date", w.Last)
	if t.flat {
		r["week"] = fmt.Sprint(w.Number)
	}
	r.extra(t.x.Note("frame"))
	return r
}

// weekNumber counts from the week that the quarter begins in, which is 1.
func (t *told) weekNumber(w sim.Week) int64 {
	n, first := int64(1), w.First
	for first.After(t.start) {
		n, first = n+1, first.AddDate(0, 0, -7)
	}
	for !first.AddDate(0, 0, 7).After(t.start) {
		n, first = n-1, first.AddDate(0, 0, 7)
	}
	return n
}

// weeksToEnd counts whole weeks from one to the end of the quarter.
func (t *told) weeksToEnd(w sim.Week) (n int64) {
	for last := w.Last.AddDate(0, 0, 7); !last.After(t.end); last = last.AddDate(0, 0, 7) {
		n++
	}
	return n
}

// entriesOf counts the entries of a week.
func (t *told) entriesOf(w sim.Week) int64 {
	if t.weeks == nil {
		t.weeks = map[time.Time]int64{}
		for e := range t.x.Entries() {
			t.weeks[e.Week.First]++
		}
	}
	return t.weeks[w.First]
}

// hasDays says whether a period's days are told: flat rows do not tell those of months.
func (t *told) hasDays(p sim.Period) bool { return !t.flat || p.Kind == "quarter" }

func (t *told) fieldType(f sim.Field) string {
	switch {
	case !t.flat:
		return f.Type
	case t.quotas[f.Name]:
		return "quota"
	default:
		return ""
	}
}

// quotaFields are the fields of flat rows that have quota values and no forecast values.
func quotaFields(t *told) map[string]bool {
	fields := map[string]bool{}
	if !t.flat {
		return fields
	}
	for e := range t.x.Entries() {
		if e.QuotaValue.Valid {
			fields[e.Field.Name] = true
		}
	}
	for e := range t.x.Entries() {
		if e.ForecastValue.Valid {
			delete(fields, e.Field.Name)
		}
	}
	return fields
}
