package activity

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// An activity, or one of what it is about, that comes twice is one row. As with entries nothing of the second copy is lost: it fills what
// the first leaves empty, and what it says otherwise is in extra, as "other_<column>": [...].

const (
	maxOthers = 50      // of a column
	maxCopies = 1 << 10 // of an activity whose extra is looked at; so the time that it takes is bounded
)

// copies puts copies of one thing together.
type copies struct{ extra json.RawMessage }

// text fills a column. A text that contradicts it is noted.
func (c *copies) text(column string, into *string, from string) {
	if *into == "" || from == "" || *into == from {
		*into = cmp.Or(*into, from)
		return
	}
	quoted, _ := json.Marshal(from) // text always can be
	c.other(column, quoted)
}

// other notes a JSON value that contradicts the one in a column.
func (c *copies) other(column string, value json.RawMessage) {
	members := c.members()
	var list []json.RawMessage
	_ = json.Unmarshal(members["other_"+column], &list) // ours, or nothing
	if len(list) == maxOthers || slices.ContainsFunc(list, func(known json.RawMessage) bool { return string(known) == string(value) }) {
		return
	}
	members["other_"+column], _ = json.Marshal(append(list, value))
	c.extra, _ = json.Marshal(members)
}

// unknown adds the unknown keys of another copy.
func (c *copies) unknown(from json.RawMessage) {
	if len(from) == 0 || string(from) == string(c.extra) {
		return
	}
	if len(c.extra) == 0 {
		c.extra = from
		return
	}
	members, more := c.members(), map[string]json.RawMessage{}
	if json.Unmarshal(from, &more) != nil {
		return
	}
	var contradict []string
	for key, value := range more {
		if known, twice := members[key]; !twice {
			members[key] = value
		} else if string(known) != string(value) {
			contradict = append(contradict, key)
		}
	}
	c.extra, _ = json.Marshal(members)
	slices.Sort(contradict)
	for _, key := range contradict {
		c.other(key, more[key])
	}
}

func (c *copies) members() map[string]json.RawMessage {
	members := map[string]json.RawMessage{}
	_ = json.Unmarshal(c.extra, &members) // an object, or nothing
	return members
}

// merge puts a copy of an activity into another. What both are about is put together when rows are made.
func merge(into, from *clari.Activity) {
	c := copies{into.Extra}
	c.text("activity_type", &into.Type, from.Type)
	c.text("subject", &into.Subject, from.Subject)
	c.text("owner_crm_user_id", &into.OwnerID, from.OwnerID)
	c.text("organizer_crm_user_id", &into.OrganizerID, from.OrganizerID)
	if from.At.After(into.At) { // of two times the later, as everywhere
		into.At = from.At
	}
	c.unknown(from.Extra)
	into.Extra = c.extra
	into.Accounts = append(into.Accounts, from.Accounts...)
	into.Opportunities = append(into.Opportunities, from.Opportunities...)
	into.Participants = append(into.Participants, from.Participants...)
}

func mergeAccount(into, from *clari.ActivityAccount) {
	c := copies{into.Extra}
	c.text("account_name", &into.Name, from.Name)
	c.text("owner_crm_user_id", &into.OwnerID, from.OwnerID)
	c.unknown(from.Extra)
	into.Extra = c.extra
}

func mergeOpportunity(into, from *clari.ActivityOpportunity) {
	c := copies{into.Extra}
	c.text("opportunity_name", &into.Name, from.Name)
	c.text("owner_crm_user_id", &into.OwnerID, from.OwnerID)
	c.unknown(from.Extra)
	into.Extra = c.extra
}

func mergeParticipant(into, from *clari.Participant) {
	c := copies{into.Extra}
	c.text("name", &into.Name, from.Name)
	if !strings.EqualFold(into.Email, from.Email) { // else one address
		c.text("email", &into.Email, from.Email)
	}
	c.text("crm_user_id", &into.CRMUserID, from.CRMUserID)
	if into.Internal == nil {
		into.Internal = from.Internal
	} else if from.Internal != nil && *into.Internal != *from.Internal {
		yes, _ := json.Marshal(*from.Internal)
		c.other("is_internal", yes)
	}
	c.unknown(from.Extra)
	into.Extra = c.extra
}
