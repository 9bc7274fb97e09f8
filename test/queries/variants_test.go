package queries

import (
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// variants are the questions of docs/queries/README.md that have no file, in their order: what each answers, and what a mistake puts in the place
// of a part of it.
var variants = []struct {
	name          string
	answer        func(*story, *database) []row
	part, instead string
}{
	{"share submitted", shareSubmitted, "FROM clari_person_week p\nWHERE", "FROM clari_person_week p\nWHERE p.effective_value IS NOT NULL AND"},
	{"rate", rates, "b.requested_currency = ''", "b.requested_currency = a.requested_currency"},
	{"season", season, ", p.fiscal_quarter ORDER BY", " ORDER BY"},
	{"quotas of reports", quotasOfReports, " AND r.in_latest_export", ""},
	{"conversion", conversion, "p.hierarchy_level = 0 AND ", ""},
}

var sqlBlock = regexp.MustCompile("(?s)```sql\n(.*?);\n```")

// TestVariants: the questions in the docs are answered as the stand-in knows it.
func TestVariants(t *testing.T) {
	t.Parallel()
	s, blocks := years(t), variantTexts(t)
	each(t, s, "overwrite", func(t *testing.T, d *database) {
		for i, v := range variants {
			want := v.answer(s, d)
			equal(t, v.name, d.answer(t, blocks[i]), want)
			wrong := strings.Replace(blocks[i], v.part, v.instead, 1)
			if wrong == blocks[i] || len(difference(d.answer(t, wrong), want)) == 0 {
				t.Errorf("%s: a mistake in it, and nobody notices", v.name)
			}
		}
		for _, b := range blocks {
			if wrong := outOfCommon(b); wrong != "" {
				t.Errorf("%s\n%s", wrong, b)
			}
		}
	})
}

// variantTexts are the queries of the variants, in the order of the docs.
func variantTexts(t *testing.T) (texts []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/queries/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(text), "### Variants\n")
	part, _, _ = strings.Cut(part, "\nHow to read them all:")
	for _, block := range sqlBlock.FindAllStringSubmatch(part, -1) {
		texts = append(texts, block[1])
	}
	if len(texts) != len(variants) {
		t.Fatalf("%d variants in the docs, and %d are tested", len(texts), len(variants))
	}
	return texts
}

// years are those of one tab, in two currencies. Somebody leaves in the newest week.
var years = remembered(func(t *testing.T) *story {
	t.Helper()
	tenant := designed()
	tenant.Leavers = map[int]time.Time{6: day(31, 0)}
	tenant.Amounts = func(s sim.Sale) sim.Amounts {
		a := designedAmounts(s)
		if s.Field.Name == "Best Case" {
			a.Forecast *= 2
		}
		return a
	}
	tab := map[string]any{"id": "bookings", "types": allTypes}
	s := tell(t, sim.Config{Tenant: tenant}, map[string]any{
		"forecasts": []map[string]any{tab, {"id": "bookings", "types": allTypes, "currency": "EUR"}}, "periods": []string{"1999_Q4", "previous", "current"}, "fiscal_year_start_month": 2,
	}, false, day(30, 6), day(31, 18))
	s.asTables = true
	return s
})

func shareSubmitted(s *story, d *database) (want []row) {
	counts := map[[5]any][2]float64{}
	for _, c := range s.personWeeks(d) {
		k := [5]any{c.place, c.period["time_period_id"], c.start(), c.field, c.user["manager_user_id"]}
		n := counts[k]
		n[0]++
		if c.entry["is_updated"] == true {
			n[1]++
		}
		counts[k] = n
	}
	for k, n := range counts {
		want = append(want, with(nil, nil, map[string]any{
			"forecast_key": k[0], "time_period_id": k[1], "week_start_date": k[2], "field_id": k[3], "current_manager": k[4], "people": int(n[0]), "share_submitted": n[1] / n[0],
		}))
	}
	return want
}

func rates(s *story, d *database) (want []row) {
	key := func(c *cell) [5]any {
		return [5]any{c.user["requested_period"], c.period["time_period_id"], c.start(), c.user["user_id"], c.field}
	}
	own := map[[5]any]any{}
	for _, c := range s.personWeeks(d) {
		if c.user["requested_currency"] == "" {
			own[key(c)] = c.effective
		}
	}
	for _, c := range s.personWeeks(d) {
		if v := own[key(c)]; c.user["requested_currency"] != "" && c.effective != nil && v != nil {
			want = append(want, with(c.user, []string{"forecast_id", "requested_period", "user_id"}, map[string]any{
				"time_period_id": c.period["time_period_id"], "week_start_date": c.start(), "field_id": c.field, "field_name": c.fieldName, "currency_code": c.entry["currency_code"],
				"effective_value": c.effective, "own_value": v, "own_currency": "USD", "rate": over(c.effective, v),
			}))
		}
	}
	return want
}

func season(s *story, d *database) (want []row) {
	closed := map[[5]any]any{}
	key := func(c *cell, year int64) [5]any {
		return [5]any{c.user["requested_currency"], c.user["user_id"], c.field, c.period["fiscal_quarter"], year}
	}
	all := s.series(d)
	for _, list := range all {
		closed[key(list[0], list[0].period["fiscal_year"].(int64))] = newest(list, closedOf)
	}
	for _, list := range all {
		c, year := list[0], list[0].period["fiscal_year"].(int64)
		want = append(want, with(c.user, []string{"forecast_id", "requested_currency", "user_id"}, map[string]any{
			"field_id": c.field, "field_name": c.fieldName, "fiscal_year": year, "fiscal_quarter": c.period["fiscal_quarter"], "closed": newest(list, closedOf), "closed_year_before": closed[key(c, year-1)],
		}))
	}
	return want
}

func quotasOfReports(s *story, d *database) (want []row) {
	last := map[any]int{}
	cells := s.personWeeks(d)
	for _, c := range cells {
		last[c.place] = max(last[c.place], c.weekPlace)
	}
	for _, m := range cells {
		if m.weekPlace != last[m.place] {
			continue
		}
		sum, reports, currencies := any(nil), 0, []any(nil)
		for _, r := range cells {
			if r.place == m.place && r.weekPlace == m.weekPlace && r.field == m.field && r.isPresent && r.user["manager_user_id"] == m.user["user_id"] && r.period["time_period_id"] == m.period["time_period_id"] {
				reports, currencies = reports+1, append(currencies, r.currency)
				if v, ok := r.quota.(float64); ok {
					before, _ := sum.(float64)
					sum = before + v
				}
			}
		}
		over := minus(sum, m.quota)
		if !inOneCurrency(append(currencies, m.currency)...) {
			over = nil
		}
		if !inOneCurrency(currencies...) {
			sum = nil
		}
		if reports > 0 {
			want = append(want, m.is(map[string]any{"quota": m.quota, "quota_of_reports": sum, "over_assigned": over}))
		}
	}
	return want
}

func conversion(s *story, d *database) (want []row) {
	type group struct{ currency, field, weeks any }
	ofCall, ofTotal, quarters := map[group][]float64{}, map[group][]float64{}, map[group]int{}
	for _, list := range s.series(d) {
		closed := newest(list, closedOf)
		for _, c := range list {
			if c.user["hierarchy_level"] != int64(0) || closed == nil || !s.isOver(c.period) {
				continue
			}
			g := group{c.user["requested_currency"], c.field, c.week["weeks_to_end"]}
			quarters[g]++
			if v, ok := over(closed, c.effective).(float64); ok && !math.IsInf(v, 0) {
				ofCall[g] = append(ofCall[g], v)
			}
			if v, ok := over(closed, number(c.entry, "crm_total")).(float64); ok {
				ofTotal[g] = append(ofTotal[g], v)
			}
		}
	}
	for g, n := range quarters {
		want = append(want, with(nil, nil, map[string]any{
			"forecast_id": "bookings", "requested_currency": g.currency, "field_id": g.field, "weeks_to_end": g.weeks, "quarters": n, "closed_of_call": mean(ofCall[g]), "closed_of_total": mean(ofTotal[g]),
		}))
	}
	return want
}
