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
	land := func(a answer) error {
		for i := range a.found {
			if err := w.opportunity(ctx, a.at, &a.found[i]); err != nil {
				return err
			}
			cfg.Done.add(a.found[i].ID)
		}
		cfg.Done.add(a.missing...)
		cfg.Done.add(a.refused...)
		total.add(a)
		return nil
	}
	// Every batch is asked for whole before any is taken apart: whether the answer is about the ids shows soonest so.
	var suspects [][]string
	denials, noRight := 0, false
	for a := range cfg.answers(ctx, slices.Chunk(ids, clari.MaxOpportunities), cfg.ask) {
		if len(a.refused) > 1 {
			suspects = append(suspects, a.refused)
			continue
		}
		if err := land(a); err != nil {
			return nil, err
		}
		if denied(a.err) {
			denials++
		}
		if noRight = denials > 1 && !total.answered; noRight {
			break
		}
	}
	if !noRight {
		for a := range cfg.answers(ctx, slices.Values(suspects), cfg.halve) {
			if err := land(a); err != nil {
				return nil, err
			}
			if !total.answered && len(total.refused) >= hopeless { // it is not about the ids
				total.err = firstOf(total.err, total.refusal)
				break
			}
		}
	}
	if total.err != nil {
		total.failed = len(ids) - len(w.landed) - len(total.missing) - len(total.refused)
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

// hopeless is how many ids may be refused, each asked for alone, while no request at all is answered. Halving asks for each of n bad ids
// in 2n - 1 requests at most.
const hopeless = 2 * clari.MaxOpportunities

// answer is what became of some ids.
type answer struct {
	at       time.Time
	answered bool // a request was
	found    []clari.Opportunity
	missing  []string // not in an answer
	refused  []string // each asked for alone; of ask, all of a batch together
	refusal  error    // of one of those
	failed   int      // asked for in requests that failed with err
	err      error
}

func (a *answer) add(b answer) {
	a.answered = a.answered || b.answered
	a.found = append(a.found, b.found...)
	a.missing = append(a.missing, b.missing...)
	a.refused = append(a.refused, b.refused...)
	a.refusal, a.err = firstOf(a.refusal, b.refusal), firstOf(a.err, b.err)
	a.failed += b.failed
}

// answers looks up batches, a number of them at a time, with no more workers than there is work. It ends early when ctx ends or nobody
// listens any more.
func (cfg *Config) answers(ctx context.Context, all iter.Seq[[]string], lookUp func(context.Context, []string) answer) iter.Seq[answer] {
	return func(yield func(answer) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		batches, answers := make(chan []string), make(chan answer)
		var workers sync.WaitGroup
		work := func() {
			for batch := range batches {
				answers <- lookUp(ctx, batch)
			}
		}
		go func() {
			defer close(answers)
			defer workers.Wait()
			defer close(batches)
			started := 0
			for batch := range all {
				if started < max(1, cfg.Concurrency) {
					started++
					workers.Go(work)
				}
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

// ask asks for ids in one request.
func (cfg *Config) ask(ctx context.Context, ids []string) answer {
	found, err := cfg.API.Opportunities(ctx, ids)
	a := answer{at: time.Now(), answered: err == nil, found: found}
	switch {
	case err == nil:
		a.missing = missing(ids, found)
	case refused(err):
		a.refused, a.refusal = ids, err
	default:
		a.failed, a.err = len(ids), err
	}
	return a
}

// halve looks up ids of which at least one made Clari refuse all: it asks for one half, then for the other, and takes apart what is
// refused again.
func (cfg *Config) halve(ctx context.Context, ids []string) answer {
	var total answer
	for _, half := range [][]string{ids[:len(ids)/2], ids[len(ids)/2:]} {
		a := cfg.ask(ctx, half)
		if len(a.refused) > 1 {
			a = cfg.halve(ctx, half)
		}
		total.at = a.at
		total.add(a)
	}
	return total
}

// denied tells an answer that is about the key or its right to look up anything: two of them and none that is better are enough.
func denied(err error) bool {
	return errors.Is(err, clari.ErrUnauthorized) || errors.Is(err, clari.ErrForbidden)
}

// refused tells an answer that may be about one of the ids from all other errors.
func refused(err error) bool {
	answer, ok := errors.AsType[*clari.Error](err)
	if _, throttled := errors.AsType[*clari.ThrottledError](err); throttled || !ok {
		return false
	}
	switch answer.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false // about the key, the right, the time
	}
	return answer.Status/100 == 4 && !errors.Is(err, clari.ErrServer)
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
