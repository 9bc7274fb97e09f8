package activity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// memory is what the journal remembers of a window over its exports.
type memory struct {
	Landed *Landed  `json:"landed,omitempty"` // nil: nothing has
	Tables []string `json:"tables,omitempty"` // that landed
	Asked  *Asked   `json:"asked,omitempty"`  // of the job that the journal has
	Last   *Asked   `json:"last,omitempty"`   // of the job that landed last
}

// Asked is the days that a job was asked for.
type Asked struct{ From, To Day }

func (m *memory) landed() (Landed, bool) {
	if m.Landed == nil {
		return Landed{}, false
	}
	return *m.Landed, true
}

// lacks tells whether a table that is wanted now was not when the window landed.
func (m *memory) lacks(wanted []string) bool {
	return m.Landed != nil && slices.ContainsFunc(wanted, func(name string) bool { return !slices.Contains(m.Tables, name) })
}

// subject is one window as the engine sees it.
type subject struct {
	Window
	k       *Kind
	memory  *memory
	lacking bool // it has landed and is not due, but lacks a table
	counts  Counts
}

var _ job.Subject = (*subject)(nil)

func (s *subject) String() string { return fmt.Sprintf("activities %s..%s", s.From, s.To) }

func (s *subject) Labels() []job.Label {
	return []job.Label{{Name: "table", Value: ActivitiesTable}, {Name: "window_start", Value: s.From.String()}, {Name: "window_end", Value: s.To.String()}}
}

func (s *subject) Key() string   { return s.k.key(s.Start) }
func (s *subject) Memory() any   { return s.memory }
func (s *subject) Refresh() bool { return false }

// Standing: the old result of a window that is not due may still have what a table that is wanted later lacks.
func (s *subject) Standing() job.Standing {
	if s.lacking {
		return job.Lacking
	}
	return job.Due
}

// why says why the window is in the plan.
func (s *subject) why() string {
	switch {
	case s.lacking:
		return "table selected later"
	case s.Newest:
		return "newest"
	}
	return "backfill"
}

// Class: how long a job takes depends on how many days are in it.
func (s *subject) Class() string {
	if s.Newest {
		return "activities newest"
	}
	return fmt.Sprintf("activities %d", s.k.Spec.Activities.WindowDays)
}

func (s *subject) Copy() job.Subject {
	copied, remembered := *s, *s.memory
	copied.memory = &remembered
	return &copied
}

func (s *subject) Create(ctx context.Context, sending func(context.Context)) (string, error) {
	s.memory.Asked = &Asked{s.From, s.To} // in the journal before the request goes out
	return s.k.Client.CreateActivityExport(ctx, s.Request(s.k.types(), s.k.Spec.Location()), sending)
}

// Made goes by the module: what Clari calls that of activities is not documented, only what it calls others.
func (*subject) Made(j clari.Job) bool { return mayBeActivities(j) }

func mayBeActivities(j clari.Job) bool {
	other := strings.EqualFold(j.Module, "FORECAST") || strings.EqualFold(j.Module, "DATA_INGESTION")
	return !other && !strings.HasPrefix(j.FileName, "clari_export_forecast_") && (j.FileType == "" || strings.EqualFold(j.FileType, "JSON"))
}

// Likely: something of the job names activities.
func (*subject) Likely(j clari.Job) bool { return Likely(j) }

// Likely tells whether a listed job is an export of activities.
func Likely(j clari.Job) bool {
	return mayBeActivities(j) && strings.Contains(strings.ToLower(j.Module+j.Title+j.FileName), "activit")
}

// Rival: nothing in the list tells exports of activities apart.
func (s *subject) Rival(other job.Subject, _ clari.Job) bool {
	_, ok := other.(*subject)
	return ok
}

// freshFor is how long after its end the result of the newest window is still what a new export would give.
const freshFor = 6 * time.Hour

// Use: the job has to hold all days that are due. That of a window that was over serves for as long as it lives, another one while it is fresh.
func (s *subject) Use(e *job.Export, j clari.Job, unread bool) job.Use {
	a := s.memory.Asked
	if a == nil || a.From > s.From || a.To < s.To {
		return job.Drop
	}
	ended := j.EndTime
	if ended.IsZero() {
		ended = e.AskedAt()
	}
	over := DayOf(e.AskedAt().In(s.k.Spec.Location())) >= s.End
	fresh := s.k.Client.ServerTime(time.Now()).Sub(ended) < freshFor
	if j.Status.Phase() != clari.PhaseDone || over || fresh || unread {
		return job.Land
	}
	return job.Drop
}

// Read reads a result while it is downloaded.
func (s *subject) Read(ctx context.Context, _ *job.Export, body job.Body) (job.Result, error) {
	r := &landing{s: s}
	if err := Decode(ctx, body, &r.store); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Landed brings up to date what is remembered of the window.
func (s *subject) Landed(e *job.Export, _ *journal.Journal) {
	if s.lacking {
		if before := s.memory.Landed.From; s.From > before {
			e.Log(s.k.Log.Info()).Stringer("since", before).Msg("the table that came later lacks the days before those of the last result: " + s.k.Advice().Lacking)
		}
		s.memory.Tables = s.k.Wanted
		return
	}
	landed := Landed{From: s.From, On: DayOf(s.k.Client.ServerTime(e.RequestedAt).In(s.k.Spec.Location()))}
	if a := s.memory.Asked; a != nil {
		landed.From = a.From
	}
	if before, ok := s.memory.landed(); ok {
		landed.From = min(landed.From, before.From)
	}
	s.memory.Landed, s.memory.Last, s.memory.Tables = &landed, s.memory.Asked, s.k.Wanted
}

// landing is a result that has been read, on its way to the tables.
type landing struct {
	s     *subject
	store Store
}

func (l *landing) Close() error { return l.store.Close() }

// Check refuses the result of a job that was found in the list if it holds days that were not asked for: it is another's. No activities at all
// are no error: there may have been none.
func (l *landing) Check(_ context.Context, e *job.Export) error {
	if !e.Found {
		return nil
	}
	at := l.s.k.Spec.Location()
	if first, last := l.store.First, l.store.Last; !first.IsZero() && (DayOf(first.In(at)) < l.s.From-1 || DayOf(last.In(at)) > l.s.To+1) {
		return job.ErrNotOurs
	}
	return nil
}

// Emit sends the rows.
func (l *landing) Emit(ctx context.Context, e *job.Export) (int64, error) {
	counts, err := l.s.k.Tables.Emit(ctx, Origin{JobID: e.Job.ID, ExportedAt: table.Micros(e.ExportedAt)}, &l.store, l.s.k.About)
	if err != nil {
		return 0, err
	}
	l.s.counts = counts
	return counts.Activities.V + counts.Accounts.V + counts.Opportunities.V + counts.Participants.V, nil
}
