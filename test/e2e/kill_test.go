package e2e

import (
	"net/http"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/runner"
)

// killer ends the plugin's process with SIGKILL, once, from wherever a test has a hook. Each hook is told to stop when it has.
type killer struct {
	done atomic.Bool
	kill func()

	request func(*sim.Exchange) bool // true: now. The request is then never answered
	body    func(*sim.Exchange) bool // true: in the middle of the answer's body
	job     func(*sim.Job) bool      // true: now, with the job made
	message func(runner.Message) bool
	line    func(w *world, line string) bool // of the log

	lists atomic.Int32 // requests for the list of jobs
}

func (k *killer) now(yes bool) bool {
	if yes && k.done.CompareAndSwap(false, true) {
		k.kill()
		return true
	}
	return false
}

func (k *killer) alive() bool { return !k.done.Load() }

func (k *killer) intercept(x *sim.Exchange) bool {
	if k.request != nil && k.alive() && k.now(k.request(x)) {
		<-x.Request.Context().Done()
		panic(http.ErrAbortHandler)
	}
	// The first list of jobs tells how long they take. The second comes after the barrier: the sync does not end before the process is killed.
	if x.Op == sim.List && k.lists.Add(1) > 1 && k.alive() {
		<-x.Request.Context().Done()
		panic(http.ErrAbortHandler)
	}
	if k.body != nil && k.alive() && k.body(x) {
		x.Writer = &tripwire{x.Writer, x.Request, 2000, func() { k.now(true) }}
	}
	return false
}

// tripwire passes on some bytes of a body, sees to it that they arrive, and then no more.
type tripwire struct {
	http.ResponseWriter
	request *http.Request
	left    int
	trip    func()
}

func (w *tripwire) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p[:min(len(p), w.left)])
	if w.left -= n; w.left > 0 || err != nil {
		return n, err
	}
	http.NewResponseController(w.ResponseWriter).Flush()
	w.trip()
	<-w.request.Context().Done()
	panic(http.ErrAbortHandler)
}

// nth is true the nth time that the condition holds.
func nth[T any](n int64, holds func(T) bool) func(T) bool {
	var seen atomic.Int64
	return func(v T) bool { return holds(v) && seen.Add(1) == n }
}

func insertOf(table string) func(runner.Message) bool {
	return func(m runner.Message) bool { return m.Kind == "insert" && m.Table == table }
}

// of is true for a request of that kind about the second job.
func of(op sim.Op) func(*sim.Exchange) bool {
	return func(x *sim.Exchange) bool { return x.Op == op && x.Job == 2 }
}

func secondCreation(effects ...sim.Effect) (faults []sim.Fault) {
	for _, effect := range effects {
		faults = append(faults, sim.Fault{Op: sim.Create, Job: 2, Do: effect})
	}
	return faults
}

// Lines of the destination: about a batch of rows, in contrast to one of state, and about a stream of messages that was written to its end.
var (
	rowsWritten   = regexp.MustCompile(`"len":\d{3,},"message":"batch written successfully"`)
	streamWritten = regexp.MustCompile(`"grpc.method":"Write".*"message":"finished call","module":"sqlite-destination"`)
)

// TestKill kills the process while it sees to the second of two exports, and syncs again into the same destination. The state never says more
// than the tables hold, and nothing that was paid for is paid for again, but where nobody can know that it was. What waits for minutes, such as a
// job that is in no list, is played in virtual time: test/interrupt.
func TestKill(t *testing.T) {
	t.Parallel()
	atSecondJob := func(j *sim.Job) bool { return j.Number == 2 }
	tests := []struct {
		phase     string
		killer    killer
		faults    []sim.Fault
		batch     int // of the destination
		noBackend bool
		then      func(w *world) // between the syncs

		spent int // by both syncs
		known int // exports of the first sync that the second one does not buy: it keeps what the state says is there, and adopts the rest
	}{
		{
			phase: "creating, after Clari", killer: killer{job: atSecondJob},
			faults: secondCreation(sim.Hang().AfterProcessing()), spent: 2, known: 2,
		},
		{ // one more than planned, as no job can be told to be the one
			phase: "creating, two candidates", killer: killer{job: atSecondJob},
			faults: secondCreation(sim.Hang().AfterProcessing(), sim.Twin()), spent: 3, known: 1,
		},
		{
			phase: "queued", killer: killer{request: of(sim.Status)},
			faults: secondCreation(sim.Takes(2*time.Second, 100*time.Millisecond)), spent: 2, known: 2,
		},
		{
			phase: "running", killer: killer{request: of(sim.Status)},
			faults: secondCreation(sim.Takes(0, 2*time.Second)), spent: 2, known: 2,
		},
		{ // nothing is known of the first sync
			phase: "running, without a backend", killer: killer{request: of(sim.Status)},
			faults: secondCreation(sim.Takes(0, 2*time.Second)), noBackend: true, spent: 4,
		},
		{phase: "downloading", killer: killer{body: of(sim.Results)}, spent: 2, known: 2},
		{
			phase: "emitting", killer: killer{message: nth(2, insertOf("clari_forecast_entries"))},
			batch: 100, spent: 2, known: 2,
		},
		{
			phase: "before the barrier", killer: killer{message: nth(2, insertOf("clari_forecast_exports"))},
			spent: 2, known: 2,
		},
		{
			phase: "in the barrier", killer: killer{message: nth(4, func(m runner.Message) bool { // announced, and twice in the first barrier
				return m == runner.Message{Kind: "migrate", Table: "clari_forecast_entries"}
			})}, spent: 2, known: 2,
		},
		{
			phase: "rows written", killer: killer{line: func(_ *world, line string) bool { return rowsWritten.MatchString(line) }},
			then:  func(w *world) { w.durable(w.sim.Ledger().Created()...) },
			spent: 2, known: 2,
		},
		{
			phase: "in the state", killer: killer{line: func(w *world, line string) bool {
				if !streamWritten.MatchString(line) {
					return false
				}
				places, err := readPlaces(w.opts.DatabasePath)
				return err == nil && len(places) == 2
			}},
			then:  func(w *world) { require.Len(w, w.places(), 2) },
			spent: 2, known: 2,
		},
	}
	for i := range tests {
		test := &tests[i]
		t.Run(test.phase, func(t *testing.T) {
			k := &test.killer
			cfg := sim.Config{Intercept: k.intercept, Faults: test.faults}
			if k.job != nil {
				cfg.OnJob = func(j *sim.Job) { k.now(k.alive() && k.job(j)) }
			}
			w := newWorld(t, cfg, map[string]any{"periods": []string{"previous", "current"}})
			w.backend, w.batch = !test.noBackend, test.batch
			w.opts.OnStart = func(kill func()) { k.kill = kill }
			if k.message != nil {
				w.opts.OnMessage = func(m runner.Message) { k.now(k.alive() && k.message(m)) }
			}
			if k.line != nil {
				w.told.alert = func(line string) { k.now(k.alive() && k.line(w, line)) }
			}
			summary, err := w.sync()
			require.Error(t, err)
			require.ErrorContains(t, summary.Exit, "signal: killed")
			if test.then != nil {
				test.then(w)
			}
			kept := w.places()
			for _, job := range w.sim.Ledger().Created() {
				if _, ok := kept[job.ID]; ok {
					w.durable(job)
				}
			}

			w.opts.OnStart = nil
			w.mustSync()
			w.landed(2)
			w.spent(test.spent)
			require.Equal(t, len(kept), w.count("clari_forecast_exports", "outcome = 'kept'"))
			require.Equal(t, test.known-len(kept), w.count("clari_forecast_exports", "outcome = 'adopted'"))
		})
	}
}

// durable checks that the rows of these jobs are there already.
func (w *world) durable(jobs ...sim.Job) {
	w.Helper()
	for _, job := range jobs {
		wrong, _, err := oracle.Stored(w.db(), job)
		require.NoError(w, err)
		require.Empty(w, wrong)
	}
}
