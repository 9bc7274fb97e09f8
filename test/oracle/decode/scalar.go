package decode

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

type member struct {
	key   string
	value json.RawMessage
}

// members are those of an object, in order, also those that come twice.
func members(raw []byte) (all []member) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		refuse("no object")
	}
	for d.More() {
		key, err := d.Token()
		var value json.RawMessage
		if err == nil {
			err = d.Decode(&value)
		}
		if err != nil {
			refuse("malformed: %v", err)
		}
		all = append(all, member{key.(string), value})
	}
	return all
}

// elements are those of a list; null is none.
func elements(raw json.RawMessage) (all []json.RawMessage) {
	if raw != nil && json.Unmarshal(raw, &all) != nil {
		refuse("no list")
	}
	return all
}

// clean is a text as destinations take it: no NUL.
func clean(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") }

// nothing is what is null in every column.
func nothing(raw []byte) bool { return string(raw) == "null" || string(raw) == `""` }

// textOf is a text, or a number or flag as it is written.
func textOf(raw []byte) (text string, ok bool) {
	switch raw[0] {
	case '"':
		ok = json.Unmarshal(raw, &text) == nil
		return clean(text), ok
	case '{', '[', 'n':
		return "", false
	}
	return string(raw), true
}

// inText is what a JSON text holds, and anything else as it is written.
func inText(raw []byte) string {
	text := string(raw)
	if raw[0] == '"' {
		text, _ = textOf(raw)
	}
	return strings.TrimSpace(text)
}

var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// numberOf is a number, or the text of one. What no float64 holds is none.
func numberOf(raw []byte) (float64, bool) {
	text := inText(raw)
	if !number.MatchString(text) {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v + 0, err == nil // no negative zero
}

func flagOf(raw []byte) (flag, ok bool) {
	switch strings.ToLower(inText(raw)) {
	case "true", "yes":
		return true, true
	case "false", "no":
		return false, true
	}
	return false, false
}

// layouts of instants: ISO with or without zone, the colon in it, and seconds; a space may stand for the T.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999Z07", "2006-01-02T15:04:05.999999999",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700", "2006-01-02T15:04Z07", "2006-01-02T15:04",
}

// instantOf is ISO, or a number: milliseconds from 10^11 on, seconds below.
func instantOf(raw []byte) (time.Time, bool) {
	if v, ok := numberOf(raw); ok {
		unit := time.Millisecond
		if v < 1e11 {
			unit = time.Second
		}
		whole, part := math.Modf(v)
		at := time.UnixMilli(int64(whole) * int64(unit/time.Millisecond)).UTC()
		return at.Add(time.Duration(part * float64(unit))).Truncate(time.Microsecond), v >= 0 && v < 253402300800000
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, strings.Replace(inText(raw), " ", "T", 1)); err == nil {
			return at.UTC().Truncate(time.Microsecond), true
		}
	}
	return time.Time{}, false
}

// dayOf is an ISO day, which a time may follow.
func dayOf(raw []byte) (day string, ok bool) {
	text := inText(raw)
	if raw[0] != '"' || len(text) < len(time.DateOnly) || (len(text) > len(time.DateOnly) && !slices.Contains([]byte("T "), text[10])) {
		return "", false
	}
	_, err := time.Parse(time.DateOnly, text[:10])
	return text[:10], err == nil
}

// valueOf is any JSON, without NUL.
func valueOf(raw []byte) any {
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil {
		refuse("malformed")
	}
	return cleanValue(v)
}

func cleanValue(v any) any {
	switch v := v.(type) {
	case string:
		return clean(v)
	case []any:
		for i := range v {
			v[i] = cleanValue(v[i])
		}
	case map[string]any:
		all := map[string]any{}
		for key, w := range v {
			all[clean(key)] = cleanValue(w)
		}
		return all
	}
	return v
}
