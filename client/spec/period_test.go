package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
)

func TestPeriodQuarters(t *testing.T) {
	current := fiscal.Quarter{Year: 2026, Number: 1}
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
		"2024..2025":                "write it like 2024_Q1..2025_Q4",
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
	_, err = p.Quarters(fiscal.Quarter{Year: 2026, Number: 1})
	require.EqualError(t, err, `period "2026_Q2..current": with 2026_Q1 as the current quarter it ends before it starts; swap its ends`)
	p, err = ParsePeriod("1900_Q1..current")
	require.NoError(t, err)
	_, err = p.Quarters(fiscal.Quarter{Year: 2026, Number: 1})
	require.ErrorContains(t, err, "spans 505 quarters")
	p, err = ParsePeriod("2018_M1")
	require.NoError(t, err)
	_, err = p.Quarters(fiscal.Quarter{Year: 2026, Number: 1})
	require.EqualError(t, err, `period "2018_M1": no fiscal quarter: it is passed to Clari as it is`)
}

// TestSlips are periods as people write them who know another tool, or who slip: none is passed to Clari, which would answer with its
// current quarter and take an export for it in every sync. The error has what was probably meant.
func TestSlips(t *testing.T) {
	for item, want := range map[string]string{
		"2026-Q1":            "2026_Q1",
		"Q1-2026":            "2026_Q1",
		"Q1_2026":            "2026_Q1",
		"2026_q1":            "2026_Q1",
		"2026/Q1":            "2026_Q1",
		"2026Q1":             "2026_Q1",
		"Q1 2026":            "2026_Q1",
		"2026_Q5":            "2026_Q4",
		"2026_Q9":            "2026_Q4",
		"2026_Q0":            "2026_Q1",
		"2026 Quarter 3":     "2026_Q3",
		"Q2-2026":            "2026_Q2",
		"Q3 FY26":            "2026_Q3",
		"FY27 Q2":            "2027_Q2",
		"FY26 Q1":            "2026_Q1",
		" 2026_Q1 ":          "2026_Q1",
		"curent":             "current",
		"Current":            "current",
		"CURRENT":            "current",
		"curr":               "current",
		"now":                "current",
		"this":               "current",
		"this_quarter":       "current",
		"current_quarter":    "current",
		"current quarter":    "current",
		"prev":               "previous",
		"previuos":           "previous",
		"last":               "previous",
		"last_quarter":       "previous",
		"Last Quarter":       "previous",
		"previous_quarter":   "previous",
		"nxt":                "next",
		"next-quarter":       "next",
		"current - 1":        "previous",
		"current - 4":        "current-4",
		"curent+2":           "current+2",
		"next+1":             "current+2",
		"previous-1":         "current-2",
		"2026_Q1-2026_Q3":    "2026_Q1..2026_Q3",
		"2024_Q1-2026_Q1":    "2024_Q1..2026_Q1",
		"2024-Q1-2025-Q4":    "2024_Q1..2025_Q4",
		"2024Q1 to current":  "2024_Q1..current",
		"2024_Q1:2025_Q4":    "2024_Q1..2025_Q4",
		"2024_Q1 - 2025_Q4":  "2024_Q1..2025_Q4",
		"FY2026":             "2026_Q1..2026_Q4",
		"FY26":               "2026_Q1..2026_Q4",
		"2024-2025":          "2024_Q1..2025_Q4",
		"2026_H1":            "2026_Q1..2026_Q2",
		"2026 H2":            "2026_Q3..2026_Q4",
		"2025_M01":           "2025_M1",
		"2025-03":            "2025_M3",
		"2025_M13":           "2025_M12",
		"last 4 quarters":    "current-4..previous",
		"last_2_quarters":    "current-2..previous",
		"next 2 quarters":    "next..current+2",
		"all":                "current-8..next",
		"current-1000":       "",
		"2026_Q1 to 2025_Q1": "",
		"yesterday":          "",
		"-":                  "",
		"Q1":                 "",
		"2026_Q":             "",
	} {
		_, err := ParsePeriod(item)
		fix := "one such as 2026_Q1, 2024_Q1..2025_Q4, previous, current, next, current-4"
		if want != "" {
			_, wrong := ParsePeriod(want)
			require.NoError(t, wrong, "what is meant is no period")
			fix = want + ", or another form such as 2026_Q1, 2024_Q1..2025_Q4, previous, current-4"
		}
		require.EqualError(t, err, fmt.Sprintf("period %q: is no period; write %s", item, fix))
	}
}
