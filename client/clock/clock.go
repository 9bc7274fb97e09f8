// Package clock waits: under a context, and with jitter.
package clock

import (
	"context"
	"math/rand/v2"
	"time"
)

// Sleep waits for d, or until ctx ends: then it returns ctx's error at once.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Jitter lengthens d by up to a quarter, so that callers that failed together do not come back together. It never shortens: the
// waits it is applied to are the least that a server should be spared.
func Jitter(d time.Duration) time.Duration {
	if d < 4 {
		return d
	}
	return d + rand.N(d/4+1)
}

// Doubling is first, twice that, four times that, and so on up to most, for n = 0, 1, 2...
func Doubling(first, most time.Duration, n int) time.Duration {
	d := first
	for range n {
		if d *= 2; d >= most {
			return most
		}
	}
	return d
}
