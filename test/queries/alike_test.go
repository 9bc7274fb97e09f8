package queries

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
	"github.com/cq-source-clari/cq-source-clari/test/queries/truth"
)

// alike are the statements that give two fields of each tab one label.
var alike = []string{
	"UPDATE clari_forecast_entries SET field_name = 'Commit' WHERE field_name = 'Best Case'",
	"UPDATE clari_forecast_fields SET name = 'Commit' WHERE name = 'Best Case'",
}

func makeAlike(r oracle.Row) {
	if r["field_name"] == "Best Case" {
		r["field_name"] = "Commit"
	}
}

var (
	groups   = regexp.MustCompile(`(PARTITION|GROUP) BY [^);]*`)
	fieldIDs = regexp.MustCompile(`\b([a-eg-vx-z])\.field_id = ([a-eg-vx-z])\.field_id`) // f and w have no such column
)

// byLabel are mutants of a query that take fields with one label for one field: where it groups or partitions by field, and where it joins by it.
func byLabel(text string) (wrong []string) {
	wrong = []string{
		groups.ReplaceAllStringFunc(text, func(found string) string { return strings.ReplaceAll(found, ".field_id", ".field_name") }),
		fieldIDs.ReplaceAllString(text, "$1.field_name = $2.field_name"),
	}
	return slices.DeleteFunc(wrong, func(w string) bool { return w == text })
}

// TestEqualLabels: two fields of one tab with one label stay two, in every question that is asked of the mart, in its variants, and in the marts.
func TestEqualLabels(t *testing.T) {
	t.Parallel()
	s := truth.Of(years(t)).But(makeAlike, alike...)
	ask := func(t *testing.T, d *story.Database, name, text string, want []story.Row) (mutants int) {
		story.Equal(t, name, d.Answer(t, text), want)
		if d.Name != "SQLite" { // which takes columns that are not grouped
			return 0
		}
		wrong := byLabel(text)
		for i, w := range wrong {
			if len(story.Difference(d.Answer(t, w), want)) == 0 {
				t.Errorf("%s: two fields are taken for one, and nobody notices: mutant %d", name, i)
			}
		}
		return len(wrong)
	}
	story.Each(t, &s.Story, "overwrite", func(t *testing.T, d *story.Database) {
		without := map[string]bool{"week_over_week": true, "overrides": true, "rate": true} // neither groups nor joins: the mart does
		for _, q := range queries.All() {
			reads := slices.ContainsFunc(q.Uses, func(used string) bool { return strings.HasPrefix(used, "clari_person_week") })
			if !reads && q.Name != "clari_person_week" || q.Name == "clari_person_week_today" {
				continue
			}
			want := truth.Oracles[q.Name]
			if q.Name == "salesforce_closed" {
				want = truth.SalesforceClosed
			}
			if n := ask(t, d, q.Name, q.Select, want(t, s, d)); n == 0 && d.Name == "SQLite" && !without[q.Name] {
				t.Errorf("%s has no mutant", q.Name)
			}
		}
		for i, text := range variantTexts(t) {
			if n := ask(t, d, variants[i].name, text, variants[i].answer(s, d)); n == 0 && d.Name == "SQLite" && !without[variants[i].name] {
				t.Errorf("%s has no mutant", variants[i].name)
			}
		}
	})
	other := truth.Of(story.ThreeExports(t, nil))
	other.Edits = alike
	story.Each(t, &other.Story, "append", func(t *testing.T, d *story.Database) {
		want := truth.Oracles["clari_forecast_changes"](t, other, d)
		for _, r := range want {
			if r["field_name"] == "Best Case" {
				r["field_name"] = "Commit"
			}
		}
		if ask(t, d, "clari_forecast_changes", story.ByName("clari_forecast_changes").Select, want) == 0 && d.Name == "SQLite" {
			t.Error("clari_forecast_changes has no mutant")
		}
	})
}
