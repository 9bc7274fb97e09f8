package matrix

import (
	"cmp"
	"flag"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/docs/parts"
)

var update = flag.Bool("update", false, "write what the tests find into the documentation")

// document holds the matrix against the documentation, or writes it there.
func document(t *testing.T, cells []cell, matrix map[string]seen) {
	if err := parts.Put("../../docs/faults.md", "the fault matrix", render(cells, matrix), *update); err != nil {
		t.Error(err)
	}
}

// render makes one table for each phase. Faults of which the same comes share a line.
func render(cells []cell, matrix map[string]seen) string {
	var b strings.Builder
	for _, p := range phases {
		var order []string
		faults := map[string][]string{}
		for _, c := range cells {
			if c.phase.name != p.name || c.forGood {
				continue
			}
			once := matrix[c.String()]
			c.forGood = true
			forGood := matrix[c.String()]
			text := cmp.Or(once.text, forGood.text)
			if text != "" {
				text = "`" + clip(text) + "`"
			}
			line := fmt.Sprintf("%s | %s | %s", once.describe(p), forGood.describe(p), text)
			if faults[line] == nil {
				order = append(order, line)
			}
			faults[line] = append(faults[line], c.kind.Name)
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| fault | once | from then on | the error |\n| --- | --- | --- | --- |\n", p.title, p.about)
		for _, line := range order {
			fmt.Fprintf(&b, "| %s | %s |\n", strings.Join(faults[line], ", "), line)
		}
	}
	return b.String() + "\n"
}

// describe is a cell of the table.
func (s seen) describe(p phase) string {
	switch {
	case s.outcome != "failed" && s.spent != 1:
		return fmt.Sprintf("%s, %d spent", s.outcome, s.spent)
	case s.outcome != "failed" || p.table != "":
		return s.outcome
	case s.next == 0:
		return fmt.Sprintf("failed, %d spent, then adopted", s.spent)
	}
	return fmt.Sprintf("failed, %d spent, then %d", s.spent, s.next)
}

// maxText is how much of an error the table shows, in bytes.
const maxText = 180

func clip(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "…"
}

var varying = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\b[0-9a-f]{24}\b`), "…"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "…"},
	{regexp.MustCompile(`^.*1 of 3 exports did not land: forecast b period 2000_Q4( job …)?: `), ""},
	{regexp.MustCompile(`^.*\(the job may or may not have been created\); then `), "… "},
	{regexp.MustCompile(` \((errorId|request_id) [^)]*\)`), ""},
}

// normal is an error's text without what differs from run to run.
func normal(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	for _, v := range varying {
		text = v.pattern.ReplaceAllString(text, v.with)
	}
	return text
}
