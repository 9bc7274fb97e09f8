// Package scalar reads the scalars of Clari's JSON as leniently as is safe: Clari's own descriptions disagree on whether a number
// comes as one or as text. All functions take one valid JSON value without white space around it. What they return false for is
// not understood: the caller keeps it as it is.
package scalar

import (
	"bytes"
	"math"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// IsNull tells whether a value says nothing: null, or no value at all.
func IsNull(raw []byte) bool { return len(raw) == 0 || raw[0] == 'n' }

// Text is the text of a string; numbers, true and false become text as they are written.
func Text(raw []byte) (string, bool) {
	text, ok := Unquote(raw, nil)
	return string(Valid(text)), ok
}

// Unquote is Text without a copy where raw can be pointed into, and else in scratch. It may hold invalid UTF-8 if raw does.
func Unquote(raw, scratch []byte) ([]byte, bool) {
	if len(raw) == 0 {
		return nil, false
	}
	switch raw[0] {
	case '"':
		if bytes.IndexByte(raw, '\\') < 0 {
			return raw[1 : len(raw)-1], true
		}
		text, _ := jsontext.AppendUnquote(scratch[:0], raw) // fails for invalid UTF-8 only, which it replaces
		return text, true
	case '{', '[', 'n':
		return nil, false
	}
	return raw, true
}

// ParseValue reads a number, or text that holds one.
func ParseValue(raw []byte) (Number, bool) {
	if len(raw) > 1 && raw[0] == '"' {
		raw, _ = Unquote(raw, nil)
		raw = bytes.TrimSpace(raw)
	}
	return ParseNumber(raw)
}

// Whole is an integer, also as text or with a fraction of zero.
func Whole(raw []byte) (int64, bool) {
	n, ok := ParseValue(raw)
	if !ok {
		return 0, false
	}
	return n.Whole()
}

// Flag is true or false, also as text: see ParseFlag.
func Flag(raw []byte) (value, ok bool) {
	if len(raw) > 1 && raw[0] == '"' {
		raw, _ = Unquote(raw, nil)
		return ParseFlag(raw)
	}
	value = string(raw) == "true"
	return value, value || string(raw) == "false"
}

// ParseFlag reads true and false, Yes and No.
func ParseFlag[T string | []byte](text T) (value, ok bool) {
	const longest = len("false")
	s := bytes.TrimSpace([]byte(text))
	if len(s) > longest {
		return false, false
	}
	value = bytes.EqualFold(s, []byte("true")) || bytes.EqualFold(s, []byte("yes"))
	return value, value || bytes.EqualFold(s, []byte("false")) || bytes.EqualFold(s, []byte("no"))
}

// Instant is Moment in microseconds since 1970.
func Instant(raw []byte) (micros int64, ok bool) {
	if n, ok := ParseValue(raw); ok {
		if micros, ok := n.Instant(); ok {
			return micros, true
		}
	}
	at, ok := Moment(raw)
	if !ok || at.IsZero() {
		return 0, ok
	}
	return at.UnixMicro(), true
}

const (
	year10000 = 253402300800 // seconds since 1970; from there on RFC 3339 cannot write it
	millis    = 1e11         // from here on a number is of milliseconds, below of seconds
)

// Instant is Instant of a whole number.
func (n Number) Instant() (micros int64, ok bool) {
	at, ok := n.Whole()
	switch {
	case !ok || at < 0:
		return 0, false
	case at < millis:
		return at * 1e6, true
	case at >= 1000*year10000:
		return 0, false
	}
	return at * 1e3, true
}

// Day is a calendar day written YYYY-MM-DD, with or without a time after it, in days since 1970.
func Day(raw []byte) (days int32, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return 0, false
	}
	text, _ := Unquote(raw, nil)
	const size = len(time.DateOnly)
	if len(text) < size || len(text) > size && text[size] != 'T' && text[size] != ' ' {
		return 0, false
	}
	day, err := time.Parse(time.DateOnly, string(text[:size]))
	if err != nil {
		return 0, false
	}
	return int32(math.Floor(float64(day.Unix()) / (24 * 60 * 60))), true
}

// Valid makes bytes valid UTF-8, with U+FFFD for each byte that is not, as encoding/json does; b itself where it is.
func Valid(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	return []byte(string([]rune(string(b))))
}
