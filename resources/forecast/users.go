package forecast

import "github.com/cq-source-clari/cq-source-clari/resources/table"

// UsersTable has the people.
var UsersTable = table.Def[shared, User]{
	Name:  "clari_forecast_users",
	Title: "Clari Forecast Users",
	Description: "The people in the hierarchy of a forecast tab, one row for each role of a person. People who are not opted in are missing. " +
		"What a manager is credited with holds the whole team: never add up rows of different levels.",
	Shared: sharedColumns(true),
	Columns: []table.Column[User]{
		table.String("user_id", "Person in a role. In exports of rows with labels made of the CRM user id (else e-mail, else name), the role and the role above.",
			func(u *User) *string { return &u.UserID }).Key(),
		table.NullString("name", "Display name.", userName),
		table.NullString("email", "E-mail address.", userEmail),
		personID, clariUserID, crmUserID, userType, hierarchyLevel, hasReports, managerUserID,
		table.NullString("hierarchy_id", "Id of the role in the CRM.", func(u *User) *table.Opt[string] { return &u.HierarchyID }),
		role,
		table.NullString("parent_hierarchy_id", "Id of the role above.", func(u *User) *table.Opt[string] { return &u.ParentHierarchyID }),
		table.NullString("parent_role", "Name of the role above, null at the root.", func(u *User) *table.Opt[string] { return &u.ParentRole }),
		table.JSON("user_scope", "Clari's own id of the person's place in the hierarchy.", func(u *User) *[]byte { return &u.UserScope }),
		extraColumn(func(u *User) *[]byte { return &u.Extra }),
	},
}

func userName(u *User) *table.Opt[string]  { return &u.Name }
func userEmail(u *User) *table.Opt[string] { return &u.Email }

// Columns that entries borrow from their person as they are.
var (
	personID = table.NullString("person_id", "The same person in all roles, quarters, tabs and shapes: the CRM user id, else the e-mail address in lower case and without spaces around it, "+
		"else Clari's own id, else the name; the best that any row of the same clari_user_id has. A CRM user id that people with different addresses share is none. "+
		"Follow a person over time by it.", func(u *User) *table.Opt[string] { return &u.PersonID }).Unmerged()
	clariUserID = table.NullString("clari_user_id", "Clari's own id of the person, the part of user_id before the colon. Null in exports of rows with labels.",
		func(u *User) *table.Opt[string] { return &u.ClariUserID }).Unmerged()
	crmUserID = table.NullString("crm_user_id", "The person's id in the CRM: the same in all roles, and the one to join on.",
		func(u *User) *table.Opt[string] { return &u.CRMUserID })
	userType = table.NullString("user_type", "MGR or REP, as Clari's user scope says. Null in exports of rows with labels.",
		func(u *User) *table.Opt[string] { return &u.UserType }).Unmerged()
	hierarchyLevel = table.Int("hierarchy_level", "How many roles with people in the result are above this one: 0 for whoever has nobody above, which under a scope_id is the scope's own head. "+
		"Amounts of a level hold those of the levels below. Null where the roles above lead to no top, or to several on ways of different length, and for whoever has no role.", func(u *User) *table.Opt[int64] { return &u.HierarchyLevel }).Unmerged()
	hasReports = table.Bool("has_reports", "Whether anybody in the result is in a role right below this one.",
		func(u *User) *table.Opt[bool] { return &u.HasReports }).Unmerged()
	managerUserID = table.NullString("manager_user_id", "user_id of who holds the role above. Null where nobody in the result does, or several do.",
		func(u *User) *table.Opt[string] { return &u.ManagerUserID }).Unmerged()
	role = table.NullString("role", "Name of the role.", func(u *User) *table.Opt[string] { return &u.Role })
)
