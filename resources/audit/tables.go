package audit

import (
	"context"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

type eventRow struct {
	id                                     string
	at                                     table.Opt[int64]
	actorID, actorType, impersonatingActor table.Opt[string]
	sessionID, sessionType, ipAddress      table.Opt[string]
	event, correlationID                   table.Opt[string]
	parameters, extra                      []byte
}

var eventsTable = table.Def[struct{}, eventRow]{
	Name:  EventsTable,
	Title: "Clari Audit Events",
	Description: "One row per thing that a person, a system or a job did in Clari. API use is included. Clari keeps events for about 30 days; with a state backend those that landed stay. " +
		"Needs the right to see audit events.",
	Columns: []table.Column[eventRow]{
		table.String("event_id", "Clari gives events no id. This is a hash of the event, and of how many equal events came before it.",
			func(r *eventRow) *string { return &r.id }).Key(),
		table.Timestamp("occurred_at", "When it happened.", func(r *eventRow) *table.Opt[int64] { return &r.at }),
		table.NullString("actor_id", "Who did it, as in clari_audit_actors.", func(r *eventRow) *table.Opt[string] { return &r.actorID }),
		table.NullString("actor_type", "USER, SYSTEM or JOB.", func(r *eventRow) *table.Opt[string] { return &r.actorType }),
		table.NullString("impersonating_actor_id", "Who acted in that person's place.",
			func(r *eventRow) *table.Opt[string] { return &r.impersonatingActor }),
		table.NullString("session_id", "Session.", func(r *eventRow) *table.Opt[string] { return &r.sessionID }),
		table.NullString("session_type", "WEB, IOS or ANDROID; other values as Clari gives them.",
			func(r *eventRow) *table.Opt[string] { return &r.sessionType }),
		table.NullString("ip_address", "Address that it came from. Personal data.", func(r *eventRow) *table.Opt[string] { return &r.ipAddress }),
		table.NullString("event", "What happened, such as api.accessed.", func(r *eventRow) *table.Opt[string] { return &r.event }),
		table.JSON("event_parameters", "Details of it, as Clari gives them.", func(r *eventRow) *[]byte { return &r.parameters }),
		table.NullString("correlation_id", "Joins events of one request.", func(r *eventRow) *table.Opt[string] { return &r.correlationID }),
		table.JSON("extra", "Keys of the event that this table has no column for, as a JSON object. Null if there are none.",
			func(r *eventRow) *[]byte { return &r.extra }),
	},
}

type actorRow struct {
	id, actorType string
	name, email   table.Opt[string]
	extra         []byte
}

var actorsTable = table.Def[struct{}, actorRow]{
	Name:        ActorsTable,
	Title:       "Clari Audit Actors",
	Description: "One row per person, system or job that audit events name.",
	Columns: []table.Column[actorRow]{
		table.String("actor_id", "The actor.", func(r *actorRow) *string { return &r.id }).Key(),
		table.String("actor_type", "USER, SYSTEM or JOB.", func(r *actorRow) *string { return &r.actorType }).Key(),
		table.NullString("name", "Name. Personal data.", func(r *actorRow) *table.Opt[string] { return &r.name }),
		table.NullString("email", "E-mail address. Personal data.", func(r *actorRow) *table.Opt[string] { return &r.email }),
		table.JSON("extra", "Keys of the actor that this table has no column for, as a JSON object. Null if there are none.",
			func(r *actorRow) *[]byte { return &r.extra }),
	},
}

// writers send the rows of a sync.
type writers struct {
	events *table.Writer[eventRow]
	actors *table.Writer[actorRow]
	places places
	seen   map[[2]string]bool // actors by id and type: every page names its own again
}

func (cfg *Config) writers() *writers {
	w := &writers{seen: map[[2]string]bool{}}
	if cfg.Wants(EventsTable) {
		w.events = eventsTable.Writer(cfg.Options, &struct{}{}, cfg.Send)
	}
	if cfg.Wants(ActorsTable) {
		w.actors = actorsTable.Writer(cfg.Options, &struct{}{}, cfg.Send)
	}
	return w
}

func (w *writers) event(ctx context.Context, e clari.AuditEvent) error {
	if w.events == nil {
		return nil
	}
	d := digestOf(e)
	return w.events.Append(ctx, &eventRow{
		id: eventID(d, w.places.next(d)), at: table.Micros(e.At),
		actorID: table.NonZero(e.ActorID), actorType: table.NonZero(e.ActorType), impersonatingActor: table.NonZero(e.ImpersonatingActorID),
		sessionID: table.NonZero(e.SessionID), sessionType: table.NonZero(e.SessionType), ipAddress: table.NonZero(e.IPAddress),
		event: table.NonZero(e.Event), correlationID: table.NonZero(e.CorrelationID), parameters: e.Parameters, extra: extra.Fit(e.Extra),
	})
}

func (w *writers) actor(ctx context.Context, a clari.AuditActor) error {
	key := [2]string{a.ID, a.Type}
	if w.actors == nil || w.seen[key] {
		return nil
	}
	w.seen[key] = true
	return w.actors.Append(ctx, &actorRow{
		id: a.ID, actorType: a.Type, name: table.NonZero(a.Name), email: table.NonZero(a.Email), extra: extra.Fit(a.Extra),
	})
}

func (w *writers) flush(ctx context.Context) error {
	return firstOf(w.events.Flush(ctx), w.actors.Flush(ctx))
}
