package reading

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// leftBehind are files in a directory, and open ones that were there.
func leftBehind(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, f.Name())
	}
	open, _ := filepath.Glob("/proc/self/fd/*") // none but on Linux
	for _, fd := range open {
		if name, err := os.Readlink(fd); err == nil && strings.HasPrefix(name, dir) {
			names = append(names, name)
		}
	}
	return names
}

// TestTheFileIsPrivate: a result that does not stay in memory lands whole, and of its file nothing can be seen, nor remains.
func TestTheFileIsPrivate(t *testing.T) {
	for _, shape := range []sim.Encoding{sim.Arrays, sim.CSV} {
		t.Run(string(shape), func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			huge(t, shape, func(w *world.World) {
				l := w.Collect()
				if l.Err != nil {
					t.Fatal(l.Err)
				}
				job := w.Sim.Ledger().Created()[0]
				if n := job.Export.Count().Entries; n != len(l.Rows["clari_forecast_entries"]) || n < 50_000 {
					t.Errorf("%d entries landed of %d", len(l.Rows["clari_forecast_entries"]), n)
				}
				for _, table := range []string{"clari_forecast_users", "clari_forecast_fields"} { // entries are compared where there are less
					rows := slices.Values(canonical(l, table))
					if wrong, _ := oracle.Differ(job, table, rows, oracle.Perhaps); len(wrong) > 0 {
						t.Errorf("%s", wrong)
					}
				}
			})
			if left := leftBehind(t, dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func canonical(l *world.Sent, table string) (rows []oracle.Row) {
	for _, r := range l.Rows[table] {
		rows = append(rows, oracle.Canonical(r))
	}
	return rows
}

func notLanded(t *testing.T, w *world.World) {
	t.Helper()
	l := w.Collect()
	if l.Err == nil || l.ResultRows() > 0 {
		t.Errorf("%d rows were sent, error: %v", l.ResultRows(), l.Err)
	}
	if n := w.Sim.Ledger().Spent(); n != 1 {
		t.Errorf("%d exports spent: the result is read again, not exported again", n)
	}
}
