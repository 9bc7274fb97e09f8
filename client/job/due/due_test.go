package due

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

var decideAt = time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)

// before is so many hours before the tests' present.
func before(hours float64) time.Time {
	return decideAt.Add(-time.Duration(hours * float64(time.Hour)))
}

// facts are of an item of which nothing was ever done, in a quarter that is final since 100 hours.
func facts(changes ...func(*Facts)) Facts {
	f := Facts{
		Item: Item{
			Wants: Wants{Types: []string{"forecast", "quota"}, Whole: true, Tables: []string{"entries", "users"}, Schema: 2},
			Why:   "backfill", FinalAt: before(100), Place: "place",
		},
		Jobs: map[string]Seen{}, Serves: func(journal.PaidJob, clari.Job) bool { return true }, Now: decideAt,
		Policy: Policy{
			Location: time.UTC, QueueTimeout: 30 * time.Minute, RunTimeout: 30 * time.Minute,
			ResumeWithin: 45 * time.Minute, MaxResultBytes: 1000, Reader: 2,
		},
	}
	for _, change := range changes {
		change(&f)
	}
	return f
}

// there: job "old" landed so many hours ago, with all that is wanted, and its result lives.
func there(exported float64, finals int, changes ...func(*journal.Place)) func(*Facts) {
	return func(f *Facts) {
		f.There = journal.Place{
			Job: "old", AskedAt: before(exported + 0.1), ExportedAt: before(exported), LandedAt: before(exported - 0.01),
			Contents: journal.Contents{Types: f.Item.Wants.Types, Whole: true}, Schema: 2, Tables: f.Item.Wants.Tables, Days: journal.Days{}.With(journal.DayNumber(before(exported))),
		}
		if finals > 1 {
			f.There.Before = &journal.Contents{Types: f.Item.Wants.Types, Whole: true}
		}
		f.Jobs["old"] = Seen{Job: clari.Job{ID: "old", Status: "DONE", EndTime: before(exported)}}
		for _, change := range changes {
			change(&f.There)
		}
	}
}

// paid: job "paid" was asked for so many hours ago, and has this status; one that is done has ended then.
func paid(asked float64, status clari.Status, changes ...func(*journal.PaidJob)) func(*Facts) {
	return func(f *Facts) {
		f.Paid.Job = &journal.PaidJob{ID: "paid", AskedAt: before(asked)}
		j := clari.Job{ID: "paid", Status: status}
		if status == "DONE" {
			j.EndTime = before(asked)
		}
		f.Jobs["paid"] = Seen{Job: j}
		for _, change := range changes {
			change(f.Paid.Job)
		}
	}
}

func gone(id string) func(*Facts) { return func(f *Facts) { f.Jobs[id] = Seen{Gone: true} } }
func unasked(f *Facts)            { clear(f.Jobs) }
func open(p *journal.Place)       { p.Open = true }
func latest(p *journal.Place)     { p.Whole = false }
func oldSchema(p *journal.Place)  { p.Schema = 1 }
func noUsers(p *journal.Place)    { p.Tables = []string{"entries"} }
func unread(p *journal.PaidJob)   { p.Unread = 2 }
func history(f *Facts)            { f.Item.Daily = true }
func ongoing(f *Facts)            { f.Item.FinalAt = time.Time{} }
func anyPlace(f *Facts)           { f.Item.Place = "" }
func once(f *Facts)               { f.Item.Once = true }
func storedOnly(f *Facts)         { f.Item.Stored = true }
func reload(f *Facts)             { f.Item.Reload = true }
func otherJob(f *Facts)           { f.Serves = func(journal.PaidJob, clari.Job) bool { return false } }
func quotaOnly(p *journal.Place)  { p.Types = []string{"quota"} }
func crm(p *journal.Place)        { p.Types = []string{"crm_total"} }
func tooLarge(p *journal.PaidJob) { p.TooLarge = 1000 }
func wasLarge(p *journal.PaidJob) { p.TooLarge = 999 }
func refresh(f *Facts)            { f.Item.Refresh = &Refresh{} }
func unclearSince(h float64) func(*Facts) {
	return func(f *Facts) { f.Paid.Unclear = []journal.Creation{{Sent: before(h), GivenUp: before(h)}} }
}

func refreshBefore(h float64) func(*Facts) {
	return func(f *Facts) { f.Item.Refresh = &Refresh{Before: before(h)} }
}

// failure: the result of job "bad", asked for so many hours ago, failed its check for this reader; the next try is so many days from today.
func failure(asked float64, reader, days int) func(*Facts) {
	return func(f *Facts) {
		day := decideAt.Truncate(24*time.Hour).AddDate(0, 0, days)
		f.Paid.Failure = &journal.Failure{Job: "bad", AskedAt: before(asked), Cause: "cut short", Reader: reader, Tries: 1, NextTry: day}
		f.Jobs["bad"] = Seen{Job: clari.Job{ID: "bad", Status: "DONE", EndTime: before(asked)}}
	}
}

// damaged: it is the job that was paid for whose result failed.
func damaged(f *Facts) { f.Paid.Failure.Job = f.Paid.Job.ID }

// gaveUp: it was the stored result of what is there that failed.
func gaveUp(f *Facts) { f.Paid.Failure.Job, f.Paid.Failure.NextTry = f.There.Job, time.Time{} }

// TestDecide is the table of what is due, row by row.
func TestDecide(t *testing.T) {
	type is = []func(*Facts)
	for _, test := range []struct {
		name string
		is   is
		want string
	}{
		{"row 1: a creation whose end is not known", is{unclearSince(1)}, "1 look for"},
		{"row 1: comes before all that is paid for or there", is{unclearSince(1), paid(0.5, "RUNNING"), there(2, 2), refresh}, "1 look for"},

		{"row 2: a list exports again whatever is there", is{there(2, 2), refresh}, "2 buy"},
		{"row 2: a list adopts a job that serves", is{there(2, 2), refresh, paid(0.5, "RUNNING")}, "2 adopt paid"},
		{"row 2: but not one that took too long", is{there(2, 2), refresh, paid(1.5, "RUNNING")}, "2 buy"},
		{"row 2: a list keeps what row 6 keeps", is{there(0.5, 1, open), refresh}, "6 kept"},
		{"row 2: a list and a result that failed", is{there(2, 2), refresh, failure(1, 2, 1)}, "7 failed"},
		{"row 2: a list and a result that is too large", is{there(200, 2), refresh, paid(1, "DONE", tooLarge)}, "2 buy"},
		{"row 2: an instant before which nothing is there", is{there(2, 2), refreshBefore(3)}, "4 settled"},
		{"row 2: an instant after what is there", is{there(2, 2), refreshBefore(1)}, "2 buy"},
		{"row 2: also of what a sync left open", is{there(0.5, 2, open), refreshBefore(0.2)}, "2 buy"},
		{"row 2: a job asked for since is adopted at any age", is{there(50, 2), refreshBefore(40), paid(30, "DONE")}, "2 adopt paid"},
		{"row 2: a job asked for before is not", is{there(50, 2), refreshBefore(20), paid(30, "DONE")}, "2 buy"},
		{"row 2: one that ended FAILED is not", is{there(50, 2), refreshBefore(40), paid(30, "FAILED")}, "2 buy"},
		{"row 2: a result that failed since is not bought again today", is{there(50, 2), refreshBefore(40), failure(30, 2, 1)}, "7 failed"},
		{"row 2: one that failed before is", is{there(50, 2), refreshBefore(20), failure(30, 2, 1)}, "2 buy"},
		{"row 2: a too large one since then is not bought again", is{there(50, 2), refreshBefore(40), paid(30, "DONE", tooLarge)}, "2 failed"},
		{"row 2: nothing is there: rows below", is{refresh}, "9 buy"},

		{"row 2a: beside what is settled", is{there(2, 2), reload}, "4 settled; 2a land again old"},
		{"row 2a: beside a purchase of the same place", is{there(200, 0), reload}, "9 buy"},
		{"row 2a: beside a purchase of another day, under history", is{there(200, 0), reload, history}, "9 buy; 2a land again old"},
		{"row 2a: beside a purchase of the same day, under history", is{there(2, 0), ongoing, reload, history}, "9 buy"},
		{"row 2a: what lands again anyway lands once", is{there(2, 1), reload}, "5 land again old"},
		{"row 2a: its result is gone", is{there(2, 2), reload, gone("old")}, "4 settled"},
		{"row 2a: beside what is kept", is{there(0.5, 0, open), ongoing, reload}, "6 kept; 2a land again old"},
		{"row 2a: nothing is there", is{reload}, "9 buy"},
		{"row 2a: no period names it", is{there(200, 0), reload, storedOnly}, "2a kept; 2a land again old"},
		{"row 2a: no period names it, and its result is gone", is{there(200, 0), reload, storedOnly, gone("old")}, "2a kept"},

		{"row 3: its result came damaged, and its day is to come", is{ongoing, paid(10, "DONE"), failure(10, 2, 1), damaged}, "3 adopt paid"},
		{"row 3: its result came damaged, and its day has come", is{ongoing, paid(10, "DONE"), failure(10, 2, 0), damaged}, "9 buy"},
		{"row 3: Clari has to be asked", is{paid(0.5, "RUNNING"), unasked}, "3 ask paid"},
		{"row 3: running", is{paid(0.9, "RUNNING")}, "3 adopt paid"},
		{"row 3: queued", is{paid(0.9, "SCHEDULED")}, "3 adopt paid"},
		{"row 3: an unknown status still runs", is{paid(0.9, "PONDERING")}, "3 adopt paid"},
		{"row 3: past queue_timeout and run_timeout", is{paid(1.1, "RUNNING")}, "9 buy"},
		{"row 3: ended less than six hours ago", is{ongoing, paid(5.9, "DONE")}, "3 adopt paid"},
		{"row 3: ended longer ago", is{ongoing, paid(6.1, "DONE")}, "9 buy"},
		{"row 3: ended longer ago, and final", is{paid(99, "DONE")}, "3 adopt paid"},
		{"row 3: ended before it was final", is{paid(101, "DONE")}, "9 buy"},
		{"row 3: could not be read here", is{ongoing, paid(300, "DONE", unread)}, "3 adopt paid"},
		{"row 3: was too large for a smaller limit", is{ongoing, paid(300, "DONE", wasLarge)}, "3 adopt paid"},
		{"row 3: too large", is{ongoing, paid(300, "DONE", tooLarge)}, "3 failed"},
		{"row 3: too large, and of another request by now", is{ongoing, paid(300, "DONE", tooLarge), otherJob}, "9 buy"},
		{"row 3: ended FAILED", is{paid(0.5, "FAILED")}, "9 buy"},
		{"row 3: gone", is{paid(0.5, ""), gone("paid")}, "9 buy"},
		{"row 3: older than any result that lives: nobody is asked", is{paid(40*24, "DONE"), unasked}, "9 buy"},
		{"row 3: asked for something else", is{paid(0.5, "RUNNING"), otherJob}, "9 buy"},
		{"row 3: what is there is newer", is{there(1, 0), ongoing, paid(2, "DONE")}, "9 buy"},
		{"row 3: what is there is newer, but the result may be of another place", is{there(1, 0), ongoing, paid(2, "DONE"), anyPlace}, "3 adopt paid"},
		{"row 3: what is there is newer, and the job could not be read", is{there(1, 0), ongoing, paid(2, "DONE", unread)}, "9 buy"},
		{"row 3: it has landed", is{there(2, 1), paid(2.1, "DONE", func(p *journal.PaidJob) { p.ID = "old" })}, "5 land again old"},
		{"row 3: before what is settled", is{there(50, 2), paid(2, "DONE")}, "3 adopt paid"},
		{"row 3: an old one is the only snapshot of its day", is{there(50, 0), ongoing, history, paid(30, "DONE")}, "9 buy; 3 adopt paid"},
		{"row 3: its day has a snapshot", is{there(30, 0), ongoing, history, paid(31, "DONE")}, "9 buy"},
		{"row 3: its day is today", is{ongoing, history, paid(8, "DONE")}, "9 buy"},
		{"row 3: of days long past nobody knows", is{there(1, 0), ongoing, history, paid(29*24, "DONE"), func(f *Facts) { f.There.Days = journal.Days{}.With(journal.DayNumber(before(-20 * 24))) }}, "9 buy"},
		{"row 3: an older one beside a job that serves", is{ongoing, history, paid(1, "DONE"), func(f *Facts) {
			f.Paid.Older = []journal.PaidJob{{ID: "older", AskedAt: before(50)}}
			f.Jobs["older"] = Seen{Job: clari.Job{ID: "older", Status: "DONE", EndTime: before(50)}}
		}}, "3 adopt paid; 3 adopt older"},

		{"row 4: where one landing is enough, and it lacks a type", is{once, there(2, 1, quotaOnly)}, "9 buy"},
		{"row 4: settled", is{there(2, 2)}, "4 settled"},
		{"row 4: nobody is asked", is{there(2, 2), unasked}, "4 settled"},
		{"row 4: a table came later", is{there(2, 2, noUsers)}, "4 land again old"},
		{"row 4: a column came later", is{there(2, 2, oldSchema)}, "4 land again old"},
		{"row 4: and the result is gone", is{there(2, 2, oldSchema), gone("old")}, "4 settled, lacking"},
		{"row 4: and the result failed meanwhile", is{there(2, 2, oldSchema), failure(2, 2, 0), gaveUp}, "4 settled, lacking"},
		{"row 5: and the result failed meanwhile", is{there(2, 1), failure(2, 2, 0), gaveUp}, "5 buy"},
		{"row 6: and the result failed meanwhile", is{there(0.5, 0, open, noUsers), ongoing, failure(2, 2, 0), gaveUp}, "6 kept"},
		{"row 4: Clari said when the result goes", is{there(2, 2, oldSchema, func(p *journal.Place) { p.Expires = before(1) }), unasked}, "4 settled, lacking"},
		{"row 4: settle_days is longer by now", is{there(101, 2)}, "9 buy"},
		{"row 4: one landing is enough", is{there(2, 1), once}, "4 settled"},
		{"row 4: not whole", is{there(200, 2, latest)}, "9 buy"},

		{"row 5: once more, from the stored result", is{there(2, 1)}, "5 land again old"},
		{"row 5: settle_days is shorter by now", is{there(2, 0)}, "5 land again old"},
		{"row 5: the stored result is gone", is{there(2, 1), gone("old")}, "5 buy"},
		{"row 5: the stored result is gone, and a later one failed", is{there(2, 1), gone("old"), failure(1, 2, 1)}, "7 failed"},
		{"row 5: a sync left it open, 21 hours ago", is{there(21, 1, open)}, "5 land again old"},
		{"row 5: a sync left it open, 19 hours ago", is{there(19, 1, open)}, "6 kept"},

		{"row 6: half an hour ago", is{there(0.5, 0, open), ongoing}, "6 kept"},
		{"row 6: an hour ago", is{there(1, 0, open), ongoing}, "9 buy"},
		{"row 6: closed", is{there(0.5, 0), ongoing}, "9 buy"},
		{"row 6: a table is missing", is{there(0.5, 0, open, noUsers), ongoing}, "6 land again old"},
		{"row 6: of other types", is{there(0.5, 0, open, quotaOnly), ongoing}, "9 buy"},
		{"row 6: under history, with today's snapshot", is{there(0.5, 0, open), ongoing, history}, "6 kept"},
		{"row 6: under history, before midnight", is{there(0.5, 0, open), ongoing, history, func(f *Facts) { f.Policy.Location = time.FixedZone("", 12*3600) }}, "9 buy"},

		{"row 7: until the day", is{failure(30, 2, 1)}, "7 failed"},
		{"row 7: from the day on", is{failure(30, 2, 0)}, "9 buy"},
		{"row 7: a newer reader", is{failure(30, 1, 1)}, "7 read again bad"},
		{"row 7: a newer reader, and the result is gone", is{failure(30, 1, 1), gone("bad")}, "7 failed"},
		{"row 7: refresh names a later instant", is{failure(30, 2, 1), refreshBefore(1)}, "9 buy"},

		{"row 8: other types, a day ago", is{there(24, 1, crm)}, "8 kept, warned"},
		{"row 8: eight days ago", is{func(f *Facts) { f.Item.FinalAt = before(300) }, there(8*24, 1, crm)}, "9 buy"},
		{"row 8: fewer types are replaced", is{there(24, 1, quotaOnly)}, "9 buy"},
		{"row 8: before it is final", is{there(24, 0, crm), ongoing}, "9 buy"},

		{"row 9: nothing is known", nil, "9 buy"},
		{"row 9: every sync, until it is final", is{there(24, 0), ongoing}, "9 buy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := facts(test.is...)
			if got := Decide(f).outline(); got != test.want {
				t.Errorf("%s, want %s (%q)", got, test.want, Decide(f).Why)
			}
		})
	}
}

// outline is a decision in a few words.
func (d Decision) outline() string {
	text := map[Action]string{
		Settled: "settled", Kept: "kept", Failed: "failed", Ask: "ask " + d.JobID, LookFor: "look for", Adopt: "adopt " + d.JobID,
		LandAgain: "land again " + d.JobID, ReadAgain: "read again " + d.JobID, Buy: "buy",
	}[d.Action]
	text = d.Row + " " + text
	if d.Lacking {
		text += ", lacking"
	}
	if d.Warn {
		text += ", warned"
	}
	for _, also := range d.Also {
		text += "; " + also.outline()
	}
	return text
}

// TestWhy: a purchase in place of a paid job says why that does not serve, and a failure says its cause and its day.
func TestWhy(t *testing.T) {
	for _, test := range []struct {
		is   []func(*Facts)
		want string
	}{
		{[]func(*Facts){ongoing, paid(7, "DONE")}, "backfill; job paid does not serve: it ended more than six hours ago"},
		{[]func(*Facts){there(1, 0), ongoing, paid(2, "DONE")}, "backfill; job paid does not serve: what is there is newer"},
		{[]func(*Facts){there(50, 2), refreshBefore(20), paid(30, "DONE")}, "refresh; job paid does not serve: it was asked for before the time that refresh names"},
		{[]func(*Facts){there(200, 0), reload}, "backfill; reload is not needed: all rows of the place land"},
		{[]func(*Facts){there(24, 1, crm)}, "two requests share the place: it holds crm_total of all weeks of job old, asked for at 2026-03-19T11:54:00Z, " +
			"and this one asks for forecast, quota of all weeks; each would overwrite the other's rows"},
		{[]func(*Facts){failure(30, 2, 1)}, "its result failed, and it is not time to try again"},
	} {
		if d := Decide(facts(test.is...)); d.Why != test.want {
			t.Errorf("why %q, want %q", d.Why, test.want)
		}
	}
}

// randomFacts are any facts at all, plausible or not.
func randomFacts(r *rand.Rand) Facts {
	pick := func(n int) int { return r.IntN(n) }
	hours := func() float64 {
		return []float64{0.2, 0.6, 1.5, 5, 7, 19, 21, 30, 99, 101, 200, 29 * 24, 40 * 24}[pick(13)]
	}
	statuses := []clari.Status{"", "SCHEDULED", "RUNNING", "DONE", "DONE", "DONE", "FAILED", "ABORTED", "PONDERING"}
	var is []func(*Facts)
	maybe := func(change func(*Facts)) {
		if pick(3) == 0 {
			is = append(is, change)
		}
	}
	maybe(ongoing)
	maybe(history)
	maybe(once)
	if pick(4) > 0 {
		is = append(is, there(hours(), pick(4), []func(*journal.Place){open, latest, oldSchema, noUsers, quotaOnly, crm, func(*journal.Place) {}}[pick(7)]))
		maybe(func(f *Facts) { f.There.Open = true })
	}
	if pick(2) == 0 {
		is = append(is, paid(hours(), statuses[pick(len(statuses))], []func(*journal.PaidJob){unread, tooLarge, wasLarge, func(*journal.PaidJob) {}}[pick(4)]))
	}
	maybe(failure(hours(), 1+pick(2), pick(3)-1))
	maybe(refresh)
	maybe(refreshBefore(hours()))
	maybe(reload)
	maybe(gone("old"))
	maybe(gone("paid"))
	maybe(otherJob)
	if pick(8) == 0 {
		is = append(is, unclearSince(hours()))
	}
	if pick(6) == 0 {
		is = append(is, unasked)
	}
	return facts(is...)
}

// TestDecideHolds: whatever the facts, the decision is pure, sends nothing older over what is newer, no key twice, and buys nothing where a row above holds.
func TestDecideHolds(t *testing.T) {
	for seed := range uint64(5_000) {
		f := randomFacts(rand.New(rand.NewPCG(seed, 1)))
		saved := fmt.Sprintf("%+v %+v %+v", f.Paid, f.There, f.Jobs)
		d := Decide(f)
		if again := Decide(f); !reflect.DeepEqual(again, d) || fmt.Sprintf("%+v %+v %+v", f.Paid, f.There, f.Jobs) != saved {
			t.Fatalf("seed %d: not pure: %s, then %s", seed, d.outline(), again.outline())
		}
		if problem := wrongWith(f, d); problem != "" {
			t.Fatalf("seed %d: %s: %s\n%s\nitem %+v", seed, d.outline(), problem, saved, f.Item)
		}
	}
}

// wrongWith is what must not be in a decision; empty where all is well. It is written from the promises, not from the rows.
func wrongWith(f Facts, d Decision) string {
	days := map[int32]bool{}
	for _, one := range append([]Decision{d}, d.Also...) {
		if one.Action != Adopt && one.Action != LandAgain && one.Action != Buy {
			continue
		}
		at := f.Now
		if job := f.Jobs[one.JobID].Job; one.Action != Buy && job.Status == "DONE" {
			at = job.EndTime
		}
		day := int32(0) // without history all rows of a place have the same keys
		if f.Item.Daily {
			day = journal.DayNumber(at)
		}
		switch {
		case days[day]:
			return "two landings of the same keys"
		case one.Action == Adopt && f.There.Job != "" && at.Before(f.There.ExportedAt) && !(f.Item.Daily && !f.There.Days.Has(day)):
			return "older rows over newer ones"
		case one.Action != Buy && (f.Jobs[one.JobID].Gone || f.Jobs[one.JobID].Job.Status.Phase() == clari.PhaseFailed):
			return "a result that is gone"
		}
		days[day] = true
	}
	if d.Action != Buy {
		return ""
	}
	covered := f.There.Holds(f.Item.Wants.Types, f.Item.Wants.Whole)
	final := f.There.Job != "" && !f.Item.FinalAt.IsZero() && !f.There.ExportedAt.Before(f.Item.FinalAt)
	paid := f.Jobs["paid"]
	switch {
	case len(f.Paid.Unclear) > 0:
		return "bought beside a creation whose end is not known"
	case f.Item.Refresh == nil && covered && final && f.There.Before != nil && f.There.Before.Holds(f.Item.Wants.Types, f.Item.Wants.Whole):
		return "bought what has settled"
	case f.Item.Refresh == nil && covered && final && f.Jobs["old"].Job.Status == "DONE" && !f.Jobs["old"].Gone && f.Now.Sub(f.There.ExportedAt) < StoredFor &&
		f.Paid.Failure == nil:
		return "bought what is stored"
	case f.Item.Refresh == nil && f.Paid.Failure != nil && f.Now.Before(f.Paid.Failure.NextTry):
		return "bought what failed, before its day"
	case f.Item.Refresh == nil && f.Paid.Job != nil && !paid.Gone && paid.Job.Status == "RUNNING" && f.Now.Sub(f.Paid.Job.AskedAt) < time.Hour && f.Serves(*f.Paid.Job, clari.Job{}):
		return "bought beside a job that runs"
	}
	return ""
}
