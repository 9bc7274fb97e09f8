package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Parse reads the spec that CloudQuery hands over as JSON: over the defaults, refusing every key it does not know, and
// checks every rule. The error is an *InvalidError that lists all problems at once.
func Parse(data []byte) (*Spec, error) {
	s := Default()
	d := decode(data, &s)
	if o := s.Opportunities; o != nil && !d.given["opportunities.from_activities"] {
		o.FromActivities = s.Activities != nil
	}
	c := &checker{given: d.given, asObject: d.asObject, secret: s.APIKey, problems: d.problems}
	for _, key := range d.unknown {
		c.unknown(key)
	}
	c.spec(&s)
	if len(c.problems) > 0 {
		return nil, &InvalidError{Problems: c.problems}
	}
	s.BaseURL = strings.TrimRight(s.BaseURL, "/")
	return &s, nil
}

// checker collects problems. A path that has one gets no other, nor does anything inside it.
type checker struct {
	given    map[string]bool
	asObject map[string]bool // those of given that are written as an object
	secret   string          // the value of api_key
	problems []Problem
}

func (c *checker) add(path, format string, args ...any) {
	if !slices.ContainsFunc(c.problems, func(p Problem) bool { return within(path, p.Path) }) {
		c.problems = append(c.problems, Problem{Path: path, Text: fmt.Sprintf(format, args...)})
	}
}

// sound reports whether nothing is wrong at the path or inside it.
func (c *checker) sound(path string) bool {
	return !slices.ContainsFunc(c.problems, func(p Problem) bool { return within(p.Path, path) })
}

// within reports whether a path is the other or inside it. Everything is inside the empty path, the document.
func within(path, outer string) bool {
	rest, ok := strings.CutPrefix(path, outer)
	return ok && (outer == "" || rest == "" || rest[0] == '.' || rest[0] == '[')
}

// show quotes what the user wrote, at most 60 bytes of it. Text with the token in it is not shown; fewer than 6 letters
// are no token, but a placeholder that half of all text has in it.
func (c *checker) show(text string) string {
	if len(c.secret) >= 6 && strings.Contains(text, c.secret) {
		return "[hidden: has the value of api_key in it]"
	}
	if len(text) > 60 {
		text = strings.ToValidUTF8(text[:60], "") + "..."
	}
	return strconv.Quote(text)
}

// boolean is what YAML's other words for true and false mean.
var boolean = map[string]string{"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}

func (c *checker) oneOf(path, value string, allowed []string) {
	if !slices.Contains(allowed, value) {
		best, _ := nearest(value, allowed)
		if meant := boolean[strings.ToLower(value)]; slices.Contains(allowed, meant) {
			best = meant
		}
		c.add(path, "%s is none of %s; the nearest is %s", c.show(value), strings.Join(allowed, ", "), best)
	}
}

func (c *checker) whole(path string, n, least, most int) {
	if n < least || n > most {
		c.add(path, "is out of range; write a whole number from %d to %d", least, most)
	}
}

func (c *checker) positive(path string, d Duration) {
	if d <= 0 {
		c.add(path, `%s is not above zero; write a duration such as "5s"`, d)
	}
}
