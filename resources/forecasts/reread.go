package forecasts

import (
	"context"
	"hash/maphash"
	"io"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// reread is the second pass over entries that the first found in order. Entries whose keys repeat are left aside and handed on
// once, merged.
type reread struct {
	r         io.ReaderAt
	stretches []stretch
	seed      maphash.Seed
	repeated  *hashSet
	repeats   []occurrence // of entries whose key hash is in repeated
	contacts  map[string]*contact
}

// contact is what entries borrow from their person.
type contact struct {
	id               string
	crmUserID, email table.Opt[string]
}

// parts are the pieces of the second pass.
func (a *reread) parts() []part {
	var parts []part
	for _, batch := range a.batches() {
		parts = append(parts, func(ctx context.Context, out rows) error {
			_, err := a.merge(ctx, batch, func(e *Entry) error { // without a conflict: it was tried before
				a.fillContact(e, nil)
				return out.Entry(e)
			})
			return err
		})
	}
	for _, s := range a.stretches {
		parts = append(parts, func(ctx context.Context, out rows) error {
			var last *contact
			_, _, err := s.read(ctx, a.r, func(e *Entry, _ int64) error {
				if a.repeated.n > 0 && a.repeated.has(keyHash(a.seed, e)) {
					return nil
				}
				last = a.fillContact(e, last)
				return out.Entry(e)
			})
			return err
		})
	}
	return parts
}

func contactsOf(users []*User) map[string]*contact {
	contacts := make(map[string]*contact, len(users))
	for _, u := range users {
		c := contacts[u.UserID]
		if c == nil {
			c = &contact{id: u.UserID}
			contacts[u.UserID] = c
		}
		if !c.crmUserID.Valid {
			c.crmUserID = u.CRMUserID
		}
		if !c.email.Valid {
			c.email = u.Email
		}
	}
	return contacts
}

// fillContact sets what an entry borrows from its person. last is the person of the entry before it, often the same.
func (a *reread) fillContact(e *Entry, last *contact) *contact {
	if last == nil || last.id != e.UserID {
		if last = a.contacts[e.UserID]; last == nil {
			return nil
		}
	}
	e.CRMUserID, e.Email = last.crmUserID, last.email
	return last
}
