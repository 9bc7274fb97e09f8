package world

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
)

// Landed checks that every job which the exports table says landed is there whole, unless a later one has replaced it. It returns
// how many jobs landed.
func (w *World) Landed() (jobs int) {
	w.T.Helper()
	byID := map[string]sim.Job{}
	for _, job := range w.Sim.Ledger().Jobs {
		byID[job.ID] = job
	}
	newest := map[string]Row{}
	for _, r := range w.Destination.Rows("clari_forecast_exports", HasLanded) {
		jobs++
		key := fmt.Sprint(r["forecast_id"], r["scope_id"], r["requested_currency"], r["requested_period"])
		if w.Spec["history"] == true {
			key += fmt.Sprint(r["snapshot_date"])
		}
		if before := newest[key]; before == nil || before.Time("exported_at").Before(r.Time("exported_at")) {
			newest[key] = r
		}
	}
	for _, r := range newest {
		if wrong := w.Destination.Differ(byID[r["job_id"].(string)]); len(wrong) > 0 {
			w.T.Errorf("%s %s:%s", r["forecast_id"], r["requested_period"], Lines(wrong))
		}
	}
	return jobs
}

// Windows are what the exports table tells of windows, the newest first.
func (w *World) Windows(outcome string) (lines []string) {
	for _, r := range w.Destination.Rows("clari_activity_exports", func(r Row) bool { return r["outcome"] == outcome }) {
		lines = append(lines, fmt.Sprintf("%s..%s", r["window_start"], r["window_end"]))
	}
	slices.Sort(lines)
	slices.Reverse(lines)
	return lines
}

func HasLanded(r Row) bool {
	return r["outcome"] == "exported" || r["outcome"] == "adopted" || r["outcome"] == "landed_again"
}

// Snapshots counts the times by which each job's rows are dated.
func (w *World) Snapshots() map[any]int {
	times, n := map[[2]any]bool{}, map[any]int{}
	for _, r := range w.Destination.Tables["clari_forecast_entries"] {
		if at := [2]any{r["job_id"], r["exported_at"]}; !times[at] {
			times[at] = true
			n[r["job_id"]]++
		}
	}
	return n
}

// KeepsTheKey looks for the API key in all that can be seen of a sync.
func (w *World) KeepsTheKey(err error) {
	w.T.Helper()
	places := map[string]string{"log": w.Logs.String(), "error": fmt.Sprint(err), "state": fmt.Sprint(w.State)}
	for name, rows := range w.Destination.Tables {
		places[name] = fmt.Sprint(slices.Collect(maps.Values(rows)))
	}
	for place, text := range places {
		if strings.Contains(text, w.Sim.Key()) {
			w.T.Errorf("%s: the API key is in it: %s", place, text)
		}
	}
}

// LedgerOf are the jobs that requests created for a tab.
func (w *World) LedgerOf(tab string) []sim.Job {
	return slices.DeleteFunc(w.Sim.Ledger().Created(), func(j sim.Job) bool { return j.Forecast != tab })
}

// Intact counts the tabs whose newest export that landed is there whole.
func (w *World) Intact() (n int) {
	newest := map[any]Row{}
	for _, r := range w.Destination.Rows("clari_forecast_exports", HasLanded) {
		if before := newest[r["forecast_id"]]; before == nil || before.Time("exported_at").Before(r.Time("exported_at")) {
			newest[r["forecast_id"]] = r
		}
	}
	for _, job := range w.Sim.Ledger().Jobs {
		if newest[job.Forecast]["job_id"] == job.ID && len(w.Destination.Differ(job)) == 0 {
			n++
		}
	}
	return n
}

func (w *World) inState(status string) {
	if job, _ := w.Sim.Job(1); job.Status(w.Sim.Now()) != status {
		w.T.Errorf("the trap went off while the job was %s, not %s", job.Status(w.Sim.Now()), status)
	}
}

// Spent checks how many exports the ledger counts.
func (w *World) Spent(want int) {
	w.T.Helper()
	if got := w.Sim.Ledger().Spent(); got != want {
		w.T.Errorf("%d exports spent, want %d", got, want)
	}
}

// Exports are the rows of clari_forecast_exports with an outcome.
func (w *World) Exports(outcome string) []Row {
	return w.Destination.Rows("clari_forecast_exports", func(r Row) bool { return r["outcome"] == outcome })
}

// Values are the different values of a column, and how often each occurs.
func (w *World) Values(table, column string) map[any]int {
	n := map[any]int{}
	for _, r := range w.Destination.Tables[table] {
		n[r[column]]++
	}
	return n
}

// Tidy checks what must hold of every run.
func (w *World) Tidy() {
	w.T.Helper()
	l := w.Sim.Ledger()
	if gap, ok := l.MinPollGap(); ok && gap < 5*time.Second {
		w.T.Errorf("two polls of a job %s apart", gap)
	}
	if early := l.TooEarly(); len(early) > 0 {
		w.T.Errorf("sent before Retry-After ran out: %v", early)
	}
	for key, value := range w.State {
		if len(value) > 1024 {
			w.T.Errorf("state %s has %d bytes", key, len(value))
		}
	}
}

// Differ compares the rows that landed from a job with its truth and returns what differs, one line each, at most a few.
func (w *Destination) Differ(job sim.Job, tables ...string) []string {
	if len(tables) == 0 {
		tables = oracle.Tables()
	}
	var wrong []string
	for _, table := range tables {
		landed := func(yield func(oracle.Row) bool) {
			for _, r := range w.Rows(table, func(r Row) bool { return r["job_id"] == job.ID }) {
				if !yield(oracle.Canonical(r)) {
					return
				}
			}
		}
		lines, _ := oracle.Differ(job, table, landed, oracle.Perhaps)
		wrong = append(wrong, lines...)
	}
	if len(wrong) > 6 {
		wrong = append(wrong[:6], fmt.Sprintf("and %d more", len(wrong)-6))
	}
	return wrong
}

func Lines(wrong []string) string { return "\n  " + strings.Join(wrong, "\n  ") }
