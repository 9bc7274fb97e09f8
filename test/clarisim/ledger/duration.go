package ledger

import (
	"math"
	"math/rand/v2"
	"time"
)

// A Duration says how long a job stays queued, or runs; it is drawn once for each job. Nil is no time at all.
type Duration func(*rand.Rand) time.Duration

// Fixed is the same for all jobs.
func Fixed(d time.Duration) Duration { return func(*rand.Rand) time.Duration { return d } }

// Between is evenly spread from least to most.
func Between(least, most time.Duration) Duration {
	return func(r *rand.Rand) time.Duration { return least + time.Duration(r.Int64N(int64(most-least)+1)) }
}

// LogNormal has the given median, and a long tail: two in three lie within a factor e^sigma of it.
func LogNormal(median time.Duration, sigma float64) Duration {
	return func(r *rand.Rand) time.Duration {
		return time.Duration(float64(median) * math.Exp(sigma*r.NormFloat64()))
	}
}

// Forever never passes: the job is stuck.
const Forever time.Duration = -1

// Draw is the time of one job.
func (d Duration) Draw(r *rand.Rand) time.Duration {
	if d == nil {
		return 0
	}
	return d(r)
}
