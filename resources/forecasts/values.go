package forecasts

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// A value of another kind than its column takes is no reason to lose an export: it goes to extra under its own key and the cell
// stays null. Null and empty text are absent.

const twice = "key %q comes twice with different values"

// put fills a cell. A JSON object that gives one key twice may do so only with equal values.
func put[T comparable](c *cursor, key string, cell *table.Opt[T], v table.Opt[T]) {
	if !v.Valid {
		return
	}
	if cell.Valid && cell.V != v.V {
		c.fail(twice, clip(key))
	}
	*cell = v
}

// putID fills a part of a key, empty where it is null.
func putID(c *cursor, key string, id *string, v table.Opt[string]) {
	if *id != "" && v.Valid && *id != v.V {
		c.fail(twice, clip(key))
	}
	if v.Valid {
		*id = v.V
	}
}

// begin finds where the next value begins.
func (c *cursor) begin() int {
	c.peek()
	return c.i
}

// keep puts the value that began at start and has just been read into extra.
func (c *cursor) keep(start int, key string) {
	if c.err != nil {
		return
	}
	if raw := c.b[start:c.i]; string(raw) != "null" && string(raw) != `""` {
		c.odd.keep(key, raw)
	}
}

// text reads a string. Numbers and booleans become text as they are written.
func (c *cursor) text(key string) table.Opt[string] {
	switch c.peek() {
	case '"':
		return table.Some(c.str())
	case '{', '[', 'n':
		start := c.i
		c.skip()
		c.keep(start, key)
		return table.Opt[string]{}
	}
	return table.Some(alias(c.skip()))
}

// numeric reads a value and returns the number that it is, or that it holds as text; without text for any other value.
func (c *cursor) numeric() number {
	switch ch := c.peek(); {
	case ch == '-' || '0' <= ch && ch <= '9':
		return c.number()
	case ch == '"':
		s := strings.TrimSpace(c.str())
		if n, ok := scanNumber(unalias(s)); ok && n.text == s {
			return n
		}
	default:
		c.skip()
	}
	return number{}
}

// amount reads a number.
func (c *cursor) amount(key string) table.Opt[float64] {
	start := c.begin()
	if n := c.numeric(); n.text != "" {
		if v, ok := n.float(); ok {
			return table.Some(v)
		}
	}
	c.keep(start, key)
	return table.Opt[float64]{}
}

// instant reads a time in milliseconds since 1970, or in RFC 3339, and returns it in microseconds.
func (c *cursor) instant(key string) table.Opt[int64] {
	start := c.begin()
	if n := c.numeric(); n.text != "" {
		if v, ok := n.integer(); ok && -math.MaxInt64/1000 <= v && v <= math.MaxInt64/1000 {
			return table.Some(v * 1000)
		}
	} else if c.err == nil && c.b[start] == '"' {
		if t, err := time.Parse(`"`+time.RFC3339+`"`, string(c.b[start:c.i])); err == nil {
			return table.Some(t.UnixMicro())
		}
	}
	c.keep(start, key)
	return table.Opt[int64]{}
}

// flag reads true or false.
func (c *cursor) flag(key string) table.Opt[bool] {
	start := c.begin()
	switch c.peek() {
	case 't', 'f':
		return table.Some(c.literal() == "true")
	case '"':
		switch s := c.str(); {
		case strings.EqualFold(s, "true"):
			return table.Some(true)
		case strings.EqualFold(s, "false"):
			return table.Some(false)
		}
	default:
		c.skip()
	}
	c.keep(start, key)
	return table.Opt[bool]{}
}

// day reads a calendar day written YYYY-MM-DD, with or without a time after it.
func (c *cursor) day(key string) table.Opt[int32] {
	start := c.begin()
	if raw := c.skip(); len(raw) > len(time.DateOnly)+1 && raw[0] == '"' {
		text, rest := raw[1:1+len(time.DateOnly)], raw[1+len(time.DateOnly)]
		if day, err := time.Parse(time.DateOnly, string(text)); err == nil && (rest == '"' || rest == 'T') {
			return table.Day(day)
		}
	}
	c.keep(start, key)
	return table.Opt[int32]{}
}

// document reads a JSON document: a value, or text that holds one; text that holds none is itself the document.
func (c *cursor) document(key string, into *[]byte) {
	start := c.begin()
	if c.peek() != '"' {
		c.skip()
	} else if text := c.str(); json.Valid([]byte(text)) {
		c.putDocument(key, into, []byte(text))
		return
	}
	if c.err == nil {
		c.putDocument(key, into, slices.Clone(c.b[start:c.i]))
	}
}

func (c *cursor) putDocument(key string, into *[]byte, doc jsontext.Value) {
	if err := doc.Format(canonical...); err != nil {
		c.fail("key %q: %v", clip(key), err)
		return
	}
	switch string(doc) {
	case "null", `""`:
	case string(*into):
	default:
		if *into != nil {
			c.fail(twice, clip(key))
		}
		*into = doc
	}
}
