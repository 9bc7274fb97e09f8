package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/command"
	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
)

// TestDemo runs what "make demo" does, on fewer people. It compares all rows with the stand-in's truth itself.
func TestDemo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 2 { // the second in place of the first
		output, err := exec.CommandContext(t.Context(), tryPath, "demo", "--out", dir, "--people", "8", "--job-time", "20ms").CombinedOutput()
		require.NoError(t, err, "%s", output)
		for _, part := range []string{
			"INF export started forecast_id=net_arr", "INF export landed forecast_id=renewals", " clari_forecast_entries\n",
			"24 exports spent. 976 of 1000 are left in these 30 days.", "rows of 24 exports are what the stand-in had to export.",
			"\nnet_arr, ", ": Commit is ", "\nThe page: ", "demo.html\n",
		} {
			require.Contains(t, string(output), part)
		}
	}
	again, err := exec.CommandContext(t.Context(), tryPath, "report", filepath.Join(dir, "demo.sqlite")).CombinedOutput()
	require.NoError(t, err, "%s", again)
	require.Contains(t, string(again), "\nnet_arr, ", "the next command that the demo names shows the tab that it showed")
	_, problems := command.Load([]string{filepath.Join(dir, "demo.yml")}, specfile.Env{Lookup: lookup})
	require.Empty(t, problems, "what check says of it")
	html, err := os.ReadFile(filepath.Join(dir, "demo.html"))
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(html), "<svg"))
	for _, outside := range []string{"src=", "href=", "url(", "@import", "<script"} { // the page loads nothing
		require.NotContains(t, string(html), outside)
	}
}
