package forecasts

import "github.com/cq-source-clari/cq-source-clari/resources/table"

var usersTable = table.Def[shared, User]{
	Name:        "clari_forecast_users",
	Title:       "Clari Forecast Users",
	Description: "The people in the hierarchy of a forecast tab, one row for each role of a person. People who are not opted in are missing.",
	Shared:      sharedColumns(true),
	Columns:     userColumns,
}

var userColumns = []table.Column[User]{
	table.String("user_id", "Person in a role.",
		func(u *User) *string { return &u.UserID }).Key(),
	table.NullString("name", "Display name.",
		func(u *User) *table.Opt[string] { return &u.Name }),
	table.NullString("email", "E-mail address.",
		func(u *User) *table.Opt[string] { return &u.Email }),
	table.NullString("crm_user_id", "The person's id in the CRM: the same in all roles, and the one to join on.",
		func(u *User) *table.Opt[string] { return &u.CRMUserID }),
	table.NullString("hierarchy_id", "Id of the role in the CRM.",
		func(u *User) *table.Opt[string] { return &u.HierarchyID }),
	table.NullString("role", "Name of the role.",
		func(u *User) *table.Opt[string] { return &u.Role }),
	table.NullString("parent_hierarchy_id", "Id of the role above.",
		func(u *User) *table.Opt[string] { return &u.ParentHierarchyID }),
	table.String("parent_role", "Name of the role above, empty at the root. A person under two of them has two rows.",
		func(u *User) *string { return &u.ParentRole }).Key(),
	table.JSON("user_scope", "Clari's own id of the person's place in the hierarchy.",
		func(u *User) *[]byte { return &u.UserScope }),
	extraColumn(func(u *User) *[]byte { return &u.Extra }),
}
