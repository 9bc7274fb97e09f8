package telemetry

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestLogLines: a quarter goes by its name as soon as it is known, attempt always counts jobs, and a status is a word.
func TestLogLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, world.Slow, nil).WithState()
		w.MustSync(world.ExportsOnly())
		for _, line := range w.Logs.Parsed(t) {
			if line["message"] == "export landed" && line["requested_period"] != "2000_Q4" {
				t.Errorf("the quarter is known: %v", line)
			}
		}
		time.Sleep(24 * time.Hour)
		w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Ends(sim.Failed)})
		w.Logs.Text.Reset()
		w.MustSync(world.ExportsOnly())
		var attempts []float64
		for _, line := range w.Logs.Parsed(t) {
			if line["requested_period"] == "current" {
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
		w := world.New(t, sim.Config{}, map[string]any{"api_key": ""})
		err := w.Sync()
		if err == nil || !strings.Contains(err.Error(), "api_key") || strings.Contains(err.Error(), "remove") {
			t.Errorf("error %v", err)
		}
	})
}
