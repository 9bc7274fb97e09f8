package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/export"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/plan"
	"github.com/cq-source-clari/cq-source-clari/resources/forecasts"
	"github.com/cq-source-clari/cq-source-clari/resources/jobs"
	"github.com/cq-source-clari/cq-source-clari/resources/limits"
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
		return errors.New("sync: the plugin was configured without a connection")
	}
	if err := c.needsBackend(o.BackendOptions); err != nil {
		return err
	}
	options := table.Options{Incremental: o.BackendOptions != nil, DeterministicCQID: o.DeterministicCQID, History: c.spec.History}
	selected, err := allTables(options).FilterDfs(o.Tables, o.SkipTables, o.SkipDependentTables)
	if err != nil {
		return err
	}
	ctx, root := span(ctx, "sync")
	defer root.End()
	metrics, err := newMetrics()
	if err != nil {
		return fmt.Errorf("sync: telemetry: %w", err)
	}
	s := &syncer{Client: c, options: options, selected: selected, stream: &stream{out: res, tables: selected, metrics: metrics}}
	if err := s.stream.migrate(ctx); err != nil {
		return err
	}
	shard := plan.Shard{}
	if o.Shard != nil {
		shard = plan.Shard{Num: int(o.Shard.Num), Total: int(o.Shard.Total)}
	}
	err = s.forecasts(ctx, o.BackendOptions, shard)
	if !errors.Is(err, clari.ErrUnauthorized) { // else nothing that is asked with this key is answered
		err = errors.Join(err, s.aroundThem(ctx, shard))
	}
	if ctx.Err() != nil {
		return context.Cause(ctx) // once
	}
	if err != nil {
		err = errors.Join(err, s.stream.barrier(ctx))
	}
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

func (c *Client) needsBackend(backend *plugin.BackendOptions) error {
	if backend != nil {
		return nil
	}
	var keys []string
	if c.spec.History {
		keys = append(keys, "history")
	}
	if len(c.spec.Refresh) > 0 {
		keys = append(keys, "refresh")
	}
	if len(keys) == 0 {
		return nil
	}
	return fmt.Errorf("sync: %s works only with a state backend: add to the source's spec%s", strings.Join(keys, " and "), backendExample)
}

// allTables are the tables of the plugin. A new one is a line here.
func allTables(o table.Options) schema.Tables {
	return slices.Concat(forecasts.Schemas(o), schema.Tables{jobs.Schema(o), limits.Schema(o)})
}

// syncer is one sync of a client.
type syncer struct {
	*Client
	options  table.Options
	selected schema.Tables
	stream   *stream
}

func (s *syncer) wants(name string) bool {
	return s.selected.Get(name) != nil
}

// forecasts exports and lands what the spec plans. Nothing is exported for tables that nobody asked for.
func (s *syncer) forecasts(ctx context.Context, backend *plugin.BackendOptions, shard plan.Shard) error {
	var tables []string
	for _, name := range forecasts.ResultTables {
		if s.wants(name) {
			tables = append(tables, name)
		}
	}
	if len(tables) == 0 {
		return nil
	}
	config := job.Config{Limits: limitsOf(s.spec), Client: s.api, Scope: s.spec.BaseURL, Barrier: s.stream.barrier, Log: s.log}
	if backend != nil {
		client, err := s.state(ctx, backend)
		if err != nil {
			return fmt.Errorf("sync: state backend: %w", err)
		}
		defer client.Close()
		config.Store = client
	} else {
		s.log.Info().Msg("no state backend: settled quarters are exported again each time, an interrupted sync repeats its exports, " +
			"and under write_mode overwrite-delete-stale the rows of a quarter that leaves periods are deleted")
	}
	config.Kinds = []job.Kind{export.New(export.Config{
		Spec: s.spec, Client: s.api, Tables: forecasts.NewTables(s.wants, s.options, s.stream.insert), Wanted: tables,
		Shard: shard, Backend: backend != nil, Log: s.log,
	})}
	err := job.Run(ctx, config)
	if incomplete, ok := errors.AsType[*job.IncompleteError](err); ok {
		for range incomplete.Missing {
			s.stream.metrics.failed(ctx, forecasts.EntriesTable)
		}
	}
	return err
}

func limitsOf(s *spec.Spec) job.Limits {
	return job.Limits{
		Concurrency: max(0, int(s.Concurrency)), DelayBetweenExports: time.Duration(s.DelayBetweenExports),
		PollInterval: time.Duration(s.PollInterval), PollMaxInterval: time.Duration(s.PollMaxInterval),
		QueueTimeout: time.Duration(s.QueueTimeout), RunTimeout: time.Duration(s.RunTimeout),
		ExportAttempts: s.ExportAttempts, QuotaReserve: s.QuotaReserve, MaxResultBytes: int64(s.MaxResultBytes),
	}
}

// aroundThem lands what Clari tells about all jobs and limits. It does not belong to any one export, so the first shard does it.
func (s *syncer) aroundThem(ctx context.Context, shard plan.Shard) error {
	if shard.Total > 1 && shard.Num != 1 {
		return nil
	}
	around := []struct {
		table string
		sync  func(context.Context, *clari.Client, table.Options, table.Send) error
	}{
		{jobs.TableName, jobs.Sync},
		{limits.TableName, limits.Sync},
	}
	var failed []error
	for _, a := range around {
		if !s.wants(a.table) || ctx.Err() != nil {
			continue
		}
		if err := a.sync(ctx, s.api, s.options, s.stream.insert); err != nil && ctx.Err() == nil {
			s.stream.metrics.failed(ctx, a.table)
			s.log.Error().Err(err).Str("table", a.table).Msg("table could not be synced")
			failed = append(failed, fmt.Errorf("table %s: %w", a.table, err))
		}
	}
	return errors.Join(append(failed, ctx.Err())...)
}
