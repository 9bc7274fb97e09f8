package forecasts

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// maxWorkers bounds the memory of one pass: a worker of the second needs about 10 MiB, for a stretch of the result and a record
// or two.
const maxWorkers = 4

func workersFor(jobs int) int { return min(jobs, runtime.GOMAXPROCS(0), maxWorkers) }

// share has jobs 0 to n-1 done by workers, each of them opened by open, and returns the first error. After it the context of
// those that still work has ended.
func share(ctx context.Context, jobs int, open func(ctx context.Context) (do func(job int) error, done func() error)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range workersFor(jobs) {
		do, done := open(ctx)
		workers.Go(func() {
			for job := next.Add(1) - 1; job < int64(jobs); job = next.Add(1) - 1 {
				if err := do(int(job)); err != nil {
					cancel(err)
					return
				}
			}
			if err := done(); err != nil {
				cancel(err)
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

func nothingMore() error { return nil }
