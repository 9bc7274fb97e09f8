package spec

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxWhole is the largest whole number that any key takes: no count or number of days in a spec comes near it.
const maxWhole = 1_000_000

// decoder fills a struct from JSON, by its json tags. It notes what does not fit and goes on, so that one report has all
// of it; only broken JSON stops it. It never repeats a value, for any of them may be a misplaced token.
type decoder struct {
	*jsontext.Decoder
	given    map[string]bool // paths that have a value
	asObject map[string]bool // those that are objects
	unknown  []unknownKey
	problems []Problem
}

// unknownKey is kept apart from the problems until api_key is known: its name may repeat the token.
type unknownKey struct {
	object string // path of the object it stands in; empty for the spec itself
	name   string
	in     reflect.Type
}

// decode fills into, a pointer to a struct with its defaults set. Empty text and null are an empty object.
func decode(data []byte, into any) *decoder {
	if text := bytes.TrimSpace(data); len(text) == 0 || string(text) == "null" {
		data = []byte("{}")
	}
	d := &decoder{Decoder: jsontext.NewDecoder(bytes.NewReader(data)), given: map[string]bool{}, asObject: map[string]bool{}}
	err := d.value("", reflect.ValueOf(into).Elem(), "")
	if err == nil {
		if _, err = d.ReadToken(); err == nil {
			err = errors.New("more than one value")
		}
	}
	// The error's own text quotes the document, and with it perhaps the token.
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		d.problems = []Problem{{Text: fmt.Sprintf("has one key twice, near byte %d; remove one of the two", d.InputOffset())}}
	case err != io.EOF: // the bare value: the document ended where it should
		d.problems = []Problem{{Text: fmt.Sprintf("is not valid JSON near byte %d; mend it there", d.InputOffset())}}
		d.unknown = nil
	}
	return d
}

// value reads the next JSON value into v. accept names a JSON type that is taken beside the one of v.
func (d *decoder) value(path string, v reflect.Value, accept string) error {
	kinds, due := expected(v)
	switch accept {
	case "boolean":
		kinds, due = kinds+"tf", due+", or true or false"
	case "text":
		kinds, due = kinds+`"`, due+", or text in quotes"
	}
	kind := d.PeekKind()
	switch {
	case kind == jsontext.KindInvalid:
		return d.SkipValue() // the decoder's error
	case kind == jsontext.KindNull && v.Kind() == reflect.Pointer:
		d.problem(path, "has no value; write {} for its defaults, or remove the key")
		d.given[path] = true
		return d.SkipValue()
	case kind == jsontext.KindNull:
		d.problem(path, "has no value; give it one, or remove the key")
		return d.SkipValue()
	case !strings.Contains(kinds, string(kind)):
		d.problem(path, "is "+kindNames[kind]+"; write "+cmp.Or(sample(path, kind), due))
		return d.SkipValue()
	}
	d.given[path] = true
	switch kind {
	case jsontext.KindBeginObject:
		d.asObject[path] = true
		if v.Kind() == reflect.Pointer {
			v.Set(reflect.New(v.Type().Elem()))
			v = v.Elem()
			setDefaults(v)
		}
		return d.object(path, v)
	case jsontext.KindBeginArray:
		if refresh, ok := v.Addr().Interface().(*Refresh); ok {
			v = reflect.ValueOf(&refresh.Periods).Elem()
		}
		return d.list(path, v)
	}
	token, err := d.ReadToken()
	if err != nil {
		return err
	}
	if wrong := setScalar(v, kind, token.String()); wrong != "" && path != "api_key" { // which has a rule of its own for that
		d.problem(path, wrong)
	}
	return nil
}

func (d *decoder) object(path string, v reflect.Value) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != jsontext.KindEndObject {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		if field, ok := fieldOf(v.Type(), name); ok {
			err = d.value(join(path, name), v.FieldByIndex(field.Index), field.Tag.Get("accept"))
		} else {
			d.unknown = append(d.unknown, unknownKey{object: path, name: name, in: v.Type()})
			err = d.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func (d *decoder) list(path string, v reflect.Value) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0)) // replaces the default
	for i := 0; d.PeekKind() != jsontext.KindEndArray; i++ {
		item := reflect.New(v.Type().Elem()).Elem()
		setDefaults(item)
		if err := d.value(fmt.Sprintf("%s[%d]", path, i), item, ""); err != nil {
			return err
		}
		v.Set(reflect.Append(v, item))
	}
	_, err := d.ReadToken()
	return err
}

// samples are what to write where a value has the wrong kind, by the end of its path and that kind.
var samples = []struct {
	end, text string
	kinds     string
}{
	{"id", "one, in quotes; a second tab is another item of the list", "["},
	{"currency", "one, in quotes; for another add the tab once more", "["},
	{"forecasts", "a dash before id, as the first item of a list: - id: net_arr", "{"},
	{"forecasts", "a list of tabs, each with its id: [{id: net_arr}]", `"`},
	{"forecasts[]", `"id: " before it: {id: net_arr}`, `"`},
	{"types", "a list such as [forecast, quota], or remove the key", `"`},
	{"periods", "a list: [current], or [2024_Q1..current]", `"0{`},
	{"periods[]", "it in quotes: periods are text", "0"},
	{"reload", "a list such as [2025_Q4]", `"0{`},
	{"ids", `a list such as ["0064M00000AbCdE"]`, `"0`},
}

// sample is what to write in place of a value of the wrong kind, empty where its kind says enough.
func sample(path string, kind jsontext.Kind) string {
	for _, b := range blocks() {
		if path == b.Key && (kind == 't' || kind == 'f') {
			if strings.HasSuffix(b.Example, "{}") {
				return b.Example + " for its defaults"
			}
			return b.Example
		}
	}
	path = indexForm.ReplaceAllString(path, "[]")
	for _, s := range samples {
		if (path == s.end || strings.HasSuffix(path, "."+s.end)) && strings.Contains(s.kinds, string(kind)) {
			return s.text
		}
	}
	return ""
}

var indexForm = regexp.MustCompile(`\[[0-9]+\]`)

// setDefaults sets those of an object inside the spec.
func setDefaults(v reflect.Value) {
	switch into := v.Addr().Interface().(type) {
	case *Forecast:
		*into = DefaultForecast()
	case *Activities:
		*into = DefaultActivities()
	case *Audit:
		*into = DefaultAudit()
	}
}

func (d *decoder) problem(path, text string) {
	d.problems = append(d.problems, Problem{Path: path, Text: text})
}

// setScalar sets v from the text of a JSON string, number or boolean, or says what is wrong with it.
func setScalar(v reflect.Value, kind jsontext.Kind, text string) (wrong string) {
	switch into := v.Addr().Interface().(type) {
	case *Duration:
		if into.UnmarshalText([]byte(text)) != nil {
			return `is no duration; write numbers with units (ms, s, m, h) such as "10s" or "1h30m"`
		}
	case *string:
		if *into = text; strings.TrimSpace(text) == "" {
			return "is blank; give it a value, or remove it if it is optional"
		}
	case *[]string: // the only item of a list
		item := ""
		wrong = setScalar(reflect.ValueOf(&item).Elem(), kind, text)
		*into = []string{item}
		return wrong
	case *bool:
		*into = text == "true"
	case *float64:
		*into, _ = strconv.ParseFloat(text, 64) // too large: infinite, which no rule lets pass
	case *Concurrency:
		n, err := strconv.ParseFloat(text, 64)
		switch {
		case text == "auto":
			*into = Auto
		case kind == jsontext.KindString || err != nil || n != math.Trunc(n):
			return "is neither a whole number nor auto; write one of them"
		default:
			*into = Concurrency(min(max(n, 0), maxWhole+1)) // beyond every rule's limits in the same direction
		}
	case *Size:
		if n, err := strconv.ParseFloat(text, 64); err == nil && n == math.Trunc(n) && math.Abs(n) < 1<<62 {
			*into = Size(n)
			return ""
		}
		size, err := ParseSize(text)
		if *into = size; err != nil {
			return `is no size; write bytes, or a number with KiB, MiB or GiB such as "8GiB"`
		}
	case *int:
		n, _ := strconv.ParseFloat(text, 64) // 1e2 and 3.0 are whole numbers too, as in a JSON schema
		if n != math.Trunc(n) {
			return "is not a whole number; write one without a fraction"
		}
		*into = int(min(max(n, -1), maxWhole+1)) // beyond every rule's limits in the same direction
	}
	return ""
}

// expected returns the JSON kinds that v takes and how to name them to the user.
func expected(v reflect.Value) (kinds, due string) {
	switch {
	case v.Type() == reflect.TypeFor[Duration]():
		return `"`, `a duration in quotes such as "10s"`
	case v.Type() == reflect.TypeFor[Concurrency]():
		return `0"`, "a whole number without quotes, or auto"
	case v.Type() == reflect.TypeFor[Size]():
		return `0"`, `a number of bytes, or text such as "8GiB"`
	case v.Type() == reflect.TypeFor[Refresh]():
		return "[{", "a list of periods, or an object with periods and before"
	case v.Kind() == reflect.Struct, v.Kind() == reflect.Pointer:
		return "{", "an object"
	case v.Kind() == reflect.Slice:
		return "[", "a list"
	case v.Kind() == reflect.Bool:
		return "tf", "true or false"
	case v.Kind() == reflect.Int:
		return "0", "a whole number without quotes"
	case v.Kind() == reflect.Float64:
		return "0", "a number without quotes"
	}
	return `"`, "text in quotes"
}

var kindNames = map[jsontext.Kind]string{
	jsontext.KindFalse: "false", jsontext.KindTrue: "true", jsontext.KindString: "text", jsontext.KindNumber: "a number",
	jsontext.KindBeginObject: "an object", jsontext.KindBeginArray: "a list",
}

// fieldOf finds the field of a struct that has this JSON name.
func fieldOf(t reflect.Type, name string) (reflect.StructField, bool) {
	for field := range t.Fields() {
		if keyOf(field) == name {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

// keyOf is the field's JSON name.
func keyOf(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

func join(object, key string) string { return strings.TrimPrefix(object+"."+key, ".") }
