// Package fault is what is known to go wrong with Clari, by name: an answer in place of the API's own ([Throttled], [HTML], [Reset]), one
// that does not come whole ([Cut], [Trickle]) or says something else ([Rewritten]), a job that takes another course ([Ends], [Lives]), a
// result that is peculiar ([Empty]).
//
//	s.Add(server.Fault{Op: ledger.Create, From: 2, Do: fault.Answer(504).AfterProcessing()})
//
// Each makes a [server.Effect], which is plain data: a fault that has no name here is an Effect of the test's own. [Kinds] lists all that
// have one, with the operations that they make sense for, for tests that go through every fault. Which requests an effect happens to, and
// when, is for the server to say.
package fault

import (
	"net/http"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/server"
)

// A Kind is a fault that the stand-in has a name for.
type Kind struct {
	Name  string
	Class Class
	Ops   []ledger.Op // that it makes sense for
	Build func() server.Effect
}

// Class says what a kind of fault does.
type Class string

const (
	Refusal    Class = "refusal"    // the API says no, and would again
	Outage     Class = "outage"     // API or gateway are not well, or want to be left alone for a while; nothing was processed
	Connection Class = "connection" // no whole answer; nothing was processed
	Slow       Class = "slow"       // the whole answer, in its own time
	Unclear    Class = "unclear"    // the API did what was asked, and its client does not learn so
	Body       Class = "body"       // an answer, but not what it should be
	Course     Class = "course"     // the job takes another course than to DONE, at once
	Content    Class = "content"    // the job is done, and its result peculiar
)

// Kinds lists all faults. Waits that they ask for are a few seconds.
func Kinds() []Kind {
	var (
		all     = ledger.Ops
		create  = []ledger.Op{ledger.Create}
		results = []ledger.Op{ledger.Results}
		byJob   = []ledger.Op{ledger.Status, ledger.Results, ledger.Cancel}
		reads   = []ledger.Op{ledger.Status, ledger.List, ledger.Results, ledger.Limits}
	)
	kinds := []Kind{
		{"throttled", Outage, all, Throttled},
		{"throttled-seconds", Outage, all, func() server.Effect { return Throttled().RetryAfter(7 * time.Second) }},
		{"throttled-date", Outage, all, func() server.Effect { return Throttled().RetryAfterDate(7 * time.Second) }},
		{"unavailable-retry-after", Outage, all, func() server.Effect { return Answer(503).RetryAfter(7 * time.Second) }},
		{"unauthorized", Refusal, all, func() server.Effect { return Answer(http.StatusUnauthorized) }},
		{"forbidden", Refusal, all, func() server.Effect { return Answer(http.StatusForbidden) }},
		{"not-found", Refusal, all, func() server.Effect { return Answer(http.StatusNotFound) }},
		{"something-went-wrong", Refusal, all, func() server.Effect { return Answer(http.StatusBadRequest) }},
		{"echo-key", Refusal, all, func() server.Effect { return EchoKey(http.StatusForbidden) }},
		{"quota-reached", Refusal, create, QuotaReached},
		{"no-optin", Refusal, create, NoOptIn},
		{"no-such-forecast", Refusal, create, NoSuchForecast},
		{"type-not-supported", Refusal, create, TypeNotSupported},
		{"not-finished", Refusal, results, NotFinished},
		{"results-gone", Refusal, results, ResultsGone},
		{"incomplete-limits", Body, []ledger.Op{ledger.Limits}, IncompleteLimits},
		{"html", Body, all, func() server.Effect { return HTML(http.StatusOK) }},
		{"html-502", Outage, all, func() server.Effect { return HTML(http.StatusBadGateway) }},
		{"malformed-json", Body, all, Malformed},
		{"shorten", Body, reads, func() server.Effect { return Shorten(20) }},
		{"cut", Connection, reads, func() server.Effect { return Cut(20) }},
		{"cut-chunked", Connection, reads, func() server.Effect { return CutChunked(20) }},
		{"stall", Connection, reads, func() server.Effect { return Stall(20) }},
		{"trickle", Slow, results, func() server.Effect { return Trickle(4096, time.Second) }},
		{"refused", Connection, all, Refused},
		{"reset", Connection, all, Reset},
		{"hang", Connection, all, Hang},
		{"reset-after-processing", Unclear, append(byJob, ledger.Create), func() server.Effect { return Reset().AfterProcessing() }},
		{"hang-after-processing", Unclear, append(byJob, ledger.Create), func() server.Effect { return Hang().AfterProcessing() }},
		{"cut-after-processing", Unclear, create, func() server.Effect { return Cut(3) }},

		{"failed", Course, create, func() server.Effect { return Ends(ledger.Failed) }},
		{"aborted", Course, create, func() server.Effect { return Ends(ledger.Aborted) }},
		{"cancelled", Course, create, func() server.Effect { return Ends(ledger.Cancelled) }},
		{"unknown-state", Course, create, func() server.Effect { return Says("ARCHIVING") }},
		{"stuck-queued", Course, create, StuckQueued},
		{"stuck-running", Course, create, StuckRunning},
		{"hidden", Course, create, Hidden},
		{"twin", Course, create, Twin},
		{"expired", Course, create, func() server.Effect { return Lives(time.Nanosecond) }},

		{"wrong-quarter", Content, create, func() server.Effect { return WrongQuarter(-1) }},
		{"rows-truncated", Content, create, RowsTruncated},
		{"cells-truncated", Content, create, CellsTruncated},
		{"empty", Content, create, Empty},
		{"two-ids", Content, create, TwoIDs},
		{"split-entries", Content, create, SplitEntries},
		{"repeat-entry", Content, create, RepeatEntry},
		{"missing-id", Content, create, MissingID},
		{"shuffled-weeks", Content, create, ShuffledWeeks},
	}
	for _, status := range []int{500, 502, 503, 504} {
		answer := func() server.Effect { return Answer(status) }
		kinds = append(kinds,
			Kind{answer().Name, Outage, all, answer},
			Kind{answer().Name + "-after-processing", Unclear, append(byJob, ledger.Create), func() server.Effect { return answer().AfterProcessing() }})
	}
	return kinds
}

// KindsAround lists the faults of the operations around the forecast, beside those that any operation may meet.
func KindsAround() []Kind {
	audit, create := []ledger.Op{ledger.AuditEvents}, []ledger.Op{ledger.CreateActivity}
	return []Kind{
		{"no-audit-rights", Refusal, audit, NoAuditRights},
		{"link-elsewhere", Body, audit, func() server.Effect { return LinkElsewhere("https://elsewhere.example") }},
		{"link-repeats", Body, audit, LinkRepeats},
		{"other-shape", Body, audit, OtherShape},
		{"activity-without-id", Content, create, func() server.Effect { return ActivityWithoutID(2) }},
	}
}
