package forecast

import "github.com/cq-source-clari/cq-source-clari/resources/table"

// UsersTable has the people.
var UsersTable = table.Def[shared, User]{
	Name:  "clari_forecast_users",
	Title: "Clari Forecast Users",
	Description: "One row per person in a role of the hierarchy. People who are not opted in to forecasting are missing. " +
		"A manager's amounts include the team's. Never add rows of different levels.",
	Shared: sharedColumns(true),
	Columns: []table.Column[User]{
		table.String("user_id", "Person in a role. In flat results it is made of the CRM user id (else the e-mail address, else the name), the role and the role above.",
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
	personID = table.NullString("person_id", "Id of the person in all roles, quarters, tabs and shapes. Follow a person over time by it. It is the first of these that is known: the CRM user id, "+
		"the e-mail address in lower case, Clari's own id, the name. Rows of one clari_user_id share the best that any of them has. "+
		"A CRM user id does not count if people with different addresses have it.", func(u *User) *table.Opt[string] { return &u.PersonID }).Unmerged()
	clariUserID = table.NullString("clari_user_id", "Clari's own id of the person: the part of user_id before the colon. Always null in flat results.",
		func(u *User) *table.Opt[string] { return &u.ClariUserID }).Unmerged()
	crmUserID = table.NullString("crm_user_id", "The person's id in the CRM, the same in all roles. Join it to the CRM's users.",
		func(u *User) *table.Opt[string] { return &u.CRMUserID })
	userType = table.NullString("user_type", "MGR or REP, as user_scope says. Always null in flat results.",
		func(u *User) *table.Opt[string] { return &u.UserType }).Unmerged()
	hierarchyLevel = table.Int("hierarchy_level", "How many roles above this one have people in the result. It is 0 at the top; with a scope_id the top is the head of that scope. "+
		"Amounts of a level include those of the levels below. Null if the person has no role, or if the roles above lead to no top or to tops at different distances.", func(u *User) *table.Opt[int64] { return &u.HierarchyLevel }).Unmerged()
	hasReports = table.Bool("has_reports", "Whether the result has anybody in a role directly below this one.",
		func(u *User) *table.Opt[bool] { return &u.HasReports }).Unmerged()
	managerUserID = table.NullString("manager_user_id", "user_id of the person in the role above. Null if the result has nobody there, or several people.",
		func(u *User) *table.Opt[string] { return &u.ManagerUserID }).Unmerged()
	role = table.NullString("role", "Name of the role.", func(u *User) *table.Opt[string] { return &u.Role })
)
