package plugin

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/client/clock"
)

// stream carries a sync's messages to the CLI. After a cancel nobody reads, so every send selects on the context.
type stream struct {
	out     chan<- message.SyncMessage
	tables  schema.Tables
	metrics *metrics
	rows    atomic.Int64              // since the last barrier
	last    atomic.Pointer[time.Time] // when the last record was handed over, by the monotonic clock too; nil: none since the last barrier
	taken   bool                      // destinations have taken rows of this sync; of whoever passes a barrier
}

func (s *stream) send(ctx context.Context, m message.SyncMessage) error {
	select {
	case s.out <- m:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// migrate announces the tables. It has to be done before the first record.
func (s *stream) migrate(ctx context.Context) error {
	for _, t := range s.tables.FlattenTables() { // parents before children
		if err := s.send(ctx, &message.SyncMigrateTable{Table: t.Copy(t.Parent)}); err != nil {
			return err
		}
	}
	return nil
}

// insert sends one record. It may be called by several goroutines at once.
func (s *stream) insert(ctx context.Context, record arrow.Record) error {
	if err := s.send(ctx, &message.SyncInsert{Record: record}); err != nil {
		return err
	}
	s.rows.Add(record.NumRows())
	now := time.Now()
	s.last.Store(&now)
	s.metrics.rows(ctx, record)
	return nil
}

// The CLI hands records to destinations through a timer of 1 s, and destinations buffer them for up to 20 s: when a sync then fails,
// what waits there is dropped. A destination writes out what it holds before it migrates a table. So a migrate message that follows
// the last record by more than the CLI's timer, and time for that timer to pass once more and for the writing, is a barrier.
const (
	quiet    = 2 * time.Second
	handOver = time.Second
	writing  = 300 * time.Microsecond          // a row, for a slow destination
	buffered = 10_000                          // rows that a destination holds back at most
	ended    = handOver + 500*time.Millisecond // for the CLI to pass on one more message, and to end a sync that a destination has refused
)

// barrier returns when destinations have written out every record sent so far. The CLI drops migrate messages under --no-migrate;
// then there is no barrier. It learns that a destination has refused a message only when it passes on the next one: so the first barrier ends with another.
func (s *stream) barrier(ctx context.Context) error {
	last := s.last.Swap(nil)
	if last == nil {
		return nil
	}
	if err := clock.Sleep(ctx, quiet-time.Since(*last)); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	err := clock.Sleep(ctx, handOver+writing*time.Duration(min(s.rows.Swap(0), buffered)))
	if err != nil || s.taken {
		return err
	}
	s.taken = true
	if err := s.migrate(ctx); err != nil {
		return err
	}
	return clock.Sleep(ctx, ended)
}
