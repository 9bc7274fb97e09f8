package export

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/clock"
)

// admission is the door through which all creations of a run pass, one at a time and in the order of the plan. It keeps them
// apart, looks at the live limits before each while they can be read, and waits while the queue is full.
type admission struct {
	client       *clari.Client
	log          zerolog.Logger
	gap          time.Duration // least time between two creations
	reserve      int           // monthly exports to leave for others
	queueTimeout time.Duration
	books        *books

	door       chan struct{} // holds one token
	last       time.Time     // when the last creation was sent
	blind      bool          // the limits cannot be read, or not in full
	blindUntil time.Time     // until when asking for them again would only cost time
	exhausted  error         // the quota is gone for this run
	gaveUp     bool          // the queue stayed full for queue_timeout: nobody waits that long again
}

// queueWait is the waiting of one creation for a free place.
type queueWait struct {
	clock stopwatch
	gap   time.Duration
}

const (
	blindFor      = 10 * time.Minute
	firstQueueGap = 5 * time.Second
	maxQueueGap   = time.Minute
)

// enter waits until a job may be created, and keeps the door: the caller must leave.
func (a *admission) enter(ctx context.Context, w *queueWait) error {
	select {
	case a.door <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := a.admit(ctx, w)
	if err != nil {
		a.leave()
	}
	return err
}

func (a *admission) leave() { <-a.door }

func (a *admission) admit(ctx context.Context, w *queueWait) error {
	if a.exhausted != nil {
		return a.exhausted
	}
	if err := clock.Sleep(ctx, time.Until(a.last.Add(a.gap))); err != nil {
		return err
	}
	for {
		free := a.reserve == 0 && time.Now().Before(a.blindUntil)
		if !free {
			var err error
			if free, err = a.look(ctx); err != nil {
				return err
			}
		}
		if a.blind && a.books.waiting() { // one by one
			select {
			case <-a.books.freed:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if free {
			return nil
		}
		if err := a.pause(ctx, w, errQueueFull); err != nil {
			return err
		}
	}
}

// look reads the limits. It reports whether a place in the queue is free, as far as it can tell, and fails if the quota is gone.
func (a *admission) look(ctx context.Context) (free bool, err error) {
	limits, err := a.client.Limits(ctx)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	quota, places := limits.AvailableMonthlyQuota, limits.AvailableConcurrentLimit
	if unknown := err != nil || quota == nil || places == nil; unknown != a.blind {
		a.blind = unknown
		if unknown {
			a.log.Info().AnErr("cause", err).Msg("export limits cannot be read: going on one export at a time")
		}
	}
	if err != nil {
		a.blindUntil = time.Now().Add(blindFor)
		return true, nil
	}
	if quota != nil && *quota-a.reserve <= 0 {
		a.exhausted = fmt.Errorf("%w: %d left, of which quota_reserve keeps %d", ErrQuota, *quota, a.reserve)
		return false, a.exhausted
	}
	return places == nil || *places > 0, nil
}

// refused is told of a creation that Clari turned down for want of quota or of a place, which one code means both. It waits
// until trying again makes sense.
func (a *admission) refused(ctx context.Context, w *queueWait, cause error) error {
	free, err := a.look(ctx)
	if err != nil {
		return err
	}
	if free { // or so the limits say, or they say nothing: it cannot be told which of the two it is
		cause = fmt.Errorf("create: the monthly quota or the export queue: %w", cause)
	} else {
		cause = errQueueFull
	}
	return a.pause(ctx, w, cause)
}

// pause waits for the next look, or fails with cause when queue_timeout has passed.
func (a *admission) pause(ctx context.Context, w *queueWait, cause error) error {
	if w.gap == 0 {
		w.clock, w.gap = startClock(a.client), firstQueueGap
		a.log.Info().AnErr("cause", cause).Stringer("wait", a.queueTimeout).Msg("waiting for a place in the export queue")
	}
	ours := a.books.waiting()
	if ours { // a job of this run, which has limits of its own, may be what is in the way
		w.clock = startClock(a.client)
	}
	left := a.queueTimeout - w.clock.elapsed()
	if a.gaveUp && !ours || left <= 0 {
		a.gaveUp = true
		if errors.Is(cause, errQueueFull) {
			return &TimeoutError{Key: "queue_timeout", Limit: a.queueTimeout}
		}
		return fmt.Errorf("queue_timeout %s has passed: %w", a.queueTimeout, cause)
	}
	timer := time.NewTimer(min(clock.Jitter(w.gap), left))
	defer timer.Stop()
	w.gap = min(w.gap*3/2, maxQueueGap)
	select {
	case <-timer.C:
	case <-a.books.freed: // by a job of ours: no need to wait for the next look
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// stopwatch measures waiting without the time for which 429s held everything back.
type stopwatch struct {
	start     time.Time
	throttled time.Duration
	client    *clari.Client
}

func startClock(c *clari.Client) stopwatch {
	return stopwatch{time.Now(), c.Throttled(), c}
}

func (c stopwatch) elapsed() time.Duration {
	return time.Since(c.start) - (c.client.Throttled() - c.throttled)
}
