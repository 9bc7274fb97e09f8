package clari

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// moment is a time in any of the forms that Clari is known or said to write: ISO 8601, also without a zone (UTC then); a number, or its
// text, of milliseconds since 1970 (from 10^11 on) or of seconds (below), with or without a fraction; {"epochSecond", "nano"}. Zero is no
// time.
func moment(raw json.RawMessage) (time.Time, bool) {
	if o, err := parseObject(raw); err == nil {
		seconds, nano := take(o, "epochSecond", whole), take(o, "nano", whole)
		if seconds == nil || len(o) > 0 {
			return time.Time{}, false
		}
		if nano == nil {
			nano = new(int64)
		}
		return since1970(*seconds, *nano)
	}
	s, ok := text(raw)
	if !ok {
		return time.Time{}, false
	}
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return since1970(t.Unix(), int64(t.Nanosecond()))
		}
	}
	if strings.ContainsAny(s, "eE") {
		if n, ok := whole(raw); ok {
			s = strconv.FormatInt(*n, 10)
		}
	}
	digits, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || strings.Trim(fraction, "0123456789") != "" {
		return time.Time{}, false
	}
	nano, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	if n >= 1e11 {
		return since1970(n/1000, n%1000*1e6+nano/1000)
	}
	return since1970(n, nano)
}

// since1970 refuses what RFC 3339 cannot write.
func since1970(seconds, nano int64) (time.Time, bool) {
	const year10000 = 253402300800
	if seconds < 0 || seconds >= year10000 || nano < 0 || nano >= 1e9 {
		return time.Time{}, false
	}
	if seconds == 0 && nano == 0 {
		return time.Time{}, true
	}
	return time.Unix(seconds, nano).UTC(), true
}

// amount is a number, or its text.
func amount(raw json.RawMessage) (*float64, bool) {
	s, _ := text(raw)
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || f-f != 0 { // infinite or none
		return nil, false
	}
	return &f, true
}

// takeList removes a list of objects and returns what parse makes of them. Items that it makes nothing of stay.
func takeList[T any](o object, key string, parse func(object) (T, bool)) (list []T) {
	var items, left []json.RawMessage
	raw, ok := o[key]
	if !ok || json.Unmarshal(raw, &items) != nil {
		return nil
	}
	for _, raw := range items {
		if item, err := parseObject(raw); err == nil {
			if parsed, ok := parse(item); ok {
				list = append(list, parsed)
				continue
			}
		}
		left = append(left, raw)
	}
	delete(o, key)
	if left != nil {
		o[key], _ = json.Marshal(left) // cannot fail: it has just been parsed
	}
	return list
}
