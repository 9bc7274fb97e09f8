package schedule

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// Written is how long it may take until something is written: a flush may be under way, and then it is the next one's turn.
func (t Backend) Written() time.Duration { return 2*t.Slowest + time.Second }

// Like is the stranger's job; like the creation r, if it is to be like one.
func (o OtherJob) Like(r *http.Request, format string) sim.Job {
	j := o.job
	j.Types, j.Format = slices.Clone(j.Types), format
	if o.like && r != nil && strings.Contains(r.URL.Path, "/export/forecast/") {
		_, j.Forecast, _ = strings.Cut(r.URL.Path, "/export/forecast/")
		var body struct {
			TimePeriod, Currency string
			TypesToExport        []string
			IncludeHistorical    bool
		}
		text, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(text))
		if err == nil && json.Unmarshal(text, &body) == nil {
			j.Asked, j.Currency, j.Types, j.Historical = body.TimePeriod, body.Currency, body.TypesToExport, body.IncludeHistorical
		}
	}
	Changes[o.change](&j)
	return j
}

// Step is one sync and what happens before and in it.
type Step struct {
	Pause   time.Duration // since the sync before
	Turn    time.Duration // not zero: wait for the next quarter's beginning on Clari's clock, and begin so much later or earlier
	Faults  []Fault
	Keep    bool           // what was armed before stays armed
	Spec    map[string]any // keys that differ in this sync
	Tabs    []Tab          // nil: those of the schedule
	Tables  []string       // nil: all
	Foreign int            // jobs of other users made just before, which take up places in the queue
	Others  []OtherJob     // jobs of the same user that no sync has made
	Events  []event        // what befalls jobs
	Backend Backend
	Slow    time.Duration // what the destination takes for each message
	Hang    int           // from this message on the destination takes nothing for hours, until somebody kills the process; 0: never
	Beside  time.Duration // not zero: a second sync of the same spec begins so long after this one
	Stop    stop
	Final   bool // undisturbed, and with room for everything
}

// Moment is a time in a sync: after its start, or, with n, at its nth request of a kind.
type Moment struct {
	After    time.Duration
	Op       sim.Op // "" any
	N        int
	Answered bool // after its answer, not before it goes out
}

func (m Moment) String() string {
	if m.N > 0 {
		return fmt.Sprintf("at request %d of kind %q, answered: %t", m.N, m.Op, m.Answered)
	}
	return fmt.Sprintf("after %s", m.After)
}

// OtherJob is a job of this user that is made at a moment in the web page, or by another source.
type OtherJob struct {
	Moment
	like   bool   // a creation that comes by at this moment: its tab, quarter and currency
	change string // how it differs from what the syncs ask for
	job    sim.Job
}

// Changes are the ways in which a stranger's job differs from what is asked for.
var Changes = map[string]func(*sim.Job){
	"nothing": func(*sim.Job) {},
	"format":  func(j *sim.Job) { j.Format = map[string]string{"JSON": "CSV", "CSV": "JSON"}[j.Format] },
	"types":   func(j *sim.Job) { j.Types = j.Types[:1] },
	"amounts": func(j *sim.Job) { j.Types = []string{"quota"} },
	"weeks":   func(j *sim.Job) { j.Historical = false },
	"extent":  func(j *sim.Job) { j.Types, j.Historical = j.Types[:1], false },
}

// event is what befalls the jobs that syncs have made, at a moment.
type event struct {
	Moment
	What string
}

// JobEvents are the things that befall jobs.
var JobEvents = map[string]func(j *sim.Job, now time.Time){
	"vanish":   func(j *sim.Job, _ time.Time) { j.Vanished = true },
	"fail":     func(j *sim.Job, now time.Time) { j.EndAs(sim.Failed, now) },
	"expire":   func(j *sim.Job, now time.Time) { j.Life = max(now.Sub(j.EndsAt()), time.Nanosecond) },
	"withhold": func(j *sim.Job, _ time.Time) { j.Withheld = 24 * time.Hour },
	"spoil":    func(j *sim.Job, _ time.Time) { j.RowsTruncated = true },
}

// Backend is what is wrong with the state backend in a sync.
type Backend struct {
	Slowest   time.Duration // a flush takes up to so long
	Fails     int           // the nth flush and all after it fail; 0: none
	Hangs     int           // the nth flush hangs; 0: none
	LosesLast bool          // what the last flush wrote is gone after the sync
	Older     bool          // its entries are of a form that has less, when the sync begins
}

// Kept tells whether the backend has everything that it was given.
func (t Backend) Kept() bool { return t.Fails == 0 && t.Hangs == 0 && !t.LosesLast && !t.Older }

// Fault is one that is armed, and the kind that it was drawn as.
type Fault struct {
	Kind string
	sim.Fault
}

// stop is how a sync is ended from outside: killed, or cancelled.
type stop struct {
	Kill, Cancel bool
	Moment
	Message int // instead: after the nth message to the destination
}

func (s stop) String() string {
	how, when := "", ""
	switch {
	case s.Kill:
		how = "killed"
	case s.Cancel:
		how = "cancelled"
	default:
		return "runs to its end"
	}
	when = s.Moment.String()
	if s.Message > 0 {
		when = fmt.Sprintf("after message %d", s.Message)
	}
	return how + " " + when
}
