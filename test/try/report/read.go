// Package report makes a page of what syncs have landed in a SQLite file: where the quarter stands, how the calls moved, who has not called.
// It reads the views of docs/queries and reckons in Go. It knows nothing of Clari and runs no sync.
package report

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"
)

// entry is what one person says of one field in one week. Amounts that are not known are NaN.
type entry struct {
	quarter, week string // 2026_Q1; the day on which the week starts
	left          int    // whole weeks from the week's end to the quarter's
	person, name  string // user_id
	level         int    // 0: at the top
	leads         bool
	boss          string // user_id
	field         string
	call, quota   float64
	override      float64
	closed        float64
	submitted     bool
	currency      string
}

// effective is the override where there is one, else the call.
func (e entry) effective() float64 {
	if !math.IsNaN(e.override) {
		return e.override
	}
	return e.call
}

// person is one of the newest export of a quarter.
type person struct {
	id, name, role, manager string
	leads                   bool
}

// quarter is one of a tab.
type quarter struct{ label, start, end string }

// Tab is one forecast tab, in one currency and scope.
type Tab struct{ ForecastID, Currency, Scope string }

func (t Tab) String() string {
	text := t.ForecastID
	if t.Currency != "" {
		text += " in " + t.Currency
	}
	if t.Scope != "" {
		text += " of " + t.Scope
	}
	return text
}

func (t Tab) args(more ...any) []any {
	return append([]any{t.ForecastID, t.Currency, t.Scope}, more...)
}

const ofTab = `forecast_id = ? AND requested_currency = ? AND scope_id = ?`

// Tabs are those that have entries, first the one that tells most: of most people, in most fields, with most closed amounts.
func Tabs(ctx context.Context, db *sql.DB) (tabs []Tab, err error) {
	const query = `SELECT forecast_id, requested_currency, scope_id FROM clari_forecast_current
		GROUP BY forecast_id, requested_currency, scope_id ORDER BY COUNT(DISTINCT user_id) DESC, COUNT(DISTINCT field_id) DESC, COUNT(crm_closed) DESC, forecast_id, requested_currency, scope_id`
	err = each(ctx, db, query, nil, func(scan func(...any) error) error {
		var t Tab
		err := scan(&t.ForecastID, &t.Currency, &t.Scope)
		tabs = append(tabs, t)
		return err
	})
	if err == nil && len(tabs) == 0 {
		err = errors.New("there are no entries: sync first")
	}
	return tabs, err
}

// quarters are those of a tab, oldest first. Their days are empty where nothing tells them.
func quarters(ctx context.Context, db *sql.DB, t Tab) (all []quarter, err error) {
	const query = `SELECT requested_period, COALESCE(MIN(CASE WHEN time_period_id = requested_period THEN time_period_start_date END), ''),
		COALESCE(MAX(CASE WHEN time_period_id = requested_period THEN time_period_end_date END), '')
		FROM clari_forecast_current WHERE ` + ofTab + ` GROUP BY requested_period ORDER BY requested_period`
	return all, each(ctx, db, query, t.args(), func(scan func(...any) error) error {
		var q quarter
		err := scan(&q.label, &q.start, &q.end)
		q.start, q.end = day(q.start), day(q.end)
		all = append(all, q)
		return err
	})
}

// entries are those of a quarter and of its begun weeks, in the order of weeks.
func entries(ctx context.Context, db *sql.DB, t Tab, label string, today time.Time) (all []entry, err error) {
	const query = `SELECT requested_period, week_start_date, weeks_to_end, user_id, user_name, hierarchy_level, has_reports, manager_user_id, field_name,
		forecast_value, quota_value, adjustment_value, crm_closed, is_updated, COALESCE(currency_code, currency_symbol, '')
		FROM clari_forecast_current WHERE ` + ofTab + ` AND requested_period = ? AND time_period_id = requested_period AND week_start_date <= ?
		ORDER BY week_start_date, hierarchy_level, user_name, user_id, field_name`
	err = each(ctx, db, query, t.args(label, today.Format(time.DateOnly)), func(scan func(...any) error) error {
		var e entry
		var week, name, boss, field, currency sql.NullString
		var left, level sql.NullInt64
		var leads, submitted sql.NullBool
		var amounts [4]sql.NullFloat64
		err := scan(&e.quarter, &week, &left, &e.person, &name, &level, &leads, &boss, &field, &amounts[0], &amounts[1], &amounts[2], &amounts[3], &submitted, &currency)
		e.week, e.name, e.boss, e.field, e.currency = day(week.String), name.String, boss.String, field.String, currency.String
		e.left, e.level, e.leads, e.submitted = int(left.Int64), int(level.Int64), leads.Bool, submitted.Bool
		for i, into := range []*float64{&e.call, &e.quota, &e.override, &e.closed} {
			if *into = math.NaN(); amounts[i].Valid {
				*into = amounts[i].Float64
			}
		}
		all = append(all, e)
		return err
	})
	return all, err
}

// people are those of the newest export of a quarter.
func people(ctx context.Context, db *sql.DB, t Tab, label string) (all []person, err error) {
	const query = `SELECT u.user_id, u.name, u.role, m.name, u.has_reports FROM clari_forecast_users_current u
		LEFT JOIN clari_forecast_users_current m ON m.forecast_key = u.forecast_key AND m.user_id = u.manager_user_id
		WHERE u.forecast_id = ? AND u.requested_currency = ? AND u.scope_id = ? AND u.requested_period = ? ORDER BY m.name, u.name, u.user_id`
	return all, each(ctx, db, query, t.args(label), func(scan func(...any) error) error {
		var p person
		var name, role, manager sql.NullString
		var leads sql.NullBool
		err := scan(&p.id, &name, &role, &manager, &leads)
		p.name, p.role, p.manager, p.leads = name.String, role.String, manager.String, leads.Bool
		all = append(all, p)
		return err
	})
}

// freshness are lines about how old the data is and what is left of the quota.
func freshness(ctx context.Context, db *sql.DB) (lines []string, err error) {
	var newest, failed sql.NullString
	var n int
	const exports = `SELECT MAX(exported_at), SUM(outcome = 'failed') FROM clari_forecast_exports_current`
	if err := db.QueryRowContext(ctx, exports).Scan(&newest, &failed); err != nil {
		return nil, err
	}
	if at, ok := instant(newest.String); ok {
		lines = append(lines, "Newest export: "+at.UTC().Format("2 January 2006, 15:04 UTC")+".")
	}
	const lost = `SELECT COUNT(*) FROM clari_forecast_exports WHERE outcome IN ('failed', 'left_out') AND _cq_sync_time = (SELECT MAX(_cq_sync_time) FROM clari_forecast_exports)`
	if err := db.QueryRowContext(ctx, lost).Scan(&n); err == nil && n > 0 {
		lines = append(lines, fmt.Sprintf("%s of the last sync did not land: SELECT * FROM clari_forecast_exports WHERE error IS NOT NULL tells why.", counted(n, "export")))
	}
	var quota, left sql.NullInt64
	const limits = `SELECT monthly_quota, available_monthly_quota FROM clari_limits ORDER BY observed_at DESC LIMIT 1`
	if err := db.QueryRowContext(ctx, limits).Scan(&quota, &left); err == nil && left.Valid {
		lines = append(lines, fmt.Sprintf("Export quota: %d of %d are left in these 30 days.", left.Int64, quota.Int64))
	}
	return lines, nil
}

// each calls take for each row of a query.
func each(ctx context.Context, db *sql.DB, query string, args []any, take func(scan func(...any) error) error) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// day is the day of a text that begins with one.
func day(text string) string { return text[:min(len(text), len(time.DateOnly))] }

// instant reads a time as SQLite keeps it.
func instant(text string) (time.Time, bool) {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05.999999999 -0700 MST", "2006-01-02 15:04:05.999999", "2006-01-02T15:04:05.999999"} {
		if at, err := time.Parse(form, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
