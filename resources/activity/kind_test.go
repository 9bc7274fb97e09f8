package activity

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/job"
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
	want := newKind(t, nil).key(20000)
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
		if got := newKind(t, test.change).key(test.start); (got == want) != test.same {
			t.Errorf("%s: the same key: %t", name, got == want)
		}
	}
}

// TestUse: what the job of an earlier sync is good for, where its window was not over when it was asked for.
func TestUse(t *testing.T) {
	k := newKind(t, nil)
	window := Window{Start: 20000, End: 20030, From: 20010, To: 20020}
	ended := func(ago time.Duration) clari.Job { return clari.Job{Status: "DONE", EndTime: time.Now().Add(-ago)} }
	for name, test := range map[string]struct {
		asked  *Asked
		job    clari.Job
		unread bool
		want   job.Use
	}{
		"fresh":               {&Asked{20010, 20020}, ended(5 * time.Hour), false, job.Land},
		"holds more":          {&Asked{20000, 20025}, ended(5 * time.Hour), false, job.Land},
		"begins too late":     {&Asked{20011, 20020}, ended(time.Hour), false, job.Drop},
		"ends too early":      {&Asked{20010, 20019}, ended(time.Hour), false, job.Drop},
		"asked by nobody":     {nil, ended(time.Hour), false, job.Drop},
		"old":                 {&Asked{20010, 20020}, ended(7 * time.Hour), false, job.Drop},
		"old and never read":  {&Asked{20010, 20020}, ended(7 * time.Hour), true, job.Land},
		"still runs":          {&Asked{20010, 20020}, clari.Job{Status: "STARTED"}, false, job.Land},
		"runs, ends too soon": {&Asked{20010, 20019}, clari.Job{Status: "STARTED"}, false, job.Drop},
	} {
		s := &subject{k: k, Window: window, memory: &memory{Asked: test.asked}}
		if got := s.Use(job.NewExport(k, s, time.Now(), nil), test.job, test.unread); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

// TestLanded: a window remembers the earliest day that ever landed, and when the last job was asked for, not when it landed.
func TestLanded(t *testing.T) {
	k := newKind(t, nil)
	requested := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	on := DayOf(requested)
	for name, test := range map[string]struct {
		before *Landed
		asked  *Asked
		want   Landed
	}{
		"first":              {nil, nil, Landed{20010, on}},
		"by what was asked":  {nil, &Asked{20005, 20020}, Landed{20005, on}},
		"after another":      {&Landed{20000, 20012}, &Asked{20010, 20020}, Landed{20000, on}},
		"since has moved":    {&Landed{20010, 20012}, &Asked{20002, 20020}, Landed{20002, on}},
		"older than a month": {&Landed{19999, 20000}, nil, Landed{19999, on}},
	} {
		s := &subject{k: k, Window: Window{Start: 20000, End: 20030, From: 20010, To: 20020}, memory: &memory{Landed: test.before, Asked: test.asked}}
		s.Landed(job.NewExport(k, s, requested, nil), nil)
		if diff := cmp.Diff(memory{Landed: &test.want, Asked: test.asked, Last: test.asked, Tables: k.Wanted}, *s.memory); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
