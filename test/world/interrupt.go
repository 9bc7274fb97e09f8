package world

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// Stopped is a sync whose stream ends where the trap says. It returns how long the plugin took to stop.
func (w *World) Stopped(ph Moment) (took time.Duration) {
	w.T.Helper()
	var at time.Time
	err := w.Sync(ph.Interrupt(w, func(p *Process) { at = time.Now(); p.Cancel() }).Options())
	if !errors.Is(err, context.Canceled) || at.IsZero() {
		w.T.Errorf("%s: error %v", ph.Name, err)
	}
	return time.Since(at)
}

// Interrupt waits for a moment in the life of a process, to kill it or to cut its stream.
type Interrupt struct {
	Request  func(*Process, sim.Op)              // before a request goes out
	Response func(*Process, sim.Op)              // Clari has done what was asked, the plugin does not know yet
	body     func(*Process)                      // in the middle of a download
	Message  func(*Process, message.SyncMessage) // as it comes out of the plugin; it still reaches the destination
}

// Options are those of a sync that runs into the trap.
func (t Interrupt) Options() SyncOptions {
	var p *Process
	return SyncOptions{
		Started: func(running *Process) {
			p = running
			p.Transport = &interrupted{p.Transport, p, t}
		},
		Message: func(m message.SyncMessage) {
			if t.Message != nil {
				t.Message(p, m)
			}
		},
	}
}

type interrupted struct {
	http.RoundTripper
	process   *Process
	Interrupt Interrupt
}

func (t *interrupted) RoundTrip(r *http.Request) (*http.Response, error) {
	op := OpOf(r)
	if t.Interrupt.Request != nil {
		t.Interrupt.Request(t.process, op)
	}
	if t.process.dead.Load() {
		return nil, ErrKilled
	}
	resp, err := t.RoundTripper.RoundTrip(r)
	if err == nil && t.Interrupt.Response != nil {
		t.Interrupt.Response(t.process, op)
	}
	switch {
	case err != nil:
		return nil, err
	case t.process.dead.Load():
		resp.Body.Close()
		return nil, ErrKilled
	case op == sim.Results && t.Interrupt.body != nil:
		resp.Body = &interruptedBody{resp.Body, t}
	}
	return resp, nil
}

type interruptedBody struct {
	io.ReadCloser
	t *interrupted
}

func (b *interruptedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), 100)])
	b.t.Interrupt.body(b.t.process)
	return n, err
}

func OpOf(r *http.Request) sim.Op {
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/limits"):
		return sim.Limits
	case strings.HasSuffix(path, "/results"):
		return sim.Results
	case strings.HasSuffix(path, "/export/jobs"):
		return sim.List
	case r.Method == http.MethodPost:
		return sim.Create
	case r.Method == http.MethodPatch:
		return sim.Cancel
	default:
		return sim.Status
	}
}

// On runs act once, when op comes by.
func On(op sim.Op, act func(*Process)) func(*Process, sim.Op) {
	sprung := false
	return func(p *Process, got sim.Op) {
		if got == op && !sprung {
			sprung = true
			act(p)
		}
	}
}

func inserts(m message.SyncMessage, table string) bool {
	insert, ok := m.(*message.SyncInsert)
	return ok && TableName(insert.Record) == table
}

// Migrates tells of the migrate message of a table after the first: those make a barrier.
func Migrates(table string) func(message.SyncMessage) bool {
	seen := 0
	return func(m message.SyncMessage) bool {
		if migrate, ok := m.(*message.SyncMigrateTable); ok && migrate.Table.Name == table {
			seen++
		}
		return seen > 1
	}
}

// Moment is a moment in which a process can end.
type Moment struct {
	Name      string
	Landed    bool // what was exported counts as landed by then
	Interrupt func(w *World, end func(*Process)) Interrupt
}

// behind reports a message that migrates a table behind rows of entries: part of a barrier.
func behind(table string) func(message.SyncMessage) bool {
	sent := false
	return func(m message.SyncMessage) bool {
		sent = sent || inserts(m, "clari_forecast_entries")
		migrates, ok := m.(*message.SyncMigrateTable)
		return ok && sent && migrates.Table.Name == table
	}
}

// Moments are those of one export, in the order in which they come by.
var Moments = []Moment{
	{"creating, before the request arrives", false, func(_ *World, end func(*Process)) Interrupt {
		return Interrupt{Request: On(sim.Create, end)}
	}},
	{"creating, after the request was processed", false, func(_ *World, end func(*Process)) Interrupt {
		return Interrupt{Response: On(sim.Create, end)}
	}},
	{"queued", false, func(w *World, end func(*Process)) Interrupt {
		return Interrupt{Response: On(sim.Status, func(p *Process) { w.inState(sim.Scheduled); end(p) })}
	}},
	{"running", false, func(w *World, end func(*Process)) Interrupt {
		return Interrupt{Response: func(p *Process, op sim.Op) {
			if job, _ := w.Sim.Job(1); op == sim.Status && job.Status(w.Sim.Now()) == sim.Started {
				end(p)
			}
		}}
	}},
	{"before the download", false, func(w *World, end func(*Process)) Interrupt {
		return Interrupt{Request: On(sim.Results, func(p *Process) { w.inState(sim.Done); end(p) })}
	}},
	{"downloading", false, func(_ *World, end func(*Process)) Interrupt {
		return Interrupt{body: end}
	}},
	{"emitting", false, func(_ *World, end func(*Process)) Interrupt {
		return Interrupt{Message: func(p *Process, m message.SyncMessage) {
			if inserts(m, "clari_forecast_entries") {
				end(p)
			}
		}}
	}},
	{"before the barrier", false, func(_ *World, end func(*Process)) Interrupt {
		return Interrupt{Message: func(p *Process, m message.SyncMessage) {
			if inserts(m, "clari_forecast_exports") {
				end(p)
			}
		}}
	}},
	{"in the barrier", false, func(_ *World, end func(*Process)) Interrupt {
		barrier := behind("clari_forecast_entries")
		return Interrupt{Message: func(p *Process, m message.SyncMessage) {
			if barrier(m) {
				end(p)
			}
		}}
	}},
	{"after the barrier, before the journal", false, func(_ *World, end func(*Process)) Interrupt {
		last, set := behind("clari_limits"), false
		return Interrupt{Message: func(p *Process, m message.SyncMessage) {
			if last(m) && !set {
				set = true
				time.AfterFunc(500*time.Millisecond, func() { end(p) })
			}
		}}
	}},
	{"after the journal", true, func(_ *World, end func(*Process)) Interrupt {
		lists := 0 // the first one asks how long jobs take
		return Interrupt{Request: func(p *Process, op sim.Op) {
			if op == sim.List {
				if lists++; lists == 2 {
					end(p)
				}
			}
		}}
	}},
}
