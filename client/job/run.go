package job

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/clock"
	"github.com/cq-source-clari/cq-source-clari/client/job/budget"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/job/queue"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// Bounds are what a run keeps to. See the spec's keys of the same names.
type Bounds struct {
	Concurrency         int // jobs in flight; 0: as many as others leave free, less one
	DelayBetweenExports time.Duration
	PollInterval        time.Duration
	PollMaxInterval     time.Duration
	ExportAttempts      int
	QuotaReserve        int
	Backend             bool // the ledgers are kept
	due.Policy
}

// Config is what a run needs.
type Config struct {
	Bounds
	Client *clari.Client
	Ledger *journal.Journal // one without a store where there is no state backend
	Scope  string           // tells apart in one state backend what belongs to different tenants: the base URL
	Kinds  []Kind           // in the order in which their items are made
	// Barrier returns when destinations have written out everything that was sent before.
	Barrier func(ctx context.Context) error
	// Opening sends a row that costs nothing, so that a destination that takes none is known before money is spent. sent tells whether there was one. May be nil.
	Opening func(ctx context.Context) (sent bool, err error)
	Log     zerolog.Logger
	Summary *Summary // filled as the run goes on; may be nil
}

// run is one sync's exports in progress.
type run struct {
	Config
	accounts *accounts
	doubts   *doubts
	plan     *plan
	budget   *budget.Budget
	slots    *queue.Slots
	limits   *queue.Limits
	pace     *queue.Pace
	progress *queue.Progress
	metrics  *metrics
	spent    atomic.Int64 // jobs created
	unknown  sync.Map     // status words told of
	silent   error        // Clari answers nothing, so that its clock is not known; nil: it does

	turn    chan struct{} // a token: held from an export's decision to the answer to its creation, so that they come in the order of the plan
	landing chan struct{} // a token: held by the one export that reads its result and sends its rows
	exports sync.WaitGroup
	stop    context.CancelCauseFunc // nothing can be sent any more

	// Of whoever holds landing.
	sent        []*Export              // not yet past a barrier
	landed      map[string]landedPlace // by place: what has to be closed
	barrier     time.Time              // when the last one was passed
	toldRefused bool
	missing     []*Export // failed or left out
	lacking     []*Export // settled, without something that is wanted now

	// Of whoever holds turn.
	prepared bool            // see prepare
	denied   error           // creations are refused for want of a right; nil: they are not
	extras   map[string]bool // jobs that are landed beside their item's own export

	mu     sync.Mutex
	opened []*Export         // all tries so far
	taken  map[snapshot]bool // places, and under history their days, whose rows this run has sent or is about to send
}

// Run makes the items of all kinds and lands them. One failed export does not stop the others; the error is then an *IncompleteError that names each. It
// returns early only when the context ends or nothing can be sent any more. The places that it landed stay open until close is called, which the caller
// does when nothing can fail any more.
func Run(ctx context.Context, c Config) (close func(context.Context), err error) {
	if c.Summary == nil {
		c.Summary = &Summary{}
	}
	r := newRun(c)
	err = r.run(ctx)
	if err != nil {
		r.cancelOwn(ctx)
	}
	for _, e := range r.opened {
		e.close()
	}
	r.metrics.follow(ctx, c.Client)
	c.Summary.Spent, c.Summary.QuotaLeft = int(r.spent.Load()), r.limits.Quota()
	return r.closePlaces, err
}

func newRun(c Config) *run {
	r := &run{
		Config: c, doubts: newDoubts(), plan: newPlan(), budget: budget.New(), slots: queue.NewSlots(c.Concurrency),
		accounts: &accounts{ledger: c.Ledger, all: map[string]*account{}, known: map[string]bool{}},
		pace:     queue.NewPace(c.PollInterval, c.PollMaxInterval), metrics: newMetrics(),
		turn: make(chan struct{}, 1), landing: make(chan struct{}, 1),
		taken: map[snapshot]bool{}, landed: map[string]landedPlace{}, barrier: time.Now(), extras: map[string]bool{},
	}
	if r.Location == nil {
		r.Location = time.UTC
	}
	r.pace.Client, r.pace.Ledger, r.pace.Scope = c.Client, c.Ledger, c.Scope
	r.progress = &queue.Progress{Pace: r.pace, Slots: r.slots, Gap: c.DelayBetweenExports}
	r.limits = &queue.Limits{
		Client: c.Client, Slots: r.slots, Log: c.Log, Gap: c.DelayBetweenExports, Reserve: c.QuotaReserve, QueueTimeout: c.QueueTimeout,
		Told: func(left int) { r.metrics.quota.Record(context.Background(), int64(left)) },
	}
	return r
}

func (r *run) run(ctx context.Context) error {
	// A destination that takes no more ends everything.
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.stop = cancel
	r.silent = r.learnClock(ctx)
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

// learnClock sees to it that Clari's clock is known before a run with a ledger decides anything: ages, days and the times of creations go by it. Any answer
// tells it. The error says that there was none.
func (r *run) learnClock(ctx context.Context) error {
	if !r.Backend || r.Client.TimeKnown() {
		return nil
	}
	_, err := r.Client.Limits(ctx)
	if err != nil && !r.Client.TimeKnown() && ctx.Err() == nil {
		_, err = r.Client.Jobs(ctx)
	}
	if _, answered := errors.AsType[*clari.Error](err); answered || r.Client.TimeKnown() {
		return nil
	}
	return err
}

// now is Clari's present time.
func (r *run) now() time.Time { return r.Client.ServerTime(time.Now()) }

// runKind makes the items of one kind, part by part.
func (r *run) runKind(ctx context.Context, kind Kind) error {
	for ctx.Err() == nil {
		part, err := kind.Next(ctx, r.Ledger)
		if err != nil || len(part.Items) == 0 {
			return err
		}
		for _, item := range part.Later {
			r.accounts.open(ctx, item)
		}
		exports := make([]*Export, len(part.Items))
		for i, item := range part.Items {
			acc := r.accounts.open(ctx, item)
			e := &Export{Item: item, Kind: kind, planned: item.Place, paid: acc, RequestedAt: time.Now()}
			e.order = order{rank: item.Rank, usedUp: acc.read().UsedUp, index: i}
			exports[i] = e
		}
		for _, e := range exports {
			r.add(e)
		}
		r.dispatch(ctx)
	}
	return nil
}

// add takes a new export into the plan.
func (r *run) add(e *Export) {
	e.Number = r.progress.Plan(e.Class)
	r.plan.add(e)
}

// dispatch starts exports in the order of the plan, as many at a time as may be. It returns when all of the part have been read.
func (r *run) dispatch(ctx context.Context) {
	for r.slots.Acquire(ctx) {
		if !take(ctx, r.turn) {
			r.slots.Release()
			return
		}
		e := r.next(ctx)
		if e == nil {
			<-r.turn
			r.slots.Release()
			return
		}
		turn, slot := sync.OnceFunc(func() { <-r.turn }), sync.OnceFunc(func() { r.slots.End(e); r.slots.Release() })
		r.exports.Go(func() { r.walk(ctx, e, turn, slot) })
	}
}

// next is the export whose turn it is. While Clari's jobs fail one after the other it waits, and then prefers one of a tab that has not failed.
func (r *run) next(ctx context.Context) *Export {
	prefers := func(e *Export) bool { return r.budget.Prefers(e.Tab) }
	e := r.plan.next(ctx, prefers)
	for e != nil && r.budget.Braked() > 0 {
		r.plan.add(e)
		if clock.Sleep(ctx, r.budget.Braked()) != nil {
			return nil
		}
		e = r.plan.next(ctx, prefers)
	}
	return e
}

func take(ctx context.Context, tokens chan struct{}) bool {
	select {
	case tokens <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
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
