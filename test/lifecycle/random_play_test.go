package lifecycle

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// game is a schedule being played.
type game struct {
	s *schedule
	*world
	tally    tally
	played   []*playedSync
	problems []string
	before   map[string]map[string]bool // table -> _cq_id of what was there before the present sync
	ledger   sim.Ledger                 // after it
	compared map[string][]string        // job -> how what landed from it differs from its truth, after it
}

// playedSync is what one sync did.
type playedSync struct {
	step
	number     int
	start, end time.Time // on our clock
	stoppedAt  time.Time // when it was killed or cancelled; zero if neither came to it
	killed     bool
	err        error
	logs       *logs
	requests   []sim.Request
	created    []sim.Job         // by this sync
	exports    []row             // of clari_forecast_exports, as sent
	journal    map[string]string // state backend before
	refusals   *atomic.Int64
}

// play plays a schedule to its end, or until something is wrong.
func play(t *testing.T, s *schedule, total *tally) {
	fields := maps.Clone(s.spec)
	g := &game{s: s, world: newWorld(t, s.config, fields), tally: tally{fired: map[string]int{}}}
	if s.state {
		g.withState()
	}
	g.wh.deleteStale = s.deleteStale
	time.Sleep(s.start)
	for i, step := range s.steps {
		time.Sleep(step.pause)
		g.playStep(i+1, step)
		if len(g.problems) > 0 || step.final && g.played[i].err == nil {
			break
		}
	}
	g.tally.req, g.tally.jobs = len(g.sim.Ledger().Requests), len(g.sim.Ledger().Created())
	for _, r := range g.sim.Ledger().Requests {
		for _, name := range r.Faults {
			g.tally.fired[name]++
		}
	}
	total.add(&g.tally)
	if len(g.problems) > 0 {
		t.Errorf("%s\n\nplay it alone: go test ./test/lifecycle -run 'TestRandom$' -v -seed %d\n\n%s\n\nledger:\n%s",
			strings.Join(g.problems, "\n"), s.seed, s, g.sim.Ledger())
	}
	if *seed >= 0 {
		for _, p := range g.played {
			t.Logf("sync %d, %s to %s: %v\n%s", p.number, p.start.Format(time.DateTime), p.end.Format(time.DateTime), p.err, p.logs)
		}
		if len(g.problems) == 0 {
			t.Logf("%s\n%s", s, g.sim.Ledger())
		}
	}
}

// wrong notes that something does not hold.
func (g *game) wrong(p *playedSync, format string, args ...any) {
	g.problems = append(g.problems, fmt.Sprintf("after sync %d (%v): ", p.number, p.err)+fmt.Sprintf(format, args...))
}

func (g *game) playStep(number int, st step) {
	p := &playedSync{step: st, number: number, start: time.Now(), logs: &logs{}, journal: maps.Clone(g.state)}
	if !st.keep {
		g.sim.ClearFaults()
	}
	for _, f := range st.faults {
		g.sim.Add(f.Fault)
	}
	if st.final {
		g.sim.SetCapacity(100, 100_000)
	}
	for range st.foreign {
		g.sim.Plant(sim.Job{UserID: 7, Run: 90 * time.Second})
	}
	g.before = map[string]map[string]bool{}
	for table, rows := range g.wh.tables {
		g.before[table] = map[string]bool{}
		for id := range rows {
			g.before[table][id] = true
		}
	}
	was := maps.Clone(g.spec)
	maps.Copy(g.spec, st.spec)
	g.logs = p.logs
	firstRequest, jobsBefore := len(g.sim.Ledger().Requests), len(g.sim.Ledger().Jobs)

	p.err = g.run(p)

	p.end = time.Now()
	g.spec = was
	if p.err == nil {
		p.stoppedAt = time.Time{} // it had done all when it was cancelled
	}
	g.ledger, g.compared = g.sim.Ledger(), map[string][]string{}
	p.requests = g.ledger.Requests[firstRequest:]
	for _, j := range g.ledger.Jobs[jobsBefore:] {
		if j.Request != 0 {
			p.created = append(p.created, j)
		}
	}
	g.tally.syncs++
	if p.err != nil {
		g.tally.failed++
	}
	g.played = append(g.played, p)
	if len(g.problems) == 0 { // it ended
		g.check(p)
	}
}

// run runs the sync of a step and stops it as the step says.
func (g *game) run(p *playedSync) error {
	options := syncOptions{SyncOptions: sdk.SyncOptions{Tables: p.tables}}
	var proc *process
	var mu sync.Mutex
	over := false
	stopNow := func() {
		mu.Lock()
		defer mu.Unlock()
		if over {
			return
		}
		over = true
		p.stoppedAt = time.Now()
		if p.stop.kill {
			p.killed = true
			g.tally.kills++
			proc.kill()
		} else {
			g.tally.cancels++
			proc.cancel()
		}
	}
	var timers []*time.Timer
	options.started = func(started *process) {
		proc = started
		w := &watched{RoundTripper: proc.transport, stop: p.stop, now: stopNow}
		proc.transport = w
		timers = append(timers, time.AfterFunc(20*24*time.Hour, func() {
			g.wrong(p, "the sync did not end in 20 days")
			proc.kill()
		}))
		if (p.stop.kill || p.stop.cancel) && p.stop.n == 0 && p.stop.message == 0 {
			timers = append(timers, time.AfterFunc(p.stop.after, stopNow))
		}
		p.refusals = &w.refused
	}
	messages := 0
	options.message = func(m message.SyncMessage) {
		if insert, ok := m.(*message.SyncInsert); ok && tableName(insert.Record) == "clari_forecast_exports" {
			for i := range int(insert.Record.NumRows()) {
				r, err := rowAt(insert.Record, i)
				if err != nil {
					g.wrong(p, "%v", err)
				}
				p.exports = append(p.exports, r)
			}
		}
		if messages++; messages == p.stop.message {
			stopNow()
		}
	}
	err := g.sync(options)
	mu.Lock()
	over = true
	mu.Unlock()
	for _, timer := range timers {
		timer.Stop()
	}
	g.tally.fired["refused"] += int(p.refusals.Load())
	return err
}

// watched is a process's way to Clari, on which its end may wait.
type watched struct {
	http.RoundTripper
	stop    stop
	now     func()
	seen    atomic.Int64
	refused atomic.Int64
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	hit := (w.stop.kill || w.stop.cancel) && w.stop.n > 0 && w.matches(r) && w.seen.Add(1) == int64(w.stop.n)
	if hit && !w.stop.answered {
		w.now()
		if w.stop.kill {
			return nil, errKilled
		}
	}
	resp, err := w.RoundTripper.RoundTrip(r)
	if errors.Is(err, syscall.ECONNREFUSED) {
		w.refused.Add(1)
	}
	if hit && w.stop.answered {
		w.now()
	}
	return resp, err
}

func (w *watched) matches(r *http.Request) bool {
	switch w.stop.op {
	case sim.Create:
		return r.Method == http.MethodPost
	case sim.Results:
		return strings.HasSuffix(r.URL.Path, "/results")
	case sim.List:
		return strings.HasSuffix(r.URL.Path, "/export/jobs")
	}
	return true
}

// journalled are the entries of a state backend that are about exports.
func journalled(state map[string]string) map[string]journalEntry {
	found := map[string]journalEntry{}
	for key, value := range state {
		var e journalEntry
		if strings.HasPrefix(key, "clari/export/") && json.Unmarshal([]byte(value), &e) == nil {
			found[key] = e
		}
	}
	return found
}

type journalEntry struct {
	State     string   `json:"state"`
	JobID     string   `json:"job_id"`
	DoneJobID string   `json:"done_job_id"`
	Tables    []string `json:"tables"`
}

func (g *game) duration(key string) time.Duration {
	d, err := time.ParseDuration(g.spec[key].(string))
	if err != nil {
		panic(err)
	}
	return d
}

func (g *game) number(key string) int {
	switch n := g.spec[key].(type) {
	case int:
		return n
	}
	return math.MaxInt
}

// checkNoFiles: no spool is left behind, however a sync ended.
func checkNoFiles(t *testing.T) {
	left, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	left = slices.DeleteFunc(left, func(e os.DirEntry) bool { return !strings.HasSuffix(e.Name(), ".spool") })
	if len(left) > 0 {
		t.Errorf("%d spool files are left, such as %s", len(left), left[0].Name())
	}
}
