//go:build !windows

package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestTryStops: Ctrl-C reaches the whole foreground group, and the job that nothing would take up again is cancelled.
func TestTryStops(t *testing.T) {
	w := newWorld(t, sim.Config{Run: sim.Fixed(time.Minute)}, map[string]any{"periods": []string{"current"}})
	started := make(chan struct{})
	w.told.alert = func(line string) {
		if strings.Contains(line, "export started") {
			close(started)
		}
	}
	c, _ := w.try(w.opts.DatabasePath)
	c.Stdout, c.Stderr = &w.told, &w.told
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, c.Start())
	<-started
	require.NoError(t, syscall.Kill(-c.Process.Pid, syscall.SIGINT))
	require.Error(t, c.Wait())
	require.Contains(t, w.told.String(), "Stopping: ")
	require.Contains(t, w.told.String(), "Error: stopped")
	require.Len(t, w.sim.Ledger().Of(sim.Cancel), 1)
	require.Zero(t, w.sim.Ledger().Spent())
}
