package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/clock"
)

// The ways in which no job can be created.
var (
	ErrQuota   = errors.New("create: monthly export quota used up")
	ErrFull    = errors.New("create: the export queue is full")
	ErrEither  = errors.New("create: the monthly quota or the export queue")
	errTooLong = errors.New("queue_timeout has passed")
)

// FullError is a queue that stayed full.
type FullError struct{ Limit time.Duration }

func (e *FullError) Error() string {
	return fmt.Sprintf("create: no free place in the export queue within queue_timeout %s", e.Limit)
}

// Unwrap makes it an ErrFull.
func (e *FullError) Unwrap() error { return ErrFull }

// Limits lets creations through, in the order in which they come. It keeps them apart, reads the account's limits before each while they can be read,
// and waits while the queue is full. One goroutine at a time uses it.
type Limits struct {
	Client       *clari.Client
	Slots        *Slots
	Log          zerolog.Logger
	Gap          time.Duration // least time between two creations
	Reserve      int           // monthly exports to leave for others
	QueueTimeout time.Duration
	Told         func(left int) // of what is left of the quota

	last         time.Time // when the last creation was answered
	unknown      bool      // the limits cannot be read, or not in full
	unknownUntil time.Time // until when asking for them again would only cost time
	quota        *int      // exports that are left, as far as this run has seen; nil: not known
	over         error     // nothing is created any more in this run
	gaveUp       bool      // the queue stayed full for queue_timeout: nobody waits that long again
}

// Wait is the waiting of one creation for a place.
type Wait struct {
	watch Stopwatch
	gap   time.Duration
}

const (
	unknownFor    = 10 * time.Minute
	firstQueueGap = 5 * time.Second
	maxQueueGap   = time.Minute
)

// Quota is how many exports are left; nil: not known.
func (l *Limits) Quota() *int { return l.quota }

// Admit waits until a job may be created. An error but the context's means that it was never asked for.
func (l *Limits) Admit(ctx context.Context, w *Wait) error {
	if l.over != nil {
		return l.over
	}
	if err := clock.Sleep(ctx, time.Until(l.last.Add(l.Gap))); err != nil {
		return err
	}
	for {
		free, err := l.check(ctx)
		if err != nil {
			return err
		}
		if l.unknown && l.Slots.Waiting() > 0 { // one by one
			select {
			case <-l.Slots.freed:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if free {
			return nil
		}
		if err := l.pause(ctx, w, ErrFull); err != nil {
			return err
		}
	}
}

// Answered notes that a creation was answered, and whether it made a job.
func (l *Limits) Answered(created bool) {
	l.last = time.Now()
	if created && l.quota != nil {
		l.set(new(*l.quota - 1))
	}
}

// Rejected handles a creation that Clari rejected for want of quota or of a place: one code means both. It waits until trying again makes sense.
func (l *Limits) Rejected(ctx context.Context, w *Wait, cause error) error {
	free, err := l.check(ctx)
	if err != nil {
		return err
	}
	if !free {
		return l.pause(ctx, w, ErrFull)
	}
	return l.pause(ctx, w, fmt.Errorf("%w: %w", ErrEither, cause)) // the limits say that it is neither, or nothing
}

// check reads the limits. It reports whether a place in the queue is free, as far as it can tell, and fails if the quota is used up.
func (l *Limits) check(ctx context.Context) (free bool, err error) {
	if l.unknown && time.Now().Before(l.unknownUntil) {
		return true, nil
	}
	limits, err := l.Client.Limits(ctx)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	quota, places := limits.AvailableMonthlyQuota, limits.AvailableConcurrentLimit
	if unknown := err != nil || quota == nil || places == nil; unknown != l.unknown {
		if l.unknown = unknown; unknown {
			l.Log.Info().AnErr("cause", err).Msg("export limits cannot be read: going on one export at a time")
		}
	}
	if l.unknown {
		l.unknownUntil = time.Now().Add(unknownFor)
	}
	if err != nil {
		return true, nil
	}
	l.set(quota)
	if quota != nil && *quota-l.Reserve <= 0 {
		l.over = fmt.Errorf("%w: %d left, of which quota_reserve keeps %d", ErrQuota, *quota, l.Reserve)
		return false, l.over
	}
	if places == nil {
		return true, nil
	}
	l.Slots.left(*places)
	spare := 0
	if l.Slots.fixed == 0 && l.Slots.Waiting() > 0 { // the last place is for others, but one job at least is ours
		spare = 1
	}
	return *places > spare, nil
}

func (l *Limits) set(quota *int) {
	if l.quota = quota; quota != nil && l.Told != nil {
		l.Told(*quota)
	}
}

// pause waits for the next look, or fails with cause when queue_timeout has passed.
func (l *Limits) pause(ctx context.Context, w *Wait, cause error) error {
	if w.gap == 0 {
		w.watch, w.gap = StartWatch(l.Client), firstQueueGap
		l.Log.Info().AnErr("cause", cause).Stringer("wait", l.QueueTimeout).Msg("waiting for a place in the export queue")
	}
	ours := l.Slots.Waiting() > 0
	if ours { // a job of this run, which has limits of its own, may be what is in the way
		w.watch = StartWatch(l.Client)
	}
	left := l.QueueTimeout - w.watch.Elapsed()
	if l.gaveUp && !ours || left <= 0 {
		l.gaveUp = true
		if !errors.Is(cause, ErrEither) {
			return &FullError{Limit: l.QueueTimeout}
		}
		l.over = fmt.Errorf("%w (%s): %w", errTooLong, l.QueueTimeout, cause) // of the quota or of the queue, and more creations would tell no more
		return l.over
	}
	timer := time.NewTimer(min(clock.Jitter(w.gap), left))
	defer timer.Stop()
	w.gap = min(w.gap*3/2, maxQueueGap)
	select {
	case <-timer.C:
	case <-l.Slots.freed: // by a job of ours: no need to wait for the next look
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// Stopwatch measures waiting without the time for which 429s held everything back.
type Stopwatch struct {
	start     time.Time
	throttled time.Duration
	client    *clari.Client
}

// StartWatch starts one now.
func StartWatch(c *clari.Client) Stopwatch { return WatchSince(c, time.Now()) }

// WatchSince starts one that has run since an instant on the local clock.
func WatchSince(c *clari.Client, start time.Time) Stopwatch {
	return Stopwatch{start, c.Throttled(), c}
}

// Elapsed is what it shows.
func (s Stopwatch) Elapsed() time.Duration {
	return time.Since(s.start) - (s.client.Throttled() - s.throttled)
}
