// Package landing runs syncs of the plugin in this process, against the stand-in for Clari and over memory, and collects what the
// plugin sent. It is for tests that judge results from outside: rows, errors, state. All of it works in a testing/synctest bubble.
package landing

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"sync"
	"testing"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/state"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/description"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// A World is a tenant of Clari and what a user has set up to export it.
type World struct {
	Sim   *sim.Server
	Spec  map[string]any
	State map[string]string // nil: no state backend

	t testing.TB
}

// New makes a world of the first tab of the tenant. fields are added to its spec.
func New(t testing.TB, cfg sim.Config, fields map[string]any) *World {
	cfg.Observe = description.Hold(t)
	w := &World{Sim: sim.New(cfg), t: t}
	t.Cleanup(w.Sim.Close)
	w.Spec = map[string]any{
		"api_key": w.Sim.Key(), "base_url": w.Sim.MemoryURL(), "forecasts": []map[string]any{{"id": w.Sim.Tenant().Tabs[0].ID}},
	}
	maps.Copy(w.Spec, fields)
	return w
}

// Landed is what came out of a sync.
type Landed struct {
	Err      error
	Rows     map[string][]Row // by table, in the order sent
	Messages []Message
	Stream   []message.SyncMessage // the messages themselves
	Log      string                // lines of the log, from debug on
}

// A Message is one that the plugin sent. Rows is 0 for that a table is there.
type Message struct {
	Table string
	Rows  int64
}

// Sync runs one sync of all tables to its end.
func (w *World) Sync() *Landed {
	w.t.Helper()
	spec, err := json.Marshal(w.Spec)
	if err != nil {
		w.t.Fatal(err)
	}
	var log logText
	client, err := plugin.New(zerolog.New(&log).Level(zerolog.DebugLevel), spec, plugin.Options{
		Transport: w.Sim.Transport(),
		State:     func(context.Context, *sdk.BackendOptions) (state.Client, error) { return &store{saved: w.State}, nil },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	options := sdk.SyncOptions{Tables: []string{"*"}, DeterministicCQID: true}
	if w.State != nil {
		options.BackendOptions = &sdk.BackendOptions{TableName: "state", Connection: "memory"}
	}
	l := &Landed{Rows: map[string][]Row{}}
	messages := make(chan message.SyncMessage)
	go func() {
		defer close(messages)
		l.Err = client.Sync(context.Background(), options, messages)
	}()
	for m := range messages {
		l.Stream = append(l.Stream, m)
		switch m := m.(type) {
		case *message.SyncMigrateTable:
			l.Messages = append(l.Messages, Message{Table: m.Table.Name})
		case *message.SyncInsert:
			table, rows, err := rowsOf(m.Record)
			if err != nil {
				w.t.Errorf("%s: %v", table, err)
			}
			l.Messages = append(l.Messages, Message{table, m.Record.NumRows()})
			l.Rows[table] = append(l.Rows[table], rows...)
		default:
			w.t.Errorf("message %T", m)
		}
	}
	l.Log = log.String()
	return l
}

// ResultTables are the tables that come from a result.
var ResultTables = []string{
	"clari_forecast_entries", "clari_forecast_users", "clari_forecast_fields", "clari_forecast_time_periods", "clari_forecast_time_frames",
}

// Sent is how many rows were sent that come from a result.
func (l *Landed) Sent() (n int) {
	for _, table := range ResultTables {
		n += len(l.Rows[table])
	}
	return n
}

// Body answers requests for results with a body, in place of the tenant's own. It is for sim.Config.Intercept.
func Body(body []byte) func(*sim.Exchange) bool {
	return Answer(func(w http.ResponseWriter) { w.Write(body) })
}

// Answer answers requests for results. It is for sim.Config.Intercept.
func Answer(do func(http.ResponseWriter)) func(*sim.Exchange) bool {
	return func(x *sim.Exchange) bool {
		if x.Op != sim.Results {
			return false
		}
		x.Writer.Header().Set("Content-Type", "application/json")
		do(x.Writer)
		return true
	}
}

// Rewritten answers requests for results with the tenant's own, as rewrite returns it. It is for sim.Config.OnJob and Intercept.
func Rewritten(cfg *sim.Config, rewrite func([]byte) []byte) {
	var mu sync.Mutex
	jobs := map[int]*sim.Job{}
	cfg.OnJob = func(j *sim.Job) {
		mu.Lock()
		defer mu.Unlock()
		jobs[j.Number] = j
	}
	cfg.Intercept = func(x *sim.Exchange) bool {
		mu.Lock()
		j := jobs[x.Job]
		mu.Unlock()
		if x.Op != sim.Results || j == nil {
			return false
		}
		e := j.Export
		e.At = j.EndsAt()
		var body bytes.Buffer
		e.WriteTo(&body)
		x.Writer.Header().Set("Content-Type", map[string]string{"JSON": "application/json", "CSV": "text/csv"}[j.Format])
		io.Copy(x.Writer, bytes.NewReader(rewrite(body.Bytes())))
		return true
	}
}

// store is CloudQuery's state client over a map.
type store struct {
	mu      sync.Mutex
	saved   map[string]string
	changed map[string]string
}

func (s *store) GetKey(_ context.Context, key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.changed[key]; ok {
		return v, nil
	}
	return s.saved[key], nil
}

func (s *store) SetKey(_ context.Context, key, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed = map[string]string{}
	}
	s.changed[key] = value
	return nil
}

func (s *store) Flush(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.saved, s.changed)
	s.changed = nil
	return nil
}

func (*store) Close() error { return nil }

type logText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
