package activity

import (
	"cmp"
	"iter"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// Store holds the activities of one result until it has been read to its end and found good. An activity that comes twice is one: what the
// first leaves empty is taken from the second, and what both are about is put together. The zero Store is empty.
type Store struct {
	list []clari.Activity
	byID map[string]int
}

// Append adds an activity and keeps it.
func (s *Store) Append(a clari.Activity) {
	if at, again := s.byID[a.ID]; again {
		merge(&s.list[at], &a)
		return
	}
	if s.byID == nil {
		s.byID = map[string]int{}
	}
	s.byID[a.ID] = len(s.list)
	s.list = append(s.list, a)
}

// Reset empties the store, for a result that is read again.
func (s *Store) Reset() { *s = Store{} }

// All yields the activities in the order in which they came.
func (s *Store) All() iter.Seq[*clari.Activity] {
	return func(yield func(*clari.Activity) bool) {
		for i := range s.list {
			if !yield(&s.list[i]) {
				return
			}
		}
	}
}

// Opportunities yields the ids of the opportunities that the activities are about; some of them more than once.
func (s *Store) Opportunities() iter.Seq[string] {
	return func(yield func(string) bool) {
		for a := range s.All() {
			for i := range a.Opportunities {
				if !yield(a.Opportunities[i].ID) {
					return
				}
			}
		}
	}
}

func merge(into, from *clari.Activity) {
	into.Type, into.Subject = cmp.Or(into.Type, from.Type), cmp.Or(into.Subject, from.Subject)
	into.OwnerID, into.OrganizerID = cmp.Or(into.OwnerID, from.OwnerID), cmp.Or(into.OrganizerID, from.OrganizerID)
	if into.At.IsZero() {
		into.At = from.At
	}
	into.Extra = either(into.Extra, from.Extra)
	into.Accounts = append(into.Accounts, from.Accounts...) // those that are there twice are told apart when rows are made
	into.Opportunities = append(into.Opportunities, from.Opportunities...)
	into.Participants = append(into.Participants, from.Participants...)
}

// participantID is what the person is called in every activity.
func participantID(p *clari.Participant) string {
	switch {
	case p.Email != "":
		return strings.ToLower(p.Email)
	case p.CRMUserID != "":
		return p.CRMUserID
	}
	return p.Name
}
