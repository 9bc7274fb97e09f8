package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/clock"
)

// admission lets creations through one at a time, in the order of the plan. It keeps them apart, looks at the live limits before each
// while they can be read, and waits while the queue is full.
type admission struct {
	client       *clari.Client
	log          zerolog.Logger
	gap          time.Duration // least time between two creations
	reserve      int           // monthly exports to leave for others
	auto         bool          // leave the last free place to others
	queueTimeout time.Duration
	inFlight     *inFlight
	metrics      *metrics

	token      chan struct{} // held by whoever creates
	last       time.Time     // when the last creation was answered
	blind      bool          // the limits cannot be read, or not in full
	blindUntil time.Time     // until when asking for them again would only cost time
	left       *int          // exports of the quota that are left, as far as this run has seen; nil: not known
	exhausted  error         // the quota is gone for this run
	gaveUp     bool          // the queue stayed full for queue_timeout: nobody waits that long again
}

// queueWait is the waiting of one creation for a free place.
type queueWait struct {
	watch stopwatch
	gap   time.Duration
}

const (
	blindFor      = 10 * time.Minute
	firstQueueGap = 5 * time.Second
	maxQueueGap   = time.Minute
)

// acquire waits until a job may be created. Nobody else creates one until release.
func (a *admission) acquire(ctx context.Context, w *queueWait) error {
	select {
	case a.token <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := a.admit(ctx, w)
	if err != nil {
		a.release()
	}
	return err
}

func (a *admission) release() { <-a.token }

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
		if a.blind && a.inFlight.waiting() > 0 { // one by one
			select {
			case <-a.inFlight.freed:
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
	a.know(ctx, quota)
	if quota != nil && *quota-a.reserve <= 0 {
		a.exhausted = fmt.Errorf("%w: %d left, of which quota_reserve keeps %d", ErrQuota, *quota, a.reserve)
		return false, a.exhausted
	}
	spare := 0
	if a.auto && a.inFlight.waiting() > 0 { // but one job at least
		spare = 1
	}
	return places == nil || *places > spare, nil
}

// know takes in how many exports are left of the quota.
func (a *admission) know(ctx context.Context, left *int) {
	if a.left = left; left != nil {
		a.metrics.quota.Record(ctx, int64(*left))
	}
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
		w.watch, w.gap = startWatch(a.client), firstQueueGap
		a.log.Info().AnErr("cause", cause).Stringer("wait", a.queueTimeout).Msg("waiting for a place in the export queue")
	}
	ours := a.inFlight.waiting() > 0
	if ours { // a job of this run, which has limits of its own, may be what is in the way
		w.watch = startWatch(a.client)
	}
	left := a.queueTimeout - w.watch.elapsed()
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
	case <-a.inFlight.freed: // by a job of ours: no need to wait for the next look
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

func startWatch(c *clari.Client) stopwatch {
	return stopwatch{time.Now(), c.Throttled(), c}
}

func (s stopwatch) elapsed() time.Duration {
	return time.Since(s.start) - (s.client.Throttled() - s.throttled)
}
