package queries

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/test/queries/truth"
)

var (
	cte  = regexp.MustCompile(`(?m)^(WITH )?\w+ AS \(`)
	join = regexp.MustCompile(`\bJOIN\b`)
)

// TestShort: a question that is asked of the marts has at most 25 lines, two joins and two common table expressions, and each question has its oracle
// and a mutant. With -v it prints them all.
func TestShort(t *testing.T) {
	var tests strings.Builder
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	inner, err := filepath.Glob("*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(files, inner...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(text)
	}
	for _, q := range queries.All() {
		if q.IsView {
			continue
		}
		lines, joins, ctes := strings.Count(q.Select, "\n")+1, len(join.FindAllString(q.Select, -1)), len(cte.FindAllString(q.Select, -1))
		ofMarts := slices.ContainsFunc(q.Uses, func(used string) bool {
			return used == "clari_person_week" || used == "clari_person_week_today" || used == "clari_forecast_changes"
		})
		if ofMarts && (lines > 25 || joins > 2 || ctes > 2) {
			t.Errorf("%s: %d lines, %d joins, %d common table expressions", q.Name, lines, joins, ctes)
		}
		oracle := "TestQueries"
		if truth.Oracles[q.Name] == nil {
			oracle = "its own"
		}
		mutants := len(regexp.MustCompile(`(\{|Mutant\(t, )"`+q.Name+`", `).FindAllString(tests.String(), -1))
		if ofMarts {
			mutants += len(byLabel(q.Select)) // TestEqualLabels
		}
		t.Logf("%-25s %2d lines, %d joins, %d CTEs; oracle: %-11s; mutants: %d", q.Name, lines, joins, ctes, oracle, mutants)
		if mutants == 0 {
			t.Errorf("%s has no mutant", q.Name)
		}
	}
}
