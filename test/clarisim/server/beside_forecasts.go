package server

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
)

// identifyAround finds out whether a request is one of them.
func (x *Exchange) identifyAround() {
	path, _ := strings.CutPrefix(x.Request.URL.Path, x.server.cfg.BasePath+"/")
	switch x.Request.Method + " " + path {
	case "POST export/activity":
		x.Op, x.Job = ledger.CreateActivity, x.server.created+1
		x.badBody = json.Unmarshal(x.Body, &x.activity) != nil
		x.Period = x.activity.days()
	case "GET audit/events":
		x.Op = ledger.AuditEvents
	case "GET opportunity":
		x.Op = ledger.Opportunities
	}
}

func (s *Server) processAround(x *Exchange) {
	switch x.Op {
	case ledger.CreateActivity:
		s.createActivity(x)
	case ledger.AuditEvents:
		s.auditEvents(x)
	case ledger.Opportunities:
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
	return Altered("activity-without-id", func(j *ledger.Job) {
		if j.Activities != nil {
			j.Activities.WithoutID = nth
		}
	})
}

// KindsAround lists the faults of these operations, beside those that any operation may meet.
func KindsAround() []Kind {
	audit, create := []ledger.Op{ledger.AuditEvents}, []ledger.Op{ledger.CreateActivity}
	return []Kind{
		{"no-audit-rights", Refusal, audit, NoAuditRights},
		{"link-elsewhere", Body, audit, func() Effect { return LinkElsewhere("https://elsewhere.example") }},
		{"link-repeats", Body, audit, LinkRepeats},
		{"other-shape", Body, audit, OtherShape},
		{"activity-without-id", Content, create, func() Effect { return ActivityWithoutID(2) }},
	}
}
