package server

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/around"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
)

// activityBody is the body of a creation of an export of activities.
type activityBody struct {
	ActivityTypes []string  `json:"activityTypes"`
	StartDate     time.Time `json:"startDate"`
	EndDate       time.Time `json:"endDate"`
	ExportFormat  string    `json:"exportFormat"`
}

func (b activityBody) days() string {
	return b.StartDate.Format(time.DateOnly) + ".." + b.EndDate.Format(time.DateOnly)
}

// createActivity makes a job, or refuses.
func (s *Server) createActivity(x *Exchange) {
	b := x.activity
	types := b.ActivityTypes
	if len(types) == 0 {
		types = around.ActivityTypes
	}
	unknown := slices.ContainsFunc(types, func(t string) bool { return !slices.Contains(around.ActivityTypes, t) })
	switch {
	case x.badBody, b.StartDate.IsZero(), b.EndDate.IsZero(), b.EndDate.Before(b.StartDate), unknown, cmp.Or(b.ExportFormat, "JSON") != "JSON":
		x.Refuse(http.StatusBadRequest, "bad_request", "activity", "The request body is malformed.")
		return
	}
	midnight := func(t time.Time) time.Time { // the time of day does not count
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
	}
	asked := around.Activities{First: midnight(b.StartDate), Last: midnight(b.EndDate), Types: types}
	j := &ledger.Job{
		UserID: x.UserID, Request: x.number, CreatedAt: x.At, Asked: asked.Days(), Types: types, Format: "JSON", Counted: true, Activities: &asked,
		FileName: fmt.Sprintf("clari_export_activity_%s.json", x.At.UTC().Format("20060102_150405")),
	}
	s.admit(x, j, http.StatusAccepted)
}
