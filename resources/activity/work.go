package activity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// state is what is kept of a window beside what the engine keeps. See Landed.
type state struct {
	From     Day `json:"from,omitempty"`
	On       Day `json:"on,omitempty"`
	LastFrom Day `json:"last_from,omitempty"` // days that the job was asked for that landed last
	LastTo   Day `json:"last_to,omitempty"`
}

// asked is the days that a job was asked for.
type asked struct {
	From Day `json:"from"`
	To   Day `json:"to"`
}

// work is what is done for one window.
type work struct {
	job.Defaults
	Window
	k       *Kind
	ledger  *journal.Journal
	lacking bool // it has landed and is not due, but lacks a table

	there journal.Place // of the window, when the sync began
	was   state         // beside it
	kept  state         // the same, as the engine reads it and Landed changes it
	asked asked         // of the job that was paid for

	sent map[Day]bool // days of which this sync has sent its rows
	over bool         // what becomes of it in this sync is known
}

// found is what one result held.
type found struct {
	counts Counts
	ids    map[string]bool // of opportunities that its activities are about
	looked []string        // ids that Clari refuses

	unread, unknown table.Opt[int64] // texts that could not be read, labels that are not known
}

func (f *found) take(counts *odd.Counts) {
	f.unread, f.unknown = table.Some(counts.Unread()), table.Some(counts.Unknown())
}

func foundIn(e *job.Export) *found {
	if f, ok := e.Found.(*found); ok {
		return f
	}
	return &found{}
}

func (w *work) name() string { return fmt.Sprintf("activities %s..%s", w.From, w.To) }

// class: how long a job takes depends on how many days are in it.
func (w *work) class() string {
	if w.Newest {
		return "activities newest"
	}
	return fmt.Sprintf("activities %d", w.k.Spec.Activities.WindowDays)
}

// why says why the window is in the plan.
func (w *work) why() string {
	switch {
	case w.lacking:
		return "table selected later"
	case w.Newest:
		return "newest"
	}
	return "backfill"
}

// lacks reports whether a table that is wanted now was not when the window landed.
func (w *work) lacks() bool {
	return w.there.Job != "" && slices.ContainsFunc(w.k.Wanted, func(name string) bool { return !slices.Contains(w.there.Tables, name) })
}

// Asked is the days that a job is asked for.
func (w *work) Asked() any { return &w.asked }

// State is what is kept of the window.
func (w *work) State() any { return &w.kept }

// Covers reports whether the last job was asked for all days that are due.
func (w *work) Covers() bool { return w.lacking || w.kept.LastFrom <= w.From && w.kept.LastTo >= w.To }

// Serves reports the same of a job that was paid for.
func (w *work) Serves(journal.PaidJob, clari.Job) bool {
	return w.asked.From <= w.From && w.asked.To >= w.To
}

// Create asks Clari for the export.
func (w *work) Create(ctx context.Context, sending func(context.Context)) (string, error) {
	w.asked = asked{w.From, w.To} // in the ledger before the request goes out
	return w.k.Client.CreateActivityExport(ctx, w.Request(w.k.types(), w.k.Spec.Location()), sending)
}

// Matches goes by the module: what Clari calls that of activities is not documented, only what it calls others.
func (*work) Matches(j clari.Job) bool {
	other := strings.EqualFold(j.Module, "FORECAST") || strings.EqualFold(j.Module, "DATA_INGESTION")
	return !other && !strings.HasPrefix(j.FileName, "clari_export_forecast_") && (j.FileType == "" || strings.EqualFold(j.FileType, "JSON"))
}

// Similar: something of the job names activities.
func (w *work) Similar(j clari.Job) bool {
	return w.Matches(j) && strings.Contains(strings.ToLower(j.Module+j.Title+j.FileName), "activit")
}

// Finish looks up the opportunities that the window's activities name. A window is done when all have been looked up, or refused one by one.
func (w *work) Finish(ctx context.Context, e *job.Export) error {
	if w.k.LookUp == nil {
		return nil
	}
	f := foundIn(e)
	refused, _ := journal.LoadList[string](ctx, w.ledger, w.refusedKey()) // else they are refused once more
	for _, id := range refused {
		delete(f.ids, id)
	}
	ids := make([]string, 0, len(f.ids))
	for id := range f.ids {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	more, err := w.k.LookUp(ctx, ids)
	if err != nil {
		return fmt.Errorf("opportunities of %s: %w", w.name(), err)
	}
	f.looked = slices.Concat(refused, more)
	return nil
}

// refusedKey is the key of the opportunities of the window that Clari refuses.
func (w *work) refusedKey() string { return journal.OtherKey("refused", w.k.identity(w.Start)) }

// Landed keeps what a later sync has to know of the window. It counts as exported up to the day on which its job was asked for, or its own last day if that
// was to come; late is reckoned from there.
func (w *work) Landed(e *job.Export) {
	if looked := foundIn(e).looked; len(looked) > 0 {
		slices.Sort(looked)
		journal.SaveList(w.ledger, w.refusedKey(), slices.Compact(looked))
	}
	if w.lacking && w.From > w.was.From {
		e.Log(w.k.Log.Info()).Stringer("since", w.was.From).Msg("the table that came later lacks the days before those of the last result: " + w.k.Advice().Lacking)
	}
	if w.lacking || e.There.Job == e.Job.ID {
		return
	}
	a, before := w.asked, w.kept
	on := DayOf(w.k.Client.ServerTime(e.RequestedAt).In(w.k.Spec.Location()))
	if a.To < w.End { // the days between are in no export
		on = min(on, a.To)
	}
	w.kept = state{From: a.From, On: on, LastFrom: a.From, LastTo: a.To}
	if e.There.Job != "" {
		w.kept.From = min(a.From, before.From)
	}
}

// Report sends the row of clari_activity_exports.
func (w *work) Report(ctx context.Context, e *job.Export) error {
	w.over = true
	f := foundIn(e)
	x := &Export{
		ExportID: e.ID(), Outcome: string(e.Outcome), JobID: table.NonZero(e.Job.ID), ExportedAt: table.Micros(e.ExportedAt), Types: w.k.types(),
		WindowStart: table.Some(int32(w.From)), WindowEnd: table.Some(int32(w.To)),
		ValuesUnread: f.unread, LabelsUnknown: f.unknown,
		JobsCreated: table.Some(int64(e.Created)), Why: table.Some(why(e, w)), NextTry: table.Day(e.NextTry),
		Status: table.NonZero(string(e.Job.Status)), Attempts: table.Some(int64(e.Attempts)), Polls: table.Some(int64(e.Polls)),
		RequestedAt: table.Micros(e.RequestedAt), StartedAt: table.Micros(e.Job.StartTime), EndedAt: table.Micros(e.Job.EndTime),
		ExpiresAt: table.Micros(e.Job.ExpiredTime), ResultBytes: table.NonZero(e.ResultBytes),
		RowsTruncated: table.Ptr(e.Job.RowsTruncated), CellsTruncated: table.Ptr(e.Job.CellsTruncated), FileName: table.NonZero(e.Job.FileName),
	}
	if e.Landed() {
		x.Rows = f.counts
	}
	if e.Err != nil {
		x.Error = table.Some(e.Err.Error())
	}
	return w.k.Tables.Export(ctx, x)
}

func why(e *job.Export, w *work) string {
	if e.Decision.Why != "" {
		return e.Decision.Why
	}
	return w.why()
}

// sends reports whether the rows of a day are this window's to send: not those of a day that another window has sent in this sync or that a later one will,
// nor those that a job has landed that was asked for later than this one's, at asked.
func (w *work) sends(day Day, askedAt time.Time) bool {
	for _, o := range w.k.windows {
		switch {
		case o == w:
		case o.sent[day], o.Start > w.Start && o.planned() && !o.over && o.From <= day && day <= o.To:
			return false
		case !o.planned() && o.there.AskedAt.After(askedAt) && o.was.LastFrom <= day && day <= o.was.LastTo:
			return false
		}
	}
	return true
}

// planned reports whether the window is in this sync's plan.
func (w *work) planned() bool { return w.To != 0 }
