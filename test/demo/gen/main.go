// Command gen writes the README's picture and its sample rows, from a sales team at a fixed time: they change only where the tables or
// the drawing do.
package main

import (
	"fmt"
	"log"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/demo/page"
	"github.com/cq-source-clari/cq-source-clari/test/truth"
)

// now is the time of the picture, in the last weeks of a quarter.
var now = time.Date(2026, 1, 14, 9, 0, 0, 0, time.UTC)

const (
	people = 40
	tab    = "net_arr"
)

func main() {
	if err := run("../../docs/forecast.svg", "../../README.md"); err != nil {
		log.Fatal(err)
	}
}

func run(picture, readme string) error {
	tenant := sim.SalesTeam(people, now)
	current := tenant.Calendar.QuarterOf(now)
	var weeks []page.Week
	for _, quarter := range []sim.Quarter{current.Add(-1), current} {
		weeks = append(weeks, weeksOf(entries(tenant, quarter))...)
	}
	svg, err := page.Forecast(fmt.Sprintf("%s, %s and %s", tab, current.Add(-1), current), weeks)
	if err != nil {
		return err
	}
	if err := os.WriteFile(picture, append(svg, '\n'), 0o644); err != nil {
		return err
	}
	return insert(readme, sample(entries(tenant, current)))
}

// entries are the rows of clari_forecast_entries of one export, in the order of people and weeks.
func entries(tenant sim.Tenant, quarter sim.Quarter) []truth.Row {
	job := sim.Job{ID: "1", Forecast: tab, Got: quarter.String(), Export: sim.Export{
		Tenant: &tenant, Tab: tenant.Tabs[0], Quarter: quarter, Historical: true, Encoding: sim.FlatObjects, At: now,
		Types: []string{"forecast", "forecast_updated", "quota", "adjustment", "crm_closed"},
	}}
	return slices.SortedFunc(truth.Of(job)["clari_forecast_entries"], func(a, b truth.Row) int {
		return strings.Compare(order(a), order(b))
	})
}

func order(r truth.Row) string {
	return fmt.Sprintln(r["week_start_date"], r["hierarchy_level"], r["user_name"], r["field_name"])
}

// weeksOf is what the root says.
func weeksOf(rows []truth.Row) (weeks []page.Week) {
	number := func(v any) float64 {
		if x, ok := v.(float64); ok {
			return x
		}
		return math.NaN()
	}
	for _, r := range rows {
		if r["hierarchy_level"] == int64(0) {
			weeks = append(weeks, page.Week{
				Quarter: fmt.Sprint(r["requested_period"]), Start: fmt.Sprint(r["week_start_date"]), Field: fmt.Sprint(r["field_name"]),
				Call: number(r["forecast_value"]), Quota: number(r["quota_value"]), Closed: number(r["crm_closed"]),
			})
		}
	}
	return weeks
}

const samples = 20

var columns = []string{
	"user_name", "role", "hierarchy_level", "manager_name", "field_name", "week_start_date", "forecast_value", "quota_value", "adjustment_value", "crm_closed", "is_updated",
}

// sample is the newest week of one team as a table.
func sample(rows []truth.Row) string {
	latest := rows[len(rows)-1]["week_start_date"]
	rows = slices.DeleteFunc(rows, func(r truth.Row) bool { return r["week_start_date"] != latest })
	manager := ""
	rows = slices.DeleteFunc(rows, func(r truth.Row) bool { // the root, the first manager and that team
		if r["hierarchy_level"] == int64(1) && manager == "" {
			manager = fmt.Sprint(r["user_name"])
		}
		return r["hierarchy_level"] != int64(0) && r["user_name"] != manager && r["manager_name"] != manager
	})
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat(" --- |", len(columns)))
	for _, r := range rows[:min(samples, len(rows))] {
		for _, name := range columns {
			cell := ""
			switch v := r[name].(type) {
			case nil:
			case float64:
				cell = fmt.Sprintf("%.0f", v)
			default:
				cell = fmt.Sprint(v)
			}
			b.WriteString("| " + cell + " ")
		}
		b.WriteString("|\n")
	}
	return b.String()
}

const begin, end = "<!-- sample: made by make gen -->\n", "<!-- end of sample -->\n"

// insert puts the table between its marks.
func insert(readme, table string) error {
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	before, rest, ok1 := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		return fmt.Errorf("%s has no marks for the sample", readme)
	}
	return os.WriteFile(readme, []byte(before+begin+table+end+after), 0o644)
}
