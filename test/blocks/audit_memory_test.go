package blocks

import (
	"context"
	"encoding/json"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// TestAuditInFlatMemory streams 120,000 events: what is held does not grow with them.
func TestAuditInFlatMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	synctest.Test(t, func(t *testing.T) {
		server := sim.New(sim.Config{Around: sim.Around{AuditEvery: 20 * time.Second, AuditEqual: 10}})
		defer server.Close()
		spec, err := json.Marshal(map[string]any{
			"api_key": server.Key(), "base_url": server.MemoryURL(), "forecasts": []map[string]any{{"id": "forecast"}},
			"audit": map[string]any{"since": "1999-12-04"}, "requests_per_second": 100,
		})
		if err != nil {
			t.Fatal(err)
		}
		client, err := plugin.New(zerolog.Nop(), spec, plugin.Options{Transport: server.Transport()})
		if err != nil {
			t.Fatal(err)
		}
		messages := make(chan message.SyncMessage)
		go func() {
			defer close(messages)
			if err := client.Sync(context.Background(), sdk.SyncOptions{Tables: []string{"clari_audit_events"}}, messages); err != nil {
				t.Error(err)
			}
		}()
		heap := func() uint64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		var rows int64
		var half, end uint64 // bytes held after so many rows
		for m := range messages {
			insert, ok := m.(*message.SyncInsert)
			if !ok {
				continue
			}
			rows += insert.Record.NumRows()
			switch {
			case rows >= 70_000 && half == 0:
				half = heap()
			case rows >= 115_000 && end == 0:
				end = heap()
			}
		}
		if rows < 119_000 || end == 0 {
			t.Fatalf("%d rows", rows)
		}
		if end > half+4<<20 {
			t.Errorf("%d bytes are held after 115,000 events, %d after 70,000", end, half)
		} else {
			t.Logf("%d KiB after 70,000 events, %d KiB after 115,000", half>>10, end>>10)
		}
	})
}
