// Package around is what a tenant has beside its forecasts: activities, audit events and opportunities, and how Clari writes them.
//
//	records := around.New(&tenant, around.Config{AuditEvery: time.Minute})
//	for e := range records.AuditEvents(from, to, now) { // must have landed
//
// All of it is made up from the tenant's seed: what happened at an instant is a function of its number since 1970, so there are records
// for all time, at any rate, and none is held in memory. A [Config] says how many there are and which of Clari's ways of writing is used.
// The package knows no requests and no jobs: which page is asked for, and whether the asker may see it, is for the server to say.
package around

import (
	"cmp"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// Records are those of one tenant.
type Records struct {
	Config
	tenant *tenant.Tenant
}

// New are the records of a tenant.
func New(t *tenant.Tenant, c Config) *Records {
	c.AuditEvery = cmp.Or(c.AuditEvery, 10*time.Minute)
	c.AuditActors = cmp.Or(c.AuditActors, 5)
	c.AuditKey = cmp.Or(c.AuditKey, "items")
	c.ActivityEvery = cmp.Or(c.ActivityEvery, time.Hour)
	c.Opportunities = cmp.Or(c.Opportunities, 40)
	return &Records{c, t}
}

// Config says what there is, and how it is told. The zero value is a quiet tenant on a well-behaved server.
type Config struct {
	AuditEvery        time.Duration // between two audit events; 0 is 10 minutes
	AuditEqual        int           // every so manyth event is the one before it once more, in every respect; 0: none
	AuditActors       int           // 0 is 5
	AuditLate         time.Duration // every seventh event can be listed only so long after it happened
	AuditOldest       bool          // the oldest event comes first; else the newest
	AuditKey          string        // of the list in a page; "" is items
	AuditTimes        Times         // "" is ISO
	AuditLinks        Links         // "" is Absolute
	AuditActorNumbers bool          // the id of whom an actor impersonates comes as a number, as in the query, not as text
	AuditForbidden    bool          // the token's user may not see audit events: 403

	ActivityEvery     time.Duration // between two activities; 0 is an hour
	ActivityDateTexts bool          // every other date comes as text, as in Clari's example, not as a number
	ActivityTwice     int           // every so manyth activity stands twice in a result; 0: none
	ActivityLate      time.Duration // every seventh activity is exported only so long after it took place

	Opportunities   int               // of the tenant; 0 is 40
	OpportunityWrap string            // key that the list stands under; "" is none
	TrendScalars    bool              // old and new values come as they are, not as objects
	NoOpportunity   func(string) bool // ids that are missing from answers; nil: none
	BadOpportunity  func(string) bool // ids that make Clari refuse the whole request; nil: none
}

// Times are ways to write a time.
type Times string

// The ways that are known or said to be Clari's.
const (
	ISO     Times = ""
	Millis  Times = "millis"
	Seconds Times = "seconds" // events happen on whole seconds then
	Instant Times = "instant" // {"epochSecond", "nano"}
)

// Links are ways to write the link to the next page.
type Links string

// The ways.
const (
	Absolute  Links = ""
	FromRoot  Links = "from-root"  // /v4/audit/events?...
	QueryOnly Links = "query-only" // ?...
)

// AuditKept is how long an audit event can be listed.
const AuditKept = 30 * 24 * time.Hour

type object = map[string]any

// writeTime is a time in one of the ways.
func writeTime(t time.Time, how Times) any {
	switch how {
	case Millis:
		return t.UnixMilli()
	case Seconds:
		return t.Unix()
	case Instant:
		return object{"epochSecond": t.Unix(), "nano": t.Nanosecond()}
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
