package plugin

import (
	"context"
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

// lookUpOpportunities looks up those of the spec. Those that activities are about are part of the windows that name them.
func (s *syncer) lookUpOpportunities(ctx context.Context) error {
	_, err := s.lookUp(ctx, s.spec.Opportunities.IDs)
	return err
}

// lookUp looks up opportunities, each once in a sync, and returns those that Clari refuses.
func (s *syncer) lookUp(ctx context.Context, ids []string) (refused []string, err error) {
	concurrency := int(s.spec.Concurrency)
	if s.spec.Concurrency == spec.Auto {
		concurrency = autoRequests
	}
	ctx, trace := span(ctx, "sync.table."+opportunity.OpportunitiesTable)
	defer trace.End()
	return opportunity.Sync(ctx, opportunity.Config{
		API: s.api, IDs: slices.Values(ids), Done: &s.lookedUp, Concurrency: concurrency, Wants: s.wants, Options: s.options,
		Send: s.stream.insert, Log: s.log,
	})
}

// opportunityTables are those of the opportunities that activities are about; none where nobody wants them.
func (s *syncer) opportunityTables() []string {
	if o := s.spec.Opportunities; o == nil || !o.FromActivities {
		return nil
	}
	return s.wanted([]string{opportunity.OpportunitiesTable, opportunity.FieldsTable, opportunity.HistoryTable})
}
