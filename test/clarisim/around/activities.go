package around

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// ActivityTypes are all that Clari knows.
var ActivityTypes = []string{"MEETING", "EMAIL_SENT", "EMAIL_RECEIVED", "ATTACHMENT_SENT", "ATTACHMENT_RECEIVED"}

// Activities is what an export of activities was asked for, and what it holds: Records.Activities iterates over it.
type Activities struct {
	First, Last time.Time // midnight of the first day and of the last, in the offset that was asked for; both days are included
	Types       []string
	At          time.Time // when the result was made: nothing later is in it
	WithoutID   int       // the activity that has no id, counted from 1; 0: none
}

// Days is what was asked for, as in the Asked of the job.
func (a Activities) Days() string {
	return a.First.Format(time.DateOnly) + ".." + a.Last.Format(time.DateOnly)
}

// An Activity is one of the result, as the tables of activities must hold it.
type Activity struct {
	ID, Type, Subject, Owner, Organizer string
	At                                  time.Time
	Accounts, Opportunities             []string // ids
	Participants                        []Participant
}

// A Participant took part in an activity.
type Participant struct {
	Name, Email, CRMUserID string
	Internal               bool
}

// activity is the nth since 1970.
func (r *Records) activity(n int64) Activity {
	h := tenant.Mix(r.tenant.Seed^0xac7, uint64(n))
	person := r.tenant.Member(int(h % uint64(r.tenant.People)))
	a := Activity{
		ID: fmt.Sprintf("act-%d", n), Type: ActivityTypes[h>>8%uint64(len(ActivityTypes))], Subject: fmt.Sprintf("Re: plan %d, \"draft\" ☕", n%50),
		At: time.Unix(0, n*int64(r.ActivityEvery)).UTC().Truncate(time.Millisecond), Owner: person.CRMID, Organizer: person.CRMID,
	}
	for i := range int(h >> 16 % 3) {
		a.Accounts = append(a.Accounts, fmt.Sprintf("001%012dAAA", (h>>20+uint64(i))%30))
	}
	for i := range int(h >> 24 % 3) {
		a.Opportunities = append(a.Opportunities, r.OpportunityID(int(h>>28%1000)+i))
	}
	a.Participants = append(a.Participants, Participant{Name: person.Name, Email: person.Email, CRMUserID: person.CRMID, Internal: true})
	for i := range int(h >> 32 % 4) {
		a.Participants = append(a.Participants, Participant{Name: fmt.Sprintf("Guest %d", i), Email: fmt.Sprintf("Guest%d@Customer.example", (h>>36+uint64(i))%90)})
	}
	slices.Sort(a.Opportunities)
	a.Opportunities = slices.Compact(a.Opportunities)
	return a
}

// Activities yields what an export holds, in order of time, each activity once.
func (r *Records) Activities(x Activities) iter.Seq[Activity] {
	return func(yield func(Activity) bool) {
		every := int64(r.ActivityEvery)
		end := x.Last.AddDate(0, 0, 1)
		for n := x.First.UnixNano()/every - 1; n*every < end.UnixNano(); n++ {
			a := r.activity(n)
			there := a.At
			if n%7 == 3 {
				there = there.Add(r.ActivityLate)
			}
			if a.At.Before(x.First) || !a.At.Before(end) || there.After(x.At) || !slices.Contains(x.Types, a.Type) {
				continue
			}
			if !yield(a) {
				return
			}
		}
	}
}

// WriteActivities writes the result of an export.
func (r *Records) WriteActivities(w io.Writer, x Activities) error {
	if _, err := io.WriteString(w, `{"activities":[`); err != nil {
		return err
	}
	n, comma := 0, ""
	for a := range r.Activities(x) {
		o := r.activityObject(a, n)
		if n++; n == x.WithoutID {
			delete(o, "activityId")
		}
		text, err := json.Marshal(o)
		if err != nil { // text and numbers
			panic(err)
		}
		times := 1
		if twice := r.ActivityTwice; twice > 0 && n%twice == 0 {
			times = 2
		}
		for range times {
			if _, err := io.WriteString(w, comma+string(text)); err != nil {
				return err
			}
			comma = ","
		}
	}
	_, err := io.WriteString(w, "]}")
	return err
}

// activityObject is the nth activity of a result.
func (r *Records) activityObject(a Activity, n int) object {
	o := object{
		"activityId": a.ID, "activityType": a.Type, "subject": a.Subject, "date": a.At.UnixMilli(), "activityOwnerId": a.Owner,
		"activityOrganiserId": a.Organizer,
	}
	if r.ActivityDateTexts && n%2 == 1 {
		o["date"] = fmt.Sprint(a.At.UnixMilli())
	}
	accounts, opportunities, participants := []object{}, []object{}, []object{}
	for _, id := range a.Accounts {
		accounts = append(accounts, object{"accountId": id, "accountName": "Account " + strings.TrimRight(id, "A"), "accountOwnerId": a.Owner})
	}
	for _, id := range a.Opportunities {
		opportunities = append(opportunities, object{"opportunityId": id, "opportunityName": "Deal " + strings.TrimRight(id, "A"), "opportunityOwnerId": a.Owner})
	}
	for _, p := range a.Participants {
		participants = append(participants, object{"name": p.Name, "email": p.Email, "sfdcUserId": p.CRMUserID, "isInternal": p.Internal})
	}
	o["accounts"], o["opportunities"], o["participants"] = accounts, opportunities, participants
	return o
}
