package sim

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// Around is what a tenant has beside its forecasts: activities, audit events and opportunities, made up from the tenant's seed, at any
// rate and for all time, and none of it held in memory. The zero value is a quiet tenant on a well-behaved server.
type Around struct {
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

func (a Around) withDefaults() Around {
	a.AuditEvery = cmp.Or(a.AuditEvery, 10*time.Minute)
	a.AuditActors = cmp.Or(a.AuditActors, 5)
	a.AuditKey = cmp.Or(a.AuditKey, "items")
	a.ActivityEvery = cmp.Or(a.ActivityEvery, time.Hour)
	a.Opportunities = cmp.Or(a.Opportunities, 40)
	return a
}

// The operations around the forecast. They are not among Ops, which tests of forecast exports go through.
const (
	CreateActivity Op = "create-activity" // POST /export/activity
	AuditEvents    Op = "audit-events"    // GET /audit/events
	Opportunities  Op = "opportunities"   // GET /opportunity
)

// OpsAround are all of them.
var OpsAround = []Op{CreateActivity, AuditEvents, Opportunities}

// identifyAround finds out whether a request is one of them.
func (x *Exchange) identifyAround() {
	path, _ := strings.CutPrefix(x.Request.URL.Path, x.server.cfg.BasePath+"/")
	switch x.Request.Method + " " + path {
	case "POST export/activity":
		x.Op, x.Job = CreateActivity, x.server.created+1
		x.badBody = json.Unmarshal(x.Body, &x.activity) != nil
		x.Period = x.activity.days()
	case "GET audit/events":
		x.Op = AuditEvents
	case "GET opportunity":
		x.Op = Opportunities
	}
}

func (s *Server) processAround(x *Exchange) {
	switch x.Op {
	case CreateActivity:
		s.createActivity(x)
	case AuditEvents:
		s.auditEvents(x)
	case Opportunities:
		s.opportunities(x)
	}
}

// AltersPage lets a page of audit events go out altered.
func AltersPage(name string, alter func(page map[string]any)) Effect {
	return Effect{Name: name, page: func(_ *Exchange, page object) { alter(page) }}
}

// LinkElsewhere lets a page name its next one on another origin.
func LinkElsewhere(origin string) Effect {
	return AltersPage("link-elsewhere", func(page map[string]any) {
		page["nextLink"] = origin + "/v4/audit/events?token=secret"
	})
}

// LinkRepeats lets a page name itself as the next one.
func LinkRepeats() Effect {
	return Effect{Name: "link-repeats", page: func(x *Exchange, page object) { page["nextLink"] = x.Request.URL.RequestURI() }}
}

// OtherShape lets a page call its list by a name that nobody knows.
func OtherShape() Effect {
	return AltersPage("other-shape", func(page map[string]any) {
		for _, key := range []string{"items", "activities"} {
			if list, ok := page[key]; ok {
				delete(page, key)
				page["records"] = list
			}
		}
	})
}

// NoAuditRights is 403 as the audit endpoint writes it.
func NoAuditRights() Effect {
	return AnswerJSON(http.StatusForbidden, noAuditRights).named("no-audit-rights")
}

var noAuditRights = object{"errors": []object{{"status": "403", "message": "You do not have the rights to view audit events."}}}

// ActivityWithoutID leaves the id out of an activity of the result, counted from 1.
func ActivityWithoutID(nth int) Effect {
	return Altered("activity-without-id", func(j *Job) {
		if j.Activities != nil {
			j.Activities.WithoutID = nth
		}
	})
}

// KindsAround lists the faults of these operations, beside those that any operation may meet.
func KindsAround() []Kind {
	audit, create := []Op{AuditEvents}, []Op{CreateActivity}
	return []Kind{
		{"no-audit-rights", Refusal, audit, NoAuditRights},
		{"link-elsewhere", Body, audit, func() Effect { return LinkElsewhere("https://elsewhere.example") }},
		{"link-repeats", Body, audit, LinkRepeats},
		{"other-shape", Body, audit, OtherShape},
		{"activity-without-id", Content, create, func() Effect { return ActivityWithoutID(2) }},
	}
}

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
