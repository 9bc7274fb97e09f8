package decode

import (
	"regexp"
	"strings"
)

// An amount is what the text of one says.
type amount struct {
	value      float64
	sign, code string // of the currency
}

// The digits of an amount, with commas or points between thousands; spaces and apostrophes have been taken out of whole groups before.
var (
	pointed      = regexp.MustCompile(`^([0-9]+|[1-9][0-9]{0,2}(,[0-9]{3})+)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	commaed      = regexp.MustCompile(`^([0-9]+|[1-9][0-9]{0,2}(\.[0-9]{3})+)(,[0-9]+)?([eE][-+]?[0-9]+)?$`)
	spaced       = regexp.MustCompile("^[1-9][0-9]{0,2}([ '\u00a0\u2009\u202f\u2019][0-9]{3})+([.,][0-9]+)?$")
	spaces       = regexp.MustCompile("[ '\u00a0\u2009\u202f\u2019]")
	badThousands = regexp.MustCompile(`^[^.]*[0-9](,[0-9]{3})+[^0-9,]*$`) // 0,123 and 01,000 are none, and no sign of commas for points
	currency     = regexp.MustCompile(`^(\p{Sc}|[A-Z]{3}|)$`)
)

// amountOf is $3,000,190.00, -2473435.0, (1,200.50) or 3 000 USD; with commas for points, 3.000.190,00 €.
func amountOf(text string, comma bool) (a amount, ok bool) {
	text = strings.ReplaceAll(strings.TrimSpace(text), "\u2212", "-")
	negative := strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")")
	if negative {
		text = text[1 : len(text)-1]
	}
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	first, last := strings.IndexFunc(text, digit), strings.LastIndexFunc(text, digit)
	if first < 0 {
		return a, false
	}
	before, digits, after := text[:first], text[first:last+1], text[last+1:]
	if strings.Count(before, "-") == 1 && !negative {
		negative, before = true, strings.Replace(before, "-", "", 1)
	}
	unit := strings.TrimSpace(before) + strings.TrimSpace(after)
	if !currency.MatchString(unit) {
		return a, false
	}
	if a.sign = unit; len(unit) == 3 && unit[0] < 0x80 {
		a.sign, a.code = "", unit
	}
	if spaced.MatchString(digits) {
		digits = spaces.ReplaceAllString(digits, "")
	}
	form, between, point := pointed, ",", "."
	if comma {
		form, between, point = commaed, ".", ","
	}
	if !form.MatchString(digits) {
		return a, false
	}
	a.value, ok = numberOf([]byte(strings.Replace(strings.ReplaceAll(digits, between, ""), point, ".", 1)))
	if negative && a.value != 0 {
		a.value = -a.value
	}
	return a, ok
}

// commas says whether the amounts of a result have commas for points: where all texts fit that, and some cannot be 1,234.56. Of a tab that had
// commas before it holds unless some text can only be 1,234.56; the design leaves open whether a text that is no amount at all speaks against what
// is known: here it does not.
func commas(rows []flatRow, before bool) bool {
	some := before
	for _, r := range rows {
		name := strings.TrimSuffix(strings.ToLower(r.cells["data type"]), " value")
		text := r.cells["data value"]
		if flatTypes[name] == "" || text == "" || r.noText {
			continue
		}
		_, commaed := amountOf(text, true)
		_, pointed := amountOf(text, false)
		switch {
		case !commaed && (pointed || !before):
			return false
		case commaed && !pointed && !badThousands.MatchString(text):
			some = true
		}
	}
	return some
}
