package spec

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
)

// Hint returns the valid period nearest to a Literal that looks like a slip of the pen ("2026_Q4" for "2026_Q5",
// "current" for "curent"), for the warning that it is passed through. It is empty where nothing is near.
func (p Period) Hint() string {
	if p.Literal == "" {
		return ""
	}
	return nearestPeriod(p.Literal)
}

var (
	yearFirst    = regexp.MustCompile(`^(?:fy)?([0-9]{4}|[0-9]{2})[ _./-]*q(?:uarter)?[ _-]*([0-9])$`)
	quarterFirst = regexp.MustCompile(`^q(?:uarter)?[ _-]*([0-9])[ _./-]*(?:fy)?[ _'-]*([0-9]{4}|[0-9]{2})$`)
	wordOffset   = regexp.MustCompile(`^([a-z]+)(?: *([+-]) *([0-9]{1,3}))?$`)
	rangeMarks   = []string{"...", "..", " to ", ":", "–", "-"}
)

// nearestPeriod guesses the single period or range that the text was meant to be.
func nearestPeriod(text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
	if b, ok := nearestBound(text); ok {
		return b.String()
	}
	for _, mark := range rangeMarks {
		first, second, found := strings.Cut(text, mark)
		if !found {
			continue
		}
		from, ok := nearestBound(strings.TrimSpace(first))
		to, ok2 := nearestBound(strings.TrimSpace(second))
		meant := Period{From: from, To: to}.String()
		if _, wrong := parsePeriod(meant); ok && ok2 && wrong == "" {
			return meant
		}
	}
	return ""
}

func nearestBound(text string) (Bound, bool) {
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

// nearest returns the candidate with the least edit distance to the text, letter case aside, and that distance. The
// first of several equally near ones wins.
func nearest(text string, candidates []string) (best string, distance int) {
	text = text[:min(len(text), 64)] // no key and no value is longer: bounds the work on hostile input
	distance = -1
	for _, c := range candidates {
		if d := editDistance(strings.ToLower(text), c); distance < 0 || d < distance {
			best, distance = c, d
		}
	}
	return best, distance
}

// editDistance is Levenshtein's: the fewest bytes to insert, delete or replace that turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1) // distances from the part of a seen so far to each prefix of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
