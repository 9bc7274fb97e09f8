package e2e

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// A cli runs the real CLI on a world: the plugin and the embedded destination are local plugins to it. Telemetry is off, and whatever
// would leave this machine comes to a proxy that counts it.
type cli struct {
	*world
	program string
	proxy   string
	outside atomic.Int32
}

// newCLI is a world for the CLI: CLOUDQUERY names the program, else it is looked for on the PATH. .ci/cloudquery installs it.
func newCLI(t *testing.T, cfg sim.Config, fields map[string]any) *cli {
	program, err := exec.LookPath(cmp.Or(os.Getenv("CLOUDQUERY"), "cloudquery"))
	if err != nil {
		if os.Getenv("CI") == "true" && runtime.GOOS == "linux" && runtime.GOARCH == "amd64" {
			t.Fatal("no CloudQuery CLI: .ci/cloudquery installs it, CLOUDQUERY says where it is: ", err)
		}
		t.Skip("no CloudQuery CLI: .ci/cloudquery installs it, CLOUDQUERY says where it is: ", err)
	}
	c := &cli{world: newWorld(t, cfg, fields), program: program}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.outside.Add(1)
		t.Error("the CLI wants to go out: ", r.Method, " ", r.URL)
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	c.proxy = proxy.URL
	return c
}

// command is a run of the CLI with the world's document.
func (c *cli) command(args ...string) *exec.Cmd {
	c.Helper()
	document := strings.NewReplacer(
		"path: cq/clari,", fmt.Sprintf("registry: local, path: %q,", pluginPath),
		"path: cloudquery/sqlite,", fmt.Sprintf("registry: local, path: %q,", destinationPath),
		"connection_string: unused", fmt.Sprintf("connection_string: %q", c.opts.DatabasePath),
	).Replace(c.document())
	file := filepath.Join(c.dir, "sync.yml")
	require.NoError(c, os.WriteFile(file, []byte(document), 0o600))
	args = append(args, file, "--log-console", "--no-log-file", "--telemetry-level", "none", "--cq-dir", filepath.Join(c.dir, ".cq"))
	run := exec.CommandContext(c.Context(), c.program, args...)
	run.Dir = c.dir
	run.Env = append(c.opts.Env, "CLARI_API_KEY="+apiKey, "HOME="+c.dir, "HTTP_PROXY="+c.proxy, "HTTPS_PROXY="+c.proxy, "NO_PROXY=127.0.0.1,localhost")
	run.Stdout, run.Stderr = &c.told, &c.told
	return run
}

// run runs the CLI to its end.
func (c *cli) run(args ...string) error { return c.command(args...).Run() }

// fails runs what has to fail: with an exit code, not with a signal.
func (c *cli) fails(args ...string) {
	c.Helper()
	var exit *exec.ExitError
	require.ErrorAs(c, c.run(args...), &exit)
	require.Positive(c, exit.ExitCode())
}

var twoTabs = sim.Config{Tenant: sim.Tenant{Tabs: tabs("net_arr", "bookings")}}

var twoPeriods = map[string]any{"periods": []string{"previous", "current"}}

// TestCLISync: an export that fails does not keep the others from landing, and takes nothing away.
func TestCLISync(t *testing.T) {
	c := newCLI(t, twoTabs, twoPeriods)
	c.backend = true
	require.NoError(t, c.run("sync"))
	c.landed(4)
	rows := c.count("clari_forecast_entries", "true")

	c.sim.Add(sim.Fault{Op: sim.Create, Forecast: "bookings", Count: sim.Always, Do: sim.Answer(403)})
	c.fails("sync")
	require.Contains(t, c.told.String(), "forecast bookings period")
	require.Equal(t, rows, c.count("clari_forecast_entries", "true"))
	require.Positive(t, c.count("clari_forecast_exports", "outcome = 'failed'"))
	newest := c.sim.Ledger().Created()[4] // of the tab that could be exported
	require.Positive(t, c.count("clari_forecast_entries", "forecast_id = 'net_arr' AND job_id = ?", newest.ID))
}

// TestCLIInterrupted: on Ctrl-C the CLI kills the plugin at once. The next sync takes over the job that was paid for.
func TestCLIInterrupted(t *testing.T) {
	started := make(chan struct{})
	cfg := sim.Config{Run: sim.Fixed(3 * time.Second), OnJob: func(j *sim.Job) {
		if j.Number == 1 {
			close(started)
		}
	}}
	c := newCLI(t, cfg, map[string]any{"periods": []string{"current"}})
	c.backend = true
	run := c.command("sync")
	require.NoError(t, run.Start())
	<-started
	require.NoError(t, run.Process.Signal(syscall.SIGINT))
	var exit *exec.ExitError
	require.True(t, errors.As(run.Wait(), &exit))
	require.NoError(t, c.run("sync"))
	c.landed(1)
	c.spent(1)
}

// TestCLIDeleteStale: with CloudQuery's default write mode rows go when nobody asks for them any more, but not because an export failed.
func TestCLIDeleteStale(t *testing.T) {
	c := newCLI(t, sim.Config{}, twoPeriods)
	c.mode = "overwrite-delete-stale"
	require.NoError(t, c.run("sync"))
	rows := c.count("clari_forecast_entries", "true")
	require.Positive(t, rows)

	c.sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(403)})
	c.fails("sync")
	require.Equal(t, rows, c.count("clari_forecast_entries", "true"))

	c.spec["periods"] = []string{"current"}
	require.NoError(t, c.run("sync"))
	left := c.count("clari_forecast_entries", "true")
	require.Positive(t, left)
	require.Less(t, left, rows)
}

// TestCLIShards: each shard exports whole tabs, and together they export all.
func TestCLIShards(t *testing.T) {
	c := newCLI(t, twoTabs, map[string]any{"periods": []string{"current"}})
	c.backend = true
	require.NoError(t, c.run("sync", "--shard", "1/2"))
	one := c.sim.Ledger().Spent()
	require.NoError(t, c.run("sync", "--shard", "2/2"))
	c.landed(2)
	c.spent(2)
	require.LessOrEqual(t, one, 2)
}

// TestCLINoMigrate: the CLI then passes on no table, and with them goes the barrier. The rows are there at the end all the same.
func TestCLINoMigrate(t *testing.T) {
	c := newCLI(t, sim.Config{}, map[string]any{"periods": []string{"current"}})
	require.NoError(t, c.run("sync"))
	require.NoError(t, c.run("sync", "--no-migrate"))
	c.landed(1)
	c.spent(2)
}

// TestCLIChecks: what the CLI asks a plugin without a sync costs nothing.
func TestCLIChecks(t *testing.T) {
	c := newCLI(t, sim.Config{}, twoPeriods)
	require.NoError(t, c.run("validate-config"))
	c.fails("test-connection") // since the embedded destination has no such test
	require.Regexp(t, `"plugin_kind":"source"[^}]*"success":true`, c.told.String())
	c.sim.Add(sim.Fault{Op: sim.List, Count: sim.Always, Do: sim.Answer(401)}, sim.Fault{Op: sim.Limits, Count: sim.Always, Do: sim.Answer(401)})
	c.fails("test-connection")
	require.Contains(t, c.told.String(), "UNAUTHORIZED")
	c.spec["perods"] = []string{"current"}
	c.fails("validate-config")
	require.Contains(t, c.told.String(), "perods")
	c.spent(0)
}

// TestCLIRefusedTables: a destination that cannot make its tables ends the sync before anything is bought.
func TestCLIRefusedTables(t *testing.T) {
	c := newCLI(t, twoTabs, twoPeriods)
	_, err := c.db().Exec("CREATE TABLE clari_forecast_entries (_cq_id TEXT PRIMARY KEY, forecast_value TEXT)")
	require.NoError(t, err)
	c.fails("sync")
	require.Contains(t, c.told.String(), "migrate_mode: forced", "docs/troubleshooting.md says what to do instead")
	c.spent(0)
}
