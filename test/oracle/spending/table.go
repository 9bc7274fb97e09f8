package spending

import (
	"fmt"
	"time"
)

// A Verdict is what the table says of an item at one moment.
type Verdict struct {
	Row string // of the table in section 3.2
	Buy bool   // an export may be bought
	Why string
}

func buy(row, why string) Verdict { return Verdict{row, true, why} }

func free(row, why string) Verdict { return Verdict{row, false, why} }

// Due is what the table says of an item of a sync, whose own jobs and landings do not count yet. It says buy if it does so at the
// sync's beginning or at its end.
func (h *History) Due(s Sync, wanted Item) Verdict {
	if s.Forgot {
		h = &History{QuarterEnd: h.QuarterEnd}
	}
	var v Verdict
	for _, at := range []time.Time{s.Start, s.End} {
		for _, all := range []bool{wanted.AllWeeks, wanted.AllWeeks || wanted.EitherWeeks} {
			item := wanted
			item.AllWeeks = all
			if v = h.row(s.Settings, item, at); v.Buy {
				return v
			}
		}
	}
	return v
}

// row is the first row of the table that holds. The rows stand in the order of section 3.2.
func (h *History) row(set Settings, wanted Item, now time.Time) Verdict {
	if !set.Backend {
		return buy("9", "there is no state backend")
	}
	m := moment{History: h, set: set, now: now, wanted: wanted, paid: h.record(wanted.Request)}
	if all := h.there[placeOf(wanted.Request, wanted.Quarter)]; len(all) > 0 {
		m.there = &all[len(all)-1]
	}
	rules := []func() (Verdict, bool){m.unclear, m.refresh, m.adopt, m.settled, m.landedOnce, m.resumed, m.remembered, m.shared}
	if wanted.Window != nil {
		rules = []func() (Verdict, bool){m.unclear, m.refresh, m.adopt, m.exported, m.resumed, m.remembered}
	}
	for _, rule := range rules {
		if v, holds := rule(); holds {
			return v
		}
	}
	return buy("9", "nothing that is there or paid for serves")
}

// moment is what the rows of the table look at.
type moment struct {
	*History
	set    Settings
	now    time.Time
	wanted Item
	paid   *paid
	there  *landing // what landed last at the item's place; nil: nothing
}

func (m moment) covered() bool { return m.there != nil && m.there.Job.covers(m.wanted.Request) }

// final says whether a job was exported surely later than its quarter's end and settle_days. Windows of activities have no quarter.
func (m moment) final(j *Job) bool {
	return m.wanted.Window == nil && !j.NoDays && j.Ended.After(m.QuarterEnd(j.Quarter).AddDate(0, 0, m.set.SettleDays))
}

// lives says whether a result can be landed. One that landed and was spoilt, or lost, since is as good as gone.
func (m moment) lives(j *Job) bool {
	return m.now.Before(j.Gone) && j.Fate != BadContent && j.Fate != Lost
}

func (m moment) day(t time.Time) string { return t.In(m.set.Zone).Format(time.DateOnly) }

// unclear is row 1. Whether the job can be found in the list is not reckoned: what cannot be told may be bought again.
func (m moment) unclear() (Verdict, bool) {
	for _, j := range m.paid.open {
		if j.Fate == Unclear {
			return buy("1", "a creation is unclear"), true
		}
	}
	return Verdict{}, false
}

// refresh is row 2.
func (m moment) refresh() (Verdict, bool) {
	r := m.wanted.Refresh
	if r == nil {
		return Verdict{}, false
	}
	plain := r.Before.IsZero()
	if plain {
		if _, kept := m.resumed(); kept {
			return Verdict{}, false
		}
	} else if m.there == nil || !m.there.Job.Ended.Before(r.Before) {
		return Verdict{}, false
	}
	for _, j := range m.paid.open {
		asked := !j.At.Before(r.Before)
		if (plain && m.serves(j)) || (!plain && asked && j.Fate == Good && m.lives(j)) {
			return free("2", "a job that was asked for since serves"), true
		}
		if v, holds := m.remembered(); asked && j == m.paid.bad && holds {
			return v, true
		}
	}
	return buy("2", "refresh names it"), true
}

// adopt is row 3.
func (m moment) adopt() (Verdict, bool) {
	for _, j := range m.paid.open {
		if m.serves(j) {
			return free("3", "job "+j.ID+" is paid for and serves"), true
		}
	}
	return Verdict{}, false
}

// serves says whether a paid job is adopted, "Adopt" in section 3.1.
func (m moment) serves(j *Job) bool {
	switch {
	case j.Fate == Unreadable:
		return m.lives(j)
	case j.Fate != Good:
		return false // a job that is yet to fail included: the sync cannot know, and may buy another then
	case m.now.Before(j.Ended):
		return j.Ended.Before(j.At.Add(m.set.JobTimeout))
	case m.there != nil && !j.Ended.After(m.there.Job.Ended):
		return false
	default:
		knowsEnd := !m.set.NoCalendar || m.there != nil && !m.there.Job.NoDays
		return m.lives(j) && (m.now.Sub(j.Ended) < 6*time.Hour || knowsEnd && m.final(j))
	}
}

// settled is row 4: whatever its tables, nothing is bought.
func (m moment) settled() (Verdict, bool) {
	if m.covered() && m.finalSyncs() >= 2 {
		return free("4", "final rows landed in two syncs"), true
	}
	return Verdict{}, false
}

// finalSyncs counts the syncs in which final rows landed that cover what is wanted.
func (m moment) finalSyncs() int {
	syncs := map[int]bool{}
	for _, l := range m.History.there[placeOf(m.wanted.Request, m.wanted.Quarter)] {
		if m.final(l.Job) && l.Job.covers(m.wanted.Request) {
			syncs[l.sync] = true
		}
	}
	return len(syncs)
}

// landedOnce is row 5.
func (m moment) landedOnce() (Verdict, bool) {
	if !m.covered() || m.finalSyncs() != 1 || (m.there.open && m.now.Sub(m.there.At) < 20*time.Hour) {
		return Verdict{}, false
	}
	if m.lives(m.there.Job) {
		return free("5", "final rows landed once, and their result lives"), true
	}
	return buy("5", "final rows landed once, and their result is gone"), true
}

// resumed is row 6.
func (m moment) resumed() (Verdict, bool) {
	if !m.covered() || !m.there.open {
		return Verdict{}, false
	}
	final, within := m.final(m.there.Job), m.set.ResumeWithin
	if final {
		within = 20 * time.Hour
	}
	age := m.now.Sub(m.there.At)
	if age >= within || (m.set.History && m.wanted.Window == nil && !final && !m.snapshot()) {
		return Verdict{}, false
	}
	return free("6", fmt.Sprintf("landed %v ago by a sync that has not ended well", age)), true
}

// snapshot says whether today has one.
func (m moment) snapshot() bool {
	for _, l := range m.History.there[placeOf(m.wanted.Request, m.wanted.Quarter)] {
		if m.day(l.Job.Ended) == m.day(m.now) {
			return true
		}
	}
	return false
}

// remembered is row 7.
func (m moment) remembered() (Verdict, bool) {
	for _, j := range m.paid.open {
		if j.Fate == TooLong && m.set.MaxResultBytes <= j.Limit && (m.wanted.Refresh == nil || m.wanted.Refresh.Before.Before(j.At)) {
			return free("7", "its result is longer than max_result_bytes"), true
		}
	}
	bad := m.paid.bad
	if bad == nil || (m.wanted.Refresh != nil && m.wanted.Refresh.Before.After(bad.At)) {
		return Verdict{}, false
	}
	days := 1
	if m.end().Before(m.now) {
		days = []int{1, 2, 4, 7}[min(m.paid.failures, 4)-1]
	}
	next := m.day(bad.Read.In(m.set.Zone).AddDate(0, 0, days))
	if m.day(m.now) < next {
		return free("7", "its result was bad, and is tried again on "+next), true
	}
	return Verdict{}, false
}

// shared is row 8.
func (m moment) shared() (Verdict, bool) {
	if m.there == nil || !m.final(m.there.Job) || m.covered() || m.wanted.covers(m.there.Job.Request) || m.now.Sub(m.there.Job.At) >= 7*24*time.Hour {
		return Verdict{}, false
	}
	return free("8", "two requests share a final place"), true
}

// exported is row 4 of a window of activities: it is done when it was exported up to its last day. The newest one never is.
func (m moment) exported() (Verdict, bool) {
	if m.covered() && !m.wanted.Window.Newest && !m.there.Job.At.Before(m.wanted.Window.Last) {
		return free("4", "the window was exported up to its last day"), true
	}
	return Verdict{}, false
}

// end is that of the item's quarter, or window.
func (m moment) end() time.Time {
	if m.wanted.Window != nil {
		return m.wanted.Window.Last
	}
	return m.QuarterEnd(m.wanted.Quarter)
}
