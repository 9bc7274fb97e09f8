package lifecycle

import (
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// trap waits for a moment in the life of a process, to kill it or to cut its stream.
type trap struct {
	request  func(*process, sim.Op)              // before a request goes out
	response func(*process, sim.Op)              // Clari has done what was asked, the plugin does not know yet
	body     func(*process)                      // in the middle of a download
	message  func(*process, message.SyncMessage) // as it comes out of the plugin; it still reaches the destination
}

// options are those of a sync that runs into the trap.
func (t trap) options() syncOptions {
	var p *process
	return syncOptions{
		started: func(running *process) {
			p = running
			p.transport = &trapped{p.transport, p, t}
		},
		message: func(m message.SyncMessage) {
			if t.message != nil {
				t.message(p, m)
			}
		},
	}
}

type trapped struct {
	http.RoundTripper
	process *process
	trap    trap
}

func (t *trapped) RoundTrip(r *http.Request) (*http.Response, error) {
	op := opOf(r)
	if t.trap.request != nil {
		t.trap.request(t.process, op)
	}
	if t.process.dead.Load() {
		return nil, errKilled
	}
	resp, err := t.RoundTripper.RoundTrip(r)
	if err == nil && t.trap.response != nil {
		t.trap.response(t.process, op)
	}
	switch {
	case err != nil:
		return nil, err
	case t.process.dead.Load():
		resp.Body.Close()
		return nil, errKilled
	case op == sim.Results && t.trap.body != nil:
		resp.Body = &trappedBody{resp.Body, t}
	}
	return resp, nil
}

type trappedBody struct {
	io.ReadCloser
	t *trapped
}

func (b *trappedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), 100)])
	b.t.trap.body(b.t.process)
	return n, err
}

func opOf(r *http.Request) sim.Op {
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

// on runs act once, when op comes by.
func on(op sim.Op, act func(*process)) func(*process, sim.Op) {
	sprung := false
	return func(p *process, got sim.Op) {
		if got == op && !sprung {
			sprung = true
			act(p)
		}
	}
}

func inserts(m message.SyncMessage, table string) bool {
	insert, ok := m.(*message.SyncInsert)
	return ok && tableName(insert.Record) == table
}

// migrates tells of the migrate message of a table after the first: those make a barrier.
func migrates(table string) func(message.SyncMessage) bool {
	seen := 0
	return func(m message.SyncMessage) bool {
		if migrate, ok := m.(*message.SyncMigrateTable); ok && migrate.Table.Name == table {
			seen++
		}
		return seen > 1
	}
}

// phase is a moment in which a process can end.
type phase struct {
	name   string
	landed bool // what was exported counts as landed by then
	trap   func(w *world, end func(*process)) trap
}

// phases are those of one export, in the order in which they come by.
var phases = []phase{
	{"creating, before the request arrives", false, func(_ *world, end func(*process)) trap {
		return trap{request: on(sim.Create, end)}
	}},
	{"creating, after the request was processed", false, func(_ *world, end func(*process)) trap {
		return trap{response: on(sim.Create, end)}
	}},
	{"queued", false, func(w *world, end func(*process)) trap {
		return trap{response: on(sim.Status, func(p *process) { w.inState(sim.Scheduled); end(p) })}
	}},
	{"running", false, func(w *world, end func(*process)) trap {
		return trap{response: func(p *process, op sim.Op) {
			if job, _ := w.sim.Job(1); op == sim.Status && job.Status(w.sim.Now()) == sim.Started {
				end(p)
			}
		}}
	}},
	{"before the download", false, func(w *world, end func(*process)) trap {
		return trap{request: on(sim.Results, func(p *process) { w.inState(sim.Done); end(p) })}
	}},
	{"downloading", false, func(_ *world, end func(*process)) trap {
		return trap{body: end}
	}},
	{"emitting", false, func(_ *world, end func(*process)) trap {
		return trap{message: func(p *process, m message.SyncMessage) {
			if inserts(m, "clari_forecast_entries") {
				end(p)
			}
		}}
	}},
	{"before the barrier", false, func(_ *world, end func(*process)) trap {
		return trap{message: func(p *process, m message.SyncMessage) {
			if inserts(m, "clari_forecast_exports") {
				end(p)
			}
		}}
	}},
	{"in the barrier", false, func(_ *world, end func(*process)) trap {
		first := migrates("clari_forecast_entries")
		return trap{message: func(p *process, m message.SyncMessage) {
			if first(m) {
				end(p)
			}
		}}
	}},
	{"after the barrier, before the journal", false, func(_ *world, end func(*process)) trap {
		last, set := migrates("clari_limits"), false
		return trap{message: func(p *process, m message.SyncMessage) {
			if last(m) && !set {
				set = true
				time.AfterFunc(500*time.Millisecond, func() { end(p) })
			}
		}}
	}},
	{"after the journal", true, func(_ *world, end func(*process)) trap {
		lists := 0 // the first one asks how long jobs take
		return trap{request: func(p *process, op sim.Op) {
			if op == sim.List {
				if lists++; lists == 2 {
					end(p)
				}
			}
		}}
	}},
}

func (w *world) inState(status string) {
	if job, _ := w.sim.Job(1); job.Status(w.sim.Now()) != status {
		w.t.Errorf("the trap went off while the job was %s, not %s", job.Status(w.sim.Now()), status)
	}
}

// spent checks how many exports the ledger counts.
func (w *world) spent(want int) {
	w.t.Helper()
	if got := w.sim.Ledger().Spent(); got != want {
		w.t.Errorf("%d exports spent, want %d", got, want)
	}
}

// mustSync syncs without an error.
func (w *world) mustSync(options ...syncOptions) {
	w.t.Helper()
	if err := w.sync(options...); err != nil {
		w.t.Fatal(err)
	}
}

// exports are the rows of clari_forecast_exports with an outcome.
func (w *world) exports(outcome string) []row {
	return w.wh.rows("clari_forecast_exports", func(r row) bool { return r["outcome"] == outcome })
}

// values are the different values of a column, and how often each occurs.
func (w *world) values(table, column string) map[any]int {
	n := map[any]int{}
	for _, r := range w.wh.tables[table] {
		n[r[column]]++
	}
	return n
}

// tidy checks what must hold of every run.
func (w *world) tidy() {
	w.t.Helper()
	l := w.sim.Ledger()
	if gap, ok := l.MinPollGap(); ok && gap < 5*time.Second {
		w.t.Errorf("two polls of a job %s apart", gap)
	}
	if early := l.TooEarly(); len(early) > 0 {
		w.t.Errorf("sent before Retry-After ran out: %v", early)
	}
	for key, value := range w.state {
		if len(value) > 1024 {
			w.t.Errorf("state %s has %d bytes", key, len(value))
		}
	}
}

// fields are a spec's, with more.
func fields(more map[string]any) map[string]any {
	f := map[string]any{"delay_between_exports": "1s"}
	maps.Copy(f, more)
	return f
}

// slow jobs stay in the queue for some of their time, and run long enough to be polled in both phases.
var slow = sim.Config{Queue: sim.Fixed(20 * time.Second), Run: sim.Fixed(60 * time.Second)}

// tiny is the tenant of tests that sync very often.
var tiny = sim.Tenant{People: 2, Tabs: []sim.Tab{{ID: "forecast", Fields: sim.Fields(1)}}}
