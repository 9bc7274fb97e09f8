package journal

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Paid is what is known of one request: what was paid for and has not landed. Times are Clari's.
type Paid struct {
	Job     *PaidJob   `json:"job,omitempty"`     // paid for, and not landed
	Older   []PaidJob  `json:"-"`                 // paid for before Job, newest first: their results are to land for their days; see SetAside. A list of its own
	Unclear []Creation `json:"unclear,omitempty"` // creations whose end is not known, oldest first; see Sending
	Failure *Failure   `json:"failure,omitempty"` // of a result's content
	Trouble int64      `json:"trouble,omitempty"` // since when Clari has not told the state of a job, for troubles of its own; Unix seconds
	Place   string     `json:"place,omitempty"`   // key of the place that its last job named, where Clari chose it
	UsedUp  bool       `json:"used_up,omitempty"` // its attempts were used up in the last sync, and no job was done since
}

// PaidJob is a job that was paid for.
type PaidJob struct {
	ID         string    `json:"id"`
	AskedAt    time.Time `json:"asked_at"`
	ExportedAt time.Time `json:"exported_at,omitzero"` // first known: a second download is no second snapshot
	Listed     bool      `json:"listed,omitempty"`     // found in the list of jobs, not returned by a creation: it may be another's
	TooLarge   int64     `json:"too_large,omitempty"`  // the limit in bytes that its result met; 0: it met none
	Unread     int       `json:"unread,omitempty"`     // number of the reader that could not read it here; 0: none has failed
}

// Creation is a request that may have made a job: when it was sent, and when its sender gave it up at the latest.
type Creation struct {
	Sent    time.Time `json:"sent"`
	GivenUp time.Time `json:"given_up"`
	NoList  bool      `json:"no_list,omitempty"` // the list of jobs could not be had when its job was looked for
	Own     bool      `json:"-"`                 // sent by this sync
}

// Failure is a result that is not what it should be: the same job would give the same again.
type Failure struct {
	Job     string    `json:"job"`
	AskedAt time.Time `json:"asked_at"`          // when its job was asked for
	Cause   string    `json:"cause"`             // short: see Cause
	Reader  int       `json:"reader"`            // number of the reader that judged it
	Tries   int       `json:"tries"`             // results in a row that failed, 1 or more
	NextTry time.Time `json:"next_try,omitzero"` // a day: midnight UTC; zero: never, of a result that was to land again
}

// maxUnclear bounds the creations of a record.
const maxUnclear = 2

// Sending notes a creation that is about to be sent. Where there would be too many, the two oldest become one that covers both.
func (p *Paid) Sending(c Creation) {
	p.Unclear = append(slices.Clone(p.Unclear), c)
	for len(p.Unclear) > maxUnclear {
		first, second := p.Unclear[0], p.Unclear[1]
		if second.GivenUp.Before(first.GivenUp) {
			second.GivenUp = first.GivenUp
		}
		second.Sent, second.NoList, second.Own = first.Sent, first.NoList || second.NoList, first.Own
		p.Unclear = append([]Creation{second}, p.Unclear[2:]...)
	}
}

// maxOlder bounds the jobs that were set aside: the results of more than so many days are gone.
const maxOlder = 31

// SetAside keeps the job that was paid for while another is made, as its result is to land for its day.
func (p *Paid) SetAside() {
	p.Older = slices.Insert(slices.Clone(p.Older), 0, *p.Job)
	p.Older, p.Job = p.Older[:min(len(p.Older), maxOlder)], nil
}

// Forget takes a job out of what was paid for.
func (p *Paid) Forget(id string) {
	if p.Job != nil && p.Job.ID == id {
		p.Job = nil
	}
	p.Older = slices.DeleteFunc(slices.Clone(p.Older), func(j PaidJob) bool { return j.ID == id })
}

// Change changes the record of a job that was paid for; there may be none, where it has landed before. A copy of p that is read meanwhile stays as it is.
func (p *Paid) Change(id string, change func(*PaidJob)) {
	if p.Job != nil && p.Job.ID == id {
		p.Job = new(*p.Job)
		change(p.Job)
	}
	p.Older = slices.Clone(p.Older)
	for i := range p.Older {
		if p.Older[i].ID == id {
			change(&p.Older[i])
		}
	}
}

// ChangeUnclear changes the creations whose end is not known. A copy of p that is read meanwhile stays as it is.
func (p *Paid) ChangeUnclear(change func(*Creation)) {
	p.Unclear = slices.Clone(p.Unclear)
	for i := range p.Unclear {
		change(&p.Unclear[i])
	}
}

// Find is the record of a job that was paid for; the zero value where there is none.
func (p *Paid) Find(id string) PaidJob {
	if p.Job != nil && p.Job.ID == id {
		return *p.Job
	}
	for _, j := range p.Older {
		if j.ID == id {
			return j
		}
	}
	return PaidJob{}
}

// Answered forgets the creation that was sent then: only its own answer tells what became of it.
func (p *Paid) Answered(sent time.Time) {
	p.Unclear = slices.DeleteFunc(slices.Clone(p.Unclear), func(c Creation) bool { return c.Sent.Equal(sent) })
	if len(p.Unclear) == 0 {
		p.Unclear = nil
	}
}

// maxCause is the greatest length of a cause in bytes of JSON.
const maxCause = 120

// Cause shortens the text of an error to what a record may hold.
func Cause(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), 4*maxCause)], "")
	for {
		written, _ := json.Marshal(text) // of a string that cannot fail
		if len(written) <= maxCause+len(`""`) {
			return text
		}
		over := len(written) - maxCause
		cut := max(0, len(text)-max(1, over/6)-len("...")) // a byte is at most six of JSON
		text = strings.ToValidUTF8(strings.TrimSuffix(text[:cut], "..."), "") + "..."
	}
}
