package forecasts

import "github.com/cq-source-clari/cq-source-clari/resources/table"

// Entry is what Clari knows of one person, field and week.
//
// The four ids are its key and never empty. A value that the export left out is null, never zero.
type Entry struct {
	TimePeriodID string // quarter, or a month in it
	TimeFrameID  string // week
	UserID       string // person in one role
	FieldID      string

	ForecastValue   table.Opt[float64]
	QuotaValue      table.Opt[float64]
	AdjustmentValue table.Opt[float64]
	CRMTotal        table.Opt[float64]
	CRMClosed       table.Opt[float64]
	CurrencyCode    table.Opt[string]
	CurrencySymbol  table.Opt[string]
	IsUpdated       table.Opt[bool]
	UpdatedBy       table.Opt[string]
	UpdatedAt       table.Opt[int64] // microseconds since 1970, UTC
	AdjustedBy      table.Opt[string]
	AdjustedAt      table.Opt[int64]  // microseconds since 1970, UTC
	CRMUserID       table.Opt[string] // of the person
	Email           table.Opt[string] // of the person
	FieldName       table.Opt[string] // flat shapes only
	Extra           []byte            // JSON object of the keys that we do not know, nil when there are none
}

// User is a person in the hierarchy. One person in two roles is two users.
type User struct {
	UserID string
	// ParentRole is part of the key in every shape: the flat shapes list a person once for each parent
	// role with nothing else to tell those rows apart, and what makes up a key must not depend on the
	// shape that Clari happened to choose. No key is ever null, so an absent parent role is empty text.
	ParentRole string

	Name              table.Opt[string]
	Email             table.Opt[string]
	CRMUserID         table.Opt[string]
	HierarchyID       table.Opt[string]
	Role              table.Opt[string]
	ParentHierarchyID table.Opt[string]
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
	Week        table.Opt[string] // as Clari writes it: counted from 0 in some exports, from 1 in others
	Extra       []byte            // JSON object, nil when empty
}

// rows is where the shapes of a result meet: whatever a result looks like, its rows arrive here.
// A pointer is valid during the call only.
type rows interface {
	Entry(*Entry) error
	User(*User) error
	Field(*Field) error
	TimePeriod(*TimePeriod) error
	TimeFrame(*TimeFrame) error
}
