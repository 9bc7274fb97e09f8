package forecasts

import (
	"regexp"
	"slices"
)

// quarterInName finds the label of a fiscal quarter, which is also its id in the five arrays: 2026_Q1. A month's id looks otherwise.
var quarterInName = regexp.MustCompile(`\d{4}_Q[1-4]`)

func isQuarter(id string) bool {
	return len(id) == len("2026_Q1") && id[4:6] == "_Q" && '1' <= id[6] && id[6] <= '4' &&
		isDigit(id[0]) && isDigit(id[1]) && isDigit(id[2]) && isDigit(id[3])
}

// noteQuarter fails for a quarter of entries that is another than asked for.
func (in *inspection) noteQuarter(id string) error {
	asked := in.asked.Quarter
	if asked == "" && len(in.quarters) > 0 {
		asked = in.quarters[0] // Clari chose one, so two are one too many
	}
	switch {
	case id == asked:
	case isQuarter(asked):
		return &WrongQuarterError{Asked: asked, Got: id}
	case asked == "":
		in.quarters = append(in.quarters, id)
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
