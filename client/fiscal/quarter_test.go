package fiscal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuarterCalendar(t *testing.T) {
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		require.NoError(t, err)
		return at
	}
	for _, c := range []struct {
		start                      int
		day, label, first, lastDay string
	}{
		{1, "2025-01-01", "2025_Q1", "2025-01-01", "2025-03-31"},
		{1, "2025-12-31", "2025_Q4", "2025-10-01", "2025-12-31"},
		{2, "2025-01-31", "2025_Q4", "2024-11-01", "2025-01-31"},
		{2, "2025-02-01", "2026_Q1", "2025-02-01", "2025-04-30"},
		{2, "2026-01-15", "2026_Q4", "2025-11-01", "2026-01-31"},
		{7, "2024-06-30", "2024_Q4", "2024-04-01", "2024-06-30"},
		{7, "2024-07-01", "2025_Q1", "2024-07-01", "2024-09-30"},
		{12, "2024-02-29", "2024_Q1", "2023-12-01", "2024-02-29"},
		{12, "2024-12-01", "2025_Q1", "2024-12-01", "2025-02-28"},
	} {
		q := Of(day(c.day), c.start)
		require.Equal(t, c.label, q.String(), c)
		first, last := q.Days(c.start)
		require.Equal(t, day(c.first), first, c)
		require.Equal(t, day(c.lastDay), last, c)
	}
}

// TestQuartersTileTheCalendar walks ten years day by day, for every start of the fiscal year.
func TestQuartersTileTheCalendar(t *testing.T) {
	for start := 1; start <= 12; start++ {
		begin := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
		previous := Of(begin, start)
		for day := begin; day.Year() < 2030; day = day.AddDate(0, 0, 1) {
			q := Of(day, start)
			first, last := q.Days(start)
			require.False(t, day.Before(first) || day.After(last), "%d %s %s", start, day, q)
			if q != previous {
				require.Equal(t, previous.Add(1), q)
				require.Equal(t, first, day)
			}
			previous = q
		}
	}
}

// TestLatestEnd: whenever a fiscal year begins, and whichever of its calendar years it is named for, none of its quarters ends later.
func TestLatestEnd(t *testing.T) {
	for year := 2023; year < 2029; year++ {
		for number := 1; number <= 4; number++ {
			q := Quarter{year, number}
			for start := 1; start <= 12; start++ {
				_, endsIn := q.Days(start)
				_, beginsIn := Quarter{year + 1, number}.Days(start)
				if start == 1 {
					beginsIn = endsIn
				}
				require.False(t, endsIn.After(q.LatestEnd()) || beginsIn.After(q.LatestEnd()), "%s from month %d", q, start)
			}
			_, latest := Quarter{year + 1, number}.Days(12)
			require.Equal(t, latest.AddDate(0, 0, 7), q.LatestEnd())
		}
	}
}

func TestOfUsesTheDayOfTheLocation(t *testing.T) {
	auckland, err := time.LoadLocation("Pacific/Auckland")
	require.NoError(t, err)
	at := time.Date(2025, 3, 31, 20, 0, 0, 0, time.UTC)
	require.Equal(t, "2025_Q1", Of(at, 1).String())
	require.Equal(t, "2025_Q2", Of(at.In(auckland), 1).String())
}

func TestQuarterArithmetic(t *testing.T) {
	q := Quarter{2026, 1}
	require.Equal(t, Quarter{2025, 4}, q.Add(-1))
	require.Equal(t, Quarter{2023, 4}, q.Add(-9))
	require.Equal(t, Quarter{2028, 2}, q.Add(9))
	for n := -50; n <= 50; n++ {
		require.Equal(t, n, q.Add(n).Sub(q))
		require.Equal(t, q, q.Add(n).Add(-n))
	}
	require.Equal(t, 0, q.Compare(q))
	require.Equal(t, -1, Quarter{2025, 4}.Compare(q))
	require.Equal(t, 1, Quarter{2026, 2}.Compare(q))
}

func TestParse(t *testing.T) {
	q, ok := Parse("2026_Q3")
	require.True(t, ok)
	require.Equal(t, Quarter{2026, 3}, q)
	for _, label := range []string{"", "2026_Q0", "2026_Q5", "2026Q1", "26_Q1", "2026_q1", "2026_Q1 ", "2026_Q1\n", "x2026_Q1", "２０２６_Q1"} {
		_, ok := Parse(label)
		require.False(t, ok, label)
	}
}
