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
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/activity"
	"github.com/cq-source-clari/cq-source-clari/resources/audit"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/jobs"
	"github.com/cq-source-clari/cq-source-clari/resources/limits"
	"github.com/cq-source-clari/cq-source-clari/resources/opportunity"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// group is tables that are fetched together.
type group struct {
	block   *spec.Block // switches them on; nil: always on
	schemas func(table.Options) schema.Tables
	full    bool   // each sync fetches all of it; else what is new, where there is a state backend
	costs   string // what each export of the quota brings; empty: it costs none

	// One of these two.
	exports func(*syncer) job.Kind               // made by export jobs; nil when nothing that is selected comes from one
	sync    func(*syncer, context.Context) error // asked for
}

// groups are all tables of the plugin, in the order in which they are fetched. A new one is a line here.
var groups = []group{
	{schemas: forecast.Schemas, exports: (*syncer).forecasts, costs: "tab and quarter"},
	{block: spec.ActivitiesBlock, schemas: activity.Schemas, exports: (*syncer).activities, costs: "window of days"},
	{block: spec.OpportunitiesBlock, schemas: opportunity.Schemas, sync: (*syncer).lookUpOpportunities, full: true},
	{block: spec.AuditBlock, schemas: audit.Schemas, sync: (*syncer).audit},
	{schemas: one(jobs.Schema), sync: once(jobs.Sync), full: true},
	{schemas: one(limits.Schema), sync: (*syncer).limits, full: true},
}

// A Fetched is a table, and how a sync fetches it.
type Fetched struct {
	Table *schema.Table
	Full  bool   // each sync fetches all of it; else what is new, where there is a state backend
	Costs string // what each export of the quota brings; empty: it costs none
	Block string // key of the block of the spec that switches it on; empty: it is always on
	group int
}

// Together reports whether both tables are filled together.
func (f Fetched) Together(other Fetched) bool { return f.group == other.group }

// About are all tables in the order in which they are fetched, for the docs.
func About() (all []Fetched) {
	for i, g := range groups {
		for _, t := range g.schemas(table.Options{}).FlattenTables() {
			f := Fetched{Table: t, Full: g.full, Costs: g.costs, group: i}
			if g.block != nil {
				f.Block = g.block.Key
			}
			all = append(all, f)
		}
	}
	return all
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

// selectTables are the tables that a sync is to fetch: those that match, less those whose block is not in the spec. A pattern that matches
// nothing else is an error.
func selectTables(o table.Options, so plugin.SyncOptions, s *spec.Spec) (selected schema.Tables, err error) {
	off := map[string]*spec.Block{} // table without its block -> block
	for _, g := range groups {
		if g.block != nil && !g.block.On(s) {
			for _, name := range g.schemas(o).TableNames() {
				off[name] = g.block
			}
		}
	}
	all := allTables(o)
	if err := known(all.TableNames(), so); err != nil {
		return nil, err
	}
	for _, pattern := range so.Tables {
		var matched []string
		for _, name := range all.TableNames() {
			if glob.Glob(pattern, name) {
				matched = append(matched, name)
			}
		}
		if len(matched) > 0 && !slices.ContainsFunc(matched, func(name string) bool { return off[name] == nil }) {
			return nil, needsBlock(matched[0], off[matched[0]])
		}
	}
	if selected, err = all.FilterDfs(so.Tables, so.SkipTables, so.SkipDependentTables); err != nil {
		return nil, err
	}
	if len(selected) == 0 && len(so.SkipTables) > 0 {
		return nil, errors.New("skip_tables: leaves no table; take out what is to be fetched")
	}
	selected = slices.DeleteFunc(selected, func(t *schema.Table) bool { return off[t.Name] != nil })
	return selected, needsActivities(selected, s)
}

// needsActivities refuses opportunities that activities name where nothing tells which those are.
func needsActivities(selected schema.Tables, s *spec.Spec) error {
	has := func(names []string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return selected.Get(name) != nil })
	}
	named := []string{opportunity.OpportunitiesTable, opportunity.FieldsTable, opportunity.HistoryTable}
	if s.Opportunities == nil || !s.Opportunities.FromActivities || !has(named) || has(activity.ResultTables) {
		return nil
	}
	return errors.New("opportunities.from_activities needs a table of activities: add " + activity.ActivitiesTable + " to tables, or set from_activities: false")
}

// also stands between two mistakes in one line.
const also = ", and "

// known refuses names and patterns that match no table, all of them at once.
func known(names []string, so plugin.SyncOptions) error {
	var wrong []string
	for i, pattern := range slices.Concat(so.Tables, so.SkipTables) {
		if slices.ContainsFunc(names, func(name string) bool { return glob.Glob(pattern, name) }) {
			continue
		}
		key, fix := "tables", "docs/tables has them all"
		if i >= len(so.Tables) {
			key = "skip_tables"
		}
		near := spec.Near(pattern, names)
		switch {
		case strings.HasSuffix(pattern, "_current"):
			fix = "docs/queries makes the views of the tables"
		case strings.Contains(pattern, ".*"):
			fix = "a * alone stands for any letters"
		case near != "":
			fix = "the nearest is " + near
		}
		wrong = append(wrong, fmt.Errorf("%s: %q is no table of this plugin; %s", key, pattern, fix).Error())
	}
	if len(wrong) == 0 {
		return nil
	}
	return errors.New(strings.Join(wrong, also))
}

func needsBlock(tableName string, b *spec.Block) error {
	return fmt.Errorf("table %s needs the block %s: add `%s` to the spec, or leave the table out of tables", tableName, b.Key, b.Example)
}

// all fetches what is selected: first what export jobs make, in one run, then the rest group by group. What fails does not stop the others.
func (s *syncer) all(ctx context.Context) error {
	err := s.exportAll(ctx)
	if s.api.KeyRefused() || !s.firstShard() { // nothing that is asked with a refused key is answered
		return err
	}
	failed := []error{err}
	for _, g := range groups {
		names := s.selectedOf(g)
		if len(names) == 0 || g.sync == nil {
			continue
		}
		if ctx.Err() != nil {
			break
		}
		if err := g.sync(s, ctx); err != nil && ctx.Err() == nil {
			s.stream.metrics.failed(ctx, names[0])
			s.log.Error().Err(err).Str("table", names[0]).Msg("table could not be synced")
			failed = append(failed, fmt.Errorf("table %s: %w", strings.Join(names, " and "), err))
		}
	}
	return errors.Join(failed...)
}

// firstShard has what belongs to no forecast tab.
func (s *syncer) firstShard() bool { return s.shard.Total <= 1 || s.shard.Num == 1 }

// selectedOf are the tables of a group that are selected, without those that belong to others.
func (s *syncer) selectedOf(g group) (names []string) {
	for _, t := range g.schemas(s.options) {
		if s.wants(t.Name) {
			names = append(names, t.Name)
		}
	}
	return names
}
