package clari

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
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

// The scalars are those of package scalar. Null is none of them.

func text(raw json.RawMessage) (string, bool) { return scalar.Text(raw) }

// takeTexts removes a list of texts. An item that is none is left out and counted; what is no list stays.
func takeTexts(o object, key string) (list []string, odd int) {
	var items []json.RawMessage
	if json.Unmarshal(o[key], &items) != nil {
		return nil, 0
	}
	delete(o, key)
	if items != nil {
		list = []string{}
	}
	for _, item := range items {
		if t, ok := text(item); ok {
			list = append(list, t)
		} else {
			odd++
		}
	}
	return list, odd
}

func whole(raw json.RawMessage) (*int64, bool) {
	n, ok := scalar.Whole(raw)
	return &n, ok
}

func count(raw json.RawMessage) (*int, bool) {
	n, ok := scalar.Whole(raw)
	return new(int(n)), ok
}

func flag(raw json.RawMessage) (*bool, bool) {
	yes, ok := scalar.Flag(raw)
	return &yes, ok
}

// instant is zero for zero milliseconds, which are no time.
func instant(raw json.RawMessage) (time.Time, bool) {
	micros, ok := scalar.Instant(raw)
	if !ok || micros == 0 {
		return time.Time{}, ok
	}
	return time.UnixMicro(micros).UTC(), true
}

func moment(raw json.RawMessage) (time.Time, bool) { return scalar.Moment(raw) }

func amount(raw json.RawMessage) (*float64, bool) {
	n, ok := scalar.ParseValue(raw)
	return new(n.Float()), ok
}

func compact(raw json.RawMessage) (json.RawMessage, bool) {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return nil, false
	}
	return bytes.ToValidUTF8(b.Bytes(), []byte("\uFFFD")), true
}
