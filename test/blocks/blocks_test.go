package blocks

import (
	"strings"
	"testing"
	"testing/synctest"

	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestBlocks: a table needs its block, and * takes what there is.
func TestBlocks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		tables []string
		spec   map[string]any
		want   string
	}{
		{[]string{"*"}, nil, ""},
		{[]string{"clari_*"}, nil, ""},
		{[]string{"clari_audit_events"}, nil, "table clari_audit_events needs the block audit: add `audit: {}` to the spec"},
		{[]string{"*", "clari_audit_actors"}, nil, "table clari_audit_actors needs the block audit"},
		{[]string{"clari_audit_*"}, nil, "table clari_audit_events needs the block audit"},
		{[]string{"clari_activity_participants"}, nil, "table clari_activity_participants needs the block activities: add `activities: {}` to the spec"},
		{[]string{"clari_limits", "clari_opportunity_fields"}, map[string]any{"audit": map[string]any{}}, "table clari_opportunity_fields needs the block opportunities: add `opportunities: {ids: "},
		{[]string{"clari_audit_events"}, map[string]any{"audit": map[string]any{}}, ""},
		{[]string{"clari_opportunities"}, map[string]any{"activities": map[string]any{}, "opportunities": map[string]any{}}, "opportunities.from_activities needs a table of activities"},
		{[]string{"clari_nothing"}, nil, `tables: "clari_nothing" is no table of this plugin`},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := world.New(t, sim.Config{}, test.spec)
			err := w.Sync(world.Only(test.tables...))
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v: %v", test.tables, err)
			}
			if n := len(w.Sim.Ledger().Requests); test.want != "" && n > 0 {
				t.Errorf("%v: %d requests before the error", test.tables, n)
			}
			for table := range w.Destination.Tables {
				if off := test.spec == nil && (strings.Contains(table, "audit") || strings.Contains(table, "activit") || strings.Contains(table, "opportunit")); off {
					t.Errorf("%v: %s is fetched without its block", test.tables, table)
				}
			}
		})
	}
}

// TestAroundOnOneShard: what belongs to no export comes with the first shard.
func TestAroundOnOneShard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, sim.Config{}, map[string]any{
			"audit": map[string]any{}, "activities": map[string]any{"since": "1999-12-20"}, "opportunities": map[string]any{"ids": []string{"006A"}, "from_activities": false},
		})
		for num := range int32(3) {
			if err := w.Sync(world.SyncOptions{SyncOptions: sdk.SyncOptions{Shard: &sdk.Shard{Num: num + 1, Total: 3}}}); err != nil {
				t.Fatal(err)
			}
		}
		ledger := w.Sim.Ledger()
		if n := len(ledger.Of(sim.Opportunities)); n != 1 {
			t.Errorf("%d look-ups", n)
		}
		if n := len(ledger.Of(sim.CreateActivity)); n != 2 {
			t.Errorf("%d exports of activities", n)
		}
		if n := len(ledger.Of(sim.AuditEvents)); n != 5 {
			t.Errorf("%d pages of audit events, want those of 30 days", n)
		}
	})
}
