// Package lifecycle tests whole syncs in virtual time: the plugin, the stand-in for Clari, a state backend and a destination that
// loses what real ones lose, all in one process and one testing/synctest bubble.
package lifecycle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/state"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// world is a tenant of Clari, a destination, and perhaps a state backend, over any number of syncs.
type world struct {
	t     testing.TB
	sim   *sim.Server
	spec  map[string]any
	state map[string]string // nil: no state backend
	wh    *warehouse
	logs  *logs
	flush func() error // of the state backend; nil: all is well
}

// newWorld must be called inside a bubble. The spec has what the server needs; fields are added to it as they are.
func newWorld(t testing.TB, cfg sim.Config, fields map[string]any) *world {
	w := &world{t: t, sim: sim.New(cfg), wh: newWarehouse(), logs: &logs{}}
	t.Cleanup(w.sim.Close)
	w.spec = map[string]any{
		"api_key": w.sim.Key(), "base_url": w.sim.MemoryURL(), "forecasts": []map[string]any{{"id": w.sim.Tenant().Tabs[0].ID}},
	}
	maps.Copy(w.spec, fields)
	return w
}

// withState gives the world a state backend.
func (w *world) withState() *world {
	w.state = map[string]string{}
	return w
}

// process is one run of the plugin's process. When it is killed nothing of it has any effect any more.
type process struct {
	dead      atomic.Bool
	cancel    context.CancelFunc
	transport http.RoundTripper
}

var errKilled = errors.New("the process was killed")

func (p *process) kill() {
	p.dead.Store(true)
	p.cancel()
}

func (p *process) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.dead.Load() {
		return nil, errKilled
	}
	return p.transport.RoundTrip(r)
}

// syncOptions are those of one sync.
type syncOptions struct {
	sdk.SyncOptions
	noBackend bool
	started   func(*process)            // given the process that runs
	message   func(message.SyncMessage) // sees each message before the destination does
}

// sync runs one sync as the CLI does and returns its error.
func (w *world) sync(options ...syncOptions) error {
	w.t.Helper()
	var o syncOptions
	if len(options) > 0 {
		o = options[0]
	}
	if o.Tables == nil {
		o.Tables = []string{"*"}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p := &process{cancel: cancel, transport: w.sim.Transport()}
	backend := w.state != nil && !o.noBackend
	if backend {
		o.BackendOptions = &sdk.BackendOptions{TableName: "state", Connection: "memory"}
	}
	spec, err := json.Marshal(w.spec)
	if err != nil {
		w.t.Fatal(err)
	}
	client, err := plugin.New(zerolog.New(w.logs).Level(zerolog.DebugLevel), spec, plugin.Options{
		Transport: p,
		State: func(context.Context, *sdk.BackendOptions) (state.Client, error) {
			return &stateClient{world: w, process: p, seen: maps.Clone(w.state)}, nil
		},
	})
	if err != nil {
		return err
	}
	if o.started != nil {
		o.started(p)
	}
	messages := make(chan message.SyncMessage)
	var syncErr error
	go func() {
		defer close(messages)
		syncErr = client.Sync(ctx, o.SyncOptions, messages)
	}()
	w.wh.begin()
	for m := range messages {
		if p.dead.Load() {
			continue
		}
		if o.message != nil {
			o.message(m)
		}
		if err := w.wh.take(m); err != nil {
			w.t.Error(err)
		}
	}
	if p.dead.Load() {
		syncErr = errKilled
	}
	if err := w.wh.end(syncErr, backend); err != nil {
		w.t.Error(err)
	}
	return syncErr
}

// stateClient is CloudQuery's state client over a map: it reads all at the start, and writes what changed at a flush.
type stateClient struct {
	world   *world
	process *process
	mu      sync.Mutex
	seen    map[string]string
	changed map[string]string
}

func (c *stateClient) GetKey(_ context.Context, key string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[key], nil
}

func (c *stateClient) SetKey(_ context.Context, key, value string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changed == nil {
		c.changed = map[string]string{}
	}
	c.seen[key], c.changed[key] = value, value
	return nil
}

func (c *stateClient) Flush(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.process.dead.Load() || ctx.Err() != nil {
		return errKilled
	}
	for key, value := range c.changed {
		if len(value) > 2048 {
			c.world.t.Errorf("state %s has %d bytes", key, len(value))
		}
	}
	if c.world.flush != nil {
		if err := c.world.flush(); err != nil {
			return err
		}
	}
	maps.Copy(c.world.state, c.changed)
	c.changed = nil
	return nil
}

func (*stateClient) Close() error { return nil }

// logs keeps the lines of all syncs.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// count is how many lines of a level contain a text.
func (l *logs) count(level, text string) (n int) {
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, `"level":"`+level+`"`) && strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// landed checks that every job which the exports table says landed is there whole, unless a later one has replaced it. It returns
// how many jobs landed.
func (w *world) landed() (jobs int) {
	w.t.Helper()
	byID := map[string]sim.Job{}
	for _, job := range w.sim.Ledger().Jobs {
		byID[job.ID] = job
	}
	newest := map[string]row{}
	for _, r := range w.wh.rows("clari_forecast_exports", func(r row) bool { return r["outcome"] == "exported" || r["outcome"] == "adopted" }) {
		jobs++
		key := fmt.Sprint(r["forecast_id"], r["scope_id"], r["requested_currency"], r["requested_period"])
		if w.spec["history"] == true {
			key += fmt.Sprint(r["snapshot_date"])
		}
		if before := newest[key]; before == nil || before["exported_at"].(int64) < r["exported_at"].(int64) {
			newest[key] = r
		}
	}
	for _, r := range newest {
		if wrong := w.wh.differ(byID[r["job_id"].(string)]); len(wrong) > 0 {
			w.t.Errorf("%s %s:%s", r["forecast_id"], r["requested_period"], lines(wrong))
		}
	}
	return jobs
}

// epoch is when bubbles begin.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
