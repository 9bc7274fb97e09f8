package promises

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestChangedBackForGood: a quarter settles with four types, then (the user asks for two) with two. The types are put back and a table is added: the
// old result of the first request is landed again, over the newer rows of the second; the quarter is settled, so that nothing lands any more.
// clari_forecast_current goes by exported_at: the quarter is gone from it, though every sync succeeds.
// TestChangedBackSettled: the same without another table: types are put back, the quarter counts as settled, and the rows stay without the types.
func TestChangedBackSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Run: sim.Fixed(20 * time.Second)}, map[string]any{"periods": []string{"1999_Q1"}}).WithState()
		tab := func(types ...string) { w.Spec["forecasts"] = []map[string]any{{"id": "forecast", "types": types}} }
		day := 0
		twice := func(types ...string) {
			tab(types...)
			for range 2 {
				w.MustSync()
				day++
				dayAt(day, 6)
			}
		}
		adjusted := func() (n int) {
			for range w.Destination.Rows("clari_forecast_entries", func(r world.Row) bool { return r["adjustment_value"] != nil }) {
				n++
			}
			return n
		}
		twice("forecast", "quota", "adjustment")
		before := adjusted()
		twice("forecast", "quota")
		without := adjusted()
		twice("forecast", "quota", "adjustment")
		if after := adjusted(); after < before {
			t.Errorf("adjustments: %d rows, then (not asked for) %d, then asked for again %d: 'settled', success", before, without, after)
		}
	})
}
