//go:build !windows

package e2e

import (
	"os/exec"
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
	c, said := w.trying("export started")
	<-said[0]
	require.NoError(t, syscall.Kill(-c.Process.Pid, syscall.SIGINT))
	require.Error(t, c.Wait())
	require.Contains(t, w.told.String(), "Stopping: ")
	require.Contains(t, w.told.String(), "Error: stopped")
	require.Len(t, w.sim.Ledger().Of(sim.Cancel), 1)
	require.Zero(t, w.sim.Ledger().Spent())
}

// TestTryKills: a second Ctrl-C waits for nothing, not even for a job to be cancelled.
func TestTryKills(t *testing.T) {
	cfg := sim.Config{Run: sim.Fixed(time.Minute), Faults: []sim.Fault{{Op: sim.Cancel, Count: sim.Always, Do: sim.Hang()}}}
	w := newWorld(t, cfg, map[string]any{"periods": []string{"current"}})
	c, said := w.trying("export started", "Stopping: ")
	<-said[0]
	require.NoError(t, syscall.Kill(-c.Process.Pid, syscall.SIGINT))
	<-said[1]
	require.NoError(t, syscall.Kill(-c.Process.Pid, syscall.SIGINT))
	require.Error(t, c.Wait())
	require.NotContains(t, w.told.String(), "Error: stopped")
}

// trying starts clari-try in a process group of its own. A channel is closed once its output has each of some words.
func (w *world) trying(words ...string) (*exec.Cmd, []chan struct{}) {
	w.Helper()
	said := make([]chan struct{}, len(words))
	for i := range said {
		said[i] = make(chan struct{})
	}
	next := 0
	w.told.alert = func(line string) {
		if next < len(words) && strings.Contains(line, words[next]) {
			close(said[next])
			next++
		}
	}
	c, _ := w.try(w.opts.DatabasePath)
	c.Stdout, c.Stderr = &w.told, &w.told
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(w, c.Start())
	return c, said
}
