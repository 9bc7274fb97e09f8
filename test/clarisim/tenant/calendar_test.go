package tenant

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestCalendar(t *testing.T) {
	for _, tt := range []struct {
		start             time.Month
		day, quarter      string
		first, last, week string // of week 0
	}{
		{time.February, "2025-01-31", "2025_Q4", "2024-11-01", "2025-01-31", "2024-10-27"},
		{time.February, "2025-02-01", "2026_Q1", "2025-02-01", "2025-04-30", "2025-01-26"},
		{time.February, "2025-12-31", "2026_Q4", "2025-11-01", "2026-01-31", "2025-10-26"},
		{time.January, "2025-12-31", "2025_Q4", "2025-10-01", "2025-12-31", "2025-09-28"},
		{time.July, "2025-06-30", "2025_Q4", "2025-04-01", "2025-06-30", "2025-03-30"},
		{time.December, "2024-12-01", "2025_Q1", "2024-12-01", "2025-02-28", "2024-11-24"}, // opens on a Sunday
	} {
		c := Calendar{Start: tt.start}
		q := c.QuarterOf(day(tt.day).Add(23 * time.Hour))
		require.Equal(t, tt.quarter, q.String(), tt.day)
		parsed, ok := ParseQuarter(tt.quarter)
		require.True(t, ok)
		require.Equal(t, q, parsed)
		first, last := c.Days(q)
		require.Equal(t, tt.first, first.Format(time.DateOnly))
		require.Equal(t, tt.last, last.Format(time.DateOnly))
		require.Equal(t, "TF:"+tt.week, c.Weeks(q)[0].ID())
	}
}

func TestQuarterArithmetic(t *testing.T) {
	q := Quarter{2026, 1}
	require.Equal(t, Quarter{2025, 4}, q.Add(-1))
	require.Equal(t, Quarter{2024, 4}, q.Add(-5))
	require.Equal(t, Quarter{2027, 1}, q.Add(4))
	require.True(t, q.Before(q.Add(1)))
	require.False(t, q.Before(q))
	for _, bad := range []string{"", "2026_Q5", "2026-Q1", "26_Q1", "2026_H1", "x2026_Q1"} {
		_, ok := ParseQuarter(bad)
		require.False(t, ok, bad)
	}
}

// The week in which a quarter opens has one id in both quarters, as seen in production pipelines.
func TestWeeksOfNeighbouringQuarters(t *testing.T) {
	for weekday := range time.Weekday(7) {
		c := Calendar{WeekStart: weekday}
		for q := (Quarter{2020, 1}); q.Before(Quarter{2030, 1}); q = q.Add(1) {
			weeks, before := c.Weeks(q), c.Weeks(q.Add(-1))
			first, last := c.Days(q)
			require.Equal(t, before[len(before)-1].ID(), weeks[0].ID())
			require.True(t, weeks[0].First.Before(first))
			require.False(t, weeks[len(weeks)-1].Last.Before(last))
			require.Equal(t, weekday, weeks[0].First.Weekday())
			require.Equal(t, 0, Latest(weeks, first.AddDate(0, -6, 0)))
			require.Equal(t, len(weeks)-1, Latest(weeks, last.AddDate(1, 0, 0)))
			now := Latest(weeks, first.AddDate(0, 1, 0))
			require.False(t, first.AddDate(0, 1, 0).Before(weeks[now].First))
			require.False(t, first.AddDate(0, 1, 0).After(weeks[now].Last))
		}
	}
}
