package arrays

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/store"
)

func init() { BothWays = true }

func valid(text string) bool {
	return jsontext.Value(text).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// combinations calls do with all texts of at most so many of the parts.
func combinations(parts []string, most int, do func(text string)) {
	var grow func(text string, left int)
	grow = func(text string, left int) {
		do(text)
		for _, part := range parts {
			if left > 0 {
				grow(text+part, left-1)
			}
		}
	}
	grow("", most)
}

// Whatever a string or a number is taken for is one, and the plain ones are taken.
func TestPlain(t *testing.T) {
	if testing.Short() {
		t.Skip("a long input, read by one goroutine")
	}
	taken := map[string]bool{}
	check := func(text string, size int) {
		if size == 0 {
			return
		}
		if !valid(text[:size]) || size < len(text) && strings.IndexByte("0123456789.eE", text[size]) >= 0 && text[0] != '"' && valid(text[:size+1]) {
			t.Fatalf("%q: %d bytes are taken", text, size)
		}
		taken[text[:size]] = true
	}
	combinations(strings.Split(`- 0 1 9 . e E + "`, " "), 6, func(text string) {
		_, size := plainNumber([]byte(text + "\x00"))
		check(text+"\x00", size)
	})
	combinations(strings.Split(`" \ \u 0 d 8 F n x é `+"\x01", " "), 6, func(text string) {
		check(`"`+text+"\x00", plainString([]byte(`"`+text+"\x00")))
	})
	for c := range 256 {
		for _, text := range []string{string([]byte{'"', byte(c), '"'}), string([]byte{'"', '\\', byte(c), '"'}), string([]byte{'"', '\\', 'u', '0', byte(c), '0', '1', '"'})} {
			check(text, plainString([]byte(text+"\x00")))
		}
	}
	for _, text := range []string{`0`, `-0`, `-0.1`, `10`, `9.01`, `""`, `"x"`, `"é"`, `"\n\""`, `"\u00d8"`, `"\\"`, "\"\xff\""} {
		require.True(t, taken[text], text)
	}
	for _, text := range []string{`"\u0000"`, `"\ud800"`, `"\ud8dd"`, `"\u08"`, "\"\x01\""} {
		require.False(t, taken[text], text)
	}
}

const known = `{"fieldId":"f","userId":"u","timeFrameId":"w","timePeriodId":"2026_Q1","forecastValue":1.5,"currency":{"code":"USD","symbol":"$"},` +
	`"isUpdated":true,"updatedBy":"Ann","updatedOn":1767225600000,"own":1}`

// quickly reads entries behind one that is known, and returns how many bytes each takes.
func quickly(t *testing.T, entries ...string) (r *Reader, sizes []int) {
	s := store.New()
	t.Cleanup(func() { s.Close() })
	r = New(s, "")
	require.NoError(t, r.Entry([]byte(known)))
	for _, entry := range entries {
		size, err := r.Quick([]byte(entry + "\x00"))
		require.NoError(t, err, entry)
		sizes = append(sizes, size)
	}
	return r, sizes
}

// What is quick, and what is not. BothWays sees to it that it comes to the same.
func TestQuick(t *testing.T) {
	change := func(old, with string) string { return strings.Replace(known, old, with, 1) }
	for _, entry := range []string{
		known, " " + known[1:], change(`1.5`, `-0.5`), change(`1.5`, `null`), change(`1.5`, `"1.5"`), change(`true`, `false`), change(`"Ann"`, `"An\u0027n"`), change(`"Ann"`, `""`),
		change(`"u"`, `"v"`), change(`"f"`, `"\"f\""`), change(`"own":1`, `"own":"x"`), change(`"own":1`, `"new":null,"other":true`), change(`"own":1`, `"new":false,"new\n":"\u00e9"`),
		change(`:1.5,`, " :\r\n1.5\t, "), change(`,"own":1`, ``), change(`"isUpdated":true,"updatedBy":"Ann",`, ``), change(`:1767225600000`, `:null `),
	} {
		entry = "{" + strings.TrimPrefix(strings.TrimPrefix(entry, " "), "{")
		_, sizes := quickly(t, entry+",", entry+"}")
		require.Equal(t, []int{len(entry), len(entry)}, sizes, entry)
	}
	for _, entry := range []string{
		`{}`, change(`1.5`, `1e3`), change(`1.5`, `01.5`), change(`1.5`, `"x"`), change(`1.5`, `nul`), change(`1.5`, `true`), change(`true`, `tru`), change(`true`, `"true"`),
		change(`"Ann"`, `1`), change(`"Ann"`, `"`+strings.Repeat("x", 1+extra.MaxText)+`"`), change(`"Ann"`, `"\u0000"`), change(`"$"`, `"€"`), change(`"u"`, `1`), change(`"own":1`, `"own":[]`),
		change(`"own":1`, `"own":1e3`), change(`1.5`, `1.5,"forecastValue":2`), change(`"u"`, `"u","userId":"v"`), change(`,"own"`, `"own"`), change(`"own":`, `"own"`), change(`"own":1`, `"own":`),
		known[:len(known)-1], known[:len(known)-2], strings.Replace(known, ",", "\x00", 1),
	} {
		_, sizes := quickly(t, entry)
		require.Equal(t, []int{0}, sizes, entry)
	}
}

// An unknown key of its own in each entry: each is counted once, and kept, whichever way it comes.
func TestQuickUnknownKeys(t *testing.T) {
	const entries = 2 * maxKeys
	s := store.New()
	defer s.Close()
	r := New(s, "")
	for i := range entries {
		entry := strings.Replace(strings.Replace(known, `"own":1`, fmt.Sprintf(`"key %d":%d`, i, i), 1), `"u"`, fmt.Sprintf(`"%d"`, i), 1)
		if i == 0 {
			require.NoError(t, r.Entry([]byte(entry)))
			continue
		}
		size, err := r.Quick([]byte(entry + "\x00"))
		require.NoError(t, err)
		require.Equal(t, len(entry), size)
	}
	require.EqualValues(t, entries, s.Odd.Unknown())
	require.True(t, r.Unknown)
	require.Equal(t, entries, s.Len())
}

// FuzzQuick reads anything behind a known entry. BothWays sees to it that what is taken is valid, and comes to the same.
func FuzzQuick(f *testing.F) {
	f.Add(known, known)
	f.Add(`{"userId":"\u00e9","fieldId":"f", "timeFrameId":"w","own":"x","other":-0.10 }`, `{"forecastValue":00}`)
	f.Fuzz(func(t *testing.T, first, second string) {
		s := store.New()
		defer s.Close()
		r := New(s, "")
		_ = r.Entry([]byte(known))
		for _, entry := range []string{first, second, first} {
			list := "{" + strings.TrimPrefix(entry, "{") + "\x00"
			if size, _ := r.Quick([]byte(list)); size > 0 && !valid(list[:size]) {
				t.Errorf("taken: %q", list[:size])
			}
		}
	})
}
