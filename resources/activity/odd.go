package activity

import (
	"encoding/json"
	"errors"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
)

// columns are what the keys of each kind of object fill. A value that stays in extra all the same is none that its column holds.
var columns = map[string]map[string]string{
	"activities": {
		"activityType": "activity_type", "subject": "subject", "date": "occurred_at", "activityOwnerId": "owner_crm_user_id",
		"activityOrganiserId": "organizer_crm_user_id", "accounts": "accounts", "opportunities": "opportunities", "participants": "participants",
	},
	"accounts":      {"accountId": "account_id", "accountName": "account_name", "accountOwnerId": "owner_crm_user_id"},
	"opportunities": {"opportunityId": "opportunity_id", "opportunityName": "opportunity_name", "opportunityOwnerId": "owner_crm_user_id"},
	"participants":  {"name": "name", "email": "email", "sfdcUserId": "crm_user_id", "isInternal": "is_internal"},
}

// count counts what no column takes of an activity.
func count(to *odd.Counts, a *clari.Activity) {
	countExtra(to, "activities", a.Extra)
	for i := range a.Accounts {
		countExtra(to, "accounts", a.Accounts[i].Extra)
	}
	for i := range a.Opportunities {
		countExtra(to, "opportunities", a.Opportunities[i].Extra)
	}
	for i := range a.Participants {
		countExtra(to, "participants", a.Participants[i].Extra)
	}
}

func countExtra(to *odd.Counts, kind string, own json.RawMessage) {
	if own == nil {
		return
	}
	for key, value := range scalar.Members(own) {
		name, _ := scalar.Text(key)
		column, known := columns[kind][name]
		if !known {
			to.Label("key of "+kind, name)
			continue
		}
		if value[0] == '[' && columns[name] != nil { // of things without an id
			for one := range scalar.Elements(value) {
				to.Value(odd.Nameless, one)
			}
			continue
		}
		text, ok := scalar.Unquote(value, nil)
		if !ok {
			text = value
		}
		to.Value(column, text)
	}
}

// decode reads an activity. A text that is longer than a column may hold is in its extra.
func decode(text []byte) (clari.Activity, error) {
	a, err := clari.DecodeActivity(text)
	if err != nil || len(text) <= extra.MaxText {
		return a, err
	}
	long := len(a.ID) > extra.MaxText
	clip(&a.Extra, "activityType", &a.Type)
	clip(&a.Extra, "subject", &a.Subject)
	clip(&a.Extra, "activityOwnerId", &a.OwnerID)
	clip(&a.Extra, "activityOrganiserId", &a.OrganizerID)
	for i := range a.Accounts {
		x := &a.Accounts[i]
		long = long || len(x.ID) > extra.MaxText
		clip(&x.Extra, "accountName", &x.Name)
		clip(&x.Extra, "accountOwnerId", &x.OwnerID)
	}
	for i := range a.Opportunities {
		x := &a.Opportunities[i]
		long = long || len(x.ID) > extra.MaxText
		clip(&x.Extra, "opportunityName", &x.Name)
		clip(&x.Extra, "opportunityOwnerId", &x.OwnerID)
	}
	for i := range a.Participants {
		p := &a.Participants[i]
		long = long || len(participantID(p)) > extra.MaxText
		clip(&p.Extra, "name", &p.Name)
		clip(&p.Extra, "sfdcUserId", &p.CRMUserID)
	}
	if long {
		return a, errLongID
	}
	return a, nil
}

var errLongID = errors.New("an id longer than 16 KiB")

// clip moves a text into extra that is too long for its column.
func clip(own *json.RawMessage, key string, text *string) {
	if len(*text) <= extra.MaxText {
		return
	}
	members := map[string]json.RawMessage{}
	_ = json.Unmarshal(*own, &members)    // an object, or nothing
	members[key], _ = json.Marshal(*text) // text always can be
	*own, _ = json.Marshal(members)
	*text = ""
}
