package spec

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
)

// maxRange is the most quarters that one range may span: 50 years, far beyond any forecast, well short of an accident.
const maxRange = 200

// Period is one parsed item of periods: a quarter, a range of quarters from From to To (both included), or a Literal, a year or
// a month that is passed to Clari as it is. A single quarter has the same bound twice.
type Period struct {
	Literal  string
	From, To Bound
}

// Bound is one end of a period: a fixed quarter, or an offset in quarters from the current one.
type Bound struct {
	Relative bool
	Offset   int            // quarters after the current one; only if Relative
	Quarter  fiscal.Quarter // only if not Relative
}

// passed are a year and a month, of which Clari may know more than we do. It answers whatever it does not understand with its current
// quarter, and that costs an export: so nothing else is passed on.
var passed = regexp.MustCompile(`^[0-9]{4}(_M([1-9]|1[0-2]))?$`)

var offsetForm = regexp.MustCompile(`^current([+-][0-9]{1,3})$`)

// ParsePeriod reads one item of periods: "2026_Q1", "previous", "current", "next", "current-4", or a range of two of
// those such as "2024_Q1..current". A year ("2025") and a month ("2025_M1") are Literals. Anything else is an error that shows the
// form and what was probably meant; so is a range that ends before it starts, and one of more than 200 quarters.
func ParsePeriod(item string) (Period, error) {
	p, wrong := parsePeriod(item)
	if wrong != "" {
		return Period{}, fmt.Errorf("period %q: %s", item, wrong)
	}
	return p, nil
}

// parsePeriod is ParsePeriod, but says what is wrong without repeating the item.
func parsePeriod(item string) (p Period, wrong string) {
	if strings.TrimSpace(item) == "" {
		return p, "is blank; write a period such as current, or remove it"
	}
	first, second, ranged := strings.Cut(item, "..")
	from, ok := parseBound(first)
	if !ranged {
		switch {
		case ok:
		case passed.MatchString(item):
			return Period{Literal: item}, ""
		default:
			return p, "is no period; write " + likely(item)
		}
		return Period{From: from, To: from}, ""
	}
	to, ok2 := parseBound(second)
	if !ok || !ok2 {
		example := cmp.Or(nearestPeriod(item), "2024_Q1..2026_Q1 or current-4..next")
		return p, "is a range with an end that is no period; write it like " + example
	}
	if from.Relative == to.Relative { // else the current quarter decides: see Quarters
		n := to.Offset - from.Offset + 1
		if !from.Relative {
			n = to.Quarter.Sub(from.Quarter) + 1
		}
		if wrong := badLength(n); wrong != "" {
			return p, wrong
		}
	}
	return Period{From: from, To: to}, ""
}

// What a forecast can be of. What lies outside is a slip, which would cost an export in each sync.
const (
	firstYear, lastYear = 1970, 2099
	farthest            = 12 // quarters after the current one
)

// outOfTime says so of a period of which there can be no forecast.
func (p Period) outOfTime() string {
	years := []int{p.From.Quarter.Year, p.To.Quarter.Year}
	if p.Literal != "" {
		year, _ := strconv.Atoi(p.Literal[:4])
		years = []int{year}
	}
	for _, year := range years {
		if year != 0 && (year < firstYear || year > lastYear) {
			return fmt.Sprintf("has the year %d; look at it, and write one from %d to %d", year, firstYear, lastYear)
		}
	}
	if p.From.Offset > farthest || p.To.Offset > farthest {
		return fmt.Sprintf("is more than %d quarters after the current one; write a nearer one", farthest)
	}
	return ""
}

// likely is what to write in place of a text that is no period.
func likely(item string) string {
	if nearest := nearestPeriod(item); nearest != "" {
		return nearest + ", or another form such as 2026_Q1, 2024_Q1..2025_Q4, previous, current-4"
	}
	return "one such as 2026_Q1, 2024_Q1..2025_Q4, previous, current, next, current-4"
}

// badLength says what is wrong with a range of n quarters.
func badLength(n int) string {
	switch {
	case n < 1:
		return "ends before it starts; swap its ends"
	case n > maxRange:
		return fmt.Sprintf("spans %d quarters; write a range of at most %d", n, maxRange)
	}
	return ""
}

func parseBound(text string) (Bound, bool) {
	switch text {
	case "previous":
		return Bound{Relative: true, Offset: -1}, true
	case "current":
		return Bound{Relative: true}, true
	case "next":
		return Bound{Relative: true, Offset: 1}, true
	}
	if m := offsetForm.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		return Bound{Relative: true, Offset: n}, true
	}
	q, ok := fiscal.Parse(text)
	return Bound{Quarter: q}, ok
}

// String is the bound as users write it.
func (b Bound) String() string {
	switch {
	case !b.Relative:
		return b.Quarter.String()
	case b.Offset == -1:
		return "previous"
	case b.Offset == 0:
		return "current"
	case b.Offset == 1:
		return "next"
	}
	return fmt.Sprintf("current%+d", b.Offset)
}

// in returns the bound's quarter, given the current one.
func (b Bound) in(current fiscal.Quarter) fiscal.Quarter {
	if b.Relative {
		return current.Add(b.Offset)
	}
	return b.Quarter
}

// String is the period as users write it; ParsePeriod reads it back as p.
func (p Period) String() string {
	switch {
	case p.Literal != "":
		return p.Literal
	case p.From == p.To:
		return p.From.String()
	}
	return p.From.String() + ".." + p.To.String()
}

// NeedsCurrent reports whether the period's quarters depend on which quarter is the current one. It is true of
// "current" itself too, whose label is not known before Clari has answered.
func (p Period) NeedsCurrent() bool { return p.From.Relative || p.To.Relative }

// IsCurrent reports whether the period is the current quarter and nothing else.
func (p Period) IsCurrent() bool {
	current := Bound{Relative: true}
	return p.From == current && p.To == current
}

// Quarters lists the period's quarters, oldest first. current is used only if NeedsCurrent. A range with one fixed and
// one relative end fails here if it ends before it starts or is too long; so does a Literal, which has no quarters.
func (p Period) Quarters(current fiscal.Quarter) ([]fiscal.Quarter, error) {
	if p.Literal != "" {
		return nil, fmt.Errorf("period %q: no fiscal quarter: it is passed to Clari as it is", p.Literal)
	}
	from, to := p.From.in(current), p.To.in(current)
	n := to.Sub(from) + 1
	if wrong := badLength(n); wrong != "" {
		return nil, fmt.Errorf("period %q: with %s as the current quarter it %s", p, current, wrong)
	}
	quarters := make([]fiscal.Quarter, n)
	for i := range quarters {
		quarters[i] = from.Add(i)
	}
	return quarters, nil
}
