// Command gen writes the README's picture and its sample rows, and the sample of a report, from a sales team at a fixed time: they change only where the tables or
// the drawing do.
package main

import (
	"fmt"
	"html/template"
	"log"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/docs/parts"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/try/page"
)

// now is the time of the picture, in the last weeks of a quarter.
var now = time.Date(2026, 1, 14, 9, 0, 0, 0, time.UTC)

const (
	people = 40
	tab    = "net_arr"
)

func main() {
	if err := run("../../docs/forecast.svg", "../../docs/report.html", "../../README.md"); err != nil {
		log.Fatal(err)
	}
}

func run(picture, page, readme string) error {
	tenant := sim.SalesTeam(people, now)
	current := tenant.Calendar.QuarterOf(now)
	if err := os.WriteFile(picture, []byte(string(chart(tenant, current))+"\n"), 0o644); err != nil {
		return err
	}
	if err := sampleReport(tenant, current, page); err != nil {
		return err
	}
	return parts.Put(readme, "sample", sample(entries(tenant, current)), true)
}

// entries are the rows of clari_forecast_entries of one export, in the order of people and weeks.
func entries(tenant sim.Tenant, quarter sim.Quarter) []oracle.Row {
	return slices.SortedFunc(oracle.Of(exported(tenant, quarter))["clari_forecast_entries"], func(a, b oracle.Row) int {
		return strings.Compare(order(a), order(b))
	})
}

// exported is a job that exported a quarter at the time of the picture.
func exported(tenant sim.Tenant, quarter sim.Quarter) sim.Job {
	return sim.Job{ID: "1", Forecast: tab, Got: quarter.String(), Export: sim.Export{
		Tenant: &tenant, Tab: tenant.Tabs[0], Quarter: quarter, Historical: true, Encoding: sim.FlatObjects, At: now,
		Types: []string{"forecast", "forecast_updated", "quota", "adjustment", "crm_closed"},
	}}
}

func order(r oracle.Row) string {
	return fmt.Sprintln(r["week_start_date"], r["hierarchy_level"], r["user_name"], r["field_name"])
}

// chart is what the root says, in the quarter before and this one.
func chart(tenant sim.Tenant, current sim.Quarter) template.HTML {
	c := page.Chart{
		Title: "Calls by week against quota and closed", Zero: true,
		Series: []page.Series{{Name: "Commit"}, {Name: "Best Case"}, {Name: "closed"}, {Name: "quota", Dashed: true}},
	}
	add := func(i int, x float64, v any) {
		if y, ok := v.(float64); ok {
			c.Series[i].Points = append(c.Series[i].Points, page.Point{X: x, Y: y})
		}
	}
	var first, last time.Time
	for _, quarter := range []sim.Quarter{current.Add(-1), current} {
		for i := range c.Series {
			c.Series[i].Points = append(c.Series[i].Points, page.Point{Y: math.NaN()})
		}
		for _, r := range entries(tenant, quarter) {
			at, err := time.Parse(time.DateOnly, fmt.Sprint(r["week_start_date"]))
			if err != nil || r["hierarchy_level"] != int64(0) || at.After(now) {
				continue
			}
			if last = at; first.IsZero() {
				first = at
			}
			x := float64(at.Unix())
			switch r["field_name"] {
			case "Commit":
				add(0, x, r["forecast_value"])
				add(2, x, r["crm_closed"])
			case "Best Case":
				add(1, x, r["forecast_value"])
			case "Quota":
				add(3, x, r["quota_value"])
			}
		}
	}
	c.Ticks = page.Days(first, last)
	return c.SVG()
}

var columns = []string{
	"user_name", "role", "hierarchy_level", "manager_name", "field_name", "week_start_date", "forecast_value", "quota_value", "adjustment_value", "crm_closed", "is_updated",
}

// sample is the newest week of a person of each level, each the manager of the next, two fields each, as a table.
func sample(rows []oracle.Row) string {
	latest := rows[len(rows)-1]["week_start_date"]
	shown := map[int64]any{} // level to person
	rows = slices.DeleteFunc(rows, func(r oracle.Row) bool {
		level, person := r["hierarchy_level"].(int64), r["user_name"]
		if r["week_start_date"] == latest && shown[level] == nil && (level == 0 || r["manager_name"] == shown[level-1]) {
			shown[level] = person
		}
		return r["week_start_date"] != latest || shown[level] != person || r["field_name"] != "Commit" && r["field_name"] != "Quota"
	})
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat(" --- |", len(columns)))
	for _, r := range rows {
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
