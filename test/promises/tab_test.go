package promises

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestAnotherTabsRows: the creation made no job; a colleague (or another shard on the same key, which "knows nothing of this one") exports
// another tab at that moment. Its file has no name while the job runs, as is natural. It is taken; when it is done, Clari shows the file's name,
// which names the other tab - and nobody looks: that tab's numbers land as this one's. Types, weeks and quarter are alike, so that is all that tells.
func TestAnotherTabsRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{Tenant: sim.Tenant{Tabs: world.ThreeTabs}, Run: sim.Fixed(20 * time.Second)}, map[string]any{
			"forecasts": world.Forecasts(world.ThreeTabs[:1]...), "periods": []string{"1999_Q4"},
		}).WithState()
		j := sim.Job{Forecast: world.ThreeTabs[1].ID, Asked: "1999_Q4", Types: []string{"forecast", "forecast_updated", "quota", "adjustment"}, Historical: true, Format: "JSON", Run: 20 * time.Second}
		w.Sim.Add(sim.Fault{Op: sim.Create, Do: sim.Answer(504)})
		o := world.Interrupt{Request: world.On(sim.Create, func(*world.Process) { j = w.Sim.Plant(j) })}.Options()
		started := o.Started
		o.Started = func(p *world.Process) {
			p.Transport = &alter{p.Transport, func(job map[string]any) {
				if job["status"] != "DONE" {
					delete(job, "fileName")
				}
			}}
			started(p)
		}
		err := w.Sync(o)
		wrong := w.Destination.Rows("clari_forecast_entries", func(r world.Row) bool { return r["job_id"] == j.ID })
		name := ""
		for _, r := range w.Destination.Rows("clari_forecast_exports", world.HasLanded) {
			name, _ = r["file_name"].(string)
		}
		if len(wrong) > 0 {
			t.Errorf("%d rows of tab %s landed as those of %v (file_name %s, error %v)", len(wrong), j.Forecast, wrong[0]["forecast_id"], name, err)
		}
	})
}
