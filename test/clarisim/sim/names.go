package sim

import (
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/around"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/result"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/server"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// The types, by room.
type (
	Config   = server.Config
	Server   = server.Server
	Exchange = server.Exchange
	Observed = server.Observed
	Fault    = server.Fault
	Effect   = server.Effect

	Op       = ledger.Op
	Target   = ledger.Target
	Request  = ledger.Request
	Job      = ledger.Job
	Change   = ledger.Change
	Ledger   = ledger.Ledger
	Asked    = ledger.Asked
	Duration = ledger.Duration

	Kind  = server.Kind
	Class = server.Class

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

// DefaultKey is the API key where a Config names none, and Always the Count of a fault that does not stop.
const (
	DefaultKey = server.DefaultKey
	Always     = server.Always
)

// New makes a server; it starts nothing, and costs next to nothing.
func New(cfg Config) *Server { return server.New(cfg) }

// The operations.
const (
	Create         = ledger.Create
	List           = ledger.List
	Status         = ledger.Status
	Cancel         = ledger.Cancel
	Results        = ledger.Results
	Limits         = ledger.Limits
	CreateActivity = ledger.CreateActivity
	AuditEvents    = ledger.AuditEvents
	Opportunities  = ledger.Opportunities
)

// All operations: of forecast exports, and around them.
var (
	Ops       = ledger.Ops
	OpsAround = ledger.OpsAround
)

// The status words of jobs.
const (
	Scheduled = ledger.Scheduled
	Started   = ledger.Started
	Done      = ledger.Done
	Failed    = ledger.Failed
	Aborted   = ledger.Aborted
	Cancelled = ledger.Cancelled
)

// How long a job stays queued, or runs.
var (
	Fixed     = ledger.Fixed
	Between   = ledger.Between
	LogNormal = ledger.LogNormal
)

// Forever never passes: the job is stuck.
const Forever = ledger.Forever

// The classes of faults.
const (
	Refusal    = server.Refusal
	Outage     = server.Outage
	Connection = server.Connection
	Slow       = server.Slow
	Unclear    = server.Unclear
	Body       = server.Body
	Course     = server.Course
	Content    = server.Content
)

// What goes wrong, by name.
var (
	Kinds       = server.Kinds
	KindsAround = server.KindsAround

	Answer           = server.Answer
	AnswerJSON       = server.AnswerJSON
	AnswerBody       = server.AnswerBody
	Throttled        = server.Throttled
	QuotaReached     = server.QuotaReached
	NoOptIn          = server.NoOptIn
	NoSuchForecast   = server.NoSuchForecast
	TypeNotSupported = server.TypeNotSupported
	NotFinished      = server.NotFinished
	ResultsGone      = server.ResultsGone
	IncompleteLimits = server.IncompleteLimits
	NoAuditRights    = server.NoAuditRights

	HTML          = server.HTML
	Malformed     = server.Malformed
	EchoKey       = server.EchoKey
	Rewritten     = server.Rewritten
	OddItem       = server.OddItem
	Padded        = server.Padded
	AltersPage    = server.AltersPage
	LinkElsewhere = server.LinkElsewhere
	LinkRepeats   = server.LinkRepeats
	OtherShape    = server.OtherShape

	Hang       = server.Hang
	Reset      = server.Reset
	Refused    = server.Refused
	Cut        = server.Cut
	CutChunked = server.CutChunked
	Shorten    = server.Shorten
	Stall      = server.Stall
	Trickle    = server.Trickle

	Altered      = server.Altered
	Ends         = server.Ends
	Says         = server.Says
	Takes        = server.Takes
	StuckQueued  = server.StuckQueued
	StuckRunning = server.StuckRunning
	Lives        = server.Lives
	Hidden       = server.Hidden
	Twin         = server.Twin

	Quirky            = server.Quirky
	WrongQuarter      = server.WrongQuarter
	RowsTruncated     = server.RowsTruncated
	CellsTruncated    = server.CellsTruncated
	Empty             = server.Empty
	TwoIDs            = server.TwoIDs
	SplitEntries      = server.SplitEntries
	RepeatEntry       = server.RepeatEntry
	MissingID         = server.MissingID
	ShuffledWeeks     = server.ShuffledWeeks
	ActivityWithoutID = server.ActivityWithoutID
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
