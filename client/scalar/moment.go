package scalar

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// layouts are those of ISO 8601: with or without a zone, the colon in it, and seconds.
var layouts = func() (all []string) {
	for _, clock := range []string{"15:04:05.999999999", "15:04"} {
		for _, zone := range []string{"Z07:00", "Z0700", "Z07", ""} {
			all = append(all, "2006-01-02T"+clock+zone)
		}
	}
	return all
}()

// Moment is a time in any of the forms that Clari is known or said to write: ISO 8601, also with a space for the T, and without a zone (UTC then); a number, or its
// text, of milliseconds since 1970 (from 10^11 on) or of seconds (below), with or without a fraction; {"epochSecond", "nano"}. Zero is no
// time.
func Moment(raw []byte) (time.Time, bool) {
	if len(raw) > 0 && raw[0] == '{' {
		return epoch(raw)
	}
	text, ok := Unquote(raw, nil)
	if !ok {
		return time.Time{}, false
	}
	s := string(bytes.TrimSpace(text))
	const size = len(time.DateOnly)
	if len(s) > size && s[4] == '-' {
		if s[size] == ' ' {
			s = s[:size] + "T" + s[size+1:]
		}
		for _, layout := range layouts {
			if t, err := time.Parse(layout, s); err == nil {
				return since1970(t.Unix(), int64(t.Nanosecond()))
			}
		}
	}
	if strings.ContainsAny(s, "eE") {
		if n, ok := Whole(raw); ok {
			s = strconv.FormatInt(n, 10)
		}
	}
	digits, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || strings.Trim(fraction, "0123456789") != "" {
		return time.Time{}, false
	}
	nano, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	if n >= millis {
		return since1970(n/1000, n%1000*1e6+nano/1000)
	}
	return since1970(n, nano)
}

// epoch reads an object of seconds and nanoseconds since 1970, and nothing else.
func epoch(object []byte) (time.Time, bool) {
	var seconds, nano int64
	known := false
	for key, value := range Members(object) {
		ok := false
		switch string(key) {
		case `"epochSecond"`:
			seconds, ok = Whole(value)
			known = ok
		case `"nano"`:
			nano, ok = Whole(value)
			ok = ok || IsNull(value)
		}
		if !ok {
			return time.Time{}, false
		}
	}
	if !known {
		return time.Time{}, false
	}
	return since1970(seconds, nano)
}

// since1970 refuses what RFC 3339 cannot write.
func since1970(seconds, nano int64) (time.Time, bool) {
	if seconds < 0 || seconds >= year10000 || nano < 0 || nano >= 1e9 {
		return time.Time{}, false
	}
	if seconds == 0 && nano == 0 {
		return time.Time{}, true
	}
	return time.Unix(seconds, nano).UTC(), true
}
