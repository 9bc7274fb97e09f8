package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// Limits are what a run keeps to. See the spec's keys of the same names.
type Limits struct {
	Concurrency         int // jobs in flight; 0: as many as others leave free, less one
	DelayBetweenExports time.Duration
	PollInterval        time.Duration
	PollMaxInterval     time.Duration
	QueueTimeout        time.Duration
	RunTimeout          time.Duration
	ExportAttempts      int
	QuotaReserve        int
	MaxResultBytes      int64
}

// Config is what a run needs.
type Config struct {
	Limits
	Client *clari.Client
	Store  journal.Store // nil without a state backend
	Scope  string        // tells apart in one state backend what belongs to different tenants: the base URL
	Kinds  []Kind        // in the order in which their exports are made
	// Barrier returns when destinations have written out everything that was sent before.
	Barrier func(ctx context.Context) error
	Log     zerolog.Logger
	Summary *Summary // filled as the run goes on; may be nil
}

// run is one sync's exports in progress.
type run struct {
	Config
	journal    *journal.Journal
	pace       *pace
	inFlight   *inFlight
	admission  *admission
	progress   *progress
	metrics    *metrics
	spent      atomic.Int64          // export jobs created
	unknown    sync.Map              // status words told of
	listing    chan struct{}         // a token: held by who uses listed
	listed     []clari.Job           // finished jobs that Clari lists, to learn from; nil: not asked for yet
	keyRefused atomic.Pointer[error] // set once the key was

	slots   chan struct{}
	landing chan struct{} // a token: held by the one export that reads its result and sends its rows
	exports sync.WaitGroup
	sent    []*Export // not yet past a barrier
	barrier time.Time // when the last one was passed

	stop        context.CancelCauseFunc // nothing can be sent any more
	toldRefused bool

	mu      sync.Mutex
	planned []*Export
	lacking []*Export
}

// many stands for a concurrency that only the limits bound.
const many = 1 << 10

// Run makes the exports of all kinds and lands them. One failed export does not stop the others; the error is then an
// *IncompleteError that names each. It returns early only when the context ends or nothing can be sent any more.
func Run(ctx context.Context, c Config) error {
	if c.Summary == nil {
		c.Summary = &Summary{}
	}
	r := &run{
		Config: c, progress: newProgress(), metrics: newMetrics(), pace: newPace(c.PollInterval, c.PollMaxInterval), inFlight: newInFlight(),
		slots: make(chan struct{}, c.Concurrency), landing: make(chan struct{}, 1), barrier: time.Now(), listing: make(chan struct{}, 1),
	}
	if c.Concurrency == 0 {
		r.slots = make(chan struct{}, many)
	}
	var once sync.Once
	r.journal = journal.Open(ctx, c.Store, func(err error) {
		once.Do(func() {
			c.Log.Warn().Err(err).Msg("state backend does not work: a crash of this sync may repeat paid exports")
		})
	})
	r.admission = &admission{
		client: c.Client, log: c.Log, gap: c.DelayBetweenExports, reserve: c.QuotaReserve, auto: c.Concurrency == 0,
		queueTimeout: c.QueueTimeout, inFlight: r.inFlight, token: make(chan struct{}, 1), metrics: r.metrics,
	}
	err := r.run(ctx)
	if err != nil {
		r.cancelOwn(ctx)
	}
	r.journal.Close(ctx)
	for _, e := range r.planned {
		e.close()
	}
	r.metrics.follow(ctx, c.Client)
	c.Summary.Spent, c.Summary.QuotaLeft = int(r.spent.Load()), r.admission.left
	return err
}

func (r *run) run(ctx context.Context) error {
	// A destination that takes no more ends everything.
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.stop = cancel
	var failed error
	for _, kind := range r.Kinds {
		failed = errors.Join(failed, r.runKind(running, kind))
	}
	r.exports.Wait()
	if err := context.Cause(running); err != nil {
		return err
	}
	return errors.Join(failed, r.conclude(ctx))
}

// runKind makes the exports of one kind, batch by batch.
func (r *run) runKind(ctx context.Context, kind Kind) error {
	for {
		batch, err := kind.Next(ctx, r.journal)
		if err != nil || len(batch.Exports) == 0 || ctx.Err() != nil {
			return err
		}
		for _, key := range batch.Later {
			later := &Export{}
			r.journal.Load(ctx, key, &later.entry)
			later.entry.State = "" // whether it is unclear matters when it comes
			r.inFlight.plan(later)
		}
		for _, e := range batch.Exports {
			r.journal.Load(ctx, e.Key(), &e.entry)
			if err := r.journal.Unreadable(e.Key()); err != nil && e.Err == nil { // it may be settled, or paid for
				e.Err = fmt.Errorf("plan: the state backend does not tell what was done before: %w", err)
			}
			r.plan(e)
			r.inFlight.plan(e)
		}
		r.dispatch(ctx, batch.Exports)
		for _, e := range batch.Exports {
			select {
			case <-e.read:
			case <-ctx.Done():
				return nil
			}
		}
	}
}

// plan takes an export into the plan.
func (r *run) plan(e *Export) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.planned = append(r.planned, e)
	r.progress.plan(e)
}

// dispatch starts exports in the order of the plan, as many at a time as may be. It returns when the last has started.
func (r *run) dispatch(ctx context.Context, exports []*Export) {
	for _, e := range exports {
		if !r.takeSlot(ctx) {
			return
		}
		r.open(ctx, e)
		if e.Err == nil {
			e.Err = r.begin(ctx, e)
		}
		r.exports.Go(func() {
			if e.Err == nil && e.Outcome == "" {
				e.Err = r.obtain(ctx, e)
			}
			r.leaveSlot(e)
			r.land(ctx, e)
		})
	}
}

// takeSlot waits until another job may be in flight. It reports false when the context has ended.
func (r *run) takeSlot(ctx context.Context) bool { return take(ctx, r.slots) }

func take(ctx context.Context, tokens chan struct{}) bool {
	select {
	case tokens <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *run) leaveSlot(e *Export) {
	<-r.slots
	r.inFlight.release(e)
}

// describe names exports of any kinds.
func describe(exports []*Export) string {
	var texts []string
	for len(exports) > 0 {
		kind := exports[0].Kind
		mine := slices.DeleteFunc(slices.Clone(exports), func(e *Export) bool { return e.Kind != kind })
		exports = slices.DeleteFunc(slices.Clone(exports), func(e *Export) bool { return e.Kind == kind })
		texts = append(texts, kind.Describe(mine))
	}
	return strings.Join(texts, ", ")
}
