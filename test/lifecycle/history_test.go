package lifecycle

import (
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestHistory keeps one snapshot of each day: the last one of it.
func TestHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant := sim.Tenant{ChangeEvery: time.Minute}
		w := newWorld(t, sim.Config{Tenant: tenant, Run: sim.Fixed(time.Minute)}, fields(map[string]any{
			"history": true, "periods": []string{"current", "next"},
		})).withState()
		for day := range 3 {
			dayAt(day, 6)
			w.mustSync()
			dayAt(day, 18)
			w.mustSync()
			if days := w.values("clari_forecast_entries", "snapshot_date"); len(days) != day+1 {
				t.Errorf("snapshots of %v after %d days", days, day+1)
			}
			// The first export of a calendar week has every week, of which later ones of that day replace the latest: a Saturday, a Sunday,
			// and the Monday on which a week begins. Other exports have the latest week, and the second of a day replaces the first.
			if jobs := w.values("clari_forecast_entries", "job_id"); len(jobs) != []int{3, 5, 8}[day] {
				t.Errorf("rows of %d jobs after %d days", len(jobs), day+1)
			}
		}
		w.landed()
		w.spent(12)
	})
}

// TestSnapshotDate is the day of the data in the user's time zone.
func TestSnapshotDate(t *testing.T) {
	for zone, want := range map[string]string{"UTC": "2000-01-02", "America/New_York": "2000-01-01", "Pacific/Kiritimati": "2000-01-02"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sim.Config{}, map[string]any{"history": true, "time_zone": zone}).withState()
			dayAt(1, 2)
			w.mustSync()
			if days := w.values("clari_forecast_entries", "snapshot_date"); len(days) != 1 || days[want] == 0 {
				t.Errorf("%s: %v, want %s", zone, days, want)
			}
		})
	}
}

// TestHistorySwitchedOn: rows from before the switch stay as they are.
func TestHistorySwitchedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sim.Config{}, nil).withState()
		w.mustSync()
		before := maps.Clone(w.wh.tables["clari_forecast_entries"])
		w.spec["history"] = true
		dayAt(1, 0)
		w.mustSync()
		for id, r := range before {
			if now := w.wh.tables["clari_forecast_entries"][id]; now == nil || now["job_id"] != r["job_id"] {
				t.Fatalf("row %s of before the switch has changed", id)
			}
		}
		if len(w.wh.tables["clari_forecast_entries"]) == len(before) {
			t.Error("no snapshot was added")
		}
	})
}

// TestNeedsBackend: what works only with a state backend is refused without one, before anything is sent.
func TestNeedsBackend(t *testing.T) {
	for key, value := range map[string]any{"history": true, "refresh": []string{"previous"}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sim.Config{}, map[string]any{key: value})
			err := w.sync()
			if err == nil || !strings.Contains(err.Error(), key) || !strings.Contains(err.Error(), "backend_options:") {
				t.Errorf("error %v", err)
			}
			if n := len(w.sim.Ledger().Requests); n != 0 {
				t.Errorf("%d requests", n)
			}
		})
	}
}
