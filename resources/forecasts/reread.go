package forecasts

import (
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"sync"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// segmentBytes is how much of the entries one part of the second pass reads.
const segmentBytes = 512 << 10

// segment is a stretch of the result: entries with commas between them.
type segment struct{ from, to int64 }

// reread is the second pass over entries that the first found in order. Entries whose keys repeat are left aside and handed on
// once, merged.
type reread struct {
	r        io.ReaderAt
	segments []segment
	seed     maphash.Seed
	repeated *hashSet
	repeats  []occurrence // of entries whose key hash is in repeated
	contacts map[string]*contact
}

// contact is what entries borrow from their person.
type contact struct {
	id               string
	crmUserID, email table.Opt[string]
}

// parts are the pieces of the second pass.
func (a *reread) parts() []func(context.Context, rows) error {
	var parts []func(context.Context, rows) error
	if len(a.repeats) > 0 {
		parts = append(parts, a.emitRepeats)
	}
	for _, s := range a.segments {
		parts = append(parts, func(ctx context.Context, out rows) error {
			var last *contact
			return a.each(ctx, s, func(e *Entry, _ int64) error {
				if a.repeated.has(keyHash(a.seed, e)) {
					return nil
				}
				last = a.fillContact(e, last)
				return out.Entry(e)
			})
		})
	}
	return parts
}

var segmentBuffers = sync.Pool{New: func() any { return new([]byte) }}

// each reads the entries of a segment.
func (a *reread) each(ctx context.Context, s segment, do func(e *Entry, offset int64) error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	buf := segmentBuffers.Get().(*[]byte)
	defer segmentBuffers.Put(buf)
	if n := int(s.to - s.from); cap(*buf) < n {
		*buf = make([]byte, n)
	} else {
		*buf = (*buf)[:n]
	}
	if _, err := a.r.ReadAt(*buf, s.from); err != nil {
		return fmt.Errorf("read result again: %w", err)
	}
	c := cursor{b: *buf, whole: true}
	var e Entry
	for {
		start := c.begin()
		c.entry(&e)
		if c.err != nil {
			return fmt.Errorf("read result again: %w", c.err)
		}
		if err := do(&e, s.from+int64(start)); err != nil {
			return err
		}
		if c.i == len(c.b) {
			return nil
		}
		c.take(',')
	}
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
