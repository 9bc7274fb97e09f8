package spec

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPeriodQuarters(t *testing.T) {
	current := Quarter{2026, 1}
	for item, want := range map[string]string{
		"2026_Q1":             "2026_Q1",
		"current":             "2026_Q1",
		"previous":            "2025_Q4",
		"next":                "2026_Q2",
		"current-4":           "2025_Q1",
		"current+3":           "2026_Q4",
		"current+4":           "2027_Q1",
		"current-0":           "2026_Q1",
		"2025_Q3..2026_Q2":    "2025_Q3 2025_Q4 2026_Q1 2026_Q2",
		"2026_Q1..2026_Q1":    "2026_Q1",
		"2025_Q3..current":    "2025_Q3 2025_Q4 2026_Q1",
		"current..2026_Q2":    "2026_Q1 2026_Q2",
		"current-2..current":  "2025_Q3 2025_Q4 2026_Q1",
		"previous..next":      "2025_Q4 2026_Q1 2026_Q2",
		"previous..current+1": "2025_Q4 2026_Q1 2026_Q2",
	} {
		p, err := ParsePeriod(item)
		require.NoError(t, err, item)
		require.Empty(t, p.Literal, item)
		require.Empty(t, p.Hint(), item)
		quarters, err := p.Quarters(current)
		require.NoError(t, err, item)
		var labels []string
		for _, q := range quarters {
			labels = append(labels, q.String())
		}
		require.Equal(t, want, strings.Join(labels, " "), item)
	}
}

func TestPeriodText(t *testing.T) {
	for item, want := range map[string]struct {
		text           string
		needs, current bool
	}{
		"current":              {"current", true, true},
		"current+0":            {"current", true, true},
		"current..current":     {"current", true, true},
		"current-1":            {"previous", true, false},
		"current+1":            {"next", true, false},
		"current-12":           {"current-12", true, false},
		"previous..current":    {"previous..current", true, false},
		"2024_Q1..current+002": {"2024_Q1..current+2", true, false},
		"2024_Q1":              {"2024_Q1", false, false},
		"2024_Q1..2024_Q2":     {"2024_Q1..2024_Q2", false, false},
		"2018_M1":              {"2018_M1", false, false},
	} {
		p, err := ParsePeriod(item)
		require.NoError(t, err, item)
		require.Equal(t, want.text, p.String(), item)
		require.Equal(t, want.needs, p.NeedsCurrent(), item)
		require.Equal(t, want.current, p.IsCurrent(), item)
	}
}

func TestPeriodErrors(t *testing.T) {
	for item, want := range map[string]string{
		"":                          `period "": is blank`,
		"  ":                        `period "  ": is blank`,
		"..":                        "an end that is no period; write it like 2024_Q1..2026_Q1 or current-4..next",
		"..current":                 "an end that is no period",
		"current..":                 "an end that is no period",
		"2026Q1..current":           "an end that is no period; write it like 2026_Q1..current",
		"2024_Q1 .. 2025_Q1":        "write it like 2024_Q1..2025_Q1",
		"2024_Q1...2025_Q1":         "write it like 2024_Q1..2025_Q1",
		"2025_Q1 .. 2024_Q1":        "write it like 2024_Q1..2026_Q1", // the reversed range would be no help
		"current-1000..current":     "an end that is no period",
		"2026_Q2..2026_Q1":          "ends before it starts",
		"current..previous":         "ends before it starts",
		"1000_Q1..2026_Q1":          "spans 4105 quarters; write a range of at most 200",
		"current-200..current":      "spans 201 quarters",
		"2024_Q1..2024_Q2..2024_Q3": "an end that is no period",
	} {
		_, err := ParsePeriod(item)
		require.ErrorContains(t, err, want, item)
	}
}

func TestMixedRangesAreCheckedOnceCurrentIsKnown(t *testing.T) {
	p, err := ParsePeriod("2026_Q2..current")
	require.NoError(t, err)
	_, err = p.Quarters(Quarter{2026, 1})
	require.EqualError(t, err, `period "2026_Q2..current": with 2026_Q1 as the current quarter it ends before it starts; swap its ends`)
	p, err = ParsePeriod("1900_Q1..current")
	require.NoError(t, err)
	_, err = p.Quarters(Quarter{2026, 1})
	require.ErrorContains(t, err, "spans 505 quarters")
	p, err = ParsePeriod("2018_M1")
	require.NoError(t, err)
	_, err = p.Quarters(Quarter{2026, 1})
	require.EqualError(t, err, `period "2018_M1": no fiscal quarter: it is passed to Clari as it is`)
}

func TestHint(t *testing.T) {
	for literal, want := range map[string]string{
		"2026_Q5":            "2026_Q4",
		"2026_Q0":            "2026_Q1",
		"2026Q1":             "2026_Q1",
		"2026-Q1":            "2026_Q1",
		"2026_q1":            "2026_Q1",
		"2026 Quarter 3":     "2026_Q3",
		"Q1 2026":            "2026_Q1",
		"Q2-2026":            "2026_Q2",
		"Q3 FY26":            "2026_Q3",
		"FY27 Q2":            "2027_Q2",
		" 2026_Q1 ":          "2026_Q1",
		"curent":             "current",
		"Current":            "current",
		"CURRENT":            "current",
		"curr":               "current",
		"prev":               "previous",
		"previuos":           "previous",
		"nxt":                "next",
		"current - 4":        "current-4",
		"curent+2":           "current+2",
		"next+1":             "current+2",
		"previous-1":         "current-2",
		"2024_Q1-2026_Q1":    "2024_Q1..2026_Q1",
		"2024Q1 to current":  "2024_Q1..current",
		"2024_Q1:2024_Q3":    "2024_Q1..2024_Q3",
		"2018_M1":            "",
		"2026":               "",
		"current-1000":       "",
		"all":                "",
		"2026_Q1 to 2025_Q1": "",
		"-":                  "",
	} {
		p, err := ParsePeriod(literal)
		if likeQuarter.MatchString(literal) { // it is refused, with the same hint
			require.EqualError(t, err, fmt.Sprintf("period %q: is no fiscal quarter; write it like %s", literal, want))
			continue
		}
		require.NoError(t, err, literal)
		require.Equal(t, literal, p.Literal)
		require.Equal(t, want, p.Hint(), literal)
	}
}

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
		q := QuarterOf(day(c.day), c.start)
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
		previous := QuarterOf(begin, start)
		for day := begin; day.Year() < 2030; day = day.AddDate(0, 0, 1) {
			q := QuarterOf(day, start)
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

func TestQuarterOfUsesTheDayOfTheLocation(t *testing.T) {
	auckland, err := time.LoadLocation("Pacific/Auckland")
	require.NoError(t, err)
	at := time.Date(2025, 3, 31, 20, 0, 0, 0, time.UTC)
	require.Equal(t, "2025_Q1", QuarterOf(at, 1).String())
	require.Equal(t, "2025_Q2", QuarterOf(at.In(auckland), 1).String())
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

func TestParseQuarter(t *testing.T) {
	q, ok := ParseQuarter("2026_Q3")
	require.True(t, ok)
	require.Equal(t, Quarter{2026, 3}, q)
	for _, label := range []string{"", "2026_Q0", "2026_Q5", "2026Q1", "26_Q1", "2026_q1", "2026_Q1 ", "2026_Q1\n", "x2026_Q1", "２０２６_Q1"} {
		_, ok := ParseQuarter(label)
		require.False(t, ok, label)
	}
}
