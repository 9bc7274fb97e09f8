package forecasts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// cursor reads JSON values off a slice of bytes, several times faster than a tokenizer over a reader: strings are not copied
// but point into the bytes, or into arena where an escape had to be resolved. They are good until the bytes are overwritten or
// the next value begins.
//
// The first error sticks and makes every further call a no-op, so that a decoder reads straight down and asks once at the end.
// It accepts exactly what encoding/json accepts, and like it replaces invalid UTF-8 with U+FFFD.
type cursor struct {
	b     []byte
	i     int
	whole bool // nothing follows b: to run out of bytes is a result cut short, not a reason to read more
	err   error
	arena []byte

	odd extras // members of the value being decoded that have no column
}

// errShort says that the bytes ended before the value did.
var errShort = errors.New("short")

func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = &MalformedError{Offset: int64(c.i), Detail: fmt.Sprintf(format, args...)}
	}
}

func (c *cursor) ranOut() {
	switch {
	case c.err != nil:
	case c.whole:
		c.i = len(c.b)
		c.fail("it ends too early")
	default:
		c.err = errShort
	}
}

// peek skips white space and returns the byte after it, 0 after an error.
func (c *cursor) peek() byte {
	if c.i < len(c.b) && c.b[c.i] > ' ' && c.err == nil { // small enough to be inlined
		return c.b[c.i]
	}
	return c.peekOn()
}

func (c *cursor) peekOn() byte {
	if c.err != nil {
		return 0
	}
	for ; c.i < len(c.b); c.i++ {
		switch ch := c.b[c.i]; ch {
		case ' ', '\t', '\n', '\r':
		default:
			return ch
		}
	}
	c.ranOut()
	return 0
}

func (c *cursor) take(want byte) {
	if c.peek() != want {
		c.fail("want %q", want)
		return
	}
	c.i++
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
	for {
		if c.peek() != '"' {
			c.fail("want a key")
			return
		}
		key := c.str()
		c.take(':')
		if c.err != nil || !yield(key) || !c.more('}') {
			return
		}
	}
}

// array yields the index of each element. The caller reads or skips it.
func (c *cursor) array(yield func(index int) bool) {
	if c.empty('[', ']') {
		return
	}
	for i := 0; yield(i) && c.more(']'); i++ {
	}
}

// maxDepth is how deep values may nest, as in encoding/json.
const maxDepth = 10_000

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

// number reads a number and returns it as it is written.
func (c *cursor) number() string {
	rest := c.b[c.i:]
	end, ok := numberEnd(rest)
	if end == len(rest) && !(ok && c.whole) { // it may go on
		c.ranOut()
		return ""
	}
	c.i += end
	if !ok {
		c.fail("want a digit")
		return ""
	}
	return alias(rest[:end])
}

// numberEnd is how far the number goes that s begins with, and whether it is one.
func numberEnd[T []byte | string](s T) (end int, ok bool) {
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	from := i
	if i < len(s) && s[i] == '0' { // no digit may follow
		i++
	} else {
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
	}
	ok = i > from
	if ok && i < len(s) && s[i] == '.' {
		i++
		for from = i; i < len(s) && '0' <= s[i] && s[i] <= '9'; {
			i++
		}
		ok = i > from
	}
	if ok && i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		for from = i; i < len(s) && '0' <= s[i] && s[i] <= '9'; {
			i++
		}
		ok = i > from
	}
	return i, ok
}

// str reads the string that begins here.
func (c *cursor) str() string {
	start := c.i + 1
	end := plain(c.b, start)
	if end < len(c.b) && c.b[end] == '"' {
		c.i = end + 1
		return alias(c.b[start:end])
	}
	return c.unquote(start, end)
}

// unquote reads on where b[start:end] is plain and what comes at end is not the closing quote.
func (c *cursor) unquote(start, end int) string {
	from := len(c.arena)
	for {
		c.arena = append(c.arena, c.b[start:end]...)
		c.i = end
		if end == len(c.b) {
			c.ranOut()
			return ""
		}
		rest := c.b[end:]
		switch ch := rest[0]; {
		case ch == '"':
			c.i++
			return alias(c.arena[from:])
		case ch == '\\':
			c.escape()
			if c.err != nil {
				return ""
			}
		case ch < ' ':
			c.fail("control character in a string")
			return ""
		case !utf8.FullRune(rest) && !c.whole:
			c.ranOut()
			return ""
		default:
			r, n := utf8.DecodeRune(rest)
			c.arena = utf8.AppendRune(c.arena, r)
			c.i += n
		}
		start = c.i
		end = plain(c.b, start)
	}
}

// escape resolves the escape that begins here.
func (c *cursor) escape() {
	rest := c.b[c.i:]
	if len(rest) < len(`\n`) {
		c.ranOut()
		return
	}
	const short, resolved = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	for i := range short {
		if rest[1] == short[i] {
			c.arena = append(c.arena, resolved[i])
			c.i += len(`\n`)
			return
		}
	}
	if rest[1] != 'u' {
		c.fail("unknown escape in a string")
		return
	}
	r := c.hex(rest)
	if utf16.IsSurrogate(r) {
		// The other half belongs to it, or it stands alone and is replaced.
		next := rest[len(`\u0000`):]
		if !c.whole && (len(next) == 0 || next[0] == '\\' && len(next) < len(`\u0000`)) {
			c.ranOut()
			return
		}
		if len(next) >= len(`\u0000`) && next[0] == '\\' && next[1] == 'u' {
			if pair := utf16.DecodeRune(r, c.hex(next)); pair != utf8.RuneError {
				r = pair
				c.i += len(`\u0000`)
			}
		}
	}
	if c.err == nil {
		c.arena = utf8.AppendRune(c.arena, r)
		c.i += len(`\u0000`)
	}
}

// hex reads the four digits of a \u escape at the start of b.
func (c *cursor) hex(b []byte) rune {
	if len(b) < len(`\u0000`) {
		c.ranOut()
		return 0
	}
	n, err := strconv.ParseUint(alias(b[len(`\u`):len(`\u0000`)]), 16, 16)
	if err != nil {
		c.fail("want four hex digits in a string")
	}
	return rune(n)
}

// plain returns the index of the first byte from i on that may end a run of plain string characters: a quote, a backslash, a
// control character, or one beyond ASCII. It looks at eight bytes at a time: in each, the subtractions borrow into the top bit
// just for those. A borrow can reach the byte above and flag it wrongly, never one below, and only the lowest flag counts.
func plain(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		flags := ((w - ' '*ones) | ((w ^ '"'*ones) - ones) | ((w ^ '\\'*ones) - ones) | w) & tops
		if flags != 0 {
			return i + bits.TrailingZeros64(flags)/8
		}
	}
	for ; i < len(b); i++ {
		if ch := b[i]; ch < ' ' || ch == '"' || ch == '\\' || ch >= utf8.RuneSelf {
			break
		}
	}
	return i
}

// alias is b as a string without a copy: good as long as nobody writes to b.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
