package specfile

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func lookup(name string) (string, bool) {
	values := map[string]string{"KEY": "s3cret", "LIST": "[a, b]", "NUMBER": "12", "QUOTE": `a"b`, "ANCHOR": "*s3cret"}
	value, ok := values[name]
	return value, ok
}

func TestExpand(t *testing.T) {
	for _, test := range []struct{ name, data, want, err string }{
		{name: "several", data: "a: 1\n---\n# nothing\n---\nb: ${KEY}\n", want: `{"a":1} {"b":"s3cret"}`},
		{name: "a value brings structure", data: "a: ${LIST}", want: `{"a":["a","b"]}`},
		{name: "a number", data: `{n: ${NUMBER}, text: "${NUMBER}"}`, want: `{"n":12,"text":"12"}`},
		{name: "comments", data: "a: 1 # ${NOT_SET}", want: `{"a":1}`},
		{name: "a day stays text", data: "since: 2026-01-31", want: `{"since":"2026-01-31"}`},
		{name: "not set", data: "a: ${NOT_SET}", err: "env variable NOT_SET not found"},
		{name: "breaks its quotes", data: `a: "${QUOTE}"`, err: "the value of ${QUOTE} breaks the YAML around it"},
		{name: "is no value of an error", data: "a: ${ANCHOR}", err: "the value of ${ANCHOR} breaks the YAML around it"},
		{name: "a key twice", data: "a: 1\na: 2", err: "already defined"},
		{name: "no such file", data: "a: ${file:no-such-file}", err: "no-such-file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			documents, err := Expand([]byte(test.data), lookup)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				require.NotContains(t, err.Error(), "s3cret")
				return
			}
			require.NoError(t, err)
			var got string
			for i, d := range documents {
				if i > 0 {
					got += " "
				}
				got += string(d)
			}
			require.Equal(t, test.want, got)
		})
	}
}

// FuzzExpand: whatever a file holds, the outcome is documents in JSON or an error.
func FuzzExpand(f *testing.F) {
	for _, seed := range []string{"a: 1\n---\nb: ${KEY}", "a: &x [1]\nb: *x", "{n: ${NUMBER}}", "a: ${", "? [a]\n: b", "- !!binary x", "a: .nan", "1: 2"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		documents, err := Expand(data, lookup)
		if err != nil {
			return
		}
		for _, d := range documents {
			if !json.Valid(d) {
				t.Errorf("%q is not JSON", d)
			}
		}
	})
}
