package story

import (
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
)

// ByName is one of the queries of the docs.
func ByName(name string) queries.Query {
	for _, q := range queries.All() {
		if q.Name == name {
			return q
		}
	}
	return queries.Query{}
}

// Mutant is a query with a mistake in it.
func Mutant(t *testing.T, question, part, instead string) string {
	t.Helper()
	right := ByName(question).Without("activities")
	wrong := strings.Replace(right, part, instead, 1)
	if wrong == right {
		t.Errorf("%s has no %q", question, part)
	}
	return wrong
}

// Opportunity is a table of Salesforce's, as far as queries read it.
const Opportunity = "opportunity (id TEXT, owner_id TEXT, is_won BOOLEAN, close_date DATE, amount DOUBLE PRECISION)"
