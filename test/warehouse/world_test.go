package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/state"
	"github.com/google/uuid"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/destination"
	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// A setup is a tenant, what a user has set up to export it, and one sink of each destination. All of it lives in a synctest bubble.
type setup struct {
	*testing.T
	sim    *sim.Server
	spec   map[string]any
	state  state.Client // nil: no state backend
	tables []string
	sinks  []*sink

	sent  map[string]map[uuid.UUID]int // rows of a table, by _cq_id, over all syncs
	cells map[string]int
}

func newSetup(t *testing.T, cfg sim.Config, fields map[string]any) *setup {
	w := &setup{T: t, sim: sim.New(cfg), tables: []string{"*"}, sent: map[string]map[uuid.UUID]int{}, cells: map[string]int{}}
	t.Cleanup(w.sim.Close)
	w.spec = map[string]any{
		"api_key": w.sim.Key(), "base_url": w.sim.MemoryURL(), "forecasts": []map[string]any{{"id": w.sim.Tenant().Tabs[0].ID}},
	}
	maps.Copy(w.spec, fields)
	for _, p := range destination.Profiles() {
		w.sinks = append(w.sinks, newSink(p))
	}
	return w
}

// sync runs one sync into all sinks at once, as it sends: destinations write out by the clock too.
func (w *setup) sync() {
	w.Helper()
	spec, err := json.Marshal(w.spec)
	require.NoError(w, err)
	client, err := plugin.New(zerolog.Nop(), spec, plugin.Options{
		Transport: w.sim.Transport(),
		State:     func(context.Context, *sdk.BackendOptions) (state.Client, error) { return w.state, nil },
	})
	require.NoError(w, err)
	options := sdk.SyncOptions{Tables: w.tables}
	if w.state != nil {
		options.BackendOptions = &sdk.BackendOptions{TableName: "state", Connection: "memory"}
	}
	var deliveries []*delivery
	for _, s := range w.sinks {
		deliveries = append(deliveries, deliver(s, sizeOf(s.Profile)))
	}
	messages := make(chan message.SyncMessage)
	ended := make(chan error, 1)
	go func() {
		defer close(messages)
		ended <- client.Sync(context.Background(), options, messages)
	}()
	for m := range messages {
		if in, ok := m.(*message.SyncInsert); ok {
			w.count(in.Record)
			m = overTheWire(w, in)
		}
		for _, d := range deliveries {
			d.send(m)
		}
	}
	err = <-ended
	for i, d := range deliveries {
		if failed := d.close(); failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", w.sinks[i].Name, failed))
		}
	}
	require.NoError(w, err)
}

// overTheWire is the message as it comes out of gRPC: a record that was part of another has only its own bytes then.
func overTheWire(t require.TestingT, m *message.SyncInsert) *message.SyncInsert {
	data, err := pb.RecordToBytes(m.Record)
	require.NoError(t, err)
	record, err := pb.NewRecordFromBytes(data)
	require.NoError(t, err)
	return &message.SyncInsert{Record: record}
}

func (w *setup) count(r arrow.Record) {
	name, ok := r.Schema().Metadata().GetValue(schema.MetadataTableName)
	require.True(w, ok)
	if w.sent[name] == nil {
		w.sent[name] = map[uuid.UUID]int{}
	}
	for id := range keys(r) {
		w.sent[name][id]++
	}
	w.cells[name] += cells(r)
}

// arrived checks that nothing is lost and nothing doubled: each row that was sent is there, as often as the write mode says.
func (w *setup) arrived() {
	w.Helper()
	for _, s := range w.sinks {
		require.Empty(w, s.refused, s.Name)
		for name, ids := range w.sent {
			want := ids
			if s.Overwrites() {
				want = maps.Clone(ids)
				for id := range want {
					want[id] = 1
				}
			} else {
				require.Equal(w, w.cells[name], s.cells[name], "%s: cells of %s", s.Name, name)
			}
			require.True(w, maps.Equal(want, s.there[name]), "%s: %s: %d keys sent, %d there", s.Name, name, len(want), len(s.there[name]))
		}
	}
}

// sentRows are how many rows of a table were sent.
func (w *setup) sentRows(name string) (n int) {
	for rows := range maps.Values(w.sent[name]) {
		n += rows
	}
	return n
}
