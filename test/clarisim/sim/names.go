package sim

import (
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/around"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/result"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// What a Config is made of and what a Ledger tells of are in rooms of their own, tenant and result: these are their names here, so that a test
// imports one package.
type (
	Tenant   = tenant.Tenant
	Tab      = tenant.Tab
	Field    = tenant.Field
	Person   = tenant.Person
	Sale     = tenant.Sale
	Amounts  = tenant.Amounts
	Calendar = tenant.Calendar
	Quarter  = tenant.Quarter
	Week     = tenant.Week
	Encoding = tenant.Encoding

	Export = result.Export
	Quirks = result.Quirks
	Period = result.Period
	Entry  = result.Entry
	Counts = result.Counts

	Around      = around.Config
	AuditEvent  = around.AuditEvent
	Activities  = around.Activities
	Activity    = around.Activity
	Opportunity = around.Opportunity
)

// The encodings of results.
const (
	Arrays      = tenant.Arrays
	FlatObjects = tenant.FlatObjects
	FlatLists   = tenant.FlatLists
	CSV         = tenant.CSV
)

// The ways to write times and links.
const (
	ISO       = around.ISO
	Millis    = around.Millis
	Seconds   = around.Seconds
	Instant   = around.Instant
	Absolute  = around.Absolute
	FromRoot  = around.FromRoot
	QueryOnly = around.QueryOnly
)

// ActivityTypes are all that Clari knows.
var ActivityTypes = around.ActivityTypes

// Makers of tenants and of what is in them.
var (
	Fields        = tenant.Fields
	MonthlyField  = tenant.MonthlyField
	CountField    = tenant.CountField
	ParseQuarter  = tenant.ParseQuarter
	OddStaff      = tenant.OddStaff
	OddTextStaff  = tenant.OddTextStaff
	OddTextFields = tenant.OddTextFields
	SalesTeam     = tenant.SalesTeam
)

type object = result.Object
