package world

import (
	"maps"
	"time"

	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// Epoch is when bubbles begin.
var Epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// FillQueue takes places in the queue for others.
func (w *World) FillQueue(jobs int, d time.Duration) {
	for range jobs {
		w.Sim.Plant(sim.Job{UserID: 2, Run: d})
	}
}

// Only syncs these tables.
func Only(tables ...string) SyncOptions {
	return SyncOptions{SyncOptions: sdk.SyncOptions{Tables: tables}}
}

// ExportsOnly are the options of a sync that needs no job list.
func ExportsOnly() SyncOptions {
	var o SyncOptions
	o.Tables = []string{"clari_forecast_*"}
	return o
}

// ThreeTabs are tabs of a small tenant, and the part of a spec that exports them.
var ThreeTabs = []sim.Tab{{ID: "net_arr"}, {ID: "bookings"}, {ID: "renewals"}}

func Forecasts(tabs ...sim.Tab) []map[string]any {
	var out []map[string]any
	for _, tab := range tabs {
		out = append(out, map[string]any{"id": tab.ID})
	}
	return out
}

// Fields are a spec's, with more.
func Fields(more map[string]any) map[string]any {
	f := map[string]any{"delay_between_exports": "1s"}
	maps.Copy(f, more)
	return f
}

// Slow jobs stay in the queue for some of their time, and run long enough to be polled in both phases.
var Slow = sim.Config{Queue: sim.Fixed(20 * time.Second), Run: sim.Fixed(60 * time.Second)}

// Tiny is the tenant of tests that sync very often.
var Tiny = sim.Tenant{People: 2, Tabs: []sim.Tab{{ID: "forecast", Fields: sim.Fields(1)}}}

// NotFound is Clari's own 404: a gateway's says nothing of a job.
var NotFound = sim.AnswerJSON(404, map[string]any{"code": "not_found", "namespace": "exports", "message": "There is no such job.", "errorId": "e1"})
