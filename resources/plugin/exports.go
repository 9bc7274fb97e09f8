package plugin

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/plugin"

	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/activity"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/export"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// exportAll makes and lands the exports of all groups, in one run: they share the quota, the queue, the gap between creations and the journal.
func (s *syncer) exportAll(ctx context.Context) error {
	config := job.Config{Limits: limitsOf(s.spec), Client: s.api, Scope: s.spec.BaseURL, Barrier: s.stream.barrier, Log: s.log, Summary: &s.summary}
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
	store, err := s.store(ctx)
	if err != nil {
		return err
	}
	if store != nil {
		config.Store = store
	}
	err = job.Run(ctx, config)
	if incomplete, ok := errors.AsType[*job.IncompleteError](err); ok {
		for _, e := range incomplete.Missing {
			s.stream.metrics.failed(ctx, tableOf[e.Kind])
		}
	}
	return err
}

// Exporting tells whether a sync of this spec exports forecasts and activities. What would fail it before its first request is an error.
func Exporting(s *spec.Spec, o plugin.SyncOptions) (forecasts, activities bool, err error) {
	if err := needsBackend(s, o.BackendOptions); err != nil {
		return false, false, err
	}
	selected, err := selectTables(table.Options{}, o, s)
	if err != nil {
		return false, false, err
	}
	some := func(names []string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return selected.Get(name) != nil })
	}
	return some(forecast.ResultTables), some(activity.ResultTables), nil
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
	s.opportunities = map[string]bool{}
	return activity.New(activity.Config{
		Spec: s.spec, Client: s.api, Tables: activity.NewTables(s.wants, s.options, s.stream.insert), Wanted: wanted,
		Backend: s.backend != nil, Log: s.log, About: func(opportunityID string) { s.opportunities[opportunityID] = true },
	})
}

func limitsOf(s *spec.Spec) job.Limits {
	return job.Limits{
		Concurrency: max(0, int(s.Concurrency)), DelayBetweenExports: time.Duration(s.DelayBetweenExports),
		PollInterval: time.Duration(s.PollInterval), PollMaxInterval: time.Duration(s.PollMaxInterval),
		QueueTimeout: time.Duration(s.QueueTimeout), RunTimeout: time.Duration(s.RunTimeout),
		ExportAttempts: s.ExportAttempts, QuotaReserve: s.QuotaReserve, MaxResultBytes: int64(s.MaxResultBytes),
	}
}
