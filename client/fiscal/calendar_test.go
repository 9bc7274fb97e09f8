package fiscal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func date(text string) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return day
}

func TestCalendarInState(t *testing.T) {
	var c Calendar
	c.LearnCurrent("2026_Q4")
	first := Quarter{Year: 2016, Number: 1}
	for i := range 44 {
		q := first.Add(i)
		start, end := q.Days(2)
		if i == 43 {
			start = time.Time{} // flat rows may tell the end alone
		}
		c.Learn(q.String(), start, end)
	}
	var read Calendar
	read.Restore(c.Spans())
	for i := range 44 {
		q := first.Add(i)
		start, end := q.Days(2)
		gotStart, gotEnd := read.Days(q.String())
		if i < 44-kept-1 {
			start, end = time.Time{}, time.Time{}
		} else if i == 44-kept-1 { // forgotten
			start, end = time.Time{}, time.Time{}
		}
		require.Equal(t, [2]time.Time{start, end}, [2]time.Time{gotStart, gotEnd}, q)
	}
	current, ok := read.Current(date("2026-01-10"))
	require.True(t, ok)
	require.Equal(t, "2026_Q4", current.String())
}

// Near the end of the quarter Clari may already call another one current.
func TestCurrentIsNotTrustedNearItsEnd(t *testing.T) {
	for day, known := range map[string]bool{"2026-01-28": true, "2026-01-29": true, "2026-01-30": false, "2026-01-31": false, "2026-02-01": false} {
		var c Calendar
		c.Restore([]Span{{Quarter: "2026_Q4", End: "2026-01-31", Current: true}})
		_, ok := c.Current(date(day))
		require.Equal(t, known, ok, day)
		c.StartMonth = 2
		guess, ok := c.CurrentOr(date(day))
		require.True(t, ok)
		require.Equal(t, Of(date(day), 2), guess)
		c.LearnCurrent("2027_Q1") // in this sync: that is so whatever the day
		now, ok := c.Current(date(day))
		require.True(t, ok)
		require.Equal(t, "2027_Q1", now.String())
	}
}

func TestDaysOfTheQuarterAfter(t *testing.T) {
	var c Calendar
	c.Learn("2026_Q3", time.Time{}, date("2025-10-31"))
	start, end := c.Days("2026_Q4")
	require.Equal(t, date("2025-11-01"), start, "it begins when the one before has ended")
	require.True(t, end.IsZero())
	start, end = c.Days("no quarter")
	require.True(t, start.IsZero() && end.IsZero())
	require.Empty(t, new(Calendar).Spans())
}

// A quarter with other days elsewhere has none, then and later.
func TestDisputed(t *testing.T) {
	var c, read Calendar
	c.Learn("2026_Q3", date("2025-08-01"), date("2025-10-31"))
	require.False(t, c.Disputes())
	c.Dispute("2026_Q3")
	read.Restore(c.Spans())
	for _, c := range []*Calendar{&c, &read} {
		c.Learn("2026_Q3", date("2025-08-01"), date("2025-10-31"))
		start, end := c.Days("2026_Q3")
		require.True(t, start.IsZero() && end.IsZero() && c.Disputes())
	}
}
