package opportunity

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

const noColumn = " that this table has no column for, as a JSON object. Null if there are none."

type opportunityRow struct {
	id           string
	score        table.Opt[float64]
	scoreMessage table.Opt[string]
	observedAt   table.Opt[int64]
	extra        []byte
}

var opportunitiesTable = table.Def[struct{}, opportunityRow]{
	Name:        OpportunitiesTable,
	Title:       "Clari Opportunities",
	Description: "One row per opportunity: Clari's score. The opportunities are those that the spec lists, and those that the sync's activities are about.",
	Columns: []table.Column[opportunityRow]{
		table.String("opportunity_id", "The opportunity, by its CRM id.", func(r *opportunityRow) *string { return &r.id }).Key(),
		table.Float("crm_score", "Clari's score.", func(r *opportunityRow) *table.Opt[float64] { return &r.score }),
		table.NullString("crm_score_message", "What Clari says of the score.",
			func(r *opportunityRow) *table.Opt[string] { return &r.scoreMessage }),
		table.Timestamp("observed_at", "When Clari was asked.", func(r *opportunityRow) *table.Opt[int64] { return &r.observedAt }),
		table.JSON("extra", "Keys of the opportunity"+noColumn+" Fields without an id, or with the id of another field, are here.",
			func(r *opportunityRow) *[]byte { return &r.extra }),
	},
}

type fieldRow struct {
	opportunityID, id      string
	alias, trend, imageURL table.Opt[string]
	value, original, extra []byte
}

var fieldsTable = table.Def[struct{}, fieldRow]{
	Name:        FieldsTable,
	Title:       "Clari Opportunity Fields",
	Description: "One row per opportunity and field: its value in Clari and in the CRM.",
	Parent:      OpportunitiesTable,
	Columns: []table.Column[fieldRow]{
		table.String("opportunity_id", "The opportunity, by its CRM id.", func(r *fieldRow) *string { return &r.opportunityID }).Key(),
		table.String("field_id", "The field.", func(r *fieldRow) *string { return &r.id }).Key(),
		table.NullString("alias", "Name of the field.", func(r *fieldRow) *table.Opt[string] { return &r.alias }),
		table.JSON("value", "Value, JSON of any kind. May hold personal data, depending on the field.",
			func(r *fieldRow) *[]byte { return &r.value }),
		table.JSON("original_value", "Value in the CRM, JSON of any kind. May hold personal data.",
			func(r *fieldRow) *[]byte { return &r.original }),
		table.NullString("trend", "Where the value is heading, as Clari gives it.", func(r *fieldRow) *table.Opt[string] { return &r.trend }),
		table.NullString("image_url", "Picture of the trend.", func(r *fieldRow) *table.Opt[string] { return &r.imageURL }),
		table.JSON("extra", "Keys of the field"+noColumn+" Changes without a time are here.", func(r *fieldRow) *[]byte { return &r.extra }),
	},
}

type changeRow struct {
	opportunityID, fieldID string
	at, place              table.Opt[int64]
	before, after, extra   []byte
}

var historyTable = table.Def[struct{}, changeRow]{
	Name:        HistoryTable,
	Title:       "Clari Opportunity Trend History",
	Description: "One row per change of a field of an opportunity.",
	Parent:      FieldsTable,
	Columns: []table.Column[changeRow]{
		table.String("opportunity_id", "The opportunity, by its CRM id.", func(r *changeRow) *string { return &r.opportunityID }).Key(),
		table.String("field_id", "The field.", func(r *changeRow) *string { return &r.fieldID }).Key(),
		table.Timestamp("changed_at", "When the field changed.", func(r *changeRow) *table.Opt[int64] { return &r.at }).Key(),
		table.Int("place", "Number of the change among the field's changes in that second, from 0.", func(r *changeRow) *table.Opt[int64] { return &r.place }).Key(),
		table.JSON("old_value", "Value before, JSON of any kind. May hold personal data.", func(r *changeRow) *[]byte { return &r.before }),
		table.JSON("new_value", "Value after, JSON of any kind. May hold personal data.", func(r *changeRow) *[]byte { return &r.after }),
		table.JSON("extra", "Keys of the change"+noColumn, func(r *changeRow) *[]byte { return &r.extra }),
	},
}

// writers send the rows of a sync.
type writers struct {
	opportunities *table.Writer[opportunityRow]
	fields        *table.Writer[fieldRow]
	history       *table.Writer[changeRow]
	landed        map[string]bool // an opportunity that two answers hold is one row
}

func (cfg *Config) writers() *writers {
	w := &writers{landed: map[string]bool{}}
	if cfg.Wants(OpportunitiesTable) {
		w.opportunities = opportunitiesTable.Writer(cfg.Options, &struct{}{}, cfg.Send)
	}
	if cfg.Wants(FieldsTable) {
		w.fields = fieldsTable.Writer(cfg.Options, &struct{}{}, cfg.Send)
	}
	if cfg.Wants(HistoryTable) {
		w.history = historyTable.Writer(cfg.Options, &struct{}{}, cfg.Send)
	}
	return w
}

func (w *writers) opportunity(ctx context.Context, at time.Time, o *clari.Opportunity) error {
	if w.landed[o.ID] {
		return nil
	}
	w.landed[o.ID] = true
	r := &opportunityRow{
		id: o.ID, score: table.Ptr(o.Score), scoreMessage: table.NonZero(o.ScoreMessage), observedAt: table.Micros(at), extra: extra.Fit(o.Extra),
	}
	if err := w.opportunities.Append(ctx, r); err != nil {
		return err
	}
	parent := w.opportunities.ID(r)
	for i := range o.Fields {
		if err := w.field(ctx, parent, o.ID, &o.Fields[i]); err != nil {
			return err
		}
	}
	return nil
}

func (w *writers) field(ctx context.Context, parent uuid.UUID, opportunityID string, f *clari.OpportunityField) error {
	r := &fieldRow{
		opportunityID: opportunityID, id: f.ID, alias: table.NonZero(f.Alias), trend: table.NonZero(f.Trend), imageURL: table.NonZero(f.ImageURL),
		value: f.Value, original: f.OriginalValue, extra: extra.Fit(f.Extra),
	}
	if err := w.fields.AppendChild(ctx, parent, r); err != nil {
		return err
	}
	id := w.fields.ID(r)
	slices.SortStableFunc(f.TrendHistory, func(a, b clari.FieldChange) int { return cmp.Compare(a.At.UnixMicro(), b.At.UnixMicro()) })
	var second, place int64
	for i, c := range f.TrendHistory {
		if at := c.At.Unix(); i == 0 || at != second { // CloudQuery's keys tell times apart by the second
			second, place = at, 0
		} else {
			place++
		}
		err := w.history.AppendChild(ctx, id, &changeRow{
			opportunityID: opportunityID, fieldID: f.ID, at: table.Micros(c.At), place: table.Some(place), before: c.Old, after: c.New, extra: extra.Fit(c.Extra),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *writers) flush(ctx context.Context) error {
	return firstOf(w.opportunities.Flush(ctx), w.fields.Flush(ctx), w.history.Flush(ctx))
}
