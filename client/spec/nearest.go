package spec

import (
	"reflect"
	"strings"
)

// Near returns the candidate that a text is a slip or two away from, empty where none is.
func Near(text string, candidates []string) string {
	if best, distance := nearest(text, candidates); distance >= 0 && distance <= 1+len(text)/5 {
		return best
	}
	return ""
}

// IsKey reports whether a name is a key of the spec's top level.
func IsKey(name string) bool {
	_, known := fieldOf(reflect.TypeFor[Spec](), name)
	return known
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
