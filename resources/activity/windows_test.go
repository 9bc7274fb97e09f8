package activity

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func day(t *testing.T, text string) Day {
	t.Helper()
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return DayOf(at)
}

func TestPlan(t *testing.T) {
	// With 30 days, windows begin 2025-12-08, 2026-01-07, 2026-02-06, 2026-03-08.
	for _, test := range []struct {
		name, today, since string
		days, overlap      int
		landed             map[string]string // first day of a window -> first day that landed, day of the last export
		want               []string          // window, and what of it
	}{
		{
			name: "backfill", today: "2026-02-22", since: "2025-12-25", days: 30, overlap: 2,
			want: []string{"2026-02-06/2026-03-08: 2026-02-06 2026-02-22 newest", "2026-01-07/2026-02-06: 2026-01-07 2026-02-06", "2025-12-08/2026-01-07: 2025-12-25 2026-01-07"},
		},
		{
			name: "all landed", today: "2026-02-22", since: "2025-12-25", days: 30, overlap: 2,
			landed: map[string]string{"2025-12-08": "2025-12-25 2026-02-21", "2026-01-07": "2026-01-07 2026-02-21", "2026-02-06": "2026-02-04 2026-02-21"},
			want:   []string{"2026-02-06/2026-03-08: 2026-02-19 2026-02-22 newest"},
		},
		{
			name: "twice a day", today: "2026-02-22", since: "2026-01-07", days: 30, overlap: 2,
			landed: map[string]string{"2026-01-07": "2026-01-07 2026-02-21", "2026-02-06": "2026-02-04 2026-02-22"},
			want:   []string{"2026-02-06/2026-03-08: 2026-02-20 2026-02-22 newest"},
		},
		{
			name: "the last day of a window is its own", today: "2026-03-08", since: "2026-02-06", days: 30, overlap: 2,
			landed: map[string]string{"2026-02-06": "2026-02-06 2026-03-07"},
			want:   []string{"2026-02-06/2026-03-08: 2026-03-05 2026-03-08 newest"},
		},
		{
			name: "the next day is the next window's, and reaches back", today: "2026-03-09", since: "2026-02-06", days: 30, overlap: 2,
			landed: map[string]string{"2026-02-06": "2026-02-06 2026-03-08"},
			want:   []string{"2026-03-08/2026-04-07: 2026-03-06 2026-03-09 newest"},
		},
		{
			name: "no sync on the last day", today: "2026-03-09", since: "2026-02-06", days: 30, overlap: 2,
			landed: map[string]string{"2026-02-06": "2026-02-06 2026-03-03"},
			want:   []string{"2026-03-08/2026-04-07: 2026-03-08 2026-03-09 newest", "2026-02-06/2026-03-08: 2026-03-01 2026-03-08"},
		},
		{
			name: "no sync since the last day", today: "2026-04-20", since: "2026-02-06", days: 30, overlap: 2,
			landed: map[string]string{"2026-02-06": "2026-02-06 2026-03-08"},
			want:   []string{"2026-04-07/2026-05-07: 2026-04-07 2026-04-20 newest", "2026-03-08/2026-04-07: 2026-03-06 2026-04-07"},
		},
		{
			name: "late activities of a window whose next one landed before", today: "2026-04-20", since: "2026-02-06", days: 30, overlap: 2,
			landed: map[string]string{"2026-02-06": "2026-02-06 2026-03-09", "2026-03-08": "2026-03-08 2026-04-10"},
			want:   []string{"2026-04-07/2026-05-07: 2026-04-07 2026-04-20 newest", "2026-02-06/2026-03-08: 2026-03-07 2026-03-08"},
		},
		{
			name: "an earlier one failed", today: "2026-03-13", since: "2026-01-07", days: 30, overlap: 2,
			landed: map[string]string{"2026-02-06": "2026-02-06 2026-03-11", "2026-03-08": "2026-03-06 2026-03-12"},
			want:   []string{"2026-03-08/2026-04-07: 2026-03-10 2026-03-13 newest", "2026-01-07/2026-02-06: 2026-01-07 2026-02-06"},
		},
		{
			name: "since moves back within a window", today: "2026-02-22", since: "2025-12-29", days: 30, overlap: 0,
			landed: map[string]string{"2025-12-08": "2026-01-03 2026-02-21", "2026-01-07": "2026-01-07 2026-02-21", "2026-02-06": "2026-02-06 2026-02-21"},
			want:   []string{"2026-02-06/2026-03-08: 2026-02-21 2026-02-22 newest", "2025-12-08/2026-01-07: 2025-12-29 2026-01-07"},
		},
		{
			name: "since is today", today: "2026-02-22", since: "2026-02-22", days: 30, overlap: 2,
			want: []string{"2026-02-06/2026-03-08: 2026-02-22 2026-02-22 newest"},
		},
		{
			name: "since is today", today: "2026-02-22", since: "2026-02-22", days: 30, overlap: 2,
			want: []string{"2026-02-06/2026-03-08: 2026-02-22 2026-02-22 newest"},
		},
		{
			name: "since is to come", today: "2026-02-22", since: "2026-02-23", days: 30, overlap: 2,
		},
		{
			name: "since is a border", today: "2026-02-22", since: "2026-02-06", days: 30, overlap: 2,
			want: []string{"2026-02-06/2026-03-08: 2026-02-06 2026-02-22 newest"},
		},
		{
			name: "days", today: "2026-03-02", since: "2026-02-28", days: 1, overlap: 1,
			want: []string{"2026-03-01/2026-03-02: 2026-03-01 2026-03-02 newest", "2026-02-28/2026-03-01: 2026-02-28 2026-03-01"},
		},
		{
			name: "before 1970", today: "1969-12-31", since: "1969-12-01", days: 30, overlap: 0,
			want: []string{"1969-12-02/1970-01-01: 1969-12-02 1969-12-31 newest", "1969-11-02/1969-12-02: 1969-12-01 1969-12-02"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			landed := func(start Day) (Landed, bool) {
				first, on, ok := strings.Cut(test.landed[start.String()], " ")
				if !ok {
					return Landed{}, false
				}
				return Landed{day(t, first), day(t, on)}, true
			}
			var got []string
			for _, w := range (Grid{WindowDays: test.days, OverlapDays: test.overlap, Since: day(t, test.since)}).Plan(day(t, test.today), landed) {
				line := fmt.Sprintf("%s/%s: %s %s", w.Start, w.End, w.From, w.To)
				if w.Newest {
					line += " newest"
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPlanLosesNothing plays years of syncs that come and fail at random: an activity that arrives no later than the overlap after its day
// is in an export that landed, as soon as a sync whose windows all land comes after that.
func TestPlanLosesNothing(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		g := Grid{WindowDays: 1 + r.IntN(12), OverlapDays: r.IntN(4), Since: 1000 + Day(r.IntN(30))}
		journal := map[Day]Landed{}
		type activity struct{ day, arrives Day }
		var missing []activity // that no export holds
		for d := g.Since; d < g.Since+120; d++ {
			missing = append(missing, activity{d, d}, activity{d, d + Day(r.IntN(g.OverlapDays+1))})
		}
		for today := g.Since; today < g.Since+140; today++ {
			if r.IntN(3) == 0 {
				continue // no sync
			}
			whole := true
			for _, w := range g.Plan(today, func(start Day) (Landed, bool) { l, ok := journal[start]; return l, ok }) {
				if w.From > w.To || w.From < g.Since || w.To > today || w.To > w.End {
					t.Fatalf("seed %d, day %d: %+v", seed, today, w)
				}
				if r.IntN(4) == 0 {
					whole = false // this window fails
					continue
				}
				kept := missing[:0]
				for _, a := range missing {
					// An export of the day on which something arrives may come just before it.
					if a.arrives >= today || a.day < w.From || a.day > w.To {
						kept = append(kept, a)
					}
				}
				missing = kept
				l, again := journal[w.Start]
				if !again || w.From < l.From {
					l.From = w.From
				}
				l.On = today
				journal[w.Start] = l
			}
			for _, a := range missing {
				if whole && a.arrives < today {
					t.Fatalf("seed %d, day %d: nothing holds %+v with %+v", seed, today, a, g)
				}
			}
		}
	}
}

// TestDailySyncsCostOneExport, whatever day it is.
func TestDailySyncsCostOneExport(t *testing.T) {
	g := Grid{WindowDays: 30, OverlapDays: 2, Since: 20000}
	journal := map[Day]Landed{}
	exports := 0
	for today := g.Since + 90; today < g.Since+90+30; today++ {
		for _, w := range g.Plan(today, func(start Day) (Landed, bool) { l, ok := journal[start]; return l, ok }) {
			exports++
			l, again := journal[w.Start]
			if !again || w.From < l.From {
				l.From = w.From
			}
			l.On = today
			journal[w.Start] = l
		}
	}
	if exports != 30+3 {
		t.Errorf("%d exports in 30 days, want one a day and three of the past", exports)
	}
}

func TestRequest(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	r := Window{From: day(t, "2026-03-28"), To: day(t, "2026-03-30")}.Request([]string{"meeting"}, berlin)
	if got := r.Start.Format(time.RFC3339) + " " + r.End.Format(time.RFC3339); got != "2026-03-28T00:00:00+01:00 2026-03-30T00:00:00+02:00" {
		t.Error(got)
	}
	if got := DayOf(r.Start); got != day(t, "2026-03-28") {
		t.Error(got)
	}
}
