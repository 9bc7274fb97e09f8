package clari

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object of which known keys are taken out one by one. A key whose value makes no sense stays, so that what is left is
// all that was not understood.
type object map[string]json.RawMessage

func parseObject(data []byte) (object, error) {
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, err
	}
	if o == nil {
		return nil, errors.New("null, not an object")
	}
	return o, nil
}

// unwrap parses an object that may come inside another one, under the key envelope. An object with the key mark is not wrapped.
func unwrap(data []byte, envelope, mark string) (inner, outer object, err error) {
	if outer, err = parseObject(data); err != nil {
		return nil, nil, err
	}
	if _, bare := outer[mark]; !bare {
		if inner, err := parseObject(outer[envelope]); err == nil {
			delete(outer, envelope)
			return inner, outer, nil
		}
	}
	return outer, nil, nil
}

// rest is what has not been taken, as one JSON object; nil if nothing.
func (o object) rest() json.RawMessage {
	if len(o) == 0 {
		return nil
	}
	data, _ := json.Marshal(o) // cannot fail: it has just been parsed
	return bytes.ToValidUTF8(data, []byte("\uFFFD"))
}

// take removes key and returns its value; the zero value if it is absent, null, or not what parse expects.
func take[T any](o object, key string, parse func(json.RawMessage) (T, bool)) (v T) {
	raw, ok := o[key]
	if ok && string(raw) != "null" {
		parsed, ok := parse(raw)
		if !ok {
			return v
		}
		v = parsed
	}
	delete(o, key)
	return v
}

// text is a string or a number.
func text(raw json.RawMessage) (s string, ok bool) {
	if string(raw) == "null" {
		return "", false
	}
	if json.Unmarshal(raw, &s) == nil {
		return s, true
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String(), true
	}
	return "", false
}

func texts(raw json.RawMessage) ([]string, bool) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil, false
	}
	list := make([]string, len(items))
	for i, item := range items {
		var ok bool
		if list[i], ok = text(item); !ok {
			return nil, false
		}
	}
	return list, true
}

// whole is an integer, also as a string or with a fraction of zero.
func whole(raw json.RawMessage) (*int64, bool) {
	s, ok := text(raw)
	if !ok {
		return nil, false
	}
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return &n, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return nil, false
	}
	return new(int64(f)), true
}

func count(raw json.RawMessage) (*int, bool) {
	n, ok := whole(raw)
	if !ok {
		return nil, false
	}
	return new(int(*n)), true
}

func flag(raw json.RawMessage) (*bool, bool) {
	switch strings.ToLower(string(raw)) {
	case `true`, `"true"`:
		return new(true), true
	case `false`, `"false"`:
		return new(false), true
	}
	return nil, false
}

// instant is in milliseconds since 1970, or RFC 3339. Zero milliseconds are no time.
func instant(raw json.RawMessage) (time.Time, bool) {
	const year10000 = 253402300800000 // from there on RFC 3339 cannot write it
	s, _ := text(raw)
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UTC(), t.UnixMilli() >= 0 && t.UnixMilli() < year10000
	}
	ms, ok := whole(raw)
	if !ok || *ms < 0 || *ms >= year10000 {
		return time.Time{}, false
	}
	if *ms == 0 {
		return time.Time{}, true
	}
	return time.UnixMilli(*ms).UTC(), true
}

func compact(raw json.RawMessage) (json.RawMessage, bool) {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return nil, false
	}
	return bytes.ToValidUTF8(b.Bytes(), []byte("\uFFFD")), true
}
