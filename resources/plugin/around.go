package plugin

import (
	"context"
	"maps"
	"slices"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/audit"
	"github.com/cq-source-clari/cq-source-clari/resources/opportunity"
)

// audit lists audit events.
func (s *syncer) audit(ctx context.Context) error {
	cfg := audit.Config{
		API: s.api, BaseURL: s.spec.BaseURL, Spec: *s.spec.Audit, Wants: s.wants, Options: s.options,
		Send: s.stream.insert, Barrier: s.stream.barrier, Log: s.log,
	}
	store, err := s.store(ctx)
	if err != nil {
		return err
	}
	if store != nil {
		cfg.Store = store
	}
	ctx, trace := span(ctx, "sync.table."+audit.EventsTable)
	defer trace.End()
	return audit.Sync(ctx, cfg)
}

// autoRequests is how many requests run at a time under concurrency auto, which is about export jobs: these are none.
const autoRequests = 3

// lookUpOpportunities looks up those of the spec, and those that this sync's activities are about.
func (s *syncer) lookUpOpportunities(ctx context.Context) error {
	ids := s.spec.Opportunities.IDs
	if s.spec.Opportunities.FromActivities {
		ids = slices.Concat(ids, slices.Sorted(maps.Keys(s.opportunities)))
	}
	concurrency := int(s.spec.Concurrency)
	if s.spec.Concurrency == spec.Auto {
		concurrency = autoRequests
	}
	ctx, trace := span(ctx, "sync.table."+opportunity.OpportunitiesTable)
	defer trace.End()
	return opportunity.Sync(ctx, opportunity.Config{
		API: s.api, IDs: slices.Values(ids), Concurrency: concurrency, Wants: s.wants, Options: s.options,
		Send: s.stream.insert, Log: s.log,
	})
}
