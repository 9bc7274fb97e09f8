package lifecycle

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// parsed are the lines of a log.
func (l *logs) parsed(t testing.TB) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(l.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		all = append(all, fields)
	}
	return all
}

// TestLandedIsDurable: "rows sent" is said when they are, and "landed" only past the barrier.
func TestLandedIsDurable(t *testing.T) {
	for _, backend := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, nil)
			if backend {
				w.withState()
			}
			barrier := migrates("clari_forecast_entries")
			sent, early := 0, 0
			options := trap{message: func(_ *process, m message.SyncMessage) {
				if barrier(m) {
					sent = w.logs.count("info", "rows sent")
				}
				early = max(early, w.logs.count("info", "export landed"))
			}}.options()
			options.Tables = exportsOnly().Tables // nothing else is sent after the barrier
			if err := w.sync(options); err != nil {
				t.Fatal(err)
			}
			if backend && (sent != 1 || early > 0) {
				t.Errorf("%d exports had their rows sent before the barrier, and %d had landed", sent, early)
			}
			if n := w.logs.count("info", "landed"); n != 1 {
				t.Errorf("%d lines about an export that landed:\n%s", n, w.logs)
			}
		})
	}
}

// TestLogLines: a quarter goes by its name as soon as it is known, attempt always counts jobs, and a status is a word.
func TestLogLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slow, nil).withState()
		w.mustSync(exportsOnly())
		for _, line := range w.logs.parsed(t) {
			if strings.Contains(line["message"].(string), "landed") && line["time_period_id"] != "2000_Q4" {
				t.Errorf("the quarter is known: %v", line)
			}
		}
		time.Sleep(24 * time.Hour)
		w.sim.Add(sim.Fault{Op: sim.Create, Do: sim.Ends(sim.Failed)})
		w.logs.text.Reset()
		w.mustSync(exportsOnly())
		var attempts []float64
		for _, line := range w.logs.parsed(t) {
			if line["time_period_id"] == "current" {
				t.Errorf("the quarter is known: %v", line)
			}
			if status, ok := line["status"]; ok && status == "" {
				t.Errorf("a line without a status: %v", line)
			}
			if attempt, ok := line["attempt"].(float64); ok {
				attempts = append(attempts, attempt)
			}
		}
		if len(attempts) == 0 || !slices.IsSorted(attempts) || attempts[len(attempts)-1] != 2 {
			t.Errorf("attempts %v of two jobs, one after the other", attempts)
		}
	})
}

// TestEmptyKey: an empty api_key is most often a variable that is not set. The error does not advise to remove it.
func TestEmptyKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{}, map[string]any{"api_key": ""})
		err := w.sync()
		if err == nil || !strings.Contains(err.Error(), "api_key") || strings.Contains(err.Error(), "remove") {
			t.Errorf("error %v", err)
		}
	})
}
