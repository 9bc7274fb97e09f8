package forecasts

import "bytes"

// keyTrail remembers how the keys of an object were written, `"userId":`, in their order. The objects of a list mostly have the
// same keys in the same order, and then one comparison reads a key.
type keyTrail [][]byte

const maxTrail = 64 // keys

// read reads a key and its colon. at is where on the trail it is expected, and afterwards where it was found.
func (t *keyTrail) read(c *cursor, at *int) (key string, ok bool) {
	trail := *t
	for i := *at; i < len(trail) && i < *at+4; i++ { // a key or three may be left out
		if bytes.HasPrefix(c.b[c.i:], trail[i]) {
			start := c.i
			c.i += len(trail[i])
			*at = i
			return alias(c.b[start+len(`"`) : c.i-len(`":`)]), true
		}
	}
	if c.peek() != '"' {
		c.fail("want a key")
		return "", false
	}
	start, arena := c.i, len(c.arena)
	key = c.str()
	c.take(':')
	if c.err != nil {
		return "", false
	}
	plain := len(c.arena) == arena && c.i == start+len(key)+len(`"":`) // neither escapes nor spaces
	if plain && *at < maxTrail {
		if *at >= len(trail) {
			*at = len(trail)
			*t = append(trail, nil)
		}
		(*t)[*at] = append((*t)[*at][:0], c.b[start:c.i]...)
	}
	return key, true
}
