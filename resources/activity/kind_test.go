package activity

import (
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

func newKind(t *testing.T, change func(*spec.Spec)) *Kind {
	t.Helper()
	api, err := clari.New(clari.Config{BaseURL: "https://api.clari.test/v4", APIKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	s := &spec.Spec{BaseURL: "https://api.clari.test/v4", TimeZone: "UTC", Activities: &spec.Activities{Types: []string{"meeting", "email_sent"}, WindowDays: 30}}
	if change != nil {
		change(s)
	}
	return New(Config{Spec: s, Client: api, Wanted: []string{ActivitiesTable}, Log: zerolog.Nop()})
}

// TestKey: whatever changes what belongs to a window makes another of it, and nothing else does.
func TestKey(t *testing.T) {
	want := newKind(t, nil).placeKey(20000)
	for name, test := range map[string]struct {
		change func(*spec.Spec)
		start  Day
		same   bool
	}{
		"types in another order": {func(s *spec.Spec) { s.Activities.Types = []string{"email_sent", "meeting"} }, 20000, true},
		"since and overlap":      {func(s *spec.Spec) { s.Activities.Since, s.Activities.OverlapDays = "2025-01-01", 5 }, 20000, true},
		"types":                  {func(s *spec.Spec) { s.Activities.Types = []string{"meeting"} }, 20000, false},
		"time zone":              {func(s *spec.Spec) { s.TimeZone = "Asia/Tokyo" }, 20000, false},
		"window_days":            {func(s *spec.Spec) { s.Activities.WindowDays = 20 }, 20000, false},
		"base URL":               {func(s *spec.Spec) { s.BaseURL = "https://other.test/v4" }, 20000, false},
		"window":                 {nil, 20030, false},
	} {
		if got := newKind(t, test.change).placeKey(test.start); (got == want) != test.same {
			t.Errorf("%s: the same key: %t", name, got == want)
		}
	}
}

// TestServes: a job serves, and what landed covers, only with all days that are due.
func TestServes(t *testing.T) {
	for name, test := range map[string]struct {
		asked asked
		want  bool
	}{
		"the same days":   {asked{20010, 20020}, true},
		"more days":       {asked{20000, 20025}, true},
		"begins too late": {asked{20011, 20020}, false},
		"ends too early":  {asked{20010, 20019}, false},
		"asked by nobody": {asked{}, false},
	} {
		w := &work{Window: Window{Start: 20000, End: 20030, From: 20010, To: 20020}, asked: test.asked, kept: state{LastFrom: test.asked.From, LastTo: test.asked.To}}
		if w.Serves(journal.PaidJob{}, clari.Job{}) != test.want || w.Covers() != test.want {
			t.Errorf("%s: serves %t, covers %t", name, w.Serves(journal.PaidJob{}, clari.Job{}), w.Covers())
		}
	}
}

// TestLanded: a window keeps the earliest day that ever landed, and the day up to which it is exported: that of the request, or its own last day.
func TestLanded(t *testing.T) {
	k := newKind(t, nil)
	requested := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	on := DayOf(requested) // 20513
	for name, test := range map[string]struct {
		window Window
		before state // of an earlier job; zero: none
		asked  asked
		want   state
	}{
		"first": {Window{Start: 20500, End: 20530}, state{}, asked{20500, on}, state{20500, on, 20500, on}},
		"days after another": {
			Window{Start: 20500, End: 20530},
			state{20500, 20510, 20500, 20510},
			asked{20508, on},
			state{20500, on, 20508, on},
		},
		"since has moved back": {Window{Start: 20500, End: 20530}, state{20508, 20510, 20508, 20510}, asked{20502, on}, state{20502, on, 20502, on}},
		"over when it was asked for": {
			Window{Start: 20470, End: 20500},
			state{},
			asked{20470, 20500},
			state{20470, on, 20470, 20500},
		},
		"asked for days after the plan was made": {Window{Start: 20500, End: 20530}, state{}, asked{20500, 20510}, state{20500, 20510, 20500, 20510}},
	} {
		w := &work{Window: test.window, k: k, asked: test.asked, kept: test.before}
		e := &job.Export{Item: job.Item{Work: w}, RequestedAt: requested, Job: clari.Job{ID: "new"}}
		if test.before != (state{}) {
			e.There.Job = "old"
		}
		if w.Landed(e); w.kept != test.want {
			t.Errorf("%s: kept %+v, want %+v", name, w.kept, test.want)
		}
	}
}

// TestOneWindowSendsADay: of days that windows share exactly one sends the rows, in whatever order they land.
func TestOneWindowSendsADay(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	window := func(start, from, to Day) *work {
		return &work{Window: Window{Start: start, End: start + 10, From: from, To: to}}
	}
	emit := func(w *work, askedAt time.Time) (sent []Day) {
		w.sent = map[Day]bool{}
		for day := w.From; day <= w.To; day++ {
			if w.sends(day, askedAt) {
				w.sent[day] = true
				sent = append(sent, day)
			}
		}
		w.over = true
		return sent
	}
	for _, laterFirst := range []bool{true, false} {
		earlier, later := window(100, 100, 110), window(110, 108, 115) // the later one reaches back
		k := &Kind{windows: []*work{earlier, later}}
		earlier.k, later.k = k, k
		order := []*work{earlier, later}
		if laterFirst {
			order = []*work{later, earlier}
		}
		for _, w := range order {
			emit(w, now)
		}
		for day := Day(100); day <= 115; day++ {
			if earlier.sent[day] == later.sent[day] || later.sent[day] != (day >= 108) {
				t.Errorf("later first %t: day %d is sent by the earlier %t, by the later %t", laterFirst, day, earlier.sent[day], later.sent[day])
			}
		}
	}
	// A later one that has failed leaves its days to the earlier one; and takes none back, should it land after all.
	earlier, later := window(100, 100, 110), window(110, 108, 115)
	k := &Kind{windows: []*work{earlier, later}}
	earlier.k, later.k, later.over = k, k, true
	if sent := emit(earlier, now); len(sent) != 11 {
		t.Errorf("beside one that failed: %v", sent)
	}
	if sent := emit(later, now); len(sent) != 5 {
		t.Errorf("it lands all the same: %v", sent)
	}
	// What a job has landed that was asked for later is newer than an adopted result.
	earlier, landed := window(100, 100, 110), &work{Window: Window{Start: 110, End: 120}, there: journal.Place{Job: "1", AskedAt: now}, was: state{LastFrom: 109, LastTo: 120}}
	k = &Kind{windows: []*work{earlier, landed}}
	earlier.k, landed.k = k, k
	if sent := emit(earlier, now.Add(-time.Hour)); len(sent) != 9 {
		t.Errorf("of an adopted result: %v", sent)
	}
	earlier.sent, earlier.over = nil, false
	if sent := emit(earlier, now.Add(time.Hour)); len(sent) != 11 {
		t.Errorf("of one that was asked for later: %v", sent)
	}
}

// TestDayWithoutMidnight: where clocks are put forward at midnight a day begins at one o'clock.
func TestDayWithoutMidnight(t *testing.T) {
	for zone, text := range map[string]string{"America/Santiago": "2026-09-06", "Asia/Beirut": "2026-03-29", "UTC": "2026-03-29"} {
		at, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		d := day(t, text)
		if got := d.In(at); DayOf(got) != d || DayOf(got.Add(-time.Second)) != d-1 {
			t.Errorf("%s: %s begins %s", zone, text, got)
		}
	}
}
