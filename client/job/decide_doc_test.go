package job

import (
	options "flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

//go:generate go test -run ^TestDecideDocumented$ -update .

var update = options.Bool("update", false, "write the table of what is due into the documentation")

// TestDecideDocumented holds the table of what is due in the documentation against the rules.
func TestDecideDocumented(t *testing.T) {
	const file, begin, end = "../../docs/reliability.md", "<!-- what is due: written by make gen -->\n", "<!-- end of what is due -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s: no place for the table", file)
	}
	var table strings.Builder
	table.WriteString("\n| # | when | then |\n| --- | --- | --- |\n")
	for _, r := range rules {
		fmt.Fprintf(&table, "| %s | %s | %s |\n", r.row, r.when, r.then)
	}
	wanted := before + begin + table.String() + "\n" + end + after
	switch {
	case wanted == string(text):
	case *update:
		if err := os.WriteFile(file, []byte(wanted), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not what the rules say: run make gen", file)
	}
}
