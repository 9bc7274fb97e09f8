package document

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"
)

// taken is what comes of the list in a document, and what is wrong with it.
type taken struct {
	elements []string
	at       []int64
	NULs     int64
	wrong    string
	offset   int64
	after    string // the list
}

// take reads the list in {"x":[...],"y":...}.
func take(t *testing.T, r io.Reader, ahead bool, quick func(list []byte) (int, error)) (got taken) {
	in := NewSource(t.Context(), r)
	d := NewDecoder(in, bufio.NewReaderSize(in, LookAhead), 0)
	defer func() { got.NULs = d.NULs }()
	fail := func(err error) taken {
		got.wrong = err.Error()
		if wrong, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
			got.wrong, got.offset = wrong.Err.Error(), d.Base()+wrong.ByteOffset
		}
		return got
	}
	for range 3 {
		if _, err := d.ReadToken(); err != nil {
			return fail(err)
		}
	}
	keep := func(value []byte) error {
		got.elements, got.at = append(got.elements, string(value)), append(got.at, in.Value())
		return nil
	}
	for d.Peek() == '{' {
		value, err := d.Value()
		if err != nil {
			return fail(err)
		}
		_ = keep(value)
		if !ahead {
			continue
		}
		err = d.Ahead(func(list []byte) (int, error) {
			size, err := quick(list)
			if size > 0 {
				_ = keep(list[:size])
			}
			return size, err
		}, keep)
		if err != nil {
			return fail(err)
		}
	}
	for {
		d.Peek()
		token, err := d.ReadToken()
		if err != nil {
			return fail(err)
		}
		got.after += token.String()
	}
}

// What is read ahead is what the decoder reads: the same elements in the same places, and the same is wrong in the same place.
func TestAhead(t *testing.T) {
	long := `{"long":"` + strings.Repeat("x", room) + `"}`
	documents := []string{
		`{"x":[{"a":1},{"b":[{"c":"}"}]} , {} ,` + "\r\n\t" + `{"d":"\u0000\"]"}],"y":[{"z":1},{}]}`,
		`{"x":[{},{},` + long + `,{},{"b":1},` + long + "," + long + `,{}],"y":1}`,
		`{"x":[{},{"a":1}` + strings.Repeat(" ", 2*room) + `,` + strings.Repeat("\n", room) + `{"b":2}` + strings.Repeat(" ", room) + `]}`,
		`{"x":[{}` + strings.Repeat(`,{"a":"`+strings.Repeat("y", few+1)+`"}`, 60) + `]}`,
		`{"x":[{}` + strings.Repeat(`,{"a":"b"}`, 30_000) + `]}`,
		`{"x":[{} {}]}`, `{"x":[{},{},]}`, `{"x":[{},,{}]}`, `{"x":[{},1,{}]}`, `{"x":[{},[{}],{}]}`, `{"x":[{},{"a"},{}]}`, `{"x":[{},{a:1},{}]}`,
		`{"x":[{},{}}`, `{"x":[{},{}]`, `{"x":[{},{}],`, `{"x":[{},{"a":1}` + "\x00" + `,{}]}`, "{\"x\":[{},{\"a\":\"\x01\"}]}", `{"x":[{},{}]]`, `{"x":[{},{"a":01}]}`,
	}
	for _, text := range documents[:1] {
		for i := range text {
			documents = append(documents, text[:i])
		}
	}
	whole := func(list []byte) (int, error) { // all that is whole and short
		end := strings.IndexByte(string(list[:min(len(list), 64)]), '}') + 1
		if jsontext.Value(list[:end]).IsValid(options...) && !strings.Contains(string(list[:end]), nul) {
			return end, nil
		}
		return 0, nil
	}
	never := func([]byte) (int, error) { return 0, nil }
	for _, text := range documents {
		want := take(t, strings.NewReader(text), false, nil)
		name := fmt.Sprintf("%.80s", text)
		require.NotEmpty(t, want.wrong, name)
		for _, quick := range []func([]byte) (int, error){whole, never} {
			require.Equal(t, want, take(t, strings.NewReader(text), true, quick), name)
			require.Equal(t, want, take(t, iotest.HalfReader(strings.NewReader(text)), true, quick), name)
			if len(text) < few {
				require.Equal(t, want, take(t, iotest.OneByteReader(strings.NewReader(text)), true, quick), name)
			}
			require.Equal(t, want, take(t, iotest.DataErrReader(strings.NewReader(text)), true, quick), name)
		}
	}
}

// An error of whoever takes an element, or of the reader, ends it.
func TestAheadFails(t *testing.T) {
	broken := errors.New("broken")
	d := func(r io.Reader) *Decoder {
		in := NewSource(t.Context(), r)
		d := NewDecoder(in, bufio.NewReaderSize(in, LookAhead), 0)
		_, _ = d.ReadToken()
		_, err := d.Value()
		require.NoError(t, err)
		return d
	}
	never := func([]byte) (int, error) { return 0, nil }
	list := strings.NewReader(`[{},{"a":1},{}]`)
	require.Equal(t, broken, d(list).Ahead(never, func([]byte) error { return broken }))
	list.Reset(`[{},{"a":1},{}]`)
	require.Equal(t, broken, d(list).Ahead(func([]byte) (int, error) { return 7, broken }, nil))
	slow := func([]byte) error { return nil }
	require.Equal(t, broken, d(io.MultiReader(strings.NewReader(`[{},{"a":1},{`), iotest.ErrReader(broken))).Ahead(never, slow))
}
