package ledger

// Op is an operation of the API.
type Op string

// The operations of forecast exports.
const (
	Create  Op = "create"  // POST /export/forecast/{forecastId}
	List    Op = "list"    // GET /export/jobs
	Status  Op = "status"  // GET /export/jobs/{jobId}
	Cancel  Op = "cancel"  // PATCH /export/jobs/{jobId}
	Results Op = "results" // GET /export/jobs/{jobId}/results
	Limits  Op = "limits"  // GET /admin/limits
)

// Ops are all of them.
var Ops = []Op{Create, List, Status, Cancel, Results, Limits}

// The operations around the forecast. They are not among Ops, which tests of forecast exports go through.
const (
	CreateActivity Op = "create-activity" // POST /export/activity
	AuditEvents    Op = "audit-events"    // GET /audit/events
	Opportunities  Op = "opportunities"   // GET /opportunity
)

// OpsAround are all of them.
var OpsAround = []Op{CreateActivity, AuditEvents, Opportunities}

// A Target is what a request is about, and what a fault picks requests by.
type Target struct {
	Op       Op     // "" is a path that the API does not have
	Forecast string // of the creation, or of the job
	Period   string // as asked, by the creation or for the job; "" where none was
	Job      int    // Number of the job, also of the one that a creation would make
}
