package flat

import (
	"strconv"
	"strings"
	"unicode"
)

// A periodLabel is what a Timeframe says of itself. The zero value is a label that says nothing: a
// half year, a name of the customer's own.
type periodLabel struct {
	Quarter int  // 1 to 4 where the label is a quarter's
	Month   bool // the label is a month's
	Year    int  // 0 when not in the label
	Fiscal  bool // Year is a fiscal year: that of a quarter, or one that is called FY
}

// parseLabel reads a quarter's label (Q2, FY27 Q2, Quarter 2, 2027_Q2, Q2 FY27, Q2 2027) or a month's
// (July FY 2023, Jul 2023). Anything in it that is neither makes it a label of another kind.
func parseLabel(text string) periodLabel {
	var l periodLabel
	before := "" // the word that says what the next number is
	for _, part := range labelParts(text) {
		number, err := strconv.Atoi(part)
		switch isNumber := err == nil; {
		case !isNumber && before != "":
			return periodLabel{}
		case !isNumber && isMonth(part) && !l.Month && l.Quarter == 0:
			l.Month = true
		case !isNumber && (part == "q" || part == "qtr" || part == "quarter" || part == "fy"):
			before = part
		case !isNumber:
			return periodLabel{}
		case before != "" && before != "fy":
			if len(part) != 1 || number < 1 || number > 4 || l.Quarter != 0 || l.Month {
				return periodLabel{}
			}
			l.Quarter, before = number, ""
		default:
			if len(part) == 2 {
				number += 2000
			}
			if number < 2000 || number > 2099 || l.Year != 0 || len(part) != 2 && len(part) != 4 {
				return periodLabel{}
			}
			l.Year, l.Fiscal, before = number, before == "fy", ""
		}
	}
	if before != "" || l.Quarter == 0 && !l.Month {
		return periodLabel{}
	}
	l.Fiscal = l.Year != 0 && (l.Fiscal || l.Quarter != 0)
	return l
}

// year is the fiscal year as text, empty when not in the label.
func (l periodLabel) year() string {
	if l.Year == 0 {
		return ""
	}
	return strconv.Itoa(l.Year)
}

// labelParts splits a label, in lower case, into its words and its numbers: "FY27 Q2" is fy 27 q 2.
func labelParts(text string) []string {
	var parts []string
	var last rune
	for _, r := range strings.ToLower(text) {
		switch {
		case strings.ContainsRune(" _-/'\u2019.,", r):
			last = 0
			continue
		case last != 0 && unicode.IsDigit(r) == unicode.IsDigit(last):
			parts[len(parts)-1] += string(r)
		default:
			parts = append(parts, string(r))
		}
		last = r
	}
	return parts
}

// isMonth tells whether a lower-case word is a month's name, or its first three letters or four.
func isMonth(word string) bool {
	for month := range strings.FieldsSeq("january february march april may june july august september october november december") {
		if word == month || len(word) >= 3 && len(word) <= 4 && strings.HasPrefix(month, word) {
			return true
		}
	}
	return false
}
