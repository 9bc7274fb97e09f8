package fault

import (
	"fmt"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/ledger"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/result"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/server"
)

// Altered lets a creation make an altered job: the way to effects that have no name here.
func Altered(name string, alter func(*ledger.Job)) server.Effect {
	return server.Effect{Name: name, Job: alter}
}

// Ends lets the job end in a status other than DONE, once its time is up: Failed, Aborted or Cancelled.
func Ends(status string) server.Effect {
	return Altered("ends-"+status, func(j *ledger.Job) { j.End = status })
}

// Says lets the job show a status word of its own while it runs.
func Says(word string) server.Effect {
	return Altered("says-"+word, func(j *ledger.Job) { j.RunningWord = word })
}

// Takes sets how long the job stays queued and runs; Forever is never done with it.
func Takes(queue, run time.Duration) server.Effect {
	return Altered(fmt.Sprintf("takes-%v-%v", queue, run), func(j *ledger.Job) { j.Queue, j.Run = queue, run })
}

// StuckQueued leaves the job in the queue for ever.
func StuckQueued() server.Effect { return named("stuck-queued", Takes(ledger.Forever, 0)) }

// StuckRunning lets the job run for ever.
func StuckRunning() server.Effect { return named("stuck-running", Takes(0, ledger.Forever)) }

// Lives sets how long the results can be had.
func Lives(d time.Duration) server.Effect {
	return Altered(fmt.Sprintf("lives-%v", d), func(j *ledger.Job) { j.Life = d })
}

// WrongQuarter gives the result of a quarter so many later than the one asked for, or earlier.
func WrongQuarter(by int) server.Effect {
	return Altered(fmt.Sprintf("wrong-quarter%+d", by), func(j *ledger.Job) { j.WrongBy = by })
}

// RowsTruncated says that the result has not all rows.
func RowsTruncated() server.Effect {
	return Altered("rows-truncated", func(j *ledger.Job) { j.RowsTruncated = true })
}

// CellsTruncated says that the result has not all cells.
func CellsTruncated() server.Effect {
	return Altered("cells-truncated", func(j *ledger.Job) { j.CellsTruncated = true })
}

// Hidden leaves the job out of the job list.
func Hidden() server.Effect { return Altered("hidden", func(j *ledger.Job) { j.Hidden = true }) }

// Twin makes a second job just like this one, as if another program of the same user had asked for it.
func Twin() server.Effect { return Altered("twin", func(j *ledger.Job) { j.Twin = true }) }

// quirky gives the result quirks beside those of the server.
func quirky(name string, add func(*result.Quirks)) server.Effect {
	return Altered(name, func(j *ledger.Job) { add(&j.Export.Quirks) })
}

// Empty gives a result without entries and people.
func Empty() server.Effect { return quirky("empty", func(q *result.Quirks) { q.Empty = true }) }

// TwoIDs gives one person a second user id.
func TwoIDs() server.Effect { return quirky("two-ids", func(q *result.Quirks) { q.TwoIDs = true }) }

// SplitEntries tears the columns of entries apart.
func SplitEntries() server.Effect {
	return quirky("split-entries", func(q *result.Quirks) { q.SplitEntries = true })
}

// RepeatEntry gives one entry twice, with different values.
func RepeatEntry() server.Effect {
	return quirky("repeat-entry", func(q *result.Quirks) { q.RepeatEntry = true })
}

// MissingID gives one entry without a person.
func MissingID() server.Effect {
	return quirky("missing-id", func(q *result.Quirks) { q.MissingID = true })
}

// ShuffledWeeks lists the weeks in no order.
func ShuffledWeeks() server.Effect {
	return quirky("shuffled-weeks", func(q *result.Quirks) { q.ShuffledWeeks = true })
}

// ActivityWithoutID leaves the id out of an activity of the result, counted from 1.
func ActivityWithoutID(nth int) server.Effect {
	return Altered("activity-without-id", func(j *ledger.Job) {
		if j.Activities != nil {
			j.Activities.WithoutID = nth
		}
	})
}
