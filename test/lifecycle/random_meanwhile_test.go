package lifecycle

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// longest is how long any sync may take before it is put to an end.
const longest = 6 * 24 * time.Hour

// meanwhile is what happens while a sync runs.
type meanwhile struct {
	*game
	p      *playedSync
	proc   *process
	mu     sync.Mutex
	over   bool
	timers []*time.Timer

	beforeLast map[string]string // what state held before the last flush that wrote something
}

func (m *meanwhile) options() syncOptions {
	return syncOptions{
		SyncOptions: sdk.SyncOptions{Tables: m.p.tables}, started: m.started, message: m.message, flush: m.flush, takes: m.p.slow,
	}
}

func (m *meanwhile) started(proc *process) {
	m.proc = proc
	w := &watched{RoundTripper: proc.transport}
	proc.transport = w
	m.p.refusals = &w.refused
	m.guard(proc)
	if p := m.p; (p.stop.kill || p.stop.cancel) && p.stop.message == 0 {
		m.at(w, p.stop.moment, func(*http.Request) { m.stop() })
	}
	for _, o := range m.p.others {
		m.at(w, o.moment, func(r *http.Request) { m.sim.Plant(o.made(r, m.p.formatOf(m.spec))) })
	}
	for _, e := range m.p.events {
		m.at(w, e.moment, func(*http.Request) {
			m.sim.Change(func(j *sim.Job) {
				if j.Request != 0 {
					befalls[e.what](j, m.sim.Now())
				}
			})
		})
	}
}

// guard ends a process that does not end by itself.
func (m *meanwhile) guard(proc *process) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.timers = append(m.timers, time.AfterFunc(longest, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.wrong(m.p, "it ends in time", "it did not end in %s", longest)
		proc.kill()
	}))
}

// at lets something happen at a moment.
func (m *meanwhile) at(w *watched, when moment, do func(*http.Request)) {
	switch {
	case when.n > 0:
		w.watches = append(w.watches, &watch{moment: when, do: do})
	case when.after <= 0:
		do(nil)
	default:
		m.mu.Lock()
		defer m.mu.Unlock()
		m.timers = append(m.timers, time.AfterFunc(when.after, func() { do(nil) }))
	}
}

func (m *meanwhile) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over {
		return
	}
	m.over = true
	m.p.stoppedAt = time.Now()
	if m.p.stop.kill {
		m.p.killed = true
		m.tally.kills++
		m.proc.kill()
	} else {
		m.tally.cancels++
		m.proc.cancel()
	}
}

func (m *meanwhile) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.over = true
	for _, timer := range m.timers {
		timer.Stop()
	}
}

func (m *meanwhile) message(msg message.SyncMessage) {
	m.p.messages++
	m.p.exports = append(m.p.exports, m.reported(msg, "clari_forecast_exports")...)
	m.p.windows = append(m.p.windows, m.reported(msg, "clari_activity_exports")...)
	if m.p.messages == m.p.stop.message {
		m.stop()
	}
}

// beside sees the messages of a sync beside the one that is watched.
func (m *meanwhile) beside(msg message.SyncMessage) {
	m.p.also = append(m.p.also, m.reported(msg, "clari_forecast_exports")...)
}

// reported are the rows of a table in a message.
func (m *meanwhile) reported(msg message.SyncMessage, table string) (rows []row) {
	insert, ok := msg.(*message.SyncInsert)
	if !ok || tableName(insert.Record) != table {
		return nil
	}
	for i := range int(insert.Record.NumRows()) {
		r, err := rowAt(insert.Record, i)
		if err != nil {
			m.wrong(m.p, "rows can be read", "%v", err)
		}
		rows = append(rows, r)
	}
	return rows
}

// flush says how the nth flush goes.
func (m *meanwhile) flush(n int) call {
	b := m.p.backend
	m.world.mu.Lock()
	defer m.world.mu.Unlock()
	m.p.flushes.Add(1)
	m.beforeLast = maps.Clone(m.state)
	switch {
	case b.hangs > 0 && n >= b.hangs:
		return call{hangs: true}
	case b.fails > 0 && n >= b.fails:
		return call{err: errors.New("disk full")}
	case b.slowest > 0:
		return call{takes: time.Duration(rand.New(rand.NewPCG(m.s.seed, uint64(n))).Int64N(int64(b.slowest)))}
	}
	return call{}
}

// made is the stranger's job; like the creation r, if it is to be like one.
func (o stranger) made(r *http.Request, format string) sim.Job {
	j := o.job
	j.Types, j.Format = slices.Clone(j.Types), format
	if o.like && r != nil && strings.Contains(r.URL.Path, "/export/forecast/") {
		_, j.Forecast, _ = strings.Cut(r.URL.Path, "/export/forecast/")
		var body struct {
			TimePeriod, Currency string
			TypesToExport        []string
			IncludeHistorical    bool
		}
		text, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(text))
		if err == nil && json.Unmarshal(text, &body) == nil {
			j.Asked, j.Currency, j.Types, j.Historical = body.TimePeriod, body.Currency, body.TypesToExport, body.IncludeHistorical
		}
	}
	changes[o.change](&j)
	return j
}

func (p *playedSync) formatOf(spec map[string]any) string {
	return strings.ToUpper(spec["export_format"].(string))
}

// watched is a process's way to Clari, on which things wait.
type watched struct {
	http.RoundTripper
	watches []*watch
	refused atomic.Int64
}

type watch struct {
	moment
	do   func(*http.Request)
	seen atomic.Int64
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	var after []*watch
	r = r.Clone(r.Context()) // whose body may be looked at
	for _, x := range w.watches {
		if (x.op == "" || x.op == opOf(r)) && x.seen.Add(1) == int64(x.n) {
			if x.answered {
				after = append(after, x)
			} else {
				x.do(r)
			}
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	resp, err := w.RoundTripper.RoundTrip(r)
	if errors.Is(err, syscall.ECONNREFUSED) {
		w.refused.Add(1)
	}
	for _, x := range after {
		x.do(r)
	}
	return resp, err
}
