package spec

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
)

var (
	yearFirst    = regexp.MustCompile(`^(?:fy)?([0-9]{4}|[0-9]{2})[ _./-]*q(?:uarter)?[ _-]*([0-9])$`)
	quarterFirst = regexp.MustCompile(`^q(?:uarter)?[ _-]*([0-9])[ _./-]*(?:fy)?[ _'-]*([0-9]{4}|[0-9]{2})$`)
	wordOffset   = regexp.MustCompile(`^([a-z]+)(?: *([+-]) *([0-9]{1,3}))?$`)
	wholeYear    = regexp.MustCompile(`^(?:fy *)?((?:19|20)[0-9]{2})$|^fy *([0-9]{2})$`)
	halfYear     = regexp.MustCompile(`^(?:fy *)?([0-9]{4})[ _./-]*h([12])$`)
	monthOfYear  = regexp.MustCompile(`^([0-9]{4})(?:[ _./-]+m?|m)[ _-]*([0-9]{1,2})$`)
	several      = regexp.MustCompile(`^(last|past|previous|next) ([0-9]{1,2}) q(?:uarte)?(?:r|tr)?s?$`)
	betweenWords = regexp.MustCompile(`[ _-]+`)
	rangeMarks   = []string{"...", "..", " to ", ":", "–", "-"}
)

// typographic are the marks that a word processor puts in place of plain ones.
var typographic = strings.NewReplacer("…", "..", "\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2014", "-", "\u2212", "-", "\u00a0", " ")

// phrases are words that other tools have for a quarter, written with single spaces.
var phrases = map[string]Bound{
	"this": counted(0), "now": counted(0), "today": counted(0), "this quarter": counted(0), "current quarter": counted(0),
	"last": counted(-1), "prior": counted(-1), "last quarter": counted(-1), "previous quarter": counted(-1), "prior quarter": counted(-1), "prev quarter": counted(-1),
	"next quarter": counted(1), "coming quarter": counted(1),
}

func counted(offset int) Bound { return Bound{Relative: true, Offset: offset} }

// nearestPeriod guesses the period or range that the text was meant to be. It is empty where nothing is near.
func nearestPeriod(text string) string {
	text = strings.ToLower(strings.TrimSpace(typographic.Replace(text[:min(len(text), 64)])))
	if m := monthOfYear.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[2])
		return m[1] + "_M" + strconv.Itoa(min(max(n, 1), 12))
	}
	if p, ok := nearestSpan(text); ok {
		return valid(p)
	}
	for _, mark := range rangeMarks {
		for i := range text {
			second, found := strings.CutPrefix(text[i:], mark)
			if !found {
				continue
			}
			from, ok := nearestSpan(strings.TrimSpace(text[:i]))
			to, ok2 := nearestSpan(strings.TrimSpace(second))
			if meant := valid(Period{From: from.From, To: to.To}); ok && ok2 && meant != "" {
				return meant
			}
		}
	}
	return ""
}

// valid is the period as users write it, empty where it is none (its ends are the wrong way round, say).
func valid(p Period) string {
	if _, wrong := parsePeriod(p.String()); wrong != "" {
		return ""
	}
	return p.String()
}

// nearestSpan guesses what one quarter, or the quarters of one year, half or count, was meant to be.
func nearestSpan(text string) (Period, bool) {
	if b, ok := nearestBound(text); ok {
		return Period{From: b, To: b}, true
	}
	words := betweenWords.ReplaceAllString(text, " ")
	if m := wholeYear.FindStringSubmatch(words); m != nil {
		return Period{From: nearestQuarter(m[1]+m[2], "1"), To: nearestQuarter(m[1]+m[2], "4")}, true
	}
	if m := halfYear.FindStringSubmatch(text); m != nil {
		if m[2] == "1" {
			return Period{From: nearestQuarter(m[1], "1"), To: nearestQuarter(m[1], "2")}, true
		}
		return Period{From: nearestQuarter(m[1], "3"), To: nearestQuarter(m[1], "4")}, true
	}
	if m := several.FindStringSubmatch(words); m != nil {
		n, _ := strconv.Atoi(m[2])
		if m[1] == "next" {
			return Period{From: counted(1), To: counted(n)}, true
		}
		return Period{From: counted(-n), To: counted(-1)}, true
	}
	if text == "all" || text == "*" {
		return Period{From: counted(-8), To: counted(1)}, true
	}
	return Period{}, false
}

func nearestBound(text string) (Bound, bool) {
	if b, ok := phrases[betweenWords.ReplaceAllString(text, " ")]; ok {
		return b, true
	}
	if m := yearFirst.FindStringSubmatch(text); m != nil {
		return nearestQuarter(m[1], m[2]), true
	}
	if m := quarterFirst.FindStringSubmatch(text); m != nil {
		return nearestQuarter(m[2], m[1]), true
	}
	m := wordOffset.FindStringSubmatch(text)
	if m == nil {
		return Bound{}, false
	}
	word, away := nearest(m[1], []string{"previous", "current", "next"})
	abbreviated := len(m[1]) >= 3 && strings.HasPrefix(word, m[1])
	if away > len(word)/3 && !abbreviated {
		return Bound{}, false
	}
	b, _ := parseBound(word)
	offset, _ := strconv.Atoi(m[2] + m[3]) // absent: 0
	b.Offset += offset
	return b, true
}

// nearestQuarter takes a two-digit year as one of this century, and brings the number into 1 to 4.
func nearestQuarter(year, number string) Bound {
	y, _ := strconv.Atoi(year)
	if len(year) == 2 {
		y += 2000
	}
	n, _ := strconv.Atoi(number)
	return Bound{Quarter: fiscal.Quarter{Year: y, Number: min(max(n, 1), 4)}}
}
