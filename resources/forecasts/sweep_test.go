package forecasts

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Whatever a stretch seems to begin with, the result is the same as in one stretch.
func TestGuesses(t *testing.T) {
	for name, result := range map[string]string{
		"text like an entry": entries(entryOf("u", `,"x":"},{","y":"} , {"`), entryOf("},{", ""), entryOf("v", "")),
		"lists of objects":   entries(entryOf("u", `,"x":[{},{},{"userId":"w","fieldId":"f","timeFrameId":"w","timePeriodId":"2026_Q1"},{}]`), entryOf("v", "")),
		"long entries":       entries(entryOf("u", `,"x":"`+strings.Repeat("long ", 10_000)+`"`), entryOf("v", `,"x":[`+strings.Repeat("0,", 10_000)+`0]`), entryOf("w", "")),
		"arrays behind":      `{"entries":[` + entryOf("u", "") + `],"users":[{"userId":"u"},{"userId":"v"}],"others":[` + entryOf("x", "") + "," + entryOf("y", "") + `]}`,
		"white space":        "\n{ \"entries\" : [ \n" + entryOf("u", "") + " \n, \t" + entryOf("v", "") + " \r\n] \n}",
		"deep values":        entries(entryOf("u", `,"x":`+strings.Repeat("[", maxDepth)+strings.Repeat("]", maxDepth)), entryOf("v", "")),
		"none":               entries(),
	} {
		t.Run(name, func(t *testing.T) {
			want, _, err := land(t.Context(), []byte(result), Asked{}, table.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, stretch := range []int64{1, 10, 100, 1000, 10_000} {
				res, err := inspect(t.Context(), section([]byte(result)), Asked{}, stretch)
				if err != nil {
					t.Fatalf("stretches of %d bytes: %v", stretch, err)
				}
				var l landed
				if _, err := res.Emit(t.Context(), testOrigin, NewTables(allTables, table.Options{}, l.send)); err != nil {
					t.Fatal(err)
				}
				if got := l.sorted(); !reflect.DeepEqual(want, got) { // cmp takes forever on deep values
					t.Errorf("stretches of %d bytes: got %v, want %v", stretch, got, want)
				}
			}
		})
	}
}

// The index of a bad entry counts from the first entry, not from that of its stretch.
func TestIndexAcrossStretches(t *testing.T) {
	many := make([]string, 100)
	for i := range many {
		many[i] = entryOf(fmt.Sprint(i), "")
	}
	many[77], many[88] = `{"fieldId":"f"}`, `{"userId":"u"}`
	for _, stretch := range []int64{1, 500, stretchBytes} {
		_, err := inspect(t.Context(), section([]byte(entries(many...))), Asked{}, stretch)
		var missing *MissingIDError
		if !errors.As(err, &missing) || missing.Index != 77 {
			t.Errorf("stretches of %d bytes: %v", stretch, err)
		}
	}
}

// An entry without an end is an error before it fills the memory.
func TestEndlessEntry(t *testing.T) {
	_, err := Inspect(t.Context(), io.NewSectionReader(endlessEntry{}, 0, 1<<40), Asked{})
	var bad *MalformedError
	if !errors.As(err, &bad) || !strings.Contains(bad.Detail, "longer than 32 MiB") {
		t.Errorf("got %v", err)
	}
}

type endlessEntry struct{}

func (endlessEntry) ReadAt(b []byte, offset int64) (int, error) {
	const start = `{"entries":[{"x":"`
	for i := range b {
		b[i] = 'x'
		if at := offset + int64(i); at < int64(len(start)) {
			b[i] = start[at]
		}
	}
	return len(b), nil
}

// What fails to be read is not taken for the end of the result, nor for its content.
func TestReadFails(t *testing.T) {
	broken := errors.New("broken disk")
	result := tenant(10, 20, 14)
	for _, good := range []int{0, 1, 1000, len(result) - 1} {
		r := io.NewSectionReader(brokenFile{result[:good], broken}, 0, int64(len(result)))
		if _, err := inspect(t.Context(), r, Asked{}, 10_000); !errors.Is(err, broken) || IsContent(err) {
			t.Errorf("after %d bytes: %v", good, err)
		}
	}
}

type brokenFile struct {
	good []byte
	err  error
}

func (r brokenFile) ReadAt(b []byte, offset int64) (int, error) {
	if offset < int64(len(r.good)) {
		if n := copy(b, r.good[offset:]); n == len(b) {
			return n, nil
		}
	}
	return 0, r.err
}
