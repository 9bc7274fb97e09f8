package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"

	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/try/report"
)

// columnsOf are those that a report reads, of what it takes for views.
var columnsOf = map[string][]string{
	"clari_forecast_current": {
		"forecast_id", "requested_currency", "scope_id", "requested_period", "time_period_id", "time_period_start_date", "time_period_end_date", "week_start_date",
		"weeks_to_end", "user_id", "user_name", "hierarchy_level", "has_reports", "manager_user_id", "field_id", "field_name", "forecast_value", "quota_value",
		"adjustment_value", "crm_closed", "is_updated", "currency_code", "currency_symbol",
	},
	"clari_forecast_users_current": {
		"forecast_key", "forecast_id", "requested_currency", "scope_id", "requested_period", "user_id", "name", "role", "has_reports", "manager_user_id",
	},
}

// sampleReport writes the page of a report, as of the time of the picture.
func sampleReport(tenant sim.Tenant, current sim.Quarter, file string) error {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection would have a database of its own
	for _, text := range []string{
		"CREATE TABLE clari_forecast_exports (outcome, exported_at, _cq_sync_time)", "INSERT INTO clari_forecast_exports VALUES ('exported', '" + now.Format("2006-01-02 15:04:05-07:00") + "', 1)",
		"CREATE VIEW clari_forecast_exports_current AS SELECT * FROM clari_forecast_exports",
		"CREATE TABLE clari_limits (monthly_quota, available_monthly_quota, observed_at)", "INSERT INTO clari_limits VALUES (1000, 976, 1)",
	} {
		if _, err := db.Exec(text); err != nil {
			return err
		}
	}
	for name, columns := range columnsOf {
		if _, err := db.Exec(fmt.Sprintf("CREATE TABLE %s (%s)", name, strings.Join(columns, ", "))); err != nil {
			return err
		}
	}
	for back := range 5 {
		tables := oracle.Of(exported(tenant, current.Add(back-4)))
		err := errors.Join(fill(db, "clari_forecast_current", tables["clari_forecast_entries"]), fill(db, "clari_forecast_users_current", tables["clari_forecast_users"]))
		if err != nil {
			return err
		}
	}
	p, err := report.Make(context.Background(), db, report.Tab{ForecastID: tab}, now, "From a made-up sales team, as the demo has one.")
	if err != nil {
		return err
	}
	to, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(p.Write(to), to.Close())
}

func fill(db *sql.DB, table string, rows iter.Seq[oracle.Row]) error {
	columns := columnsOf[table]
	insert := fmt.Sprintf("INSERT INTO %s VALUES (%s)", table, strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", "))
	for r := range rows {
		values := make([]any, len(columns))
		for i, name := range columns {
			switch v := r[name].(type) {
			case nil, int64, float64, bool, string:
				values[i] = v
			default:
				values[i] = fmt.Sprint(v)
			}
		}
		if _, err := db.Exec(insert, values...); err != nil {
			return err
		}
	}
	return nil
}
