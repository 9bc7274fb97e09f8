// Package audit lists who did what in Clari: the tables of audit events and of their actors.
//
// The API gives events no id and keeps them for about 30 days. A sync reads them page by page, in flat memory, from a cursor kept in the
// state backend. An event that is read again is the same row, so that a sync may start anywhere before the cursor.
package audit

import (
	"context"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Names of the tables.
const (
	EventsTable = "clari_audit_events"
	ActorsTable = "clari_audit_actors"
)

// Schemas are the tables.
func Schemas(o table.Options) schema.Tables {
	return schema.Tables{eventsTable.Schema(o), actorsTable.Schema(o)}
}

const (
	pageSize = 1000                // the most that one page may have
	reach    = 30 * 24 * time.Hour // how far back Clari goes, about
)

// Config is one sync.
type Config struct {
	API     *clari.Client
	BaseURL string
	Spec    spec.Audit
	Store   Store // nil: no state backend
	Wants   func(tableName string) bool
	Options table.Options
	Send    table.Send
	Barrier func(context.Context) error // returns when destinations have written out what was sent
	Log     zerolog.Logger
}

// Sync lists events from where the last sync stopped, less the overlap. When it fails midway, what was sent is sent again next time: the
// cursor moves only past a barrier.
func Sync(ctx context.Context, cfg Config) error {
	now := cfg.API.ServerTime(time.Now())
	cursor, err := cfg.load(ctx)
	if err != nil {
		return err
	}
	if cfg.Store == nil {
		cfg.Log.Info().Str("table", EventsTable).Msg("no state backend: every sync lists audit events anew, from since or as far back as Clari goes")
	}
	from := cfg.start(cursor, now)
	w := cfg.writers()
	newest := cursor.Newest
	query := clari.AuditQuery{From: from, To: now, PageSize: pageSize}
	for page, pageErr := range cfg.API.AuditEvents(ctx, query) {
		if err = pageErr; err != nil {
			break
		}
		for _, event := range page.Events {
			if err = w.event(ctx, event); err != nil {
				return err
			}
			if event.At.After(newest) && !event.At.After(now) { // none from the future may move the cursor there
				newest = event.At
			}
		}
		for _, actor := range page.Actors {
			if err = w.actor(ctx, actor); err != nil {
				return err
			}
		}
	}
	if flushErr := w.flush(ctx); err != nil || flushErr != nil {
		return firstOf(err, flushErr)
	}
	return cfg.save(ctx, Cursor{Newest: newest, SyncedAt: now, Since: cfg.Spec.SinceDay(), Actors: cfg.Wants(ActorsTable)})
}

// start is from when on events are listed; zero is as far back as Clari goes. It is the start of a minute, so that events of one instant
// are listed all or not at all, however coarse the instants are that Clari tells: that is what keeps the place among equals.
func (cfg *Config) start(c Cursor, now time.Time) time.Time {
	since := cfg.Spec.SinceDay()
	switch {
	case c.SyncedAt.IsZero():
		return since
	case now.Sub(c.SyncedAt) > reach:
		cfg.Log.Warn().Str("table", EventsTable).Time("from", c.SyncedAt).Time("to", now.Add(-reach)).
			Msg("the last sync of audit events is longer ago than Clari keeps them: those in between are lost")
	}
	from := c.Newest.Add(-time.Duration(cfg.Spec.Overlap)).Truncate(time.Minute)
	if c.Newest.IsZero() || from.Before(since) {
		return since
	}
	return from
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
