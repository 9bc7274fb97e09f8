package tenant

import (
	"fmt"
	"math"
	"time"
)

// A Sale is what amounts are asked for: a person, field and week.
type Sale struct {
	Person  int // of Tenant.Staff
	Tab     string
	Field   Field
	Quarter Quarter
	Week    Week
	At      time.Time // of the export
}

// Amounts are those of an entry. NaN is none.
type Amounts struct {
	Forecast, Quota, Adjustment, CRMTotal, CRMClosed float64
	Updated                                          bool
}

// A team is who sells what in a SalesTeam.
type team struct {
	calendar Calendar
	staff    []Person
	boss     []int // of each; -1 for the root
	now      time.Time
	left     int // who left
	moved    int // who changed teams, and from whom
	movedOff int
	late     int // who won a big deal late in the quarter before
}

const span = 5 // people below a manager

// SalesTeam is a tenant that looks like a sales team at the given time: three levels, of which each call is about the people below;
// calls that converge towards what is closed; a few people who forget to submit; one who has left in mid-quarter, one who has
// changed teams, and one late big deal in the quarter before. The amounts follow from the calendar alone.
func SalesTeam(people int, now time.Time) Tenant {
	t := &team{now: now, left: -1, moved: -1, late: -1}
	managers := max(1, (people-1)/(span+1))
	regions := []string{"East", "West", "North", "South", "EMEA", "APAC", "LATAM", "DACH", "Nordics", "Iberia"}
	given := []string{"Ada", "Bruno", "Chen", "Dalia", "Emeka", "Freya", "Goran", "Hana", "Ivo", "Jaya", "Kofi", "Lena", "Mateo", "Nadia", "Omar", "Petra", "Quinn", "Rosa", "Sami", "Tove"}
	family := []string{"Jain", "Okafor", "Müller", "Garcia", "Smith", "Larsson", "Nakamura", "Diallo", "Ivanova", "Rossi", "Haddad"}
	add := func(role, id string, boss int, kind string) {
		i := len(t.staff)
		p := Person{
			ID: firstUserID + i, Name: given[i*7%len(given)] + " " + family[i*5%len(family)], Email: fmt.Sprintf("person%d@sales.example", i),
			CRMID: fmt.Sprintf("0054M%013d", i), Role: role, RoleID: id, Type: kind,
		}
		if boss >= 0 {
			p.ParentRole, p.ParentRoleID = t.staff[boss].Role, t.staff[boss].RoleID
		}
		t.staff, t.boss = append(t.staff, p), append(t.boss, boss)
	}
	add("Chief Revenue Officer", "00E4M000000000000A", -1, "MGR")
	for i := range managers {
		add("Manager "+region(regions, i), fmt.Sprintf("00E4M%012dM", i), 0, "MGR")
	}
	for i := range max(0, people-1-managers) {
		boss := 1 + i%managers
		add("Sales Rep "+region(regions, boss-1), fmt.Sprintf("00E4M%012dR", boss-1), boss, "REP")
	}
	leavers := map[int]time.Time{}
	if reps := len(t.staff) - 1 - managers; reps > 3 {
		t.late, t.left = 1+managers, 2+managers
		leavers[t.left] = t.gone()
		if managers > 1 {
			t.moved = 3 + managers
			t.movedOff = 1 + t.boss[t.moved]%managers // whose rep it was until then
		}
	}
	return Tenant{
		Staff: t.staff, Leavers: leavers, Amounts: t.amounts, FirstQuarter: t.calendar.QuarterOf(now).Add(-6),
		Tabs: []Tab{
			{ID: "net_arr", Encoding: FlatObjects, Fields: salesFields},
			{ID: "bookings", Encoding: Arrays, Fields: salesFields},
			{ID: "renewals", Encoding: FlatLists, Fields: []Field{salesFields[0], salesFields[2]}},
		},
	}
}

var salesFields = []Field{
	{ID: "fc_commit", Name: "Commit", Type: "forecast"}, {ID: "fc_best_case", Name: "Best Case", Type: "forecast"}, {ID: "quota_f", Name: "Quota", Type: "quota"},
}

func region(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s %d", names[i%len(names)], i/len(names)+1)
}

// gone is when the leaver left: in the middle of what there is of the quarter.
func (t *team) gone() time.Time {
	opened, _ := t.calendar.Days(t.calendar.QuarterOf(t.now))
	return opened.Add(t.now.Sub(opened) / 2)
}

// below are the people right below a manager in a week. Who left or moved counted where they were then: the hierarchy tells only where
// people are now.
func (t *team) below(manager int, w Week) (people []int) {
	for i, boss := range t.boss {
		if i == t.moved && w.Last.Before(t.gone()) {
			boss = t.movedOff
		}
		if boss == manager && (i != t.left || w.Last.Before(t.gone())) {
			people = append(people, i)
		}
	}
	return people
}

// chance is the same number from 0 to 1 for the same arguments.
func chance(parts ...int) float64 {
	h := uint64(7)
	for _, p := range parts {
		h = Mix(h, uint64(p+1000))
	}
	return float64(h>>11) / (1 << 53)
}

func thousands(v float64) float64 { return math.Round(v/1000) * 1000 }

func (t *team) amounts(s Sale) Amounts {
	none := math.NaN()
	a := Amounts{Forecast: none, Quota: none, Adjustment: none, CRMTotal: none, CRMClosed: none}
	size := map[string]float64{"net_arr": 1, "bookings": 1.3, "renewals": 0.6}[s.Tab]
	if s.Field.Type == "quota" {
		a.Quota = thousands(size * t.quota(s.Person, s.Quarter, s.Week))
		return a
	}
	if s.Week.First.After(s.At) { // still to come
		return a
	}
	closed, call := t.progress(s.Person, s.Quarter, s.Week)
	a.CRMClosed, a.CRMTotal = thousands(size*closed), thousands(size*call*1.6)
	a.Forecast = thousands(size * call)
	week := s.Quarter.Year*400 + s.Quarter.Number*100 + s.Week.Number
	a.Updated = t.staff[s.Person].Type == "MGR" || chance(s.Person, week, 3) > 0.1
	if s.Field.ID == "fc_best_case" {
		a.Forecast = thousands(size * (call + 0.35*max(0, call-closed)))
	} else if t.boss[s.Person] > 0 && chance(s.Person, week, 5) < 0.08 {
		a.Adjustment = thousands(a.Forecast * 0.9)
	}
	return a
}

// quota is set for the quarter, and grows.
func (t *team) quota(person int, q Quarter, w Week) (sum float64) {
	if t.staff[person].Type == "REP" {
		return (400_000 + 40_000*math.Floor(10*chance(person, 1))) * math.Pow(1.03, float64(q.Year*4+q.Number-8100))
	}
	for _, p := range t.below(person, w) {
		sum += t.quota(p, q, w)
	}
	return sum
}

// progress is what a person has closed by the end of a week, and what the person calls.
func (t *team) progress(person int, q Quarter, w Week) (closed, call float64) {
	if t.staff[person].Type != "REP" {
		for _, p := range t.below(person, w) {
			c, f := t.progress(p, q, w)
			closed, call = closed+c, call+f
		}
		done := t.done(q, w)
		return closed, closed + (call-closed)*(0.9+0.1*done) // a manager trusts what is open less
	}
	done := t.done(q, w)
	final := t.quota(person, q, w) * (0.7 + 0.5*chance(person, q.Year, q.Number))
	bias := 0.5*chance(person, 2) - 0.15 // some call high, a few call low
	wobble := 0.12 * (chance(person, q.Year, q.Number, w.Number) - 0.5)
	closed = final * math.Pow(done, 1.7)
	call = max(closed, final*(1+(bias+wobble)*(1-done)))
	if person == t.late && q == t.calendar.QuarterOf(t.now).Add(-1) && done > 0.75 {
		deal := 2.5 * t.quota(person, q, w)
		call += deal
		if done > 0.9 {
			closed += deal
		}
	}
	return closed, call
}

// done is how much of a quarter is over at the end of a week, from 0 to 1.
func (t *team) done(q Quarter, w Week) float64 {
	first, last := t.calendar.Days(q)
	return min(1, max(0, w.Last.Sub(first).Hours()/last.Sub(first).Hours()))
}
