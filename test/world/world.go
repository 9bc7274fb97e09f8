// Package world is the one harness of whole syncs: a tenant of Clari, a destination that loses what real ones lose, perhaps a state backend, and a clock that stands still while nobody waits. All of it is in one process and one testing/synctest bubble. It knows nothing of what a sync ought to do.
package world

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/state"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/description"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// World is a tenant of Clari, a destination, and perhaps a state backend, over any number of syncs.
type World struct {
	T           testing.TB
	Sim         *sim.Server
	Spec        map[string]any
	Mu          sync.Mutex        // guards state while syncs run
	State       map[string]string // what the state backend holds; nil: there is none
	Destination *Destination
	Logs        *Logs
	Flush       func(n int) Flush // how the nth flush of a process goes; nil: all are well
}

// New must be called inside a bubble. The spec has what the server needs; fields are added to it as they are.
func New(t testing.TB, cfg sim.Config, fields map[string]any) *World {
	cfg.Observe = description.Hold(t)
	w := &World{T: t, Sim: sim.New(cfg), Destination: NewDestination(), Logs: &Logs{}}
	t.Cleanup(w.Sim.Close)
	w.Spec = map[string]any{
		"api_key": w.Sim.Key(), "base_url": w.Sim.MemoryURL(), "forecasts": []map[string]any{{"id": w.Sim.Tenant().Tabs[0].ID}},
	}
	maps.Copy(w.Spec, fields)
	return w
}

// WithState gives the world a state backend.
func (w *World) WithState() *World {
	w.State = map[string]string{}
	return w
}

// Process is one run of the plugin's process. When it is killed nothing of it has any effect any more.
type Process struct {
	dead      atomic.Bool
	gone      chan struct{} // closed when it is dead
	end       sync.Once
	Cancel    context.CancelFunc
	Transport http.RoundTripper
}

var ErrKilled = errors.New("the process was killed")

func (p *Process) Kill() {
	p.exit()
	p.Cancel()
}

// exit ends a process whose sync has ended, or is to have no effect any more.
func (p *Process) exit() {
	p.end.Do(func() {
		p.dead.Store(true)
		close(p.gone)
	})
}

func (p *Process) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.dead.Load() {
		return nil, ErrKilled
	}
	return p.Transport.RoundTrip(r)
}

// SyncOptions are those of one sync.
type SyncOptions struct {
	sdk.SyncOptions
	discard   bool // nothing arrives at the destination
	noBackend bool
	Started   func(*Process)            // given the process that runs
	Message   func(message.SyncMessage) // sees each message before the destination does
	Takes     time.Duration             // what the destination takes for each message
	Flush     func(n int) Flush         // in place of the world's
	Logs      *Logs                     // in place of the world's
	Spec      map[string]any            // in place of the world's
}

// Sync runs one sync as the CLI does and returns its error.
func (w *World) Sync(options ...SyncOptions) error {
	w.T.Helper()
	var o SyncOptions
	if len(options) > 0 {
		o = options[0]
	}
	if o.Tables == nil {
		o.Tables = []string{"*"}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p := &Process{Cancel: cancel, Transport: w.Sim.Transport(), gone: make(chan struct{})}
	backend := w.State != nil && !o.noBackend
	if backend {
		o.BackendOptions = &sdk.BackendOptions{TableName: "state", Connection: "memory"}
	}
	if o.Logs == nil {
		o.Logs = w.Logs
	}
	if o.Flush == nil {
		o.Flush = w.Flush
	}
	if o.Spec == nil {
		o.Spec = w.Spec
	}
	spec, err := json.Marshal(o.Spec)
	if err != nil {
		w.T.Fatal(err)
	}
	client, err := plugin.New(zerolog.New(o.Logs).Level(zerolog.DebugLevel), spec, plugin.Options{
		Transport: p,
		State: func(context.Context, *sdk.BackendOptions) (state.Client, error) {
			return newStateClient(w, p, o.Flush), nil
		},
	})
	if err != nil {
		return err
	}
	if o.Started != nil {
		o.Started(p)
	}
	messages := make(chan message.SyncMessage)
	var syncErr error
	go func() {
		defer close(messages)
		syncErr = client.Sync(ctx, o.SyncOptions, messages)
	}()
	load := w.Destination.begin()
	for m := range messages {
		if p.dead.Load() {
			continue
		}
		if o.Message != nil {
			o.Message(m)
		}
		if o.discard {
			continue
		}
		if err := load.take(m, o.Takes); err != nil {
			w.T.Error(err)
		}
	}
	if p.dead.Load() {
		syncErr = ErrKilled
	}
	p.exit()
	if err := load.end(syncErr, backend); err != nil {
		w.T.Error(err)
	}
	return syncErr
}

// MustSync syncs without an error.
func (w *World) MustSync(options ...SyncOptions) {
	w.T.Helper()
	if err := w.Sync(options...); err != nil {
		w.T.Fatal(err)
	}
}
