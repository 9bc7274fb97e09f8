package spending

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Request is what an export asks for. Two that differ in any way are paid for apart.
type Request struct {
	Forecast, Scope, Currency string
	Period                    string // as asked; "" is current. Of activities: the days of the window
	Types                     []string
	AllWeeks                  bool
	Format                    string
}

// key tells requests apart.
func (r Request) key() string {
	types := slices.Sorted(slices.Values(r.Types))
	return fmt.Sprintf("%q", []string{r.Forecast, r.Scope, r.Currency, r.Period, strings.Join(types, " "), fmt.Sprint(r.AllWeeks), r.Format})
}

// covers says whether the rows of r hold all that is wanted. The format does not matter.
func (r Request) covers(wanted Request) bool {
	for _, t := range wanted.Types {
		if !slices.Contains(r.Types, t) {
			return false
		}
	}
	return r.AllWeeks || !wanted.AllWeeks
}

// String names the tab and the period.
func (r Request) String() string {
	name := strings.Join(append([]string{r.Forecast}, slices.DeleteFunc([]string{r.Currency, r.Scope}, func(s string) bool { return s == "" })...), "/")
	if r.Period == "" {
		return name + " current"
	}
	return name + " " + r.Period
}

// Fate is what became of a job, or of the creation that was to make it.
type Fate string

// The fates.
const (
	Good         Fate = "good"          // DONE, with a result that passes its check
	Empty        Fate = "empty"         // DONE, without entries: a failure that is not remembered
	OtherQuarter Fate = "other quarter" // DONE, asked for as current, and its result names another: not remembered either
	BadContent   Fate = "bad content"   // DONE, with a result that fails its check for what is in it
	Unreadable   Fate = "unreadable"    // DONE, and the result could not be read here: disk, memory, a reader that did not know its shape
	TooLong      Fate = "too long"      // DONE, and the result is over max_result_bytes
	Failed       Fate = "failed"        // FAILED or ABORTED
	Lost         Fate = "lost"          // cancelled by others, vanished, or expired before it was read
	TimedOut     Fate = "timed out"     // past its deadline, and cancelled: the end of its export
	Unclear      Fate = "unclear"       // nobody learned whether the creation made a job
)

// A Job is one export that was bought.
type Job struct {
	Request
	ID      string
	Quarter string    // the quarter of its result; of a window of activities: the days again
	At      time.Time // when it was asked for
	Ended   time.Time // zero: it never did
	Gone    time.Time // when its result is no longer to be had
	Fate    Fate
	Read    time.Time // when its result was found to be bad: of BadContent and TooLong
	Limit   int64     // max_result_bytes when it was TooLong
	Sent    time.Time // when its last row was sent, or it was given up; zero: when the sync ended
	NoDays  bool      // its result has no day, so that the end of its quarter need not be known
}

// An Item is what the plan of a sync wants.
type Item struct {
	Request
	Quarter     string   // that its period means; of a window of activities: the days again
	EitherWeeks bool     // include_historical is auto under history: all weeks or the latest, whichever
	Refresh     *Refresh // it is named there
	Window      *Window  // of activities
}

// Refresh names an item. Before is zero in the plain form.
type Refresh struct{ Before time.Time }

// Window is one of activities.
type Window struct {
	Last   time.Time // the end of its last day
	Newest bool      // exported again in each sync
}

// A Landing is that the rows of a job were sent, and that the state says so.
type Landing struct {
	Job *Job
	At  time.Time
}

// Settings are those of the spec that matter to what is due.
type Settings struct {
	Backend        bool
	History        bool
	SettleDays     int
	ResumeWithin   time.Duration
	Attempts       int // export_attempts
	Concurrency    int
	JobTimeout     time.Duration // queue_timeout and run_timeout together
	MaxResultBytes int64
	Zone           *time.Location
	NoCalendar     bool // the spec does not say when quarters end: that is known only of one that has landed
}

// Defaults are those of the spec, with a state backend.
func Defaults() Settings {
	return Settings{
		Backend: true, SettleDays: 14, ResumeWithin: 45 * time.Minute, Attempts: 2, Concurrency: 1, JobTimeout: time.Hour,
		MaxResultBytes: 8 << 30, Zone: time.UTC,
	}
}

// A Sync is one, as it went.
type Sync struct {
	Start, End time.Time
	Well       bool // it ended without an error
	Forgot     bool // the state was lost before it
	Settings   Settings
	Wanted     []Item
	Bought     []*Job
	Landed     []Landing // adopted and landed again ones too
	Perhaps    []*Job    // whose rows were sent, and nobody can say whether the state knows it: the sync was stopped
}

// A History is what is known of the syncs until now: the two ledgers.
type History struct {
	QuarterEnd func(quarter string) time.Time

	paid    map[string]*paid
	there   map[place][]landing
	current map[place]bool // once exported as current, perhaps: what may be in a state that is told to be lost, too
	syncs   int
}

// paid is the record of a request.
type paid struct {
	open      []*Job // bought, and not landed
	failures  int    // of the content, one after the other
	bad       *Job   // the last of them
	exhausted bool   // the last sync used up its attempts, and none was DONE since
}

// place is where rows are in the destination.
type place struct{ forecast, scope, currency, quarter string }

func placeOf(r Request, quarter string) place { return place{r.Forecast, r.Scope, r.Currency, quarter} }

// landing is one as the ledger keeps it.
type landing struct {
	Landing
	sync int  // which one
	open bool // the sync that landed it has not ended well
}

// record is that of a request, made if need be.
func (h *History) record(r Request) *paid {
	if h.paid == nil {
		h.paid = map[string]*paid{}
	}
	if h.paid[r.key()] == nil {
		h.paid[r.key()] = &paid{}
	}
	return h.paid[r.key()]
}

// enter is what the ledgers know after a sync.
func (h *History) enter(s Sync) {
	h.syncs++
	tries, done := map[string]int{}, map[string]bool{}
	for _, j := range s.Bought {
		p := h.record(j.Request)
		if p.open = append(p.open, j); j.Fate == Failed {
			tries[j.key()]++
		} else if j.Fate != Unclear && j.Fate != Lost && j.Fate != TimedOut {
			done[j.key()] = true
		}
		if j.Fate == BadContent {
			p.failures, p.bad = p.failures+1, j
		}
	}
	for key, n := range tries {
		limit := s.Settings.Attempts
		if h.paid[key].exhausted {
			limit = 1
		}
		h.paid[key].exhausted = n >= limit
	}
	for key := range done {
		h.paid[key].exhausted = false
	}
	for _, j := range s.Perhaps {
		h.noteCurrent(j)
	}
	for _, l := range s.Landed {
		p := h.record(l.Job.Request)
		p.failures, p.bad = 0, nil
		p.open = slices.DeleteFunc(p.open, func(j *Job) bool { return !j.At.After(l.Job.At) })
		if h.there == nil {
			h.there = map[place][]landing{}
		}
		h.noteCurrent(l.Job)
		at := placeOf(l.Job.Request, l.Job.Quarter)
		h.there[at] = append(h.there[at], landing{Landing: l, sync: h.syncs, open: !s.Well})
	}
}

// noteCurrent notes that a job may have landed, which puts its quarter into the plan of later syncs where Clari chose it.
func (h *History) noteCurrent(j *Job) {
	if h.current == nil {
		h.current = map[place]bool{}
	}
	if j.Period == "" {
		h.current[placeOf(j.Request, j.Quarter)] = true
	}
}
