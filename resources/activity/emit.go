package activity

import (
	"cmp"
	"context"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Tables send the rows of exports to the tables that are wanted.
type Tables struct {
	wants   func(tableName string) bool
	options table.Options
	send    table.Send
}

// NewTables makes them.
func NewTables(wants func(tableName string) bool, o table.Options, send table.Send) *Tables {
	return &Tables{wants: wants, options: o, send: send}
}

// Counts are rows handed over, null for a table that nobody wants.
type Counts struct{ Activities, Accounts, Opportunities, Participants table.Opt[int64] }

// Emit sends the rows of a result, of those activities that sends wants by their time, and tells names of the opportunities that they are about, of some more
// than once. Nothing in the result can make it fail.
func (t *Tables) Emit(ctx context.Context, o Origin, s *Store, sends func(at time.Time) bool, names func(opportunityID string)) (Counts, error) {
	activities := open(t, &activitiesTable, &o)
	ofAccounts := open(t, &accountsTable, &struct{}{})
	ofOpportunities := open(t, &opportunitiesTable, &struct{}{})
	ofParticipants := open(t, &participantsTable, &struct{}{})
	for a, err := range s.All() {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return Counts{}, err
		}
		if !sends(a.At) {
			continue
		}
		for i := range a.Opportunities {
			names(a.Opportunities[i].ID)
		}
		r := &activityRow{
			id: a.ID, activityType: table.NonZero(a.Type), subject: table.NonZero(a.Subject), at: table.Micros(a.At),
			owner: table.NonZero(a.OwnerID), organizer: table.NonZero(a.OrganizerID), extra: a.Extra,
		}
		if err := activities.Append(ctx, r); err != nil {
			return Counts{}, err
		}
		if err := children(ctx, activities, r, ofAccounts, s.accountRows(a)); err != nil {
			return Counts{}, err
		}
		if err := children(ctx, activities, r, ofOpportunities, s.opportunityRows(a)); err != nil {
			return Counts{}, err
		}
		if err := children(ctx, activities, r, ofParticipants, s.participantRows(a)); err != nil {
			return Counts{}, err
		}
	}
	for _, flush := range []func(context.Context) error{activities.Flush, ofAccounts.Flush, ofOpportunities.Flush, ofParticipants.Flush} {
		if err := flush(ctx); err != nil {
			return Counts{}, err
		}
	}
	return Counts{rows(activities), rows(ofAccounts), rows(ofOpportunities), rows(ofParticipants)}, nil
}

// Export sends what became of a planned export.
func (t *Tables) Export(ctx context.Context, x *Export) error {
	w := open(t, &exportsTable, &struct{}{})
	if err := w.Append(ctx, x); err != nil {
		return err
	}
	return w.Flush(ctx)
}

// open is a writer, nil for a table that nobody wants.
func open[S, R any](t *Tables, d *table.Def[S, R], shared *S) *table.Writer[R] {
	if !t.wants(d.Name) {
		return nil
	}
	return d.Writer(t.options, shared, t.send)
}

func rows[R any](w *table.Writer[R]) table.Opt[int64] {
	return table.Opt[int64]{V: w.Rows(), Valid: w != nil}
}

func children[R any](ctx context.Context, parents *table.Writer[activityRow], parent *activityRow, w *table.Writer[R], rows []R) error {
	if w == nil || len(rows) == 0 {
		return nil
	}
	id := parents.ID(parent)
	for i := range rows {
		if err := w.AppendChild(ctx, id, &rows[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) accountRows(a *clari.Activity) (rows []accountRow) {
	for _, x := range distinct(s, accounts, a.Accounts) {
		rows = append(rows, accountRow{activityID: a.ID, id: x.ID, name: table.NonZero(x.Name), owner: table.NonZero(x.OwnerID), extra: x.Extra})
	}
	return rows
}

func (s *Store) opportunityRows(a *clari.Activity) (rows []opportunityRow) {
	for _, x := range distinct(s, opportunities, a.Opportunities) {
		rows = append(rows, opportunityRow{activityID: a.ID, id: x.ID, name: table.NonZero(x.Name), owner: table.NonZero(x.OwnerID), extra: x.Extra})
	}
	return rows
}

func (s *Store) participantRows(a *clari.Activity) (rows []participantRow) {
	for _, p := range distinct(s, participants, a.Participants) {
		rows = append(rows, participantRow{
			activityID: a.ID, id: participantID(&p), name: table.NonZero(p.Name), email: table.NonZero(p.Email), crmUserID: table.NonZero(p.CRMUserID),
			internal: table.Ptr(p.Internal), extra: p.Extra,
		})
	}
	return rows
}

func distinct[T any](s *Store, a about[T], list []T) []T {
	kept, cut := a.distinct(list)
	s.Odd.Values(odd.TooLong, nil, cut)
	return kept
}
