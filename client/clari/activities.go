package clari

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari/wire"
)

// ActivityExport is what to export of the activities. Clari looks at the calendar days of Start and End, in their own time zone's offset,
// and includes both.
type ActivityExport struct {
	Start, End time.Time
	Types      []string // meeting, email_sent, email_received, attachment_sent, attachment_received, in any case; none: Clari chooses
}

// CreateActivityExport queues an export of activities and returns its job's id. As with CreateForecastExport it uses up one export of the
// monthly quota, an error that is an *UnknownOutcomeError may have done so too, and any other means that no job was created. sending is as there.
func (c *Client) CreateActivityExport(ctx context.Context, e ActivityExport, sending func(context.Context)) (jobID string, err error) {
	r := wire.Request{Op: "create export of activities", Method: http.MethodPost, Path: "/export/activity", Sending: sending}
	if r.Body, err = json.Marshal(e); err != nil {
		return "", fmt.Errorf("%s: %w", r.Op, err)
	}
	return c.create(ctx, r)
}

// MarshalJSON makes the body that Clari's API reference describes.
func (e ActivityExport) MarshalJSON() ([]byte, error) {
	const isoWithOffset = "2006-01-02T15:04:05-07:00"
	types := make([]string, len(e.Types))
	for i, t := range e.Types {
		types[i] = strings.ToUpper(t)
	}
	return json.Marshal(struct {
		ActivityTypes []string `json:"activityTypes,omitempty"`
		StartDate     string   `json:"startDate"`
		EndDate       string   `json:"endDate"`
		ExportFormat  string   `json:"exportFormat"`
	}{types, e.Start.Format(isoWithOffset), e.End.Format(isoWithOffset), "JSON"})
}

// Activity is one of the result of an activity export. ID is always there; the rest as in Job.
type Activity struct {
	ID, Type, Subject    string
	At                   time.Time // UTC
	OwnerID, OrganizerID string    // CRM user ids
	Accounts             []ActivityAccount
	Opportunities        []ActivityOpportunity
	Participants         []Participant
	Extra                json.RawMessage
}

// ActivityAccount is an account that an activity is about. ID is always there: one without stays in the activity's Extra.
type ActivityAccount struct {
	ID, Name, OwnerID string
	Extra             json.RawMessage
}

// ActivityOpportunity is an opportunity that an activity is about. ID is always there, as above.
type ActivityOpportunity struct {
	ID, Name, OwnerID string
	Extra             json.RawMessage
}

// Participant took part in an activity. One of Name, Email and CRMUserID is always there, as above.
type Participant struct {
	Name, Email, CRMUserID string
	Internal               *bool
	Extra                  json.RawMessage
}

// DecodeActivity reads one item of the result of an activity export.
func DecodeActivity(data []byte) (Activity, error) {
	o, err := parseObject(data)
	if err != nil {
		return Activity{}, err
	}
	a := Activity{
		ID: take(o, "activityId", text), Type: take(o, "activityType", text), Subject: take(o, "subject", text),
		At: take(o, "date", moment), OwnerID: take(o, "activityOwnerId", text), OrganizerID: take(o, "activityOrganiserId", text),
		Accounts: takeList(o, "accounts", func(o object) (ActivityAccount, bool) {
			a := ActivityAccount{ID: take(o, "accountId", text), Name: take(o, "accountName", text), OwnerID: take(o, "accountOwnerId", text)}
			a.Extra = o.rest()
			return a, a.ID != ""
		}),
		Opportunities: takeList(o, "opportunities", func(o object) (ActivityOpportunity, bool) {
			a := ActivityOpportunity{ID: take(o, "opportunityId", text), Name: take(o, "opportunityName", text), OwnerID: take(o, "opportunityOwnerId", text)}
			a.Extra = o.rest()
			return a, a.ID != ""
		}),
		Participants: takeList(o, "participants", func(o object) (Participant, bool) {
			p := Participant{
				Name: take(o, "name", text), Email: take(o, "email", text), CRMUserID: take(o, "sfdcUserId", text), Internal: take(o, "isInternal", flag),
			}
			p.Extra = o.rest()
			return p, p.Name != "" || p.Email != "" || p.CRMUserID != ""
		}),
	}
	if a.ID == "" {
		return Activity{}, errors.New("no activityId in it")
	}
	a.Extra = o.rest()
	return a, nil
}
