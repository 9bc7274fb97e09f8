package plugin

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/state"

	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/plan"
	"github.com/cq-source-clari/cq-source-clari/resources/opportunity"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Sync announces the tables, exports and lands what the spec plans, and adds what is told about jobs and limits.
//
// Whatever is missing in the end is an error: nothing but an error returned here keeps the CLI from deleting the rows that this
// sync did not see. What did land is made durable before.
func (c *Client) Sync(ctx context.Context, o plugin.SyncOptions, res chan<- message.SyncMessage) (err error) {
	running.Add(1)
	defer running.Done()
	if c.spec == nil {
		return errors.New("the plugin was configured without a connection")
	}
	if err := needsBackend(c.spec, o.BackendOptions); err != nil {
		return err
	}
	options := table.Options{Incremental: o.BackendOptions != nil, DeterministicCQID: o.DeterministicCQID, History: c.spec.History}
	selected, err := selectTables(options, o, c.spec)
	if err != nil {
		return err
	}
	ctx, root := span(ctx, "sync")
	defer root.End()
	metrics, err := newMetrics()
	if err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	s := &syncer{Client: c, options: options, selected: selected, stream: &stream{out: res, tables: selected, metrics: metrics}}
	if err := s.stream.migrate(ctx); err != nil {
		return err
	}
	if o.Shard != nil {
		s.shard = plan.Shard{Num: int(o.Shard.Num), Total: int(o.Shard.Total)}
	}
	s.backend = o.BackendOptions
	defer s.closeStore()
	began := time.Now()
	err = s.all(ctx)
	if ctx.Err() == nil && err != nil {
		err = errors.Join(withCure(err), s.stream.barrier(ctx))
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx) // once
	}
	s.closeLedger(ctx, err)
	if ctx.Err() != nil {
		return err
	}
	s.log.Info().EmbedObject(&s.summary).Float64("seconds", math.Round(time.Since(began).Seconds())).Msg("sync finished")
	return err
}

// running counts syncs, for Drain.
var running sync.WaitGroup

// Drain waits for syncs to end, but not longer than d: the SDK does not wait for its handlers when a signal stops the server.
func Drain(d time.Duration) {
	ended := make(chan struct{})
	go func() {
		running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(d):
	}
}

// backendExample is what to add to the source's spec; the destination named sqlite keeps the state.
const backendExample = `
  backend_options:
    table_name: clari_state
    connection: "@@plugins.sqlite.connection"
# where sqlite is the name of a destination in the same file
# that is a database: it keeps the state beside the tables`

func needsBackend(s *spec.Spec, backend *plugin.BackendOptions) error {
	if backend != nil {
		return nil
	}
	var keys []string
	if s.History {
		keys = append(keys, "history")
	}
	if len(s.Refresh.Periods) > 0 {
		keys = append(keys, "refresh")
	}
	if len(s.Reload) > 0 {
		keys = append(keys, "reload")
	}
	if len(keys) == 0 {
		return nil
	}
	return fmt.Errorf("%s works only with a state backend: add to the source's spec%s", strings.Join(keys, " and "), backendExample)
}

// syncer is one sync of a client.
type syncer struct {
	*Client
	options  table.Options
	selected schema.Tables
	stream   *stream
	shard    plan.Shard
	backend  *plugin.BackendOptions // nil: none
	opened   state.Client           // of backend, once it was needed

	ledger      *journal.Journal      // nil: no export was planned
	closePlaces func(context.Context) // see job.Run
	limitsSent  bool                  // the row of clari_limits

	summary  job.Summary
	lookedUp opportunity.Done // in this sync
}

// store is the state backend, nil without one.
func (s *syncer) store(ctx context.Context) (state.Client, error) {
	if s.backend == nil || s.opened != nil {
		return s.opened, nil
	}
	client, err := s.state(ctx, s.backend)
	if err != nil {
		return nil, fmt.Errorf("state backend: %w", err)
	}
	s.opened = client
	return client, nil
}

func (s *syncer) closeStore() {
	if s.opened != nil {
		_ = s.opened.Close() // what matters has been flushed
	}
}

func (s *syncer) wants(name string) bool {
	return s.selected.Get(name) != nil
}
