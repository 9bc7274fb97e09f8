package csv

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// records reads all records with a first buffer of the given size, as copies, and the lines they start in.
func records(data []byte, buffer int) (all [][]string, lines []int, err error) {
	r := NewReader(bytes.NewReader(data))
	r.buf = make([]byte, 0, buffer)
	for {
		cells, err := r.Read()
		if err != nil {
			return all, append(lines, r.line), err
		}
		record := []string{}
		for _, cell := range cells {
			record = append(record, string(cell))
		}
		all, lines = append(all, record), append(lines, r.line)
	}
}

func TestRead(t *testing.T) {
	tests := []struct {
		name, text string
		want       [][]string
		lines      []int // the last is where reading ended
		err        error
	}{
		{name: "nothing", text: "", lines: []int{1}},
		{name: "one cell", text: "a", want: [][]string{{"a"}}, lines: []int{1, 1}},
		{name: "no line end at the end", text: "a,b\nc,d", want: [][]string{{"a", "b"}, {"c", "d"}}, lines: []int{1, 2, 2}},
		{name: "line ends", text: "a,b\r\nc,d\ne,f\r\n", want: [][]string{{"a", "b"}, {"c", "d"}, {"e", "f"}}, lines: []int{1, 2, 3, 4}},
		{name: "byte order mark", text: "\ufeff\"a\",b\n", want: [][]string{{"a", "b"}}, lines: []int{1, 2}},
		{name: "empty cells", text: ",\n,,\n\"\"\n", want: [][]string{{"", ""}, {"", "", ""}, {""}}, lines: []int{1, 2, 3, 4}},
		{name: "empty lines", text: "\n\r\na\n\n\nb\n\n", want: [][]string{{"a"}, {"b"}}, lines: []int{3, 6, 8}},
		{name: "quotes", text: `"a,b","c ""d""",""` + "\n", want: [][]string{{"a,b", `c "d"`, ""}}, lines: []int{1, 2}},
		{name: "line breaks in quotes", text: "\"a\nb\",\"c\r\nd\"\r\ne,f\n", want: [][]string{{"a\nb", "c\r\nd"}, {"e", "f"}}, lines: []int{1, 4, 5}},
		{name: "quotes at the end", text: `a,"b"`, want: [][]string{{"a", "b"}}, lines: []int{1, 1}},
		{name: "only quotes", text: `"""",""""""`, want: [][]string{{`"`, `""`}}, lines: []int{1, 1}},
		{name: "carriage return in a cell", text: "a\rb,c\r\r\n", want: [][]string{{"a\rb", "c\r"}}, lines: []int{1, 2}},
		{name: "broken text", text: "a\xff,\"\xc3(\"\n", want: [][]string{{"a\ufffd", "\ufffd("}}, lines: []int{1, 2}},
		{name: "bare quote", text: "a,b\nc \"d\",e\n", want: [][]string{{"a", "b"}}, lines: []int{1, 2}, err: errBareQuote},
		{name: "text after quotes", text: "\"a\"b,c\n", lines: []int{1}, err: errAfterQuote},
		{name: "space after quotes", text: "\"a\" ,c\n", lines: []int{1}, err: errAfterQuote},
		{name: "cut in quotes", text: "a\n\"b,c\nd", want: [][]string{{"a"}}, lines: []int{1, 2}, err: errOpenQuote},
		{name: "cut after a doubled quote", text: `"b""`, lines: []int{1}, err: errOpenQuote},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.err == nil {
				tt.err = io.EOF
			}
			for _, buffer := range []int{4, 5, 64} {
				got, lines, err := records([]byte(tt.text), buffer)
				require.Equal(t, tt.want, got)
				require.Equal(t, tt.lines, lines)
				require.ErrorIs(t, err, tt.err)
			}
		})
	}
}

func TestRecordsAreBounded(t *testing.T) {
	long := `a,"` + strings.Repeat("x", maxRecord/2) + `"` + "\n"
	got, _, err := records([]byte(long), 4)
	require.ErrorIs(t, err, io.EOF)
	require.Len(t, got[0][1], maxRecord/2)

	endless := io.MultiReader(strings.NewReader(`a,"`), endlessText{})
	_, err = NewReader(endless).Read()
	require.ErrorIs(t, err, errLongRecord)
}

func TestErrorsArePassedOn(t *testing.T) {
	broken := errors.New("disk on fire")
	_, err := NewReader(io.MultiReader(strings.NewReader("User,"), failingReader{broken})).Read()
	require.Equal(t, broken, err)
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

type endlessText struct{}

func (endlessText) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// FuzzCSV compares the reader with that of the standard library, which differs in three ways only: it takes a byte order mark for
// text, makes CRLF in quotes LF, and leaves broken UTF-8 as it is.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{
		"a,b\nc,d\n", "a,\"b\"\"c\"\r\n\r\nd", "\"a\nb\",\"\r\n\"", "\ufeffa", "\"a\"b", "a\"b", "\"a", "\"\"", ",\r", "\r\n\r", "a,\"b\"\r", "\xff,\"\xff\"", "\"a\"\r\r\n",
	} {
		f.Add([]byte(text), uint8(0))
	}
	f.Fuzz(func(t *testing.T, data []byte, buffer uint8) {
		var want [][]string
		std := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
		std.FieldsPerRecord = -1
		var stdErr error
		for {
			var record []string
			if record, stdErr = std.Read(); stdErr != nil {
				break
			}
			for i, cell := range record {
				record[i] = strings.ToValidUTF8(cell, "\ufffd")
			}
			want = append(want, record)
		}
		got, _, err := records(data, 4+int(buffer))
		for _, record := range got {
			for i, cell := range record {
				record[i] = strings.ReplaceAll(cell, "\r\n", "\n")
			}
		}
		require.Equal(t, stdErr == io.EOF, err == io.EOF, "%v, standard library: %v", err, stdErr)
		require.Equal(t, want, got)
	})
}
