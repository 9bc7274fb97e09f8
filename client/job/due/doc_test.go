package due

import (
	options "flag"
	"fmt"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/docs/parts"
)

//go:generate go test -run ^TestDecideDocumented$ -update .

var update = options.Bool("update", false, "write the table of what is due into the documentation")

// TestDecideDocumented holds the table of what is due in the documentation against the rules.
func TestDecideDocumented(t *testing.T) {
	var table strings.Builder
	table.WriteString("\n| # | when | then |\n| --- | --- | --- |\n")
	for _, r := range rules {
		fmt.Fprintf(&table, "| %s | %s | %s |\n", r.row, r.when, r.then)
	}
	if err := parts.Put("../../../docs/reliability.md", "what is due", table.String()+"\n", *update); err != nil {
		t.Error(err)
	}
}
