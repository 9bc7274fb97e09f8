package play

import (
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
	"github.com/cq-source-clari/cq-source-clari/test/random/schedule"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// longest is how long any sync may take before it is put to an end.
const longest = 6 * 24 * time.Hour

// disturbance is what happens while a sync runs.
type disturbance struct {
	*Player
	p      *observer.Sync
	proc   *world.Process
	mu     sync.Mutex
	over   bool
	timers []*time.Timer

	beforeLast map[string]string // what state held before the last flush that wrote something
}

func (m *disturbance) options() world.SyncOptions {
	return world.SyncOptions{
		SyncOptions: sdk.SyncOptions{Tables: m.p.Tables}, Started: m.started, Message: m.message, Flush: m.flush, Takes: m.p.Slow,
	}
}

func (m *disturbance) started(proc *world.Process) {
	m.proc = proc
	w := &watchedTransport{RoundTripper: proc.Transport}
	proc.Transport = w
	m.p.Refusals = &w.refused
	m.guard(proc)
	if p := m.p; (p.Stop.Kill || p.Stop.Cancel) && p.Stop.Message == 0 {
		m.at(w, p.Stop.Moment, func(*http.Request) { m.stop() })
	}
	for _, o := range m.p.Others {
		m.at(w, o.Moment, func(r *http.Request) { m.Sim.Plant(o.Like(r, m.p.FormatOf(m.Spec))) })
	}
	for _, e := range m.p.Events {
		m.at(w, e.Moment, func(*http.Request) {
			m.Sim.Change(func(j *sim.Job) {
				if j.Request != 0 {
					schedule.JobEvents[e.What](j, m.Sim.Now())
				}
			})
		})
	}
}

// guard ends a process that does not end by itself.
func (m *disturbance) guard(proc *world.Process) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.timers = append(m.timers, time.AfterFunc(longest, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.Report(m.p, "it ends in time", "it did not end in %s", longest)
		proc.Kill()
	}))
}

// at lets something happen at a moment.
func (m *disturbance) at(w *watchedTransport, when schedule.Moment, do func(*http.Request)) {
	switch {
	case when.N > 0:
		w.watches = append(w.watches, &scheduled{Moment: when, do: do})
	case when.After <= 0:
		do(nil)
	default:
		m.mu.Lock()
		defer m.mu.Unlock()
		m.timers = append(m.timers, time.AfterFunc(when.After, func() { do(nil) }))
	}
}

func (m *disturbance) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over {
		return
	}
	m.over = true
	m.p.StoppedAt = time.Now()
	if m.p.Stop.Kill {
		m.p.Killed = true
		m.Tally.Kills++
		m.proc.Kill()
	} else {
		m.Tally.Cancels++
		m.proc.Cancel()
	}
}

func (m *disturbance) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.over = true
	for _, timer := range m.timers {
		timer.Stop()
	}
}

func (m *disturbance) message(msg message.SyncMessage) {
	m.p.Messages++
	m.count(msg)
	exports := m.reported(msg, world.ExportsTable)
	for _, r := range exports {
		if id, ok := r["job_id"].(string); ok {
			m.p.Reported[id] = time.Now()
		}
	}
	m.p.Exports = append(m.p.Exports, exports...)
	m.p.Windows = append(m.p.Windows, m.reported(msg, "clari_activity_exports")...)
	if m.p.Messages == m.p.Stop.Message {
		m.stop()
	}
}

// count takes in the keys of a message, and hangs where the destination does: for hours, until somebody kills the process.
func (m *disturbance) count(msg message.SyncMessage) {
	if insert, ok := msg.(*message.SyncInsert); ok {
		name := world.TableName(insert.Record)
		if m.p.Keys[name] == nil {
			m.p.Keys[name] = map[string]int{}
		}
		for _, id := range world.Texts(insert.Record, "_cq_id") {
			m.p.Keys[name][id]++
		}
		if slices.Contains(world.ResultTables, name) {
			for _, job := range world.Texts(insert.Record, "job_id") {
				m.p.Sent[job] = time.Now()
			}
		}
	}
	if m.p.Messages == m.p.Hang {
		m.p.Stop.Kill = true
		time.Sleep(3 * time.Hour)
		m.stop()
	}
}

// beside sees the messages of a sync beside the one that is watched.
func (m *disturbance) beside(msg message.SyncMessage) {
	m.p.Also = append(m.p.Also, m.reported(msg, "clari_forecast_exports")...)
}

// reported are the rows of a table in a message.
func (m *disturbance) reported(msg message.SyncMessage, table string) (rows []world.Row) {
	insert, ok := msg.(*message.SyncInsert)
	if !ok || world.TableName(insert.Record) != table {
		return nil
	}
	for i := range int(insert.Record.NumRows()) {
		r, err := world.RowAt(insert.Record, i)
		if err != nil {
			m.Report(m.p, "rows can be read", "%v", err)
		}
		rows = append(rows, r)
	}
	return rows
}

// flush says how the nth flush goes.
func (m *disturbance) flush(n int) world.Flush {
	b := m.p.Backend
	m.World.Mu.Lock()
	defer m.World.Mu.Unlock()
	m.p.Flushes.Add(1)
	m.beforeLast = maps.Clone(m.State)
	switch {
	case b.Hangs > 0 && n >= b.Hangs:
		return world.Flush{Hangs: true}
	case b.Fails > 0 && n >= b.Fails:
		return world.Flush{Err: errors.New("disk full")}
	case b.Slowest > 0:
		return world.Flush{Takes: time.Duration(rand.New(rand.NewPCG(m.S.Seed, uint64(n))).Int64N(int64(b.Slowest)))}
	}
	return world.Flush{}
}

// watchedTransport is a process's way to Clari, on which things wait.
type watchedTransport struct {
	http.RoundTripper
	watches []*scheduled
	refused atomic.Int64
}

type scheduled struct {
	schedule.Moment
	do   func(*http.Request)
	seen atomic.Int64
}

func (w *watchedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	var after []*scheduled
	r = r.Clone(r.Context()) // whose body may be looked at
	for _, x := range w.watches {
		if (x.Op == "" || x.Op == world.OpOf(r)) && x.seen.Add(1) == int64(x.N) {
			if x.Answered {
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
