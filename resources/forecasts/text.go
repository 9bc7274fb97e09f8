package forecasts

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

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

// unalias is s as bytes without a copy: nobody may write to them.
func unalias(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
