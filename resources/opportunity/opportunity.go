// Package opportunity looks up opportunities: the tables of Clari's score, fields and trends. The API has no list of opportunities, so their
// ids come from the spec, and from the activities of the sync.
package opportunity

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Names of the tables.
const (
	OpportunitiesTable = "clari_opportunities"
	FieldsTable        = "clari_opportunity_fields"
	HistoryTable       = "clari_opportunity_trend_history"
)

// Schemas are the tables: history is the child of fields, and those of opportunities.
func Schemas(o table.Options) schema.Tables {
	fields := table.Tree(fieldsTable.Schema(o), historyTable.Schema(o))
	return schema.Tables{table.Tree(opportunitiesTable.Schema(o), fields)}
}

// Config is one sync.
type Config struct {
	API         *clari.Client
	IDs         iter.Seq[string] // any of them may come twice
	Done        *Done            // what this sync has looked up before: that is not asked for again
	Concurrency int              // requests at a time, 1 or more
	Wants       func(tableName string) bool
	Options     table.Options
	Send        table.Send
	Log         zerolog.Logger
}

// Done is the opportunities that a sync has looked up: no row is sent twice. The zero value is none.
type Done struct{ ids map[string]bool }

func (d *Done) has(id string) bool { return d.ids[short(id)] }

func (d *Done) add(ids ...string) {
	if d.ids == nil {
		d.ids = map[string]bool{}
	}
	for _, id := range ids {
		d.ids[short(id)] = true
	}
}

// Sync looks up all ids, and returns those that Clari refuses. One that Clari does not know, or refuses, is told in the log and fails nothing; a request that
// fails for another reason fails the sync, in the end.
func Sync(ctx context.Context, cfg Config) (refused []string, err error) {
	ids := slices.DeleteFunc(distinct(cfg.IDs), cfg.Done.has)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := cfg.writers()
	var total answer
	for a := range cfg.answers(ctx, ids) {
		for i := range a.found {
			if err := w.opportunity(ctx, a.at, &a.found[i]); err != nil {
				return nil, err
			}
			cfg.Done.add(a.found[i].ID)
		}
		cfg.Done.add(a.missing...)
		cfg.Done.add(a.refused...)
		total.missing = append(total.missing, a.missing...)
		total.refused = append(total.refused, a.refused...)
		total.failed += a.failed
		total.err, total.refusal = firstOf(total.err, a.err), firstOf(total.refusal, a.refusal)
		if errors.Is(a.err, clari.ErrUnauthorized) || len(a.refused) == clari.MaxOpportunities { // it is not about the ids
			total.err = firstOf(a.err, a.refusal)
			total.failed = len(ids) - len(w.landed)
			break
		}
	}
	if err := w.flush(ctx); err != nil {
		return nil, err
	}
	cfg.tell(total, len(w.landed))
	switch {
	case total.err != nil:
		return total.refused, fmt.Errorf("%d of %d opportunities could not be looked up: %w", total.failed, len(ids), total.err)
	case len(total.refused) > 0 && len(w.landed) == 0:
		return total.refused, fmt.Errorf("each of %d opportunities was refused: %w", len(total.refused), total.refusal)
	}
	return total.refused, nil
}

func (cfg *Config) tell(a answer, landed int) {
	if len(a.missing) > 0 {
		cfg.Log.Info().Str("table", OpportunitiesTable).Int("missing", len(a.missing)).Str("such_as", some(a.missing)).
			Msg("Clari does not know these opportunities")
	}
	if len(a.refused) > 0 && a.err == nil && landed > 0 {
		cfg.Log.Warn().Err(a.refusal).Str("table", OpportunitiesTable).Int("refused", len(a.refused)).Str("such_as", some(a.refused)).
			Msg("Clari refuses these opportunities; the others are there")
	}
}

// some names a few ids.
func some(ids []string) string {
	slices.Sort(ids)
	return strings.Join(ids[:min(len(ids), 5)], " ")
}

// distinct leaves out ids that were there before, also in the CRM's other spelling.
func distinct(ids iter.Seq[string]) (list []string) {
	seen := map[string]bool{}
	for id := range ids {
		if id != "" && !seen[short(id)] {
			seen[short(id)] = true
			list = append(list, id)
		}
	}
	return list
}

// short is an id by which the two spellings of one Salesforce id are the same: 15 characters, and those with 3 more that check letter case.
func short(id string) string {
	if len(id) == 18 {
		return id[:15]
	}
	return id
}

// answer is what became of some ids.
type answer struct {
	at      time.Time
	found   []clari.Opportunity
	missing []string // not in an answer
	refused []string // each asked for alone
	refusal error    // of one of those
	failed  int      // asked for in requests that failed with err
	err     error
}

// answers looks up ids in batches, a number of them at a time. It ends early when ctx ends or nobody listens any more.
func (cfg *Config) answers(ctx context.Context, ids []string) iter.Seq[answer] {
	return func(yield func(answer) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		batches, answers := make(chan []string), make(chan answer)
		var workers sync.WaitGroup
		for range max(1, cfg.Concurrency) {
			workers.Go(func() {
				for batch := range batches {
					answers <- cfg.lookUp(ctx, batch)
				}
			})
		}
		go func() {
			defer close(answers)
			defer workers.Wait()
			defer close(batches)
			for batch := range slices.Chunk(ids, clari.MaxOpportunities) {
				select {
				case batches <- batch:
				case <-ctx.Done():
					return
				}
			}
		}()
		listening := true
		for a := range answers {
			if listening && !yield(a) {
				listening = false
				cancel()
			}
		}
	}
}

// lookUp asks for ids. When one of them makes Clari refuse all, it asks for the two halves.
func (cfg *Config) lookUp(ctx context.Context, ids []string) answer {
	found, err := cfg.API.Opportunities(ctx, ids)
	a := answer{at: time.Now(), found: found}
	switch {
	case err == nil:
		a.missing = missing(ids, found)
	case !refused(err):
		a.failed, a.err = len(ids), err
	case len(ids) == 1:
		a.refused, a.refusal = ids, err
	default:
		a = cfg.lookUp(ctx, ids[:len(ids)/2])
		b := cfg.lookUp(ctx, ids[len(ids)/2:])
		a.found = append(a.found, b.found...)
		a.missing = append(a.missing, b.missing...)
		a.refused = slices.Concat(a.refused, b.refused)
		a.refusal, a.err = firstOf(a.refusal, b.refusal), firstOf(a.err, b.err)
		a.failed += b.failed
	}
	return a
}

// refused tells an answer that may be about one of the ids from all other errors.
func refused(err error) bool {
	answer, ok := errors.AsType[*clari.Error](err)
	if _, throttled := errors.AsType[*clari.ThrottledError](err); throttled || !ok {
		return false
	}
	switch answer.Status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return answer.Status/100 == 4
}

func missing(ids []string, found []clari.Opportunity) (list []string) {
	there := make(map[string]bool, len(found))
	for _, o := range found {
		there[short(o.ID)] = true
	}
	for _, id := range ids {
		if !there[short(id)] {
			list = append(list, id)
		}
	}
	return list
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
