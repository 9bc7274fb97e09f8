package sim

import (
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/around"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/fault"
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

	Kind = fault.Kind

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

	Around     = around.Config
	AuditEvent = around.AuditEvent
	Activities = around.Activities
	Activity   = around.Activity
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
	Refusal    = fault.Refusal
	Outage     = fault.Outage
	Connection = fault.Connection
	Slow       = fault.Slow
	Unclear    = fault.Unclear
	Body       = fault.Body
	Course     = fault.Course
	Content    = fault.Content
)

// What goes wrong, by name.
var (
	Kinds       = fault.Kinds
	KindsAround = fault.KindsAround

	Answer           = fault.Answer
	AnswerJSON       = fault.AnswerJSON
	AnswerBody       = fault.AnswerBody
	Throttled        = fault.Throttled
	QuotaReached     = fault.QuotaReached
	NoOptIn          = fault.NoOptIn
	NoSuchForecast   = fault.NoSuchForecast
	TypeNotSupported = fault.TypeNotSupported
	NotFinished      = fault.NotFinished
	ResultsGone      = fault.ResultsGone
	IncompleteLimits = fault.IncompleteLimits
	NoAuditRights    = fault.NoAuditRights

	HTML          = fault.HTML
	Malformed     = fault.Malformed
	EchoKey       = fault.EchoKey
	Rewritten     = fault.Rewritten
	OddItem       = fault.OddItem
	Padded        = fault.Padded
	AltersPage    = fault.AltersPage
	LinkElsewhere = fault.LinkElsewhere
	LinkRepeats   = fault.LinkRepeats
	OtherShape    = fault.OtherShape

	Hang       = fault.Hang
	Reset      = fault.Reset
	Refused    = fault.Refused
	Cut        = fault.Cut
	CutChunked = fault.CutChunked
	Shorten    = fault.Shorten
	Stall      = fault.Stall
	Trickle    = fault.Trickle

	Altered      = fault.Altered
	Ends         = fault.Ends
	Says         = fault.Says
	Takes        = fault.Takes
	StuckQueued  = fault.StuckQueued
	StuckRunning = fault.StuckRunning
	Lives        = fault.Lives
	Hidden       = fault.Hidden
	Twin         = fault.Twin

	WrongQuarter      = fault.WrongQuarter
	RowsTruncated     = fault.RowsTruncated
	CellsTruncated    = fault.CellsTruncated
	Empty             = fault.Empty
	TwoIDs            = fault.TwoIDs
	SplitEntries      = fault.SplitEntries
	RepeatEntry       = fault.RepeatEntry
	MissingID         = fault.MissingID
	ShuffledWeeks     = fault.ShuffledWeeks
	ActivityWithoutID = fault.ActivityWithoutID
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
