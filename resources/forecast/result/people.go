package result

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/store"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// describePeople fills what is not told of each user but follows from all of them, as long as ctx lasts: there may be a million.
func describePeople(ctx context.Context, s *store.Store, flat bool) error {
	for i := range s.Users.All {
		if err := ended(ctx, i); err != nil {
			return err
		}
		u := &s.Users.All[i]
		if !flat {
			id, _, _ := strings.Cut(u.UserID, ":")
			u.ClariUserID = table.NonZero(id)
		}
		u.UserType = table.NonZero(userType(u.UserScope))
	}
	if err := identify(ctx, s); err != nil {
		return err
	}
	h, err := newHierarchy(ctx, s, flat)
	if err != nil {
		return err
	}
	for i, n := range s.Users.Listed {
		if err := ended(ctx, i); err != nil {
			return err
		}
		u := &s.Users.All[n]
		role, above := h.role(u), h.above(u)
		if role != "" {
			u.HasReports = table.Some(h.below[role])
		}
		if level := h.levelBelow(above); level != unknownLevel && (role != "" || above != "") {
			u.HierarchyLevel = table.Some(level)
		}
		if holder := h.holders[above]; above != "" && holder != several && holder != nil && holder != u {
			u.ManagerUserID, u.ManagerName = table.Some(holder.UserID), holder.Name
		}
	}
	return nil
}

// ended looks now and then, by the number of a step, whether a context has ended.
func ended(ctx context.Context, step int) error {
	if step%(1<<12) != 0 {
		return nil
	}
	return context.Cause(ctx)
}

// identify fills person_id: of all rows of one Clari user the best that any of them has.
func identify(ctx context.Context, s *store.Store) error {
	users := s.Users.All
	shared := sharedIDs(users)
	for i := range users {
		if id := users[i].CRMUserID.V; shared[id] {
			s.Odd.Value(odd.SharedID, []byte(id))
		}
	}
	own := func(u *forecast.User) [3]string {
		id := [3]string{u.CRMUserID.V, address(u), cmp.Or(u.ClariUserID.V, u.Name.V)}
		if shared[id[0]] {
			id[0] = ""
		}
		return id
	}
	best := map[string][3]string{} // by Clari user
	for i := range users {
		if err := ended(ctx, i); err != nil {
			return err
		}
		u := &users[i]
		if !u.ClariUserID.Valid {
			continue
		}
		ids := best[u.ClariUserID.V]
		for rank, id := range own(u) {
			if known := ids[rank]; known == "" || id != "" && id < known { // in any order of the rows the same
				ids[rank] = id
			}
		}
		best[u.ClariUserID.V] = ids
	}
	for i := range users {
		u := &users[i]
		ids := own(u)
		if u.ClariUserID.Valid {
			ids = best[u.ClariUserID.V]
		}
		u.PersonID = table.NonZero(cmp.Or(ids[0], ids[1], ids[2]))
	}
	return nil
}

func address(u *forecast.User) string { return strings.ToLower(strings.TrimSpace(u.Email.V)) }

// sharedIDs are the ids in the CRM that several people with different e-mail addresses have: N/A, say. Clari's own id tells whether
// two addresses are one person's.
func sharedIDs(users []forecast.User) map[string]bool {
	type holder struct{ email, clariID string }
	others := func(a, b holder) bool { return a.email != b.email && (a.clariID == "" || a.clariID != b.clariID) }
	first, shared := map[string][]holder{}, map[string]bool{}
	for i := range users {
		u := &users[i]
		id, now := u.CRMUserID.V, holder{address(u), u.ClariUserID.V}
		if id == "" || now.email == "" || shared[id] {
			continue
		}
		before := first[id]
		for _, h := range before {
			shared[id] = shared[id] || others(h, now)
		}
		if len(before) < 2 && !slices.Contains(before, now) { // two tell whether all have one address, or one id of Clari's
			first[id] = append(before, now)
		}
	}
	return shared
}

// userType is what a user scope says: {"userId": 1905, "userType": "MGR"} or "1905::MGR".
func userType(scope []byte) string {
	if scope == nil {
		return ""
	}
	switch scope[0] {
	case '{':
		for key, value := range scalar.Members(scope) {
			if string(key) == `"userType"` {
				kind, _ := scalar.Text(value)
				return kind
			}
		}
	case '"':
		text, _ := scalar.Text(scope)
		_, kind, _ := strings.Cut(text, "::")
		return kind
	}
	return ""
}

// hierarchy is the roles of a result: by their ids, in flat rows by their names.
type hierarchy struct {
	role, above func(*forecast.User) string // empty where there is none
	parents     map[string][]string         // the different roles above a role, of roles with holders; empty text where there is none
	holders     map[string]*forecast.User
	below       map[string]bool // roles above that of somebody
	levels      map[string]int64
}

// several stands for more than one holder of a role.
var several = new(forecast.User)

// unknownLevel is the level of a role from which the roles above do not lead to a top, or not all on as many steps.
const unknownLevel = -1

func newHierarchy(ctx context.Context, s *store.Store, flat bool) (*hierarchy, error) {
	h := &hierarchy{
		role:    func(u *forecast.User) string { return u.HierarchyID.V },
		above:   func(u *forecast.User) string { return u.ParentHierarchyID.V },
		parents: map[string][]string{}, holders: map[string]*forecast.User{}, below: map[string]bool{}, levels: map[string]int64{},
	}
	if flat {
		h.role = func(u *forecast.User) string { return u.Role.V }
		h.above = func(u *forecast.User) string { return u.ParentRole.V }
	}
	edges := map[[2]string]bool{}
	for i, n := range s.Users.Listed {
		if err := ended(ctx, i); err != nil {
			return nil, err
		}
		u := &s.Users.All[n]
		role, above := h.role(u), h.above(u)
		if above != "" {
			h.below[above] = true
		}
		if role == "" {
			continue
		}
		if edge := [2]string{role, above}; !edges[edge] {
			edges[edge] = true
			h.parents[role] = append(h.parents[role], above)
		}
		if h.holders[role] == nil {
			h.holders[role] = u
		} else {
			h.holders[role] = several
		}
	}
	return h, nil
}

// levelBelow is the level of who is right below a role: 0 where nobody in the result has that role.
func (h *hierarchy) levelBelow(above string) int64 {
	if h.holders[above] == nil {
		return 0
	}
	h.reckon(above)
	if level := h.levels[above]; level != unknownLevel {
		return level + 1
	}
	return unknownLevel
}

// reckon finds the level of a role, which is how many roles with holders are above it, and before it those of the roles above. They may be more than the
// stack has room for.
func (h *hierarchy) reckon(role string) {
	type step struct {
		role string
		next int // of the roles above it
	}
	var way []step
	enter := func(role string) {
		if _, known := h.levels[role]; !known && h.holders[role] != nil {
			h.levels[role] = unknownLevel // should the way up come by here again, it is a loop
			way = append(way, step{role: role})
		}
	}
	for enter(role); len(way) > 0; {
		here := &way[len(way)-1]
		if parents := h.parents[here.role]; here.next < len(parents) {
			here.next++
			enter(parents[here.next-1])
			continue
		}
		h.levels[here.role] = h.agreed(h.parents[here.role])
		way = way[:len(way)-1]
	}
}

// agreed is the level that all the roles above one give it, which are known.
func (h *hierarchy) agreed(parents []string) int64 {
	level := int64(unknownLevel)
	for i, above := range parents {
		next := int64(0)
		if h.holders[above] != nil {
			if next = h.levels[above]; next != unknownLevel {
				next++
			}
		}
		if i > 0 && next != level || next == unknownLevel {
			return unknownLevel
		}
		level = next
	}
	return level
}
