package forecasts

import (
	"context"
	"time"
)

// The shapes of a result.
const (
	shapeArrays      = "arrays"       // an object of five arrays with ids
	shapeFlatObjects = "flat_objects" // a list of objects with the twelve keys of the CSV
	shapeFlatLists   = "flat_lists"   // a list of lists, the first of which is the header
	shapeCSV         = "csv"
)

// Asked is what is known of an export before its result is read.
type Asked struct {
	Quarter     string // label such as 2026_Q1, or any other period passed through; empty where Clari chose
	Format      string // as asked for: json or csv
	FileName    string // the job's
	Currency    string // asked for, empty for none
	JobCurrency string // the job's

	// First and last day of Quarter as far as the caller knows them, else zero. A result that has dates of its own goes by those.
	QuarterStart, QuarterEnd time.Time
}

// Result is an export's result that has been read to its end once and found whole.
type Result struct {
	Shape   string
	Quarter string    // label of the quarter that the result holds; empty only if it has no rows and nothing names one
	Start   time.Time // first day of Quarter, zero if unknown
	End     time.Time // last day of Quarter, zero if unknown
	Entries int       // rows of clari_forecast_entries that Emit will give

	emit    part   // all rows, or those of the four small tables
	entries []part // the other rows: left out where nobody asked for that table
}

// part hands on some of a result's rows in the second pass. Parts may run at the same time, each with an out of its own.
type part = func(ctx context.Context, out rows) error

// Counts are the rows handed over: none of a table that is not selected.
type Counts struct {
	Entries, Users, Fields, TimePeriods, TimeFrames int64
}
