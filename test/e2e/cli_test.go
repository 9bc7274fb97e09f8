package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestCLI syncs with the real CLI. It cannot be had as a Go module, so it has to be there already.
func TestCLI(t *testing.T) {
	cli, err := exec.LookPath("cloudquery")
	if err != nil {
		t.Skip("no cloudquery on the PATH")
	}
	w := newWorld(t, sim.Config{Tenant: sim.Tenant{Tabs: tabs("net_arr", "bookings")}}, map[string]any{"periods": []string{"previous", "current"}})
	w.backend = true
	document := strings.NewReplacer(
		"path: cq/clari,", fmt.Sprintf("registry: local, path: %q,", pluginPath),
		"path: cloudquery/sqlite,", fmt.Sprintf("registry: local, path: %q,", destinationPath),
		"connection_string: unused", fmt.Sprintf("connection_string: %q", w.opts.DatabasePath),
	).Replace(w.document())
	file := filepath.Join(w.dir, "sync.yml")
	require.NoError(t, os.WriteFile(file, []byte(document), 0o600))

	run := func() error {
		c := exec.CommandContext(t.Context(), cli, "sync", file, "--log-console", "--no-log-file", "--telemetry-level", "none", "--cq-dir", filepath.Join(w.dir, ".cq"))
		c.Dir, c.Env = w.dir, append(w.opts.Env, "CLARI_API_KEY="+apiKey)
		output, err := c.CombinedOutput()
		w.told.Write(output)
		return err
	}
	require.NoError(t, run())
	w.landed(4)

	w.sim.Add(sim.Fault{Op: sim.Create, Forecast: "bookings", Count: sim.Always, Do: sim.Answer(403)})
	require.Error(t, run(), "exit code")
	require.Contains(t, w.told.String(), "forecast bookings period current")
	w.landed(4)
	require.Equal(t, 2, w.count("clari_forecast_exports", "outcome = 'failed'"))
}
