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

// TestBegins: each day begins at its first instant, also where midnight does not exist, or comes twice, or the day itself is left out.
func TestBegins(t *testing.T) {
	for _, c := range []struct{ zone, day, want string }{
		{"UTC", "2026-01-31", "2026-01-31T00:00:00Z"},
		{"Europe/Berlin", "2026-03-29", "2026-03-29T00:00:00+01:00"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00"},
		{"America/Sao_Paulo", "2018-11-05", "2018-11-05T00:00:00-02:00"},
		{"Asia/Beirut", "2022-03-27", "2022-03-27T01:00:00+03:00"},
		{"America/Havana", "2023-11-05", "2023-11-05T00:00:00-04:00"},    // from 1:00 back to 0:00: midnight comes twice
		{"America/Sao_Paulo", "2019-02-17", "2019-02-17T00:00:00-03:00"}, // from 0:00 back to 23:00: so does the hour before
		{"Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"},
		{"Pacific/Kiritimati", "2026-01-01", "2026-01-01T00:00:00+14:00"},
	} {
		at, err := time.LoadLocation(c.zone)
		require.NoError(t, err)
		day := date(c.day)
		require.Equal(t, c.want, Begins(day.Year(), day.Month(), day.Day(), at).Format(time.RFC3339), c)
	}
	for _, zone := range []string{"America/Sao_Paulo", "Asia/Beirut", "America/Havana", "America/Asuncion", "Africa/Cairo", "Atlantic/Azores", "Australia/Lord_Howe"} {
		at, err := time.LoadLocation(zone)
		require.NoError(t, err)
		for day := date("2000-01-01"); day.Year() < 2027; day = day.AddDate(0, 0, 1) {
			first := Begins(day.Year(), day.Month(), day.Day(), at)
			require.Equal(t, day, Day(first, at), zone)
			require.True(t, Day(first.Add(-1), at).Before(day), "%s %s: %s is not its first instant", zone, day, first)
		}
	}
}
