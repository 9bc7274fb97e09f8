package lifecycle

import (
	"fmt"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/truth"
)

// differ compares the rows that landed from a job with its truth and returns what differs, one line each, at most a few.
func (w *warehouse) differ(job sim.Job, tables ...string) []string {
	if len(tables) == 0 {
		tables = truth.Tables
	}
	var wrong []string
	for _, table := range tables {
		landed := func(yield func(truth.Row) bool) {
			for _, r := range w.rows(table, func(r row) bool { return r["job_id"] == job.ID }) {
				if !yield(truth.Canonical(r)) {
					return
				}
			}
		}
		lines, _ := truth.Differ(job, table, landed, truth.Perhaps)
		wrong = append(wrong, lines...)
	}
	if len(wrong) > 6 {
		wrong = append(wrong[:6], fmt.Sprintf("and %d more", len(wrong)-6))
	}
	return wrong
}

func lines(wrong []string) string { return "\n  " + strings.Join(wrong, "\n  ") }
