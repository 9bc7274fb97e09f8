package plugin

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/activity"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/export"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result"
	"github.com/cq-source-clari/cq-source-clari/resources/limits"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// exportAll makes and lands the exports of all groups, in one run: they share the quota, the queue, the gap between creations and the journal.
func (s *syncer) exportAll(ctx context.Context) error {
	config := job.Config{
		Bounds: boundsOf(s.spec, s.backend != nil), Client: s.api, Scope: s.spec.BaseURL, Barrier: s.stream.barrier, Opening: s.opening,
		Log: s.log, Summary: &s.summary,
	}
	tableOf := map[job.Kind]string{}
	for _, g := range groups {
		names := s.selectedOf(g)
		if len(names) == 0 || g.exports == nil {
			continue
		}
		if kind := g.exports(s); kind != nil {
			config.Kinds = append(config.Kinds, kind)
			tableOf[kind] = names[0]
		}
	}
	if len(config.Kinds) == 0 {
		return nil
	}
	var err error
	if config.Ledger, err = s.openLedger(ctx); err != nil {
		return err
	}
	s.closePlaces, err = job.Run(ctx, config)
	if incomplete, ok := errors.AsType[*job.IncompleteError](err); ok {
		for _, e := range incomplete.Missing {
			s.stream.metrics.failed(ctx, tableOf[e.Kind])
		}
	}
	return err
}

// Kinds are those of the exports that a sync of this spec makes, for a preview of its plan. What would fail it before its first request is an error.
func Kinds(s *spec.Spec, o plugin.SyncOptions) ([]job.Kind, error) {
	if err := needsBackend(s, o.BackendOptions); err != nil {
		return nil, err
	}
	selected, err := selectTables(table.Options{}, o, s)
	if err != nil {
		return nil, err
	}
	preview := &syncer{Client: &Client{spec: s, log: zerolog.Nop()}, selected: selected, stream: &stream{}, backend: o.BackendOptions}
	var kinds []job.Kind
	for _, g := range groups {
		if names := preview.selectedOf(g); len(names) == 0 || g.exports == nil {
			continue
		}
		if kind := g.exports(preview); kind != nil {
			kinds = append(kinds, kind)
		}
	}
	return kinds, nil
}

// wanted are those of the tables that are selected.
func (s *syncer) wanted(names []string) (wanted []string) {
	for _, name := range names {
		if s.wants(name) {
			wanted = append(wanted, name)
		}
	}
	return wanted
}

// forecasts are the exports of forecast tabs. Nothing is exported for tables that nobody asked for.
func (s *syncer) forecasts() job.Kind {
	wanted := s.wanted(forecast.ResultTables)
	if len(wanted) == 0 {
		return nil
	}
	if s.backend == nil {
		s.log.Info().Msg("no state backend: settled quarters are exported again each time, an interrupted sync repeats its exports, " +
			"and under write_mode overwrite-delete-stale the rows of a quarter that leaves periods are deleted")
	}
	return export.New(export.Config{
		Spec: s.spec, Client: s.api, Tables: forecast.NewTables(s.wants, s.options, s.stream.insert), Wanted: wanted,
		Shard: s.shard, Backend: s.backend != nil, Log: s.log,
	})
}

// activities are the exports of activities, which belong to no tab and come with the first shard.
func (s *syncer) activities() job.Kind {
	wanted := s.wanted(activity.ResultTables)
	if len(wanted) == 0 || !s.firstShard() {
		return nil
	}
	config := activity.Config{
		Spec: s.spec, Client: s.api, Tables: activity.NewTables(s.wants, s.options, s.stream.insert), Wanted: wanted,
		Backend: s.backend != nil, Log: s.log,
	}
	if named := s.opportunityTables(); len(named) > 0 {
		config.Wanted = slices.Concat(wanted, named)
		config.LookUp = s.lookUp
	}
	return activity.New(config)
}

// opening sends the row of clari_limits, which costs nothing, before the first export is bought: a destination that takes no rows is known then. sent is
// false where that table is not selected, or Clari does not tell the limits.
func (s *syncer) opening(ctx context.Context) (sent bool, err error) {
	if !s.wants(limits.TableName) || !s.firstShard() {
		return false, nil
	}
	switch err := limits.Sync(ctx, s.api, s.options, s.stream.insert); {
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case err != nil: // its own group tells of it
		return false, nil
	}
	s.limitsSent = true
	return true, nil
}

// limits sends the row of clari_limits, unless the first export did.
func (s *syncer) limits(ctx context.Context) error {
	if s.limitsSent {
		return nil
	}
	return limits.Sync(ctx, s.api, s.options, s.stream.insert)
}

// openLedger opens what one sync leaves for the next.
func (s *syncer) openLedger(ctx context.Context) (*journal.Journal, error) {
	store, err := s.store(ctx)
	if err != nil {
		return nil, err
	}
	var once sync.Once
	warn := func(err error) {
		once.Do(func() {
			s.log.Warn().Err(err).Msg("state backend does not work: a crash of this sync may repeat paid exports")
		})
	}
	if store == nil {
		s.ledger = journal.Open(ctx, nil, warn)
	} else {
		s.ledger = journal.Open(ctx, store, warn)
	}
	return s.ledger, nil
}

// closeLedger notes, where the sync has ended well, that what it landed is there; and writes what is left.
func (s *syncer) closeLedger(ctx context.Context, err error) {
	if s.ledger == nil {
		return
	}
	if err == nil {
		s.closePlaces(ctx)
	}
	s.ledger.Close(ctx)
}

// reader is the number of the readers of results. It goes up when one of them reads what it refused before, so that what failed is read again.
const reader = result.ReaderNumber

func boundsOf(s *spec.Spec, backend bool) job.Bounds {
	return job.Bounds{
		Concurrency: max(0, int(s.Concurrency)), DelayBetweenExports: time.Duration(s.DelayBetweenExports),
		PollInterval: time.Duration(s.PollInterval), PollMaxInterval: time.Duration(s.PollMaxInterval),
		ExportAttempts: s.ExportAttempts, QuotaReserve: s.QuotaReserve, Backend: backend,
		Policy: due.Policy{
			Location: s.Location(), QueueTimeout: time.Duration(s.QueueTimeout), RunTimeout: time.Duration(s.RunTimeout),
			ResumeWithin: time.Duration(s.ResumeWithin), MaxResultBytes: int64(s.MaxResultBytes), Reader: reader,
		},
	}
}
