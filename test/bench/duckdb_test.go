//go:build cgo && linux

package bench

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// BenchmarkDuckDB makes the rows of one result with DuckDB, in a process of its own: the quickest way that is not Go.
func BenchmarkDuckDB(b *testing.B) {
	dir := b.TempDir()
	build := exec.Command("go", "build", "-o", dir, ".") // a module of its own
	build.Dir = "duckdb"
	if output, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v\n%s", build, err, output)
	}
	for _, e := range []sim.Encoding{sim.Arrays, sim.CSV} {
		b.Run(string(e)+"/100MB", func(b *testing.B) {
			s := sized("", e, 100_000_000, sim.Quirks{})
			r := newResult(b, e, s.People)
			var used time.Duration
			var peak int64
			for b.Loop() {
				run := exec.CommandContext(b.Context(), filepath.Join(dir, "duckdb"), string(e), r.file.Name(), filepath.Join(b.TempDir(), "rows.parquet"))
				output, err := run.CombinedOutput()
				if err != nil || string(output) != fmt.Sprintln(r.entries) {
					b.Fatalf("%v, not %d rows: %s", err, r.entries, output)
				}
				used += cpu(run)
				peak = max(peak, run.ProcessState.SysUsage().(*syscall.Rusage).Maxrss<<10)
			}
			b.ReportMetric(float64(r.entries), "rows/op")
			b.ReportMetric(float64(used)/float64(b.N*r.entries), "cpu-ns/row")
			b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
		})
	}
}
