package tenant

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// firstUserID is the Clari user id of the root of the hierarchy; the others count on from it.
const firstUserID = 280_000

// A Person is one place in the hierarchy of a tenant: somebody in a role.
type Person struct {
	ID           int // Clari's own
	Name, Email  string
	CRMID        string // "": none
	Role, RoleID string
	ParentRole   string // "" at the root
	ParentRoleID string
	Type         string // MGR or REP
}

// A Member is a place as amounts depend on it.
type Member struct {
	Person
	Number  int    // of generated people as in a heap: the reports of i are i*span+1 to i*span+span
	Hash    uint64 // told apart from the number so that one person under two ids has two sets of amounts
	Manager string // name; "" at the root
}

var (
	givenNames  = []string{"Ada", "Zoë", "Li", `"Bo"`, "Noor", "José", "Mary Ann", "Søren", "Ola", "Priya", "Tom"}
	familyNames = []string{"Jain", "O'Brien", "Müller", "García, Jr.", "Smith", "Larsson", "Nakamura", "Diallo", "Ivanova"}
	regions     = []string{"East", "West", "EMEA", "APAC, South"}
)

// Name is that of the ith person.
func (t *Tenant) Name(i int) string {
	h := Mix(t.Seed, uint64(i))
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

// Member is the ith place.
func (t *Tenant) Member(i int) Member {
	if len(t.Staff) > 0 {
		p := Member{Person: t.Staff[i], Number: i, Hash: uint64(i)}
		if p.ParentRole != "" {
			p.Manager = "Head of " + p.ParentRole
		}
		return p
	}
	p := Member{Number: i, Hash: uint64(i), Person: Person{
		ID: firstUserID + i, Name: t.Name(i), Email: fmt.Sprintf("person%d@clari.example", i), Type: t.scopeType(i),
	}}
	if t.MissingCRM == 0 || i%t.MissingCRM != t.MissingCRM-1 {
		p.CRMID = fmt.Sprintf("005%03d%012d", t.Seed%1000, i)
	}
	p.Role, p.RoleID = t.role(i)
	if i > 0 {
		boss := (i - 1) / t.Span
		p.Manager = t.Name(boss)
		p.ParentRole, p.ParentRoleID = t.role(boss)
	}
	return p
}

// Alias is the same person under a second id, as after a change of role.
func (p Member) Alias() Member {
	p.Hash |= 1 << 40
	p.Role, p.RoleID = "Interim "+p.Role, p.RoleID[:len(p.RoleID)-1]+"X"
	return p
}

// ScopeID is the scope of the nth person of the hierarchy (0 is its root), as Clari writes it: 1905::MGR.
func (t Tenant) ScopeID(person int) string {
	t = t.WithDefaults()
	return fmt.Sprintf("%d::%s", firstUserID+person, t.scopeType(person))
}

func (t *Tenant) scopeType(i int) string {
	if t.isManager(i) {
		return "MGR"
	}
	return "REP"
}

// Root is the person whose scope that is.
func (t *Tenant) Root(scope string) (int, bool) {
	if scope == "" {
		return 0, true
	}
	id, kind, _ := strings.Cut(scope, "::")
	n, err := strconv.Atoi(id)
	i := n - firstUserID
	return i, err == nil && i >= 0 && i < t.People && kind == t.scopeType(i)
}

// Team yields the numbers of a person and of all below, level by level, without those who have left by then.
func (t *Tenant) Team(root int, at time.Time) iter.Seq[int] {
	return func(yield func(int) bool) {
		if len(t.Staff) > 0 {
			for i := range t.Staff {
				if left, ok := t.Leavers[i]; ok && !at.Before(left) {
					continue
				}
				if !yield(i) {
					return
				}
			}
			return
		}
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

// Scope is the user scope of a person as five arrays tell it: the text of a JSON object.
func (p *Person) Scope() string {
	return fmt.Sprintf(`{"type":%q,"userId":%d,"userType":%q}`, "USER", p.ID, p.Type)
}

// UserID is the id of a person in a role, as five arrays have it.
func (p *Person) UserID() string {
	return fmt.Sprintf("%d:%s", p.ID, p.RoleID)
}
