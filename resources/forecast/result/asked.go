package result

import (
	"cmp"
	"time"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
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
	Period      string   // label of a quarter such as 2026_Q1, or any other period passed through; empty where Clari chose
	Format      string   // as asked for: json or csv
	FileName    string   // the job's
	Currency    string   // asked for, empty for none
	JobCurrency string   // the job's
	Types       []string // of typesToExport, asked for
	Locale      string   // in which earlier results of the tab wrote amounts; empty where none tells

	// Calendar returns the first and last day of a quarter as far as they are known from elsewhere; either may be zero. A result
	// that has dates of its own goes by those. It may be nil.
	Calendar func(quarter string) (start, end time.Time, ok bool)
}

func (a Asked) days(quarter string) (start, end time.Time) {
	if a.Calendar == nil || quarter == "" {
		return start, end
	}
	start, end, _ = a.Calendar(quarter)
	return start, end
}

// UnreadError is for whoever takes that for a failure.
func (f Found) UnreadError() error {
	e := &fault.UnreadError{Types: f.Unread}
	for _, c := range f.Odd {
		e.Example = cmp.Or(e.Example, c.Example)
	}
	return e
}

// ReaderNumber goes up when more can be read than before. What an older one could not read is read again.
const ReaderNumber = 2

// Found is what a result turns out to hold.
type Found struct {
	Quarter    string    // the period that the result is of; empty only if it has no rows and nothing names one
	Start, End time.Time // first and last day of Quarter, zero if unknown. Good enough to tell when it is over, not for a row
	Guessed    bool      // Start and End are whole months around the weeks: they tell when it is likely to be over, and are no fact
	Shape      string
	Entries    int      // rows of clari_forecast_entries that Emit will give
	Types      []string // of typesToExport, as far as the result shows them
	Weeks      int      // different ones that entries are of

	Odd    []odd.Case // what no column takes, by cause
	Values int64      // texts among them that could not be read
	Labels int64      // labels among them that are not known
	Unread []string   // types asked for of which no amount could be read, though texts were there
	Locale string     // in which the amounts are written, where they tell

	FirstWeek, LastWeek table.Opt[int32] // first days of those, in days since 1970; null where none has one
}
