package flat

import (
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
}

// find returns the person of a row; joined is its five columns in one text.
func (p *people) find(to *store.Store, joined []byte, ln *line) (*person, error) {
	n, isNew := p.spellings.Number(joined)
	if !isNew {
		return &p.all[n], nil
	}
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
