package forecasts

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

// value builds what encoding/json makes of a document with UseNumber.
func (c *cursor) value() any {
	switch ch := c.peek(); {
	case ch == '{':
		object := map[string]any{}
		for key := range c.object {
			key = strings.Clone(key)
			object[key] = c.value()
		}
		return object
	case ch == '[':
		list := []any{}
		for range c.array {
			list = append(list, c.value())
		}
		return list
	case ch == '"':
		return strings.Clone(c.str())
	case ch == '-' || '0' <= ch && ch <= '9':
		return json.Number(strings.Clone(c.number().text))
	}
	if c.err != nil {
		return nil
	}
	switch c.literal() {
	case "true":
		return true
	case "false":
		return false
	}
	return nil
}

var documents = []string{
	`{}`, `[]`, `null`, `true`, `false`, `0`, `-0`, `1.5e-7`, `""`, ` { "a" : [ 1 , 2 ] , "b" : { } } `,
	`"\u0041\ud83d\ude00\ud800\ud800\u0041\"\\\/\b\f\n\r\t"`, "\"caf\u00e9 \u65e5\u672c\"", "\"\xff\xc3\"", "\"\xe6\x97\"", `"\ud800`, `"\ud800\u00zz"`,
	`{"a":1,}`, `[1,]`, `[,1]`, `{"a"}`, `{a:1}`, `01`, `1.`, `.5`, `-`, `+1`, `1e`, `1e+`, `tru`, `truex`, `nul`, `NaN`,
	"\"\n\"", "\"\x00\"", `"\x"`, `"\u12"`, `"abc`, `[1 2]`, `{"a":1 "b":2}`, `1 2`, "\ufeff1", "", " ", "\v1", "[\x00]",
	`{"a":{"a":[[[[{"b":"long enough for several words of eight bytes and then some"}]]]]}}`,
	`["12345678\"", "1234567\"", "123456789\n"]`, `[1234567890123456789012345678901234567890, 1e999]`,
}

// FuzzCursor holds the cursor against encoding/json: in one piece, and through the smallest window.
func FuzzCursor(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		valid := json.Valid(document)
		c := cursor{b: document, whole: true}
		got := c.value()
		if ok := c.err == nil && blank(document[c.i:]); ok != valid {
			t.Fatalf("got %v, but valid = %t", c.err, valid)
		}
		if valid {
			var want any
			d := json.NewDecoder(bytes.NewReader(document))
			d.UseNumber()
			if err := d.Decode(&want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("got %#v\nwant %#v", got, want)
			}
		}
		c = cursor{b: document, whole: true}
		c.skip()
		if ok := c.err == nil && blank(document[c.i:]); ok != valid {
			t.Fatalf("skip: got %v, but valid = %t", c.err, valid)
		}
		w := newWindow(t.Context(), bytes.NewReader(document))
		w.b = make([]byte, 0, 2)
		err := w.pass()
		if err == nil {
			err = w.end()
		}
		if (err == nil) != valid {
			t.Fatalf("window: got %v, but valid = %t", err, valid)
		}
	})
}

func blank(b []byte) bool { return len(bytes.Trim(b, " \t\r\n")) == 0 }

func TestDepth(t *testing.T) {
	for depth, ok := range map[int]bool{maxDepth: true, maxDepth + 1: false} {
		document := []byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))
		c := cursor{b: document, whole: true}
		c.skip()
		if (c.err == nil) != ok {
			t.Errorf("depth %d: %v", depth, c.err)
		}
	}
}

func TestWindowLimit(t *testing.T) {
	endless := io.MultiReader(strings.NewReader(`{"entries":["`), endlessText{})
	w := newWindow(t.Context(), endless)
	var bad *MalformedError
	if err := w.pass(); !errors.As(err, &bad) || !strings.Contains(bad.Detail, "longer than 32 MiB") {
		t.Errorf("got %v", err)
	}
}

type endlessText struct{}

func (endlessText) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}
