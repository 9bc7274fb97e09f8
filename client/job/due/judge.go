package due

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// judge decides about one item.
type judge struct {
	Facts
	ask     string // a job of which Clari has to be asked before anything can be said
	discard string // why the job that was paid for does not serve; empty: there is none
}

func (j *judge) unclear() (Decision, bool) {
	return Decision{Action: LookFor}, len(j.Paid.Unclear) > 0
}

func (j *judge) refresh() (Decision, bool) {
	r := j.Item.Refresh
	if r == nil || j.There.Job == "" {
		return Decision{}, false
	}
	once := !r.Before.IsZero()
	if once && !j.There.ExportedAt.Before(r.Before) || !once && j.keeps() {
		return Decision{}, false
	}
	if p := j.Paid.Job; p != nil && once && p.AskedAt.Before(r.Before) {
		j.discard = "it was asked for before the time that refresh names"
	} else if d, ok := j.take(once); ok && (once || d.Action == Adopt) {
		return d, true
	}
	if f := j.Paid.Failure; f != nil && !(once && f.AskedAt.Before(r.Before)) {
		if d, ok := j.failed(); ok {
			return d, true
		}
	}
	return j.buying("refresh"), true
}

// storedOnly ends the way of an item that no period names: only what is stored may land.
func (j *judge) storedOnly() (Decision, bool) {
	return Decision{Action: Kept, Why: "only reload names it"}, j.Item.Stored
}

func (j *judge) adopt() (Decision, bool) { return j.take(false) }

func (j *judge) settled() (Decision, bool) {
	if !j.covers() || !j.final() || !j.landedEnough() {
		return Decision{}, false
	}
	if j.There.HasTables(j.Item.Wants.Tables, j.Item.Wants.Schema) {
		return Decision{Action: Settled, Why: "settled"}, true
	}
	if j.stored() {
		return j.again("settled, but a table or a column came later"), true
	}
	return Decision{Action: Settled, Why: "settled, and the result that has what came later is gone", Lacking: true}, true
}

func (j *judge) settling() (Decision, bool) {
	if !j.covers() || !j.final() || j.landedEnough() || j.There.Open && j.age() < finalOpen {
		return Decision{}, false
	}
	if j.stored() {
		return j.again("settling"), true
	}
	if d, ok := j.failed(); ok {
		return d, true
	}
	return j.buying("settling"), true
}

func (j *judge) resume() (Decision, bool) {
	switch {
	case !j.keeps():
		return Decision{}, false
	case !j.There.HasTables(j.Item.Wants.Tables, j.Item.Wants.Schema) && j.stored():
		return j.again("a sync that did not end well landed it, without a table that is wanted now"), true
	}
	return Decision{Action: Kept, Why: "a sync that did not end well landed it at " + j.There.LandedAt.UTC().Format(time.RFC3339)}, true
}

func (j *judge) failed() (Decision, bool) {
	f := j.Paid.Failure
	if f == nil || f.Job == j.There.Job || !j.Policy.Day(j.Now).Before(f.NextTry) {
		return Decision{}, false
	}
	if r := j.Item.Refresh; r != nil && f.AskedAt.Before(r.Before) {
		return Decision{}, false
	}
	if j.Policy.Reader > f.Reader && j.lives(f.Job, time.Time{}, f.AskedAt) {
		return Decision{Row: "7", Action: ReadAgain, JobID: f.Job, Why: "this reader is newer than the one that failed"}, true
	}
	return Decision{Row: "7", Action: Failed, Why: "its result failed, and it is not time to try again"}, true
}

func (j *judge) shared() (Decision, bool) {
	w, t := j.Item.Wants, j.There
	covered := (w.Whole || !t.Whole) && !slices.ContainsFunc(t.Types, func(x string) bool { return !slices.Contains(w.Types, x) })
	if t.Job == "" || !j.final() || j.covers() || covered || j.Now.Sub(t.AskedAt) >= sharedFor {
		return Decision{}, false
	}
	return Decision{Action: Kept, Warn: true, Why: fmt.Sprintf(
		"two requests share the place: it holds %s of job %s, asked for at %s, and this one asks for %s; each would overwrite the other's rows",
		contents(t.Types, t.Whole), t.Job, t.AskedAt.UTC().Format(time.RFC3339), contents(w.Types, w.Whole))}, true
}

func contents(types []string, whole bool) string {
	text := strings.Join(types, ", ")
	if whole {
		return text + " of all weeks"
	}
	return text + " of the latest week"
}

func (j *judge) buy() (Decision, bool) { return j.buying(""), true }

// buying is a purchase, with the plan's reason or another one.
func (j *judge) buying(why string) Decision {
	if j.discard != "" {
		why = cmp.Or(why, j.Item.Why) + "; job " + j.Paid.Job.ID + " does not serve: " + j.discard
	}
	return Decision{Action: Buy, Why: why}
}

func (j *judge) again(why string) Decision {
	return Decision{Action: LandAgain, JobID: j.There.Job, Why: why}
}

const tooLong = "its result is longer than max_result_bytes"

// take adopts the job that was paid for, if it serves. Of one that a refresh names anyAge is good enough.
func (j *judge) take(anyAge bool) (Decision, bool) {
	p := j.Paid.Job
	if p == nil {
		return Decision{}, false
	}
	if p.TooLarge > 0 && p.TooLarge >= j.Policy.MaxResultBytes {
		j.discard = tooLong
		if j.Serves(*p, clari.Job{}) {
			return Decision{Action: Failed, JobID: p.ID, TooLarge: p.TooLarge, Why: tooLong}, true
		}
		return Decision{}, false
	}
	if j.discard = j.uselessness(*p, anyAge); j.discard != "" || j.ask != "" {
		return Decision{}, false
	}
	return Decision{Action: Adopt, JobID: p.ID, Why: "paid for by an earlier sync"}, true
}

// uselessness is why a job that was paid for does not serve; empty where it does.
func (j *judge) uselessness(p journal.PaidJob, anyAge bool) string {
	if p.ID == j.There.Job {
		return "it has landed"
	}
	seen := j.seen(p.ID, time.Time{}, p.AskedAt)
	ended := cmp.Or(seen.Job.EndTime, p.AskedAt)
	// Where the item's place is not sure, what is there may be of another one: the result will tell.
	switch phase := seen.Job.Status.Phase(); {
	case j.ask != "":
		return ""
	case seen.Gone:
		return "its result is gone"
	case !j.Serves(p, seen.Job):
		return "it was asked for something else"
	case phase == clari.PhaseFailed:
		return "it ended " + string(seen.Job.Status)
	case phase != clari.PhaseDone && j.Now.Sub(p.AskedAt) > j.Policy.QueueTimeout+j.Policy.RunTimeout:
		return "it took longer than queue_timeout and run_timeout"
	case phase != clari.PhaseDone:
		return ""
	case j.There.Job != "" && j.Item.Place != "" && !j.exported(p, seen.Job).After(j.There.ExportedAt):
		return "what is there is newer"
	case anyAge || p.Unread > 0 || p.TooLarge > 0 || j.damaged(p) || j.Now.Sub(ended) < freshFor || j.Item.Final(ended):
		return ""
	}
	return "it ended more than six hours ago"
}

// damaged reports whether the result of a paid job has failed once, perhaps on its way, and its export is not due yet: then it is read once more.
func (j *judge) damaged(p journal.PaidJob) bool {
	f := j.Paid.Failure
	return f != nil && f.Job == p.ID && j.Policy.Day(j.Now).Before(f.NextTry)
}

// exported is when the result of a paid job is from.
func (j *judge) exported(p journal.PaidJob, job clari.Job) time.Time {
	at := cmp.Or(p.ExportedAt, job.EndTime, p.AskedAt)
	if at.After(j.Now) {
		return j.Now
	}
	return at
}

// older are the results of paid jobs that d leaves, and that are the only ones of their day: further landings, under history.
func (j *judge) older(d Decision) (also []Decision) {
	if !j.Item.Daily {
		return nil
	}
	taken := j.There.Days
	if day, ok := j.day(d); ok {
		taken = taken.With(day)
	}
	paid := j.Paid.Older
	if j.Paid.Job != nil {
		paid = slices.Insert(slices.Clone(paid), 0, *j.Paid.Job)
	}
	for _, p := range paid {
		if p.ID == d.JobID || p.ID == j.There.Job || p.TooLarge > 0 && p.TooLarge >= j.Policy.MaxResultBytes {
			continue
		}
		seen := j.seen(p.ID, time.Time{}, p.AskedAt)
		day := j.Policy.DayNumber(j.exported(p, seen.Job))
		if j.ask != "" || seen.Gone || seen.Job.Status.Phase() != clari.PhaseDone || taken.Has(day) {
			continue
		}
		taken = taken.With(day)
		also = append(also, Decision{Row: "3", Action: Adopt, JobID: p.ID, Why: "the only snapshot of its day"})
	}
	return also
}

// day is the day whose snapshot a decision will land; not ok where it lands none.
func (j *judge) day(d Decision) (day int32, ok bool) {
	switch {
	case d.Action == Buy:
		return j.Policy.DayNumber(j.Now), true
	case d.Action == Adopt && d.JobID != "":
		p, seen := j.Paid.Job, j.Jobs[d.JobID].Job
		if seen.Status.Phase() != clari.PhaseDone {
			return j.Policy.DayNumber(j.Now), true
		}
		return j.Policy.DayNumber(j.exported(*p, seen)), true
	case d.Action == LandAgain:
		return j.Policy.DayNumber(j.There.ExportedAt), true
	}
	return 0, false
}

// reload is the landing that reload asks for, where d does not land the same keys: no key is sent twice in one sync.
func (j *judge) reload(d *Decision) []Decision {
	if !j.Item.Reload || j.There.Job == "" {
		return nil
	}
	day, lands := j.day(*d)
	switch same := lands && (!j.Item.Daily || day == j.Policy.DayNumber(j.There.ExportedAt)); {
	case same && d.Action != LandAgain:
		d.Why = cmp.Or(d.Why, j.Item.Why) + "; reload is not needed: all rows of the place land"
	case same:
	case j.stored():
		return []Decision{{Row: "2a", Action: LandAgain, JobID: j.There.Job, Why: "reload"}}
	case j.ask == "":
		d.Why = cmp.Or(d.Why, j.Item.Why) + "; reload finds no result: it is gone"
	}
	return nil
}

// stored reports whether the result of the job that is there can be landed again.
func (j *judge) stored() bool {
	t := j.There
	if f := j.Paid.Failure; f != nil && f.Job == t.Job && f.NextTry.IsZero() {
		return false // it was whole once, and is not what it was
	}
	return j.lives(t.Job, t.Expires, t.ExportedAt)
}

// lives reports whether a result can be had. since is when its job had ended, or was asked for.
func (j *judge) lives(id string, expires, since time.Time) bool {
	seen := j.seen(id, expires, since)
	return !seen.Gone && seen.Job.Status.Phase() == clari.PhaseDone
}

// seen is what Clari says of a job. Where nobody has asked yet, ask is set, unless it must be gone.
func (j *judge) seen(id string, expires, since time.Time) Seen {
	seen, known := j.Jobs[id]
	expires = cmp.Or(seen.Job.ExpiredTime, expires, since.Add(StoredFor+j.Policy.QueueTimeout+j.Policy.RunTimeout))
	switch {
	case !j.Now.Before(expires):
		seen.Gone = true
	case !known:
		j.ask = id
	}
	return seen
}

// keeps is row 6.
func (j *judge) keeps() bool {
	switch {
	case !j.There.Open || !j.covers():
		return false
	case j.final():
		return j.age() < finalOpen
	}
	return j.age() < j.Policy.ResumeWithin && (!j.Item.Daily || j.There.Days.Has(j.Policy.DayNumber(j.Now)))
}

// covers reports whether what is there has all that is wanted, tables aside.
func (j *judge) covers() bool {
	return j.There.Holds(j.Item.Wants.Types, j.Item.Wants.Whole) && !j.Lacking
}

func (j *judge) age() time.Duration { return j.Now.Sub(j.There.LandedAt) }

func (j *judge) final() bool { return j.There.Job != "" && j.Item.Final(j.There.ExportedAt) }

// landedEnough reports whether final rows that have all that is wanted landed in as many syncs as they have to.
func (j *judge) landedEnough() bool {
	return j.Item.Once || j.There.Settles(j.Item.Wants.Types, j.Item.Wants.Whole)
}
