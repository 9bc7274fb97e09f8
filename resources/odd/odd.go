// Package odd counts what results hold that no column takes: texts that cannot be read as what their column holds, and labels that are
// not known. It keeps a harmless example of each cause: labels as they are, of a value only its form. It knows neither columns nor shapes.
package odd

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Cause is one way of being odd.
type Cause struct {
	Label bool   // an unknown label; else a text that could not be read
	Where string // the column, or the kind of label: "data type", "key of entries"
}

// Case is what came of one cause.
type Case struct {
	Cause
	Count   int64  // texts, or different labels
	Example string // of texts the form of one; the first labels
}

// maxNamed is how many labels stand in an example: with one at a time a tenant that has renamed four would be asked four times.
const maxNamed = 8

// maxLabels is how many different labels are told apart. From there on each counts whenever it comes.
const maxLabels = 1 << 10

// Counts are those of one result. The zero value is empty. It is not safe for concurrent use.
type Counts struct {
	cases  map[Cause]*Case
	labels map[labelOf]struct{}
}

type labelOf struct{ where, label string }

// Value counts a text that could not be read as what a column holds.
func (c *Counts) Value(column string, text []byte) { c.Values(column, text, 1) }

// Values counts several, of which text is one.
func (c *Counts) Values(column string, text []byte, n int64) {
	if n > 0 {
		c.add(Cause{Where: column}, n, func() string { return Form(string(text)) })
	}
}

// Label counts a label that no column has. where is the kind of label.
func (c *Counts) Label(where, label string) {
	key := labelOf{where, label}
	if _, known := c.labels[key]; known {
		return
	}
	if len(c.labels) < maxLabels {
		if c.labels == nil {
			c.labels = map[labelOf]struct{}{}
		}
		key.label = strings.Clone(label)
		c.labels[key] = struct{}{}
	}
	cause := Cause{Label: true, Where: where}
	if known := c.cases[cause]; known != nil && known.Count < maxNamed {
		known.Example += ", " + clip(label)
	}
	c.add(cause, 1, func() string { return clip(label) })
}

func (c *Counts) add(cause Cause, n int64, example func() string) {
	known := c.cases[cause]
	if known == nil {
		if c.cases == nil {
			c.cases = map[Cause]*Case{}
		}
		known = &Case{Cause: cause, Example: example()}
		c.cases[cause] = known
	}
	known.Count += n
}

// Unread is how many texts could not be read.
func (c *Counts) Unread() int64 { return c.sum(false) }

// Unknown is how many different labels are not known.
func (c *Counts) Unknown() int64 { return c.sum(true) }

func (c *Counts) sum(label bool) (n int64) {
	for cause, known := range c.cases {
		if cause.Label == label {
			n += known.Count
		}
	}
	return n
}

// Of is how many texts of a column could not be read.
func (c *Counts) Of(column string) int64 {
	if known := c.cases[Cause{Where: column}]; known != nil {
		return known.Count
	}
	return 0
}

// Cases are all of them, in a fixed order.
func (c *Counts) Cases() []Case {
	var all []Case
	for _, known := range c.cases {
		all = append(all, *known)
	}
	slices.SortFunc(all, func(a, b Case) int {
		if a.Label != b.Label {
			if a.Label {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.Where, b.Where)
	})
	return all
}

// maxExample is how long an example may be, in characters.
const maxExample = 40

// Form is a text with its letters as a and its digits as 9, which tells nobody anything but how it is written.
func Form(text string) string {
	return clip(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r) || unicode.IsMark(r):
			return 'a'
		case unicode.IsDigit(r) || unicode.IsNumber(r):
			return '9'
		}
		return r
	}, cut(text)))
}

func clip(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, cut(text))
}

// cut takes no more of a long text than an example needs.
func cut(text string) string {
	n := 0
	for i := range text {
		if n++; n > maxExample {
			return strings.ToValidUTF8(text[:i], "\uFFFD")
		}
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
