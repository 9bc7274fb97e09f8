package main

import (
	"fmt"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// tabs shows what a spec of many tabs costs: 20 quarters of each, of ten people, as jobs that take no time.
func (b *bench) tabs() error {
	const people, quarters = 10, 20
	t := b.report.grid("growth", "One sync of many tabs, 20 quarters each, of jobs that take no time, at 100 requests a second",
		"tabs", "exports", "entries", "s", "requests/export", "plugin's CPU ms/export", "peak, MiB")
	t.note = note()
	var last *synced
	for _, tabs := range []int{1, 20, 200} {
		exports := tabs * quarters
		if last != nil && !b.fits(last, float64(exports)/float64(last.exports), 0) {
			t.add(count(tabs), count(exports), "left out: no time", "", "", "", "")
			continue
		}
		progress("syncing %d tabs", tabs)
		tenant, forecasts := tenant(people), []map[string]any{}
		tenant.Tabs = nil
		for i := range tabs {
			id := fmt.Sprintf("tab_%d", i+1)
			tenant.Tabs = append(tenant.Tabs, sim.Tab{ID: id, Fields: sim.Fields(fields)})
			forecasts = append(forecasts, map[string]any{"id": id})
		}
		server := sim.New(sim.Config{Tenant: tenant, JSON: sim.Arrays, Monthly: 2 * exports, Concurrent: 3})
		url, err := server.Start("")
		if err != nil {
			return err
		}
		spec := specOf(server, url, encodings[0], quarters)
		spec["forecasts"] = forecasts
		s, err := b.syncSpec(server, spec, exports)
		server.Close()
		if err != nil {
			return err
		}
		last = s
		n := float64(exports)
		t.add(count(tabs), count(exports), count(s.entries), seconds(s.wall), decimals(1, float64(s.requests)/n), decimals(1, s.cpu.Seconds()*1e3/n), s.peakText())
	}
	t.print()
	return nil
}
