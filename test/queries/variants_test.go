package queries

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
	"github.com/cq-source-clari/cq-source-clari/test/queries/truth"
)

// variants are the questions of docs/queries/README.md that have no file, in their order: what each answers, and what a mistake puts in the place
// of a part of it.
var variants = []struct {
	name          string
	answer        func(*truth.Story, *story.Database) []story.Row
	part, instead string
}{
	{"share submitted", truth.ShareSubmitted, "FROM clari_person_week p\nWHERE", "FROM clari_person_week p\nWHERE p.effective_value IS NOT NULL AND"},
	{"rate", truth.Rates, "b.requested_currency = ''", "b.requested_currency = a.requested_currency"},
	{"season", truth.Season, ", p.fiscal_quarter ORDER BY", " ORDER BY"},
	{"quotas of reports", truth.QuotasOfReports, " AND r.in_latest_export", ""},
	{"conversion", truth.Conversion, "p.hierarchy_level = 0 AND ", ""},
}

var sqlBlock = regexp.MustCompile("(?s)```sql\n(.*?);\n```")

// TestVariants: the questions in the docs are answered as the stand-in knows it.
func TestVariants(t *testing.T) {
	t.Parallel()
	s, blocks := truth.Of(years(t)), variantTexts(t)
	story.Each(t, &s.Story, "overwrite", func(t *testing.T, d *story.Database) {
		for i, v := range variants {
			want := v.answer(s, d)
			story.Equal(t, v.name, d.Answer(t, blocks[i]), want)
			wrong := strings.Replace(blocks[i], v.part, v.instead, 1)
			if wrong == blocks[i] || len(story.Difference(d.Answer(t, wrong), want)) == 0 {
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
var years = story.Remembered(func(t *testing.T) *story.Story {
	t.Helper()
	tenant := story.Designed()
	tenant.Leavers = map[int]time.Time{6: story.Day(31, 0)}
	tenant.Amounts = func(s sim.Sale) sim.Amounts {
		a := story.DesignedAmounts(s)
		if s.Field.Name == "Best Case" {
			a.Forecast *= 2
		}
		return a
	}
	tab := map[string]any{"id": "bookings", "types": story.AllTypes}
	s := story.Tell(t, sim.Config{Tenant: tenant}, map[string]any{
		"forecasts": []map[string]any{tab, {"id": "bookings", "types": story.AllTypes, "currency": "EUR"}}, "periods": []string{"1999_Q4", "previous", "current"}, "fiscal_year_start_month": 2,
	}, false, story.Day(30, 6), story.Day(31, 18))
	s.AsTables = true
	return s
})
