package activity

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/resources/extra"
)

// An activity, or one of what it is about, that comes twice is one row. As with entries nothing of the second copy is lost: it fills what
// the first leaves empty, and what it says otherwise is in extra, as "other_<column>": [...].

// copies puts copies of one thing together. It collects their extra.
type copies struct{ extra.Column }

// text fills a column. A text that contradicts it is noted.
func (c *copies) text(column string, into *string, from string) {
	if *into == "" || from == "" || *into == from {
		*into = cmp.Or(*into, from)
		return
	}
	quoted, _ := json.Marshal(from) // text always can be
	c.Other(column, quoted)
}

// unknown adds what one copy has beyond the columns.
func (c *copies) unknown(own json.RawMessage) {
	if len(own) > 0 {
		c.Add(own)
	}
}

// merge puts a copy of an activity into another. What both are about is put together when rows are made.
func merge(into, from *clari.Activity, c *copies) {
	c.text("activity_type", &into.Type, from.Type)
	c.text("subject", &into.Subject, from.Subject)
	c.text("owner_crm_user_id", &into.OwnerID, from.OwnerID)
	c.text("organizer_crm_user_id", &into.OrganizerID, from.OrganizerID)
	if from.At.After(into.At) { // of two times the later, as everywhere
		into.At = from.At
	}
	c.unknown(from.Extra)
	into.Accounts = append(into.Accounts, from.Accounts...)
	into.Opportunities = append(into.Opportunities, from.Opportunities...)
	into.Participants = append(into.Participants, from.Participants...)
}

// about is how things are put together that an activity is about: what tells one from another, what a second copy adds, and where its extra is.
type about[T any] struct {
	key   func(*T) string
	merge func(into, from *T, c *copies)
	extra func(*T) *json.RawMessage
}

var (
	accounts = about[clari.ActivityAccount]{
		key: func(x *clari.ActivityAccount) string { return x.ID }, extra: func(x *clari.ActivityAccount) *json.RawMessage { return &x.Extra },
		merge: func(into, from *clari.ActivityAccount, c *copies) {
			c.text("account_name", &into.Name, from.Name)
			c.text("owner_crm_user_id", &into.OwnerID, from.OwnerID)
		},
	}
	opportunities = about[clari.ActivityOpportunity]{
		key: func(x *clari.ActivityOpportunity) string { return x.ID }, extra: func(x *clari.ActivityOpportunity) *json.RawMessage { return &x.Extra },
		merge: func(into, from *clari.ActivityOpportunity, c *copies) {
			c.text("opportunity_name", &into.Name, from.Name)
			c.text("owner_crm_user_id", &into.OwnerID, from.OwnerID)
		},
	}
	participants = about[clari.Participant]{
		key: participantID, extra: func(p *clari.Participant) *json.RawMessage { return &p.Extra },
		merge: func(into, from *clari.Participant, c *copies) {
			c.text("name", &into.Name, from.Name)
			if !strings.EqualFold(into.Email, from.Email) { // else one address
				c.text("email", &into.Email, from.Email)
			}
			c.text("crm_user_id", &into.CRMUserID, from.CRMUserID)
			if into.Internal == nil {
				into.Internal = from.Internal
			} else if from.Internal != nil && *into.Internal != *from.Internal {
				yes, _ := json.Marshal(*from.Internal)
				c.Other("is_internal", yes)
			}
		},
	}
)

// distinct makes one of those with one key, whose extra is as rows have it, and tells how many members of extras were too long.
func (a about[T]) distinct(list []T) (kept []T, cut int64) {
	place, extras := make(map[string]int, len(list)), map[int]*copies{}
	for i := range list {
		at, again := place[a.key(&list[i])]
		if !again {
			at = len(kept)
			place[a.key(&list[i])], kept = at, append(kept, list[i])
		}
		own := a.extra(&list[i])
		if !again && *own == nil {
			continue
		}
		c := extras[at]
		if c == nil {
			c = &copies{}
			c.unknown(*a.extra(&kept[at]))
			extras[at] = c
		}
		if again {
			a.merge(&kept[at], &list[i], c)
			c.unknown(*own)
		}
	}
	for at, c := range extras {
		*a.extra(&kept[at]) = slices.Clone(c.Object())
		cut += c.Cut()
	}
	return kept, cut
}
