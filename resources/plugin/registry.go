package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cloudquery/plugin-sdk/v4/glob"
	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/activity"
	"github.com/cq-source-clari/cq-source-clari/resources/audit"
	"github.com/cq-source-clari/cq-source-clari/resources/forecasts"
	"github.com/cq-source-clari/cq-source-clari/resources/jobs"
	"github.com/cq-source-clari/cq-source-clari/resources/limits"
	"github.com/cq-source-clari/cq-source-clari/resources/opportunity"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// group is tables that are fetched together.
type group struct {
	block   string // key of the spec that switches them on; empty: always on
	schemas func(table.Options) schema.Tables
	sync    func(*syncer, context.Context) error
	exports bool // made by export jobs: each shard has its part, and they tell their errors themselves
}

// groups are all tables of the plugin, in the order in which they are fetched. A new table is a line here.
var groups = []group{
	{schemas: forecasts.Schemas, sync: (*syncer).forecasts, exports: true},
	{block: "activities", schemas: activity.Schemas, sync: (*syncer).activities, exports: true},
	{block: "opportunities", schemas: opportunity.Schemas, sync: (*syncer).lookUpOpportunities},
	{block: "audit", schemas: audit.Schemas, sync: (*syncer).audit},
	{schemas: one(jobs.Schema), sync: once(jobs.Sync)},
	{schemas: one(limits.Schema), sync: once(limits.Sync)},
}

// one is the schema of a group of one table.
func one(of func(table.Options) *schema.Table) func(table.Options) schema.Tables {
	return func(o table.Options) schema.Tables { return schema.Tables{of(o)} }
}

// once fetches a table that one request fills.
func once(of func(context.Context, *clari.Client, table.Options, table.Send) error) func(*syncer, context.Context) error {
	return func(s *syncer, ctx context.Context) error { return of(ctx, s.api, s.options, s.stream.insert) }
}

// allTables are those of all groups, whatever the spec switches on.
func allTables(o table.Options) (all schema.Tables) {
	for _, g := range groups {
		all = append(all, g.schemas(o)...)
	}
	return all
}

// on says whether a spec has a block.
func on(s *spec.Spec, block string) bool {
	switch block {
	case "activities":
		return s.Activities != nil
	case "opportunities":
		return s.Opportunities != nil
	case "audit":
		return s.Audit != nil
	}
	return true
}

// selectTables are the tables that a sync is to fetch: those that match, less those whose block is not in the spec. A pattern that matches
// nothing else is an error.
func selectTables(o table.Options, so plugin.SyncOptions, s *spec.Spec) (selected schema.Tables, err error) {
	off := map[string]string{} // table without its block -> block
	for _, g := range groups {
		if !on(s, g.block) {
			for _, name := range g.schemas(o).TableNames() {
				off[name] = g.block
			}
		}
	}
	all := allTables(o)
	for _, pattern := range so.Tables {
		var matched []string
		for _, name := range all.TableNames() {
			if glob.Glob(pattern, name) {
				matched = append(matched, name)
			}
		}
		if len(matched) > 0 && !slices.ContainsFunc(matched, func(name string) bool { return off[name] == "" }) {
			return nil, needsBlock(matched[0], off[matched[0]])
		}
	}
	if selected, err = all.FilterDfs(so.Tables, so.SkipTables, so.SkipDependentTables); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(selected, func(t *schema.Table) bool { return off[t.Name] != "" }), nil
}

func needsBlock(tableName, block string) error {
	example := block + ": {}"
	if block == "opportunities" {
		example = `opportunities: {ids: ["..."]}`
	}
	return fmt.Errorf("sync: table %s needs the block %s: add `%s` to the spec, or leave the table out of tables", tableName, block, example)
}

// all fetches what is selected, group by group. One that fails does not stop the others.
func (s *syncer) all(ctx context.Context) error {
	var failed []error
	refused := false
	for _, g := range groups {
		names := s.selectedOf(g)
		if len(names) == 0 || !g.exports && s.shard.Total > 1 && s.shard.Num != 1 { // what belongs to no export comes with the first shard
			continue
		}
		if ctx.Err() != nil || refused {
			break
		}
		err := g.sync(s, ctx)
		if err != nil && !g.exports && ctx.Err() == nil {
			s.stream.metrics.failed(ctx, names[0])
			s.log.Error().Err(err).Str("table", names[0]).Msg("table could not be synced")
			err = fmt.Errorf("table %s: %w", strings.Join(names, " and "), err)
		}
		failed = append(failed, err)
		refused = g.exports && errors.Is(err, clari.ErrUnauthorized) // nothing that is asked with this key is answered
	}
	return errors.Join(failed...)
}

// selectedOf are the tables of a group that are selected, without those that belong to others.
func (s *syncer) selectedOf(g group) (names []string) {
	for _, t := range g.schemas(s.options) {
		if s.wants(t.Name) {
			names = append(names, t.Name)
		}
	}
	return names
}
