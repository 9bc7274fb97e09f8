package tenant

import (
	"fmt"
	"strings"
)

// OddStaff is a hierarchy with all that one may have: two roots, a loop and somebody below it, a parent outside of the result, a role
// that nobody holds, one that two hold, a person in two roles, and one role's name under two parents. Flat rows tell roles apart by
// their names, five arrays by their ids.
func OddStaff() []Person {
	var staff []Person
	add := func(person int, role, parent string) {
		p := Person{
			ID: 100 + person, Name: fmt.Sprintf("Person %d", person), Email: fmt.Sprintf("Person%d@Clari.example", person),
			CRMID: fmt.Sprintf("005%015d", person), Role: role, RoleID: roleID(role), Type: "REP",
		}
		if parent != "" {
			p.ParentRole, p.ParentRoleID = parent, roleID(parent)
		}
		// Roles of one name have ids of their own.
		if role == "Overlay" {
			p.RoleID += "/" + parent
		}
		staff = append(staff, p)
	}
	add(1, "CEO", "")
	add(2, "Chair", "")
	add(3, "East", "CEO")
	add(4, "West", "CEO")
	add(5, "Rep East", "East")
	add(5, "Rep West", "West") // in two roles
	add(6, "Overlay", "East")
	add(6, "Overlay", "West") // one name under two parents
	add(7, "Director", "Chair")
	add(8, "Director", "Chair") // two hold the role above
	add(9, "Rep of Directors", "Director")
	add(10, "Ring 1", "Ring 2")
	add(11, "Ring 2", "Ring 1") // a loop
	add(12, "Below the ring", "Ring 1")
	add(13, "Stray", "Elsewhere") // the parent is outside
	add(14, "Below the stray", "Stray")
	add(15, "Below a vacancy", "Vacant")
	add(16, "Also below it", "Vacant")
	for i := range staff {
		for _, p := range staff {
			if p.ParentRole == staff[i].Role {
				staff[i].Type = "MGR"
			}
		}
	}
	staff[8].CRMID, staff[8].Email = "", "MiXed@Clari.example"
	staff[9].CRMID, staff[9].Email = "", ""
	return staff
}

func roleID(role string) string { return "00E " + role }

// OddTexts are texts that are hard to write and to read. No two bytes that are not UTF-8 follow one another: how many U+FFFD stand for
// them is not for tests to say. None begins or ends with space, which flat rows lose.
var OddTexts = []string{
	`say "quotes" and 'single' ones`, `back\slash \n \u0041`, "line\nbreak", "carriage\r\nreturn", "tab\tand \x01\x1f\x7f control", "comma, semi; colon: 5%",
	"astral 😀 \U0010ffff", "two \u2028 odd \u2029 separators", "invalid \xff byte and \xfe another", "cut \xe2", "null \x00 byte",
	"[] {} : null true 1e999", "<b>&amp;</b>", "ünïcödé e\u0301", "=1+1", strings.Repeat("long ", 400) + "end",
}

// OddTextStaff is a flat hierarchy of people who have odd texts for names and roles.
func OddTextStaff() []Person {
	staff := []Person{{ID: 1, Name: "Root", Email: "root@x.example", CRMID: "005R", Role: "Root", RoleID: "00ER", Type: "MGR"}}
	for i, text := range OddTexts {
		staff = append(staff, Person{
			ID: 2 + i, Name: text, Email: fmt.Sprintf("%d@x.example", i), CRMID: fmt.Sprint("005:", i, "%"), Role: text, RoleID: fmt.Sprint("00E", i),
			ParentRole: "Root", ParentRoleID: "00ER", Type: "REP",
		})
	}
	return staff
}

// OddTextFields are fields whose names are odd texts.
func OddTextFields() []Field {
	fields := []Field{MonthlyField(), {ID: "quota_f", Name: "Quota", Type: "quota"}}
	for i, text := range OddTexts {
		fields = append(fields, Field{ID: fmt.Sprint("f", i), Name: text, Type: "forecast"})
	}
	return fields
}
