package sim

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// firstUserID is the Clari user id of the root of the hierarchy; the others count on from it.
const firstUserID = 280_000

// A person is one place in the hierarchy. Numbered as in a heap: the reports of i are i*span+1 to i*span+span.
type person struct {
	number  int
	hash    uint64 // told apart from the number so that one person under two ids has two sets of amounts
	name    string
	email   string
	crmID   string // "": none
	id      string // <Clari user id>:<role id>
	manager string // name; "" at the root
	isMgr   bool

	role, roleID, parentRole, parentRoleID string
}

var (
	givenNames  = []string{"Ada", "Zoë", "Li", `"Bo"`, "Noor", "José", "Mary Ann", "Søren", "Ola", "Priya", "Tom"}
	familyNames = []string{"Jain", "O'Brien", "Müller", "García, Jr.", "Smith", "Larsson", "Nakamura", "Diallo", "Ivanova"}
	regions     = []string{"East", "West", "EMEA", "APAC, South"}
)

func (t *Tenant) name(i int) string {
	h := mix(t.Seed, uint64(i))
	return givenNames[h%uint64(len(givenNames))] + " " + familyNames[h>>32%uint64(len(familyNames))]
}

func (t *Tenant) isManager(i int) bool { return i*t.Span+1 < t.People }

// role is a manager's own one, or the one that the reps of a team share.
func (t *Tenant) role(i int) (name, id string) {
	team := (i - 1) / t.Span
	switch {
	case i == 0:
		return "CEO", "00E4M000000000000A"
	case t.isManager(i):
		return fmt.Sprintf("Manager %s %d", regions[i%len(regions)], i), fmt.Sprintf("00E4M%012dM", i)
	default:
		return fmt.Sprintf("Sales Rep - %s %d", regions[team%len(regions)], team), fmt.Sprintf("00E4M%012dR", team)
	}
}

func (t *Tenant) person(i int) person {
	p := person{number: i, hash: uint64(i), name: t.name(i), email: fmt.Sprintf("person%d@clari.example", i), isMgr: t.isManager(i)}
	if t.MissingCRM == 0 || i%t.MissingCRM != t.MissingCRM-1 {
		p.crmID = fmt.Sprintf("005%03d%012d", t.Seed%1000, i)
	}
	p.role, p.roleID = t.role(i)
	p.id = strconv.Itoa(firstUserID+i) + ":" + p.roleID
	if i > 0 {
		boss := (i - 1) / t.Span
		p.manager = t.name(boss)
		p.parentRole, p.parentRoleID = t.role(boss)
	}
	return p
}

// alias is the same person under a second id, as after a change of role.
func (p person) alias() person {
	p.hash |= 1 << 40
	p.role, p.roleID = "Interim "+p.role, p.roleID[:len(p.roleID)-1]+"X"
	p.id = strconv.Itoa(firstUserID+p.number) + ":" + p.roleID
	return p
}

// ScopeID is the scope of the nth person of the hierarchy (0 is its root), as Clari writes it: 1905::MGR.
func (t Tenant) ScopeID(person int) string {
	t = t.withDefaults()
	return fmt.Sprintf("%d::%s", firstUserID+person, t.scopeType(person))
}

func (t *Tenant) scopeType(i int) string {
	if t.isManager(i) {
		return "MGR"
	}
	return "REP"
}

// root is the person whose scope that is.
func (t *Tenant) root(scope string) (int, bool) {
	if scope == "" {
		return 0, true
	}
	id, kind, _ := strings.Cut(scope, "::")
	n, err := strconv.Atoi(id)
	i := n - firstUserID
	return i, err == nil && i >= 0 && i < t.People && kind == t.scopeType(i)
}

// team yields the numbers of a person and of all below, level by level, without those who have left by then.
func (t *Tenant) team(root int, at time.Time) iter.Seq[int] {
	return func(yield func(int) bool) {
		for first, last := root, root; first < t.People; first, last = first*t.Span+1, last*t.Span+t.Span {
			for i := first; i <= min(last, t.People-1); i++ {
				if left, ok := t.Leavers[i]; ok && !at.Before(left) {
					continue
				}
				if !yield(i) {
					return
				}
			}
		}
	}
}
