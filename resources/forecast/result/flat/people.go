package flat

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/store"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// person is one spelling of a person in the rows: a name, an e-mail address, a CRM id, a role and a parent role.
type person struct {
	user   uint32 // number of the user
	name   string
	email  string
	crmID  string
	role   string
	parent string
	newest int32 // latest start day of its rows
}

// people are the people of a result by the five columns joined.
type people struct {
	spellings store.Dict
	all       []person
	last      uint32        // the last row's
	cells     [whole][]byte // of it
}

// whole is how many columns name a person. They are the first ones.
const whole = int(columnParentRole) + 1

// find returns the person of a row, which is mostly that of the row before.
func (p *people) find(r *Rows, ln *line) (*person, error) {
	cells := ln.cells[:whole]
	if p.isLast(cells) {
		return &p.all[p.last], nil
	}
	n, isNew := p.spellings.Number(r.join(cells))
	p.last = n
	for i, c := range cells {
		p.cells[i] = append(p.cells[i][:0], c.text...)
	}
	if !isNew {
		return &p.all[n], nil
	}
	to := r.to
	who := person{
		name: ln.keep(columnUser), email: ln.keep(columnEmail), crmID: ln.keep(columnCRMUserID), role: ln.keep(columnRole), parent: ln.keep(columnParentRole),
	}
	id := cmp.Or(who.crmID, who.email, who.name)
	if id == "" {
		return nil, ln.errorf("no person: %s, %s and %s are empty", columnNames[columnUser], columnNames[columnEmail], columnNames[columnCRMUserID])
	}
	who.user, _ = to.Users.Number([]byte(part(id) + ":" + part(who.role) + ":" + part(who.parent)))
	p.all = append(p.all, who)
	return &p.all[n], nil
}

func (p *people) isLast(cells []cell) bool {
	for i, c := range cells {
		if !bytes.Equal(c.text, p.cells[i]) {
			return false
		}
	}
	return len(p.all) > 0
}

// part is a text in which no colon shifts the others of a user id.
func part(text string) string { return parts.Replace(text) }

var parts = strings.NewReplacer("%", "%25", ":", "%3A")

// list lists the users: those of the latest weeks first. Where the spellings of one person differ, as after a marriage, the latest
// is the one to go by.
func (p *people) list(to *store.Store) {
	slices.SortStableFunc(p.all, func(a, b person) int { return cmp.Compare(b.newest, a.newest) })
	for i := range p.all {
		who := &p.all[i]
		to.AddUser(&forecast.User{
			UserID: to.Users.IDs.Texts[who.user], Name: table.NonZero(who.name), Email: table.NonZero(who.email), CRMUserID: table.NonZero(who.crmID),
			Role: table.NonZero(who.role), ParentRole: table.NonZero(who.parent),
		})
	}
}
