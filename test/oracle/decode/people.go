package decode

import (
	"slices"
	"strings"
)

// people fills what follows of users from all of them, and that of entries whose user is not listed.
func (d *decoding) people() {
	for _, u := range d.users.list {
		if !d.flat {
			own, _, _ := strings.Cut(u.text("user_id"), ":")
			u.set("clari_user_id", own)
		}
	}
	d.findShared()
	for _, u := range d.users.list {
		u.set("person_id", d.person(u))
		u.set("user_type", kind(u.cells["user_scope"]))
	}
	for _, e := range d.entries.list {
		if id := e.text("user_id"); d.users.byID[id] == nil && !d.flat {
			own, _, _ := strings.Cut(id, ":")
			e.set("clari_user_id", own)
			e.set("person_id", d.person(e))
		}
	}
	d.hierarchy()
}

func email(u *record) string { return strings.ToLower(strings.TrimSpace(u.text("email"))) }

// person is the best id that any row of the same Clari user has: CRM user id, else e-mail, else Clari's own id, else the name. Of several
// that are as good the smallest is taken, so that the order of rows does not matter: the design leaves it open.
func (d *decoding) person(u *record) string {
	own := u.text("clari_user_id")
	var same []*record
	for _, v := range d.users.list {
		if own != "" && v.text("clari_user_id") == own {
			same = append(same, v)
		}
	}
	for _, id := range []func(*record) string{
		d.crmID, email, func(*record) string { return own }, func(v *record) string { return v.text("name") },
	} {
		best := ""
		for _, v := range append(same, u) {
			if id(v) != "" && (best == "" || id(v) < best) {
				best = id(v)
			}
		}
		if best != "" {
			return best
		}
	}
	return ""
}

// crmID is the CRM user id of a row, unless several people with different e-mails share it: then it is none.
func (d *decoding) crmID(u *record) string {
	if id := u.text("crm_user_id"); !d.shared[id] {
		return id
	}
	return ""
}

// findShared finds those ids. In five arrays people are told apart by Clari's own ids too.
func (d *decoding) findShared() {
	d.shared = map[string]bool{}
	type holder struct{ mail, own string }
	holders := map[string]map[holder]bool{}
	for _, u := range d.users.list {
		id, mail := u.text("crm_user_id"), email(u)
		if id == "" || mail == "" {
			continue
		}
		if holders[id] == nil {
			holders[id] = map[holder]bool{}
		}
		own := u.text("clari_user_id")
		for other := range holders[id] {
			if other.mail != mail && (d.flat || other.own != own) {
				d.shared[id] = true
			}
		}
		holders[id][holder{mail, own}] = true
	}
}

// kind is what a user scope says: {"userType": "MGR"} or 1905::MGR.
func kind(scope any) string {
	switch scope := scope.(type) {
	case string:
		_, kind, _ := strings.Cut(scope, "::")
		return kind
	case map[string]any:
		kind, _ := scope["userType"].(string)
		return kind
	}
	return ""
}

// roles are those of a result: by their ids, in flat rows by their names.
type roles struct {
	role, above string                     // columns
	parents     map[string]map[string]bool // of roles that somebody has
	holders     map[string][]*record
	reports     map[string]bool
}

func (d *decoding) roles() roles {
	r := roles{"hierarchy_id", "parent_hierarchy_id", map[string]map[string]bool{}, map[string][]*record{}, map[string]bool{}}
	if d.flat {
		r.role, r.above = "role", "parent_role"
	}
	for _, u := range d.users.list {
		role, above := u.text(r.role), u.text(r.above)
		if above != "" {
			r.reports[above] = true
		}
		if role == "" {
			continue
		}
		if r.parents[role] == nil {
			r.parents[role] = map[string]bool{}
		}
		r.parents[role][above] = true
		r.holders[role] = append(r.holders[role], u)
	}
	return r
}

// hierarchy fills level, reports and manager. Whose role nobody tells has none of them.
func (d *decoding) hierarchy() {
	r := d.roles()
	for _, u := range d.users.list {
		role, above := u.text(r.role), u.text(r.above)
		if role != "" {
			u.cells["has_reports"] = r.reports[role]
		}
		if role == "" && above == "" {
			continue
		}
		if levels := r.below(above, nil); len(levels) == 1 && levels[0] >= 0 {
			u.cells["hierarchy_level"] = levels[0]
		}
		if holders := r.holders[above]; above != "" && len(holders) == 1 && holders[0] != u {
			u.set("manager_user_id", holders[0].text("user_id"))
			u.set("manager_name", holders[0].text("name"))
		}
	}
}

// below are the levels that somebody right below a role may have, each once: 0 where nobody has that role, -1 for a loop.
func (r roles) below(above string, passed []string) (levels []int64) {
	if len(r.holders[above]) == 0 {
		return []int64{0}
	}
	if slices.Contains(passed, above) {
		return []int64{-1}
	}
	for next := range r.parents[above] {
		for _, level := range r.below(next, append(slices.Clone(passed), above)) {
			if level >= 0 {
				level++
			}
			if !slices.Contains(levels, level) {
				levels = append(levels, level)
			}
		}
	}
	return levels
}
