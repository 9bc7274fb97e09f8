package oracle

import "github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"

// A place is a role and the one above. Flat rows tell roles apart by their names, five arrays by their ids.
type place struct{ role, parent string }

func (t *told) place(p *sim.Person) place {
	if t.flat {
		return place{p.Role, p.ParentRole}
	}
	return place{p.RoleID, p.ParentRoleID}
}

// hierarchy is the people of an export by their role.
type hierarchy struct {
	places    []place
	holders   map[string][]sim.Person // of a role
	positions map[place]position
}

func hierarchyOf(t *told) hierarchy {
	h := hierarchy{holders: map[string][]sim.Person{}, positions: map[place]position{}}
	for p := range t.x.Users() {
		h.places = append(h.places, t.place(&p))
		h.holders[t.place(&p).role] = append(h.holders[t.place(&p).role], p)
	}
	return h
}

// hasReports says whether anybody's role is right below.
func (h hierarchy) hasReports(of place) bool {
	for _, p := range h.places {
		if p.parent == of.role && of.role != "" {
			return true
		}
	}
	return false
}

// A position is what the hierarchy tells of a place.
type position struct {
	level      int
	known      bool
	hasReports bool
}

// position is remembered: there are many more entries than places.
func (h hierarchy) position(of place) position {
	p, ok := h.positions[of]
	if !ok {
		p.level, p.known = h.level(of)
		p.hasReports = h.hasReports(of)
		h.positions[of] = p
	}
	return p
}

// level is how many roles that somebody in the result holds are above. It is not known in a loop and below one, and where one role is on
// several levels.
func (h hierarchy) level(of place) (level int, known bool) { return h.levelFrom(of, len(h.places)) }

// levelFrom gives up after as many steps as there are places: then it goes round in a loop.
func (h hierarchy) levelFrom(of place, steps int) (level int, known bool) {
	if steps == 0 {
		return 0, false
	}
	held := false
	for _, above := range h.places {
		if of.parent == "" || above.role != of.parent {
			continue
		}
		held = true
		n, ok := h.levelFrom(above, steps-1)
		if !ok || known && n+1 != level {
			return 0, false
		}
		level, known = n+1, true
	}
	return level, known || !held
}

// manager is the one who holds the role above, nil where nobody does, or several do.
func (t *told) manager(p *sim.Person) *sim.Person {
	above := t.place(p).parent
	if holders := t.hierarchy.holders[above]; above != "" && len(holders) == 1 {
		return &holders[0]
	}
	return nil
}
