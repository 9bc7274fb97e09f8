package lifecycle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestMaxResultBytes: a result that is longer fails its export, and no export is spent on it again until the limit is raised.
func TestMaxResultBytes(t *testing.T) {
	for _, zip := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sim.Config{Run: sim.Fixed(20 * time.Second), Gzip: zip}, map[string]any{
				"periods": []string{"1999_Q4"}, "max_result_bytes": "2KiB",
			}).withState()
			for range 3 {
				err := w.sync(exportsOnly())
				if err == nil || !strings.Contains(err.Error(), "max_result_bytes") {
					t.Errorf("the error does not name what helps: %v", err)
				}
				time.Sleep(24 * time.Hour)
			}
			w.spent(1)
			if n := len(w.wh.tables["clari_forecast_entries"]); n > 0 {
				t.Errorf("%d entries landed", n)
			}
			w.spec["max_result_bytes"] = "1GiB"
			w.mustSync(exportsOnly())
			if n := w.landed(); n != 1 {
				t.Errorf("%d exports landed once the limit was raised", n)
			}
		})
	}
}

// TestFullDisk: a result that finds no room fails its export, and is read again in the next sync: no export is spent on it again.
func TestFullDisk(t *testing.T) {
	room := filepath.Join(t.TempDir(), "room")
	t.Setenv("TMPDIR", room) // which is not there
	synctest.Test(t, func(t *testing.T) {
		tenant := sim.Tenant{People: 1000, Tabs: []sim.Tab{{ID: "forecast", Fields: sim.Fields(7)}}}
		w := newWorld(t, sim.Config{Tenant: tenant, Run: sim.Fixed(20 * time.Second)}, map[string]any{"periods": []string{"1999_Q4"}}).withState()
		err := w.sync(exportsOnly())
		if err == nil || !strings.Contains(err.Error(), room) {
			t.Fatalf("the error does not say where there is no room: %v", err)
		}
		if n := len(w.wh.tables["clari_forecast_entries"]); n > 0 {
			t.Errorf("%d entries landed", n)
		}
		if err := os.Mkdir(room, 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		w.mustSync(exportsOnly())
		w.spent(1)
		if len(w.wh.tables["clari_forecast_entries"]) == 0 {
			t.Error("nothing landed")
		}
		left, err := os.ReadDir(room)
		if err != nil || len(left) > 0 {
			t.Errorf("%d files are left: %v", len(left), err)
		}
	})
}
