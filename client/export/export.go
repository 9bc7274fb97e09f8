package export

import (
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// Tab is a forecast tab as it is exported: what tells the rows of one apart from the rows of another.
type Tab struct {
	ForecastID string
	ScopeID    string // empty: the scope of the token's user
	Currency   string // empty: the tab's own
}

// Request is what one export asks Clari for.
type Request struct {
	Tab
	Period            string // fiscal quarter such as "2026_Q1"; empty: the one that Clari calls current
	Types             []string
	IncludeHistorical bool   // every week of the quarter instead of the latest
	Format            string // "json" or "csv"
}

// label names the period in logs and errors.
func (r Request) label() string {
	if r.Period == "" {
		return "current"
	}
	return r.Period
}

func (r Request) body() clari.ForecastExport {
	return clari.ForecastExport{
		TimePeriod: r.Period, Types: r.Types, ScopeID: r.ScopeID, Currency: r.Currency,
		IncludeHistorical: r.IncludeHistorical, Format: strings.ToUpper(r.Format),
	}
}

// Outcome is what became of a planned export.
type Outcome string

// The outcomes of a planned export.
const (
	Exported Outcome = "exported" // a job of this sync landed
	Adopted  Outcome = "adopted"  // a job of an earlier sync landed
	Settled  Outcome = "settled"  // nothing to do: the quarter is settled
	Failed   Outcome = "failed"
	LeftOut  Outcome = "left_out" // the quota did not reach
)

// Export is one planned export and what has become of it.
type Export struct {
	Request
	Outcome     Outcome
	Err         error     // why it failed or was left out
	Job         clari.Job // as last seen; zero when no job was created
	Attempts    int       // jobs created for it in this sync
	Polls       int       // status requests for its jobs
	RequestedAt time.Time // when its last job was asked for, else when the sync planned it
	ExportedAt  time.Time // when the data is from: the job's end, else the first download's start
	ResultBytes int64
	Landed      Landed

	key        string // of its journal entry
	likely     string // the quarter that Clari will choose, if it is known and Clari chooses
	entry      entry
	elsewhere  bool // another shard exports the same forecast under another scope or currency
	refresh    bool // export again whatever the journal says
	adopted    bool // its job was created by an earlier sync
	reexported bool // its expired result has been exported once more
	began      time.Time
	answeredAt time.Time     // when its last creation was answered or given up
	ended      chan struct{} // closed when its outcome is known
}

// Landed is what a result turned out to hold.
type Landed struct {
	Quarter    string    // the quarter of the result
	Start, End time.Time // the quarter's first and last day; zero where the result does not tell
	Shape      string    // encoding of the result
	Entries    int64     // people x fields x weeks in it
}

// Quarter is the quarter that the export is about: the one in its result where Clari chose, else the one asked for. It is
// empty for a current quarter of which no result was read.
func (e *Export) Quarter() string {
	if e.Period == "" {
		return e.Landed.Quarter
	}
	return e.Period
}

// ID identifies the export among those of all syncs: the job, or the request and its time where there is no job of its own.
func (e *Export) ID() string {
	if e.Job.ID != "" && e.Outcome != Settled {
		return e.Job.ID
	}
	return fmt.Sprintf("%s@%s", e.key[strings.LastIndexByte(e.key, '/')+1:], e.RequestedAt.UTC().Format(time.RFC3339Nano))
}

func (e *Export) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "forecast %s", e.ForecastID)
	if e.ScopeID != "" {
		fmt.Fprintf(&b, " scope %s", e.ScopeID)
	}
	if e.Currency != "" {
		fmt.Fprintf(&b, " in %s", e.Currency)
	}
	fmt.Fprintf(&b, " period %s", e.label())
	if q := e.Quarter(); e.Period == "" && q != "" {
		fmt.Fprintf(&b, " (%s)", q)
	}
	if e.Job.ID != "" {
		fmt.Fprintf(&b, " job %s", e.Job.ID)
	}
	return b.String()
}

// log adds the fields by which a person finds an export in a log.
func (e *Export) log(event *zerolog.Event) *zerolog.Event {
	event = event.Str("forecast_id", e.ForecastID).Str("time_period_id", e.label())
	if e.ScopeID != "" {
		event = event.Str("scope_id", e.ScopeID)
	}
	if e.Currency != "" {
		event = event.Str("currency", e.Currency)
	}
	if e.Job.ID != "" {
		event = event.Str("job_id", e.Job.ID)
	}
	return event
}
