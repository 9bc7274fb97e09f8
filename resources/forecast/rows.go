package forecast

import "github.com/cq-source-clari/cq-source-clari/resources/table"

// User is a person in the hierarchy. One person in two roles is two users.
type User struct {
	UserID            string // never empty
	Name              table.Opt[string]
	Email             table.Opt[string]
	PersonID          table.Opt[string] // the same in all roles, quarters, tabs and shapes
	ClariUserID       table.Opt[string]
	CRMUserID         table.Opt[string]
	UserType          table.Opt[string] // MGR or REP
	HierarchyLevel    table.Opt[int64]  // 0 for whoever has nobody above in the result
	HasReports        table.Opt[bool]
	ManagerUserID     table.Opt[string]
	ManagerName       table.Opt[string]
	HierarchyID       table.Opt[string]
	Role              table.Opt[string]
	ParentHierarchyID table.Opt[string]
	ParentRole        table.Opt[string]
	UserScope         []byte // JSON, nil when absent
	Extra             []byte // JSON object, nil when empty
}

// Field is one field of the forecast tab: Commit, Best Case, Quota.
type Field struct {
	FieldID string
	Name    table.Opt[string]
	Type    table.Opt[string]
	Extra   []byte // JSON object, nil when empty
}

// TimePeriod is a fiscal quarter, or a month in it.
type TimePeriod struct {
	TimePeriodID string
	Type         table.Opt[string]
	Label        table.Opt[string]
	Year         table.Opt[string] // fiscal year as Clari writes it
	StartDate    table.Opt[int32]  // days since 1970
	EndDate      table.Opt[int32]  // days since 1970
	CRMID        table.Opt[string]
	Extra        []byte // JSON object, nil when empty
}

// TimeFrame is a week of the quarter.
type TimeFrame struct {
	TimeFrameID string
	StartDate   table.Opt[int32]  // days since 1970
	EndDate     table.Opt[int32]  // days since 1970
	Number      table.Opt[int64]  // weeks since the one in which the quarter begins, which is 1
	WeeksToEnd  table.Opt[int64]  // whole weeks from the week's end to that of the period that was asked for
	Entries     table.Opt[int64]  // rows of the week that the job sends
	Week        table.Opt[string] // as Clari writes it: counted from 0 in some exports, from 1 in others
	Extra       []byte            // JSON object, nil when empty
}

// FiscalQuarter is the quarter that an export is about; null where it is of another kind of period.
type FiscalQuarter struct{ Year, Number table.Opt[int64] }
