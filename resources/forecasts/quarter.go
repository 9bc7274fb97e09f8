package forecasts

import (
	"regexp"
	"slices"
	"strings"
)

// The label of a fiscal quarter, which is also its id in the five arrays: 2026_Q1. A month's id looks otherwise.
var (
	quarterID     = regexp.MustCompile(`^\d{4}_Q[1-4]$`)
	quarterInName = regexp.MustCompile(`\d{4}_Q[1-4]`)
)

func isQuarter(id string) bool { return len(id) == len("2026_Q1") && quarterID.MatchString(id) }

// checkQuarter fails for an entry of another quarter than asked for, and notes which quarters there are.
func (in *inspection) checkQuarter(e *Entry) error {
	id := e.TimePeriodID
	if n := len(in.quarters); n > 0 && in.quarters[n-1] == id || !isQuarter(id) || slices.Contains(in.quarters, id) {
		return nil
	}
	if isQuarter(in.asked.Quarter) && id != in.asked.Quarter {
		return &WrongQuarterError{Asked: in.asked.Quarter, Got: id}
	}
	in.quarters = append(in.quarters, strings.Clone(id))
	if len(in.quarters) > 1 && in.asked.Quarter == "" { // Clari chooses one, so either is wrong
		return &WrongQuarterError{Asked: in.quarters[0], Got: id}
	}
	return nil
}

// quarter is the label of the quarter that the result holds: the one asked for; where Clari chose, the one that the time periods
// name, else the entries, else the name of the job's file.
func (in *inspection) quarter() (string, error) {
	var named []string
	for _, p := range in.timePeriods.rows {
		if isQuarter(p.TimePeriodID) {
			named = append(named, p.TimePeriodID)
		}
	}
	asked := in.asked.Quarter
	switch {
	case asked != "":
		if isQuarter(asked) && len(in.quarters) == 0 && len(named) > 0 && !slices.Contains(named, asked) {
			return "", &WrongQuarterError{Asked: asked, Got: named[0]}
		}
		return asked, nil
	case len(named) == 1 && len(in.quarters) == 1 && named[0] != in.quarters[0]:
		return "", &WrongQuarterError{Asked: named[0], Got: in.quarters[0]}
	case len(named) == 1:
		return named[0], nil
	case len(in.quarters) == 1:
		return in.quarters[0], nil
	}
	if inName := quarterInName.FindAllString(in.asked.FileName, -1); len(inName) > 0 {
		return inName[len(inName)-1], nil // a tab's own name comes before the quarter
	}
	if in.entries == 0 {
		return "", nil
	}
	return "", &UnknownQuarterError{}
}
