package export

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

// Schema numbers the form of the forecast tables. It goes up when rows of settled quarters have to be landed anew.
const Schema = 1

// Config is what a run needs.
type Config struct {
	Spec   *spec.Spec
	Client *clari.Client
	Store  Store    // nil without a state backend
	Tables []string // the forecast tables that are wanted; the journal remembers which ones landed
	Shard  Shard
	Lander Lander
	Log    zerolog.Logger
}

// run is one sync's exports in progress.
type run struct {
	Config
	started   time.Time
	journal   *journal
	cal       *calendar
	pacer     *pacer
	books     *books
	admission *admission
	unknown   sync.Map // status words told of

	slots    chan struct{} // one for each job in flight
	arriving chan *Export  // finished jobs, on their way to the lander
	jobs     sync.WaitGroup
	planned  []*Export
	landed   []*Export // not yet past a barrier
}

// Run plans the exports of the spec and lands them. One failed export does not stop the others; the error is then an
// *IncompleteError that names each. It returns early only when the context ends or the lander cannot send.
func Run(ctx context.Context, c Config) error {
	r := newRun(c)
	err := r.run(ctx)
	if err != nil {
		r.abandon(ctx)
	}
	return err
}

func newRun(c Config) *run {
	r := &run{
		Config: c, started: time.Now().UTC().Truncate(time.Second), cal: newCalendar(), books: newBooks(),
		pacer: newPacer(time.Duration(c.Spec.PollInterval), time.Duration(c.Spec.PollMaxInterval)),
		slots: make(chan struct{}, max(1, int(c.Spec.Concurrency))), arriving: make(chan *Export),
	}
	var once sync.Once
	r.journal = &journal{store: c.Store, warn: func(err error) {
		once.Do(func() {
			c.Log.Warn().Err(err).Msg("state backend does not work: a crash of this sync may repeat paid exports")
		})
	}}
	r.admission = &admission{
		client: c.Client, log: c.Log, gap: time.Duration(c.Spec.DelayBetweenExports), reserve: c.Spec.QuotaReserve,
		queueTimeout: time.Duration(c.Spec.QueueTimeout), books: r.books, door: make(chan struct{}, 1),
	}
	return r
}

func (r *run) run(ctx context.Context) error {
	r.journal.load(ctx, calendarKey(r.Spec.BaseURL), r.cal)
	plan := newPlanner(ctx, r.Spec, r.Shard, r.journal, r.cal, r.started)
	first := plan.current(ctx)
	if _, known := plan.knownCurrent(); !known && len(first) == 0 && plan.needsCurrent() {
		return errCurrentUnknown
	}

	for _, p := range plan.literals() {
		r.Log.Warn().Str("time_period_id", p.Literal).Str("meant", p.Hint()).Msg("not a known form of period: passed to Clari as it is, which may answer with the current quarter")
	}

	// A lander that cannot send ends everything.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var lander sync.WaitGroup
	lander.Go(func() {
		if err := r.landAll(ctx, r.arriving); err != nil {
			cancel(err)
		}
	})

	current, known := plan.knownCurrent()
	for _, e := range plan.rest(ctx, current, known) {
		r.books.plan(e) // what the journal has of the others may look like a job of the first
	}
	r.dispatch(ctx, first)
	current, known = r.resolve(ctx, plan, first)
	r.dispatch(ctx, plan.rest(ctx, current, known))
	r.jobs.Wait()
	close(r.arriving)
	lander.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return r.conclude(ctx)
}

// resolve finds out which quarter is current: from state, or by waiting for the first current quarter to be read. known is false
// when none could be.
func (r *run) resolve(ctx context.Context, plan *planner, first []*Export) (current fiscal.Quarter, known bool) {
	if _, ok := r.cal.current(plan.today); !ok && plan.needsCurrent() {
		for _, e := range first {
			select {
			case <-r.cal.asked:
			case <-e.ended:
			case <-ctx.Done():
			}
		}
	}
	return plan.knownCurrent()
}

// dispatch starts exports in the order of the plan, as many at a time as the spec allows. It returns when the last has started.
func (r *run) dispatch(ctx context.Context, exports []*Export) {
	r.planned = append(r.planned, exports...)
	for _, e := range exports {
		r.books.plan(e)
	}
	for _, e := range exports {
		if !r.takeSlot(ctx) {
			return
		}
		e.began = time.Now()
		if e.Err == nil {
			e.Err = r.begin(ctx, e)
		}
		r.jobs.Go(func() {
			if e.Err == nil && e.Outcome != Settled {
				e.Err = r.obtain(ctx, e)
			}
			r.leaveSlot(e)
			r.handOver(ctx, e)
		})
	}
}

// takeSlot waits until another job may be in flight. It reports false when the context has ended.
func (r *run) takeSlot(ctx context.Context) bool {
	select {
	case r.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *run) leaveSlot(e *Export) {
	<-r.slots
	r.books.leave(e)
}

func (r *run) handOver(ctx context.Context, e *Export) {
	select {
	case r.arriving <- e:
	case <-ctx.Done():
	}
}

// conclude commits what has landed, and names what has not.
func (r *run) conclude(ctx context.Context) error {
	missing := slices.DeleteFunc(slices.Clone(r.planned), func(e *Export) bool { return e.Err == nil })
	if len(missing) > 0 || r.Store != nil && len(r.landed) > 0 {
		if err := r.commit(ctx); err != nil {
			return errors.Join(err, incomplete(r.planned, missing))
		}
	}
	r.journal.flush(ctx)
	return incomplete(r.planned, missing)
}

func incomplete(planned, missing []*Export) error {
	if len(missing) == 0 {
		return nil
	}
	return &IncompleteError{Planned: len(planned), Missing: missing}
}

// watch notes whether a quarter that was exported as current stays in the plan: until it is settled.
func (r *run) watch(ctx context.Context, tab Tab, quarter string, watched bool) {
	key := tabKey(r.Spec.BaseURL, tab)
	var quarters []string
	r.journal.load(ctx, key, &quarters)
	i, found := slices.BinarySearch(quarters, quarter)
	switch {
	case found == watched || quarter == "":
		return
	case watched:
		quarters = slices.Insert(quarters, i, quarter)
		quarters = quarters[max(0, len(quarters)-maxWatched):]
	default:
		quarters = slices.Delete(quarters, i, i+1)
	}
	r.journal.save(ctx, key, quarters)
}
