package result

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/store"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// describePeople fills what is not told of each user but follows from all of them.
func describePeople(s *store.Store, flat bool) {
	for i := range s.Users.All {
		u := &s.Users.All[i]
		if !flat {
			id, _, _ := strings.Cut(u.UserID, ":")
			u.ClariUserID = table.NonZero(id)
		}
		u.PersonID = table.NonZero(cmp.Or(u.CRMUserID.V, strings.ToLower(u.Email.V), u.ClariUserID.V, u.Name.V))
		u.UserType = table.NonZero(userType(u.UserScope))
	}
	h := newHierarchy(s, flat)
	for _, n := range s.Users.Listed {
		u := &s.Users.All[n]
		role, above := h.role(u), h.above(u)
		if role != "" {
			if h.loops[role] {
				continue
			}
			u.HasReports = table.Some(h.below[role])
			if level := h.level(role); level >= 0 {
				u.HierarchyLevel = table.Some(int64(level))
			}
		}
		if holder := h.holders[above]; above != "" && holder != several && holder != nil && holder != u {
			u.ManagerUserID, u.ManagerName = table.Some(holder.UserID), holder.Name
		}
	}
}

// userType is what a user scope says: {"userId": 1905, "userType": "MGR"} or "1905::MGR".
func userType(scope []byte) string {
	if scope == nil {
		return ""
	}
	var object struct {
		UserType string `json:"userType"`
	}
	var text string
	if json.Unmarshal(scope, &object) == nil {
		return object.UserType
	}
	if json.Unmarshal(scope, &text) == nil {
		_, kind, _ := strings.Cut(text, "::")
		return kind
	}
	return ""
}

// hierarchy is the roles of a result: by their ids, in flat rows by their names.
type hierarchy struct {
	role, above func(*forecast.User) string // empty where there is none
	parents     map[string]string           // of roles with holders; empty at the root
	unclear     map[string]bool             // roles that are said to be under different ones
	holders     map[string]*forecast.User
	below       map[string]bool // roles above that of somebody
	levels      map[string]int
	loops       map[string]bool // roles that are above themselves
}

// several stands for more than one holder of a role.
var several = new(forecast.User)

// unknownLevel is the level of a role that the roles above do not lead to the root from.
const unknownLevel = -1

func newHierarchy(s *store.Store, flat bool) *hierarchy {
	h := &hierarchy{
		role:    func(u *forecast.User) string { return u.HierarchyID.V },
		above:   func(u *forecast.User) string { return u.ParentHierarchyID.V },
		parents: map[string]string{}, unclear: map[string]bool{}, holders: map[string]*forecast.User{}, below: map[string]bool{}, levels: map[string]int{}, loops: map[string]bool{},
	}
	if flat {
		h.role = func(u *forecast.User) string { return u.Role.V }
		h.above = func(u *forecast.User) string { return u.ParentRole.V }
	}
	for _, n := range s.Users.Listed {
		u := &s.Users.All[n]
		role, above := h.role(u), h.above(u)
		if above != "" {
			h.below[above] = true
		}
		if role == "" {
			continue
		}
		if parent, known := h.parents[role]; known && parent != above {
			h.unclear[role] = true
		}
		h.parents[role] = above
		if h.holders[role] == nil {
			h.holders[role] = u
		} else {
			h.holders[role] = several
		}
	}
	h.findLoops()
	return h
}

// findLoops notes the roles that are above themselves.
func (h *hierarchy) findLoops() {
	seen := map[string]int{} // role to the walk that came by first
	walk := 0
	for role := range h.parents {
		walk++
		at := role
		for at != "" && seen[at] == 0 {
			seen[at] = walk
			at = h.parents[at]
		}
		if at != "" && seen[at] == walk { // the walk came back
			for !h.loops[at] {
				h.loops[at] = true
				at = h.parents[at]
			}
		}
	}
}

// level is how many roles are above one.
func (h *hierarchy) level(role string) int {
	var path []string
	level := unknownLevel
	for at := role; ; {
		if known, done := h.levels[at]; done {
			level = known
			break
		}
		parent, held := h.parents[at]
		h.levels[at] = unknownLevel // should the path come here again, it is a loop
		path = append(path, at)
		if !held || h.unclear[at] {
			break
		}
		if parent == "" {
			h.levels[at], level, path = 0, 0, path[:len(path)-1]
			break
		}
		at = parent
	}
	for i := len(path) - 1; i >= 0; i-- {
		if level != unknownLevel {
			level++
		}
		h.levels[path[i]] = level
	}
	return h.levels[role]
}
