package activity

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/job/due"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
)

// Config is what the kind needs.
type Config struct {
	Spec    *spec.Spec // with its block activities
	Client  *clari.Client
	Tables  *Tables
	Wanted  []string // names of the tables that are wanted, those of opportunities included; the ledger has which ones landed
	Backend bool     // there is a state backend
	// LookUp looks up the opportunities that a window's activities name, and returns those that Clari refuses. nil: nobody wants them.
	LookUp func(ctx context.Context, ids []string) (refused []string, err error)
	Log    zerolog.Logger
}

// Kind is the exports of activities of one sync: one for each window of days.
type Kind struct {
	Config
	planned time.Time
	done    bool
	windows []*work // of the grid, whether they are planned or not
	odd     odd.Told
}

var _ job.Kind = (*Kind)(nil)

// New returns the exports of a sync that begins now.
func New(c Config) *Kind {
	return &Kind{Config: c, planned: time.Now().UTC().Truncate(time.Second)}
}

// Next is the plan, all at once: no window depends on what another one holds.
func (k *Kind) Next(ctx context.Context, ledger *journal.Journal) (job.Part, error) {
	if k.done {
		return job.Part{}, nil
	}
	k.done = true
	if !k.Backend {
		k.Log.Info().Str("table", ActivitiesTable).Msg("no state backend: every sync exports all windows of activities since the first day")
	}
	due := k.plan(ctx, ledger, DayOf(k.Client.ServerTime(k.planned).In(k.Spec.Location())))
	var part job.Part
	for _, w := range due {
		part.Items = append(part.Items, k.item(w))
	}
	for _, w := range k.windows {
		switch {
		case slices.Contains(due, w):
		case w.lacks():
			w.lacking, w.From, w.To = true, w.was.LastFrom, w.was.LastTo
			part.Items = append(part.Items, k.item(w))
		default: // it has landed, and its job is nobody else's
			part.Later = append(part.Later, k.item(w))
		}
	}
	return part, nil
}

// plan is the windows that are due, the newest first. It reads what is kept of all windows of the grid.
func (k *Kind) plan(ctx context.Context, ledger *journal.Journal, today Day) (due []*work) {
	load := func(start Day) *work {
		w := &work{Window: Window{Start: start, End: start + Day(k.Spec.Activities.WindowDays)}, k: k, ledger: ledger}
		_ = ledger.LoadRecord(ctx, k.placeKey(start), &w.there, &w.was) // what cannot be read counts as not there, and the engine buys nothing then
		k.windows = append(k.windows, w)
		return w
	}
	byStart := map[Day]*work{}
	planned := GridOf(k.Spec.Activities, today).Plan(today, func(start Day) (Landed, bool) {
		w := load(start)
		byStart[start] = w
		return Landed{From: w.was.From, On: w.was.On}, w.there.Job != ""
	})
	for _, window := range planned {
		w := byStart[window.Start]
		w.Window = window
		if w.lacks() { // all of it costs no more than a part
			w.From = min(w.From, w.was.From)
		}
		due = append(due, w)
	}
	return due
}

// item is a window as the engine sees it.
func (k *Kind) item(w *work) job.Item {
	i := job.Item{
		Work: w, Name: w.name(), Class: w.class(), Tab: "activities",
		Labels: []job.Label{
			{Name: "table", Value: ActivitiesTable}, {Name: "window_start", Value: w.From.String()}, {Name: "window_end", Value: w.To.String()},
		},
		Request: journal.PaidKey(k.identity(w.Start)), Ongoing: w.Newest,
		Item: due.Item{Place: k.placeKey(w.Start), Wants: due.Wants{Types: k.types(), Tables: k.Wanted}, Why: w.why()},
	}
	switch {
	case w.lacking: // it is not due: only what is stored of it may land
		i.FinalAt, i.Once = time.Unix(1, 0), true
	case w.there.Job == "": // what is exported once it is over serves for as long as it lives
		i.FinalAt = w.End.In(k.Spec.Location())
	}
	return i
}

// identity is whatever changes what belongs to a window.
func (k *Kind) identity(start Day) any {
	return struct {
		BaseURL, TimeZone, Kind string
		Types                   []string
		WindowDays              int
		Start                   Day
	}{k.Spec.BaseURL, k.Spec.TimeZone, "activities", k.types(), k.Spec.Activities.WindowDays, start}
}

func (k *Kind) placeKey(start Day) string { return journal.PlaceKey(k.identity(start)) }

func (k *Kind) types() []string {
	types := make([]string, len(k.Spec.Activities.Types))
	for i, t := range k.Spec.Activities.Types {
		types[i] = strings.ToUpper(t)
	}
	slices.Sort(types)
	return types
}

// Preview is all windows: those of a sync that knows no earlier one. Later ones export the newest alone.
func (k *Kind) Preview(ctx context.Context, ledger *journal.Journal) (job.Preview, error) {
	var preview job.Preview
	for _, w := range k.plan(ctx, ledger, DayOf(k.planned.In(k.Spec.Location()))) {
		preview.Items = append(preview.Items, k.item(w))
	}
	preview.Second = min(len(preview.Items), 1)
	preview.Further = preview.Second
	return preview, nil
}

// Describe names exports by days. Windows that touch are one stretch.
func (k *Kind) Describe(exports []*job.Export) string {
	windows := make([]Window, len(exports))
	for i, e := range exports {
		windows[i] = e.Work.(*work).Window
	}
	slices.SortFunc(windows, func(a, b Window) int { return int(a.From - b.From) })
	var stretches []string
	for i := 0; i < len(windows); {
		first, last := windows[i].From, windows[i].To
		for i++; i < len(windows) && windows[i].From <= last; i++ {
			last = max(last, windows[i].To)
		}
		stretches = append(stretches, first.String()+".."+last.String())
	}
	return "activities " + strings.Join(stretches, ", ")
}

// Advice names the keys of the spec that help.
func (k *Kind) Advice() job.Advice {
	return job.Advice{
		Truncated: "set a smaller window_days, or ask for fewer types",
		Lacking:   "another window_days exports all windows again",
	}
}
