package dbt

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"
)

// topOnly is the filter that keeps a metric from adding up levels of the hierarchy.
var topOnly = regexp.MustCompile(`\{\{ Dimension\('person_week__hierarchy_level'\) \}\} = 0\b`)

// metrics reads what dbt makes of the semantic model that users copy: no measure is summed over weeks, and no metric over levels of the hierarchy.
func metrics(t *testing.T, name string) {
	t.Helper()
	type input struct{ Name string }
	var manifest struct {
		Models []struct {
			Measures []struct {
				Name string
				Over struct {
					Name    string
					Choice  string   `json:"window_choice"`
					Windows []string `json:"window_groupings"`
				} `json:"non_additive_dimension"`
			}
			Entities []struct{ Name, Expr string }
		} `json:"semantic_models"`
		Metrics []struct {
			Name   string
			Params struct {
				Measure                *input
				Numerator, Denominator *input
			} `json:"type_params"`
			Filter struct {
				Filters []struct {
					SQL string `json:"where_sql_template"`
				} `json:"where_filters"`
			}
		}
	}
	text, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(text, &manifest)
	}
	if err != nil {
		t.Fatal(err)
	}
	measures := map[string]bool{}
	for _, m := range manifest.Models {
		column := map[string]string{}
		for _, e := range m.Entities {
			column[e.Name] = e.Expr
		}
		for _, measure := range m.Measures {
			over := measure.Over
			if over.Name != "week_start_date" || over.Choice != "max" || len(over.Windows) != 1 || column[over.Windows[0]] != "forecast_key" {
				t.Errorf("measure %s is summed over weeks: %+v", measure.Name, over)
			}
			measures[measure.Name] = true
		}
	}
	filtered := map[string]bool{}
	for _, m := range manifest.Metrics {
		for _, f := range m.Filter.Filters {
			filtered[m.Name] = filtered[m.Name] || topOnly.MatchString(f.SQL)
		}
	}
	used := map[string]bool{}
	for _, m := range manifest.Metrics {
		switch p := m.Params; {
		case p.Measure != nil && filtered[m.Name]:
			used[p.Measure.Name] = true
		case p.Numerator != nil && p.Denominator != nil && filtered[p.Numerator.Name] && filtered[p.Denominator.Name]:
		default:
			t.Errorf("metric %s adds up levels of the hierarchy: %+v", m.Name, m)
		}
	}
	if len(used) < 3 || len(used) != len(measures) {
		t.Errorf("metrics use %v of the measures %v", used, measures)
	}
}
