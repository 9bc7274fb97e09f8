package forecasts

import (
	"errors"
	"fmt"
)

// cursor reads JSON values off a slice of bytes, several times faster than a tokenizer over a reader: strings are not copied
// but point into the bytes, or into arena where an escape had to be resolved. They are good until the bytes are overwritten or
// the next value begins.
//
// The first error sticks and makes every further call a no-op, so that a decoder reads straight down and asks once at the end.
// It accepts what encoding/json accepts, up to maxDepth, and like it replaces invalid UTF-8 with U+FFFD.
type cursor struct {
	b     []byte
	i     int
	whole bool // nothing follows b: to run out of bytes is a result cut short, not a reason to read more
	err   error
	arena []byte

	depth  int         // of objects around here
	trails [2]keyTrail // of the objects last read at each depth

	odd extras // members of the value being decoded that have no column
}

// errShort says that the bytes ended before the value did.
var errShort = errors.New("short")

func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = &MalformedError{Offset: int64(c.i), Detail: fmt.Sprintf(format, args...)}
		c.i = len(c.b) // so that there is nothing left to read, and nobody needs to ask for err before a byte
	}
}

func (c *cursor) ranOut() {
	c.i = len(c.b)
	if c.whole {
		c.fail("it ends too early")
	} else if c.err == nil {
		c.err = errShort
	}
}

// peek skips white space and returns the byte after it, 0 after an error.
func (c *cursor) peek() byte {
	for ; c.i < len(c.b); c.i++ {
		if ch := c.b[c.i]; ch > ' ' || ch != ' ' && ch != '\t' && ch != '\n' && ch != '\r' {
			return ch
		}
	}
	c.ranOut()
	return 0
}

func (c *cursor) take(want byte) {
	if c.peek() == want {
		c.i++
	} else {
		c.fail("want %q", want)
	}
}

// more reads what comes between the items of a list: a comma, or the end of the list.
func (c *cursor) more(end byte) bool {
	switch c.peek() {
	case ',':
		c.i++
		return true
	case end:
		c.i++
	default:
		c.fail("want ',' or %q", end)
	}
	return false
}

// empty reads the start of a list, and its end if that follows.
func (c *cursor) empty(open, end byte) bool {
	c.take(open)
	if c.peek() == end {
		c.i++
		return true
	}
	return c.err != nil
}

// object yields the key of each member. The caller reads or skips its value.
func (c *cursor) object(yield func(key string) bool) {
	if c.empty('{', '}') {
		return
	}
	trail := &c.trails[min(c.depth, len(c.trails)-1)]
	c.depth++
	for at := 0; ; at++ {
		key, ok := trail.read(c, &at)
		if !ok || !yield(key) || !c.more('}') {
			break
		}
	}
	c.depth--
}

// array yields the index of each element. The caller reads or skips it.
func (c *cursor) array(yield func(index int) bool) {
	if c.empty('[', ']') {
		return
	}
	for i := 0; yield(i) && c.more(']'); i++ {
	}
}

// maxDepth is how deep values may nest. A tenth of what encoding/json takes, so that whoever reads extra can take it.
const maxDepth = 1000

// skip checks one value and returns its bytes.
func (c *cursor) skip() []byte {
	c.peek()
	start := c.i
	c.check(0)
	if c.err != nil {
		return nil
	}
	return c.b[start:c.i]
}

func (c *cursor) check(depth int) {
	switch ch := c.peek(); {
	case c.err != nil:
	case depth == maxDepth && (ch == '{' || ch == '['):
		c.fail("values nest deeper than %d", maxDepth)
	case ch == '{':
		for range c.object {
			c.check(depth + 1)
		}
	case ch == '[':
		for range c.array {
			c.check(depth + 1)
		}
	case ch == '"':
		c.str()
	case ch == '-' || '0' <= ch && ch <= '9':
		c.number()
	default:
		c.literal()
	}
}

// literal reads true, false or null.
func (c *cursor) literal() string {
	rest := c.b[c.i:]
	for _, word := range [...]string{"null", "true", "false"} {
		if rest[0] != word[0] {
			continue
		}
		n := min(len(word), len(rest))
		switch {
		case string(rest[:n]) != word[:n]:
		case n < len(word):
			c.ranOut()
			return ""
		default:
			c.i += n
			return word
		}
	}
	c.fail("want a value")
	return ""
}

// number reads a number.
func (c *cursor) number() number {
	rest := c.b[c.i:]
	n, ok := scanNumber(rest)
	if len(n.text) == len(rest) && !(ok && c.whole) { // it may go on
		c.ranOut()
		return number{}
	}
	c.i += len(n.text)
	if !ok {
		c.fail("want a digit")
		return number{}
	}
	return n
}
