package forecasts

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// A flatPerson is one spelling of a person in the rows: a name, an email, a CRM id, a role and a parent role.
type flatPerson struct {
	id                                       uint32 // number of the user id
	name, email, crmUserID, role, parentRole string
	newest                                   int32 // latest start day of its rows
}

// flatPeople numbers the people of a result.
type flatPeople struct {
	spellings dict // the five columns joined
	people    []*flatPerson
	ids       dict
}

// find returns the person of a row; joined is its five columns in one text.
func (p *flatPeople) find(joined string, ln *flatLine) (*flatPerson, error) {
	if n, isNew := p.spellings.number(joined); !isNew {
		return p.people[n], nil
	}
	id := columnUser
	for _, c := range []flatColumn{columnEmail, columnCRMUserID} {
		if !ln.cells[c].blank() {
			id = c
		}
	}
	if ln.cells[id].blank() {
		return nil, ln.errorf("no person: %s, %s and %s are empty", columnNames[columnUser], columnNames[columnEmail], columnNames[columnCRMUserID])
	}
	person := &flatPerson{
		name:       ln.keep(columnUser),
		email:      ln.keep(columnEmail),
		crmUserID:  ln.keep(columnCRMUserID),
		role:       ln.keep(columnRole),
		parentRole: ln.keep(columnParentRole),
	}
	person.id, _ = p.ids.number(ln.keep(id) + ":" + person.role)
	p.people = append(p.people, person)
	return person, nil
}

// keep is a copy of the text of a cell, without space around it.
func (ln *flatLine) keep(c flatColumn) string {
	return strings.Clone(strings.TrimSpace(ln.cells[c].text))
}

// byAge has the people of the latest weeks first: where the spellings of one person differ, as after a marriage, the latest
// is the one to go by.
func (p *flatPeople) byAge() []*flatPerson {
	return slices.SortedStableFunc(slices.Values(p.people), func(a, b *flatPerson) int { return cmp.Compare(b.newest, a.newest) })
}

// emit hands one user to out for each user id and parent role.
func (p *flatPeople) emit(out rows) error {
	type key struct {
		id         uint32
		parentRole string
	}
	users := make(map[key][]*flatPerson)
	var order []key
	for _, person := range p.byAge() {
		k := key{person.id, person.parentRole}
		if users[k] == nil {
			order = append(order, k)
		}
		users[k] = append(users[k], person)
	}
	var x extras
	for _, k := range order {
		x.reset()
		same := users[k]
		u := User{
			UserID:     p.ids.texts[k.id],
			ParentRole: k.parentRole,
			Role:       table.NonZero(same[0].role),
			Name:       pick(&x, columnUser, each(same, func(p *flatPerson) string { return p.name })),
			Email:      pick(&x, columnEmail, each(same, func(p *flatPerson) string { return p.email })),
			CRMUserID:  pick(&x, columnCRMUserID, each(same, func(p *flatPerson) string { return p.crmUserID })),
		}
		u.Extra, _ = x.object()
		if err := out.User(&u); err != nil {
			return err
		}
	}
	return nil
}

// contacts returns the CRM user id and the email by number of the user id.
func (p *flatPeople) contacts() (crmUserIDs, emails []table.Opt[string]) {
	crmUserIDs = make([]table.Opt[string], len(p.ids.texts))
	emails = make([]table.Opt[string], len(p.ids.texts))
	for _, person := range p.byAge() {
		if !crmUserIDs[person.id].Valid {
			crmUserIDs[person.id] = table.NonZero(person.crmUserID)
		}
		if !emails[person.id].Valid {
			emails[person.id] = table.NonZero(person.email)
		}
	}
	return crmUserIDs, emails
}
