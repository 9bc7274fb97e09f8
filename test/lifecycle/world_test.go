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
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/description"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// world is a tenant of Clari, a destination, and perhaps a state backend, over any number of syncs.
type world struct {
	t     testing.TB
	sim   *sim.Server
	spec  map[string]any
	mu    sync.Mutex        // guards state while syncs run
	state map[string]string // what the state backend holds; nil: there is none
	wh    *warehouse
	logs  *logs
	flush func(n int) call // how the nth flush of a process goes; nil: all are well
}

// newWorld must be called inside a bubble. The spec has what the server needs; fields are added to it as they are.
func newWorld(t testing.TB, cfg sim.Config, fields map[string]any) *world {
	cfg.Observe = description.Hold(t)
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
	gone      chan struct{} // closed when it is dead
	end       sync.Once
	cancel    context.CancelFunc
	transport http.RoundTripper
}

var errKilled = errors.New("the process was killed")

func (p *process) kill() {
	p.exit()
	p.cancel()
}

// exit ends a process whose sync has ended, or is to have no effect any more.
func (p *process) exit() {
	p.end.Do(func() {
		p.dead.Store(true)
		close(p.gone)
	})
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
	takes     time.Duration             // what the destination takes for each message
	flush     func(n int) call          // in place of the world's
	logs      *logs                     // in place of the world's
	spec      map[string]any            // in place of the world's
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
	p := &process{cancel: cancel, transport: w.sim.Transport(), gone: make(chan struct{})}
	backend := w.state != nil && !o.noBackend
	if backend {
		o.BackendOptions = &sdk.BackendOptions{TableName: "state", Connection: "memory"}
	}
	if o.logs == nil {
		o.logs = w.logs
	}
	if o.flush == nil {
		o.flush = w.flush
	}
	if o.spec == nil {
		o.spec = w.spec
	}
	spec, err := json.Marshal(o.spec)
	if err != nil {
		w.t.Fatal(err)
	}
	client, err := plugin.New(zerolog.New(o.logs).Level(zerolog.DebugLevel), spec, plugin.Options{
		Transport: p,
		State: func(context.Context, *sdk.BackendOptions) (state.Client, error) {
			return newStateClient(w, p, o.flush), nil
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
	load := w.wh.begin()
	for m := range messages {
		if p.dead.Load() {
			continue
		}
		if o.message != nil {
			o.message(m)
		}
		if err := load.take(m, o.takes); err != nil {
			w.t.Error(err)
		}
	}
	if p.dead.Load() {
		syncErr = errKilled
	}
	p.exit()
	if err := load.end(syncErr, backend); err != nil {
		w.t.Error(err)
	}
	return syncErr
}

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
