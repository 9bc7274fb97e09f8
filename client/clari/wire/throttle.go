package wire

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/cq-source-clari/cq-source-clari/client/clock"
)

// throttle is the one gate that every request of a key passes: spaced out by the limiter, and shut while a 429 is waited out.
type throttle struct {
	limiter *rate.Limiter
	maxWait time.Duration // longest that the gate may be shut at a time
	maxHeld time.Duration // longest that it holds back one request in all
	log     zerolog.Logger

	mu           sync.Mutex
	since, until time.Time     // the latest shut span; over when until has passed
	past         time.Duration // all spans before it
	cause        error         // the 429 that set until
}

// newThrottle paces with a burst of one. A bigger bucket would let through its burst and a second's worth of tokens within one second,
// which is more than the rate says, and would gain nothing: few requests of a sync come close together.
func newThrottle(perSecond float64, maxWait, maxHeld time.Duration, log zerolog.Logger) *throttle {
	limit := rate.Limit(perSecond)
	if math.IsInf(perSecond, 1) {
		limit = rate.Inf
	}
	return &throttle{limiter: rate.NewLimiter(limit, 1), maxWait: maxWait, maxHeld: maxHeld, log: log}
}

// wait returns when the caller may send. held is when the caller's request was first held back, set here. If the gate is shut for
// longer than maxWait, or until more than maxHeld after that, wait returns a *ThrottledError at once instead of holding a request that
// cannot go out in time. urgent requests are not spaced out.
func (t *throttle) wait(ctx context.Context, held *time.Time, urgent bool) error {
	for {
		if err := t.waitOpen(ctx, held); err != nil {
			return err
		}
		if urgent {
			return ctx.Err()
		}
		turn := t.limiter.Reserve()
		if err := clock.Sleep(ctx, turn.Delay()); err != nil {
			turn.Cancel()
			return err
		}
		if until, _ := t.shut(); until.IsZero() {
			return nil
		} // shut while we waited for our turn
	}
}

func (t *throttle) waitOpen(ctx context.Context, held *time.Time) error {
	for {
		until, cause := t.shut()
		if until.IsZero() {
			return nil
		}
		if held.IsZero() {
			*held = time.Now()
		}
		if time.Until(until) > t.maxWait {
			return &ThrottledError{Until: until, Err: cause, limit: t.maxWait}
		}
		if until.Sub(*held) > t.maxHeld {
			return &ThrottledError{Until: until, Err: cause, limit: t.maxHeld}
		}
		if err := clock.Sleep(ctx, time.Until(until)); err != nil {
			return err
		}
	}
}

// shut tells until when the gate is shut, and why; zero when it is open.
func (t *throttle) shut() (time.Time, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.until.After(time.Now()) {
		return time.Time{}, nil
	}
	return t.until, t.cause
}

// block shuts the gate for d from now, or leaves it if it is shut for longer.
func (t *throttle) block(d time.Duration, cause error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if !t.until.After(now) { // a new span
		t.past += t.until.Sub(t.since)
		t.since = now
		t.log.Info().Stringer("wait", d).Msg("Clari throttles this API key: all its requests wait")
	}
	if until := now.Add(d); until.After(t.until) {
		t.until, t.cause = until, cause
	}
}

// blocked is the time that the gate has been shut so far.
func (t *throttle) blocked() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	end := t.until
	if now := time.Now(); end.After(now) {
		end = now
	}
	return t.past + end.Sub(t.since)
}
