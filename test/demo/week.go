package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// The part of the week-over-week query that is shown.
const (
	shownTab    = "net_arr"
	shownField  = "Commit"
	shownPeople = 6
	shownWeeks  = 4
)

// weekOverWeek runs the query of the docs on the current quarter, and writes a line for each person.
func (d *demo) weekOverWeek(ctx context.Context, db *sql.DB) error {
	view, err := os.ReadFile(filepath.Join(d.queries, "clari_forecast_current.sql"))
	if err != nil {
		return err
	}
	query, err := os.ReadFile(filepath.Join(d.queries, "week_over_week.sql"))
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, string(view)); err != nil {
		return fmt.Errorf("clari_forecast_current: %w", err)
	}
	quarter := d.server.Current().String()
	rows, err := db.QueryContext(ctx, "SELECT person, week, currency_code, forecast_value, change FROM (\n"+
		strings.TrimSuffix(strings.TrimSpace(string(query)), ";")+"\n) WHERE forecast_id = ? AND requested_period = ? AND field = ?",
		shownTab, quarter, shownField)
	if err != nil {
		return fmt.Errorf("week_over_week: %w", err)
	}
	defer rows.Close()
	var people, weeks []string
	cells := map[[2]string]string{} // by person and week
	currency := ""
	for rows.Next() {
		var person, week string
		var value float64
		var change sql.Null[float64]
		if err := rows.Scan(&person, &week, &currency, &value, &change); err != nil {
			return fmt.Errorf("week_over_week: %w", err)
		}
		if !slices.Contains(people, person) {
			people = append(people, person)
		}
		if !slices.Contains(weeks, week) {
			weeks = append(weeks, week)
		}
		cell := fmt.Sprintf("%.0f", value/1000)
		if change.Valid {
			cell += fmt.Sprintf(" (%+.0f)", change.V/1000)
		}
		cells[[2]string{person, week}] = cell
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("week_over_week: %w", err)
	}
	slices.Sort(weeks)
	weeks = weeks[max(0, len(weeks)-shownWeeks):]
	fmt.Fprintf(d.out, "\n%s of %s in %s, in thousands of %s, and its change since the week before:\n\n", shownField, shownTab, quarter, currency)
	table := tabwriter.NewWriter(d.out, 0, 0, 3, ' ', tabwriter.AlignRight)
	for _, week := range weeks {
		day, err := time.Parse(time.DateOnly, week)
		if err != nil {
			return fmt.Errorf("week_over_week: %w", err)
		}
		fmt.Fprintf(table, "\t%s", day.Format("2 Jan"))
	}
	fmt.Fprint(table, "\t\n")
	for _, person := range people[:min(shownPeople, len(people))] {
		fmt.Fprint(table, person)
		for _, week := range weeks {
			fmt.Fprintf(table, "\t%s", cells[[2]string{person, week}])
		}
		fmt.Fprint(table, "\t\n")
	}
	return table.Flush()
}
