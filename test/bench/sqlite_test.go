package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/runner"
)

// specVariable makes this program the runner of one sync, a process of its own: it names the file of the spec.
const specVariable = "BENCH_SPEC"

func TestMain(m *testing.M) {
	spec := os.Getenv(specVariable)
	if spec == "" {
		os.Exit(m.Run())
	}
	config, err := runner.Load(spec, os.LookupEnv)
	var done *runner.Summary
	if err == nil {
		done, err = runner.Sync(context.Background(), config, runner.Options{LogLevel: "error"})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for name, rows := range done.Tables {
		fmt.Println(rows, name)
	}
}

// BenchmarkSyncSQLite is a whole sync of one export to SQLite. Source, runner and destination are processes of their own, as under the
// CLI; the stand-in for Clari is in this one, whose CPU time does not count.
func BenchmarkSyncSQLite(b *testing.B) {
	dir := build(b, "../..", "../sqlite/cq-destination-sqlite")
	for _, e := range []sim.Encoding{sim.Arrays, sim.CSV} {
		b.Run(string(e), func(b *testing.B) { toSQLite(b, dir, scenario{string(e), tenant(500), e, sim.Quirks{}, 1}) })
	}
}

func toSQLite(b *testing.B, programs string, s scenario) {
	var source, runner, destination time.Duration
	for b.Loop() {
		b.StopTimer()
		server, spec := s.start(b)
		from, to := serve(b, filepath.Join(programs, "cq-source-clari")), serve(b, filepath.Join(programs, "cq-destination-sqlite"))
		run := exec.CommandContext(b.Context(), os.Args[0])
		run.Env = append(os.Environ(), specVariable+"="+writeSpec(b, from.address, to.address, spec))
		b.StartTimer()
		output, err := run.CombinedOutput()
		b.StopTimer()
		from.stop()
		to.stop()
		if err != nil {
			b.Fatalf("%v\n%s", err, output)
		}
		if want := fmt.Sprintf("%d %s\n", s.entries(), forecast.EntriesTable.Name); !strings.Contains(string(output), want) {
			b.Fatalf("not %q:\n%s", want, output)
		}
		source, runner, destination = source+cpu(from.Cmd), runner+cpu(run), destination+cpu(to.Cmd)
		server.Close()
		b.StartTimer()
	}
	rows := float64(b.N * s.entries())
	b.ReportMetric(float64(s.entries()), "rows/op")
	b.ReportMetric(float64(source)/rows, "plugin-cpu-ns/row")
	b.ReportMetric(float64(runner)/rows, "runner-cpu-ns/row")
	b.ReportMetric(float64(destination)/rows, "sqlite-cpu-ns/row")
	b.ReportMetric(100*float64(source)/float64(source+runner+destination), "plugin-%")
}

// writeSpec writes what the runner reads, and returns the file: JSON is YAML too.
func writeSpec(b *testing.B, source, destination string, spec map[string]any) string {
	b.Helper()
	dir := b.TempDir()
	var text []byte
	for _, document := range []map[string]any{
		{"kind": "source", "spec": map[string]any{
			"name": "clari", "registry": "grpc", "path": source, "tables": []string{"*"}, "destinations": []string{"sqlite"}, "spec": spec,
		}},
		{"kind": "destination", "spec": map[string]any{
			"name": "sqlite", "registry": "grpc", "path": destination, "write_mode": "overwrite",
			"spec": map[string]any{"connection_string": filepath.Join(dir, "bench.db")},
		}},
	} {
		data, err := json.Marshal(document)
		if err != nil {
			b.Fatal(err)
		}
		text = append(append(text, "---\n"...), append(data, '\n')...)
	}
	file := filepath.Join(dir, "spec.yml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		b.Fatal(err)
	}
	return file
}
