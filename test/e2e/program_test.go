package e2e

import (
	"debug/buildinfo"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLinksNoDatabase: the plugin is small and starts fast; a database would be for the programs beside it.
func TestLinksNoDatabase(t *testing.T) {
	info, err := buildinfo.ReadFile(pluginPath)
	require.NoError(t, err)
	require.NotEmpty(t, info.Deps)
	for _, dep := range info.Deps {
		for _, database := range []string{"sqlite", "pgx", "duckdb", "chdb", "lib/pq"} {
			require.NotContains(t, dep.Path, database)
		}
	}
}

// TestCommands runs the plugin's own commands as processes.
func TestCommands(t *testing.T) {
	for _, test := range []struct {
		args string
		want string
		fail bool
	}{
		{"--help", "Find everything that would make a sync fail", false},
		{"plan --help", "cq-source-clari plan SPEC... [flags]", false},
		{"check absent.yml", "problem  absent.yml: cannot be read: ", true},
		{"plan absent.yml", "problem  absent.yml: cannot be read: ", true},
	} {
		out, err := exec.CommandContext(t.Context(), pluginPath, strings.Fields(test.args)...).CombinedOutput()
		require.Equal(t, test.fail, err != nil, "%s: %v\n%s", test.args, err, out)
		require.Contains(t, string(out), test.want)
	}
}

// BenchmarkStart is how long the program takes from its start to its end where it has nothing to do: the median of 20.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		var took []time.Duration
		for range 20 {
			began := time.Now()
			if err := exec.CommandContext(b.Context(), pluginPath, "--version").Run(); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/start")
	}
}
