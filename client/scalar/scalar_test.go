package scalar

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	for raw, want := range map[string]string{
		`"a"`: "a", `""`: "", `12.50`: "12.50", `true`: "true", `"caf\u00e9 \"x\""`: `café "x"`, "\"\xff\"": "\uFFFD", `"\ud800"`: "\uFFFD", "\"caf\u00e9\"": "café",
	} {
		got, ok := Text([]byte(raw))
		require.True(t, ok, raw)
		require.Equal(t, want, got, raw)
	}
	for _, raw := range []string{``, `null`, `{}`, `[]`} {
		_, ok := Text([]byte(raw))
		require.False(t, ok, raw)
	}
}

func TestWhole(t *testing.T) {
	for raw, want := range map[string]int64{
		`0`: 0, `-5`: -5, `"12"`: 12, `" 12 "`: 12, `12.0`: 12, `1.2e1`: 12, `9223372036854775807`: math.MaxInt64, `-0`: 0, `007`: 7, `"\u0037"`: 7,
	} {
		got, ok := Whole([]byte(raw))
		require.True(t, ok, raw)
		require.Equal(t, want, got, raw)
	}
	for _, raw := range []string{`null`, `""`, `"x"`, `12.5`, `true`, `[1]`, `9223372036854775808`, `1e999`, `"1,000"`} {
		_, ok := Whole([]byte(raw))
		require.False(t, ok, raw)
	}
}

func TestDecimal(t *testing.T) {
	for text, want := range map[string]string{
		`1.50,"b":2}`: "1.50", `-7}`: "-7", `0]`: "0", `12`: "12", `123456789012345 `: "123456789012345", `1.5.5`: "1.5",
		`1234567890123456`: "", `1.`: "", `.5`: "", `-`: "", ``: "", `1e3,`: "", `1.5E3`: "", `null`: "", `"5"`: "", `0.1234567890123456`: "",
	} {
		n, size := Decimal(text)
		require.Equal(t, want, text[:size], text)
		if size > 0 {
			same, ok := ParseNumber(want)
			require.True(t, ok)
			require.Equal(t, same, n, text)
		}
	}
}

func TestFlag(t *testing.T) {
	for raw, want := range map[string][2]bool{
		`true`: {true, true}, `"TRUE"`: {true, true}, `false`: {false, true}, `"False"`: {false, true}, `null`: {}, `1`: {}, `"yes"`: {true, true}, `"No"`: {false, true}, `" true "`: {true, true}, `"tru\u0065"`: {true, true}, `"Ja"`: {}, `"y"`: {}, `"Yes!"`: {}, `""`: {}, `"tru"`: {}, `{"a":1}`: {},
	} {
		value, ok := Flag([]byte(raw))
		require.Equal(t, want, [2]bool{value, ok}, raw)
	}
}

func TestInstant(t *testing.T) {
	at := time.Date(2022, 12, 8, 11, 46, 40, 0, time.UTC).UnixMicro()
	for raw, want := range map[string]int64{
		`1670500000000`: at, `"1670500000000"`: at, `1.6705e12`: at, `"2022-12-08T11:46:40Z"`: at, `1670500000`: at, `"1670500000.000001"`: at + 1,
		`"2022-12-08T12:46:40+0100"`: at, `"2022-12-08T11:46:40"`: at, `{"epochSecond":1670500000}`: at, `"2022-12-08T12:46:40.000001+01:00"`: at + 1, `0`: 0, `"0"`: 0,
	} {
		got, ok := Instant([]byte(raw))
		require.True(t, ok, raw)
		require.Equal(t, want, got, raw)
	}
	for _, raw := range []string{`null`, `""`, `"x"`, `-1`, `253402300800000`, `1.x`, `true`, `"1969-12-31T23:59:59Z"`, `{}`} {
		_, ok := Instant([]byte(raw))
		require.False(t, ok, raw)
	}
}

func TestDay(t *testing.T) {
	for raw, want := range map[string]int32{`"2022-12-08"`: 19334, `"2022-12-08T00:00:00Z"`: 19334, `"1969-12-31"`: -1, `"2022-12-08 00:00:00"`: 19334, `"2022\u002d12-08"`: 19334} {
		got, ok := Day([]byte(raw))
		require.True(t, ok, raw)
		require.Equal(t, want, got, raw)
	}
	for _, raw := range []string{`null`, `""`, `"2022-12-8"`, `"2022-13-01"`, `"2022-12-08x"`, `20221208`, `"x2022-12-08"`} {
		_, ok := Day([]byte(raw))
		require.False(t, ok, raw)
	}
}

func TestGrouped(t *testing.T) {
	for text, want := range map[string]float64{"1,000": 1000, "3,000,190.00": 3_000_190, "12,34,567.5": 1_234_567.5, "10,000": 10_000, "1000": 1000, ".5": .5} {
		n, ok := ParseGrouped(text)
		require.True(t, ok, text)
		require.Equal(t, want, n.Float(), text)
	}
	for _, text := range []string{"0,123", "01,000", "000,123", "0,12,345", "1,00", ",100", "1,,000", "1,000e3", "", ","} {
		_, ok := ParseGrouped(text)
		require.False(t, ok, text)
	}
	_, ok := ParseNumber("1,000")
	require.False(t, ok)
}

// FuzzNumber holds the quick ways through a number against strconv, bit by bit.
func FuzzNumber(f *testing.F) {
	for _, text := range []string{
		"0", "-0", "-0.0", "0.1", "125000.0", "9007199254740993", "9007199254740991", "-9007199254740993.5", "0.30000000000000004", "1e22", "1e23", "1e-7", "1e999",
		"1670500000000", "1.6705e12", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616", "99999999999999999999.9",
		"0.0000000000000000000001", "123456.7890123456789", "01", "1.", ".5", "-", "1e", "", "--1", "1e+", "١",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, ok := ParseNumber(text)
		if got, size := Decimal(text); size > 0 {
			if same, ok := ParseNumber(text[:size]); !ok || same != got {
				t.Fatalf("%q: Decimal got %v of %d bytes, want %v, %t", text, got, size, same, ok)
			}
		} else if plain := strings.Trim(text, "0123456789") == "" && text != "" && len(text) <= 15; plain {
			t.Fatalf("%q: Decimal found none", text)
		}
		want, err := strconv.ParseFloat(text, 64)
		plain := strings.Trim(text, "0123456789.eE+-") == "" && !strings.HasPrefix(text, "+") && !strings.HasSuffix(text, ".") && !strings.Contains(strings.ToLower(text), ".e")
		if ok != (err == nil && plain) {
			t.Fatalf("%q: got %t, strconv %v", text, ok, err)
		}
		if !ok {
			return
		}
		if want == 0 {
			want = 0 // no negative zero
		}
		if got := n.Float(); math.Float64bits(got) != math.Float64bits(want) && want != 0 || want == 0 && math.Signbit(got) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
		whole, err := strconv.ParseInt(text, 10, 64)
		switch got, ok := n.Whole(); {
		case err == nil && whole != math.MinInt64: // which no time is
			if !ok || got != whole {
				t.Errorf("%s: got %d, %t", text, got, ok)
			}
		case ok && (float64(got) != want || math.Abs(want) >= 1<<53):
			t.Errorf("%s: got %d", text, got)
		}
	})
}

// FuzzMembers holds the walks against encoding/json.
func FuzzMembers(f *testing.F) {
	for _, d := range []string{
		`{}`, `[]`, ` { "a" : [ 1 , 2 ] , "b" : { } , "c":"\\\"}" } `, `{"a":{"a":[[[[{"b":"]}"}]]]]},"d":-1.5e3,"e":null}`, `[1,"\\",[],{},true , false]`,
		`{"\\":"\\\\","x\"":1}`, "{\"a\":\"caf\u00e9\xff\"\n,\t\"b\":0}", `["12345678\"", "1234567\"", "\""]`,
	} {
		f.Add([]byte(d))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		if !json.Valid(document) || !jsontext.Value(document).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
			return
		}
		document = bytes.TrimSpace(document)
		var want, got any
		d := json.NewDecoder(bytes.NewReader(document))
		d.UseNumber()
		require.NoError(t, d.Decode(&want))
		got = walk(document)
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("got %#v\nwant %#v", got, want)
		}
	})
}

func walk(value []byte) any {
	switch value[0] {
	case '{':
		object := map[string]any{}
		for key, value := range Members(value) {
			name, _ := Text(key)
			object[name] = walk(value)
		}
		return object
	case '[':
		list := []any{}
		for value := range Elements(value) {
			list = append(list, walk(value))
		}
		return list
	case '"':
		text, _ := Text(value)
		return text
	case 't', 'f':
		yes, _ := Flag(value)
		return yes
	case 'n':
		return nil
	}
	return json.Number(value)
}

func TestDepth(t *testing.T) {
	for text, want := range map[string]int{`1`: 0, `"[{"`: 0, `[]`: 1, `{"a":[{"]":"[["}]}`: 3, `[[],[[]]]`: 3} {
		require.Equal(t, want, Depth([]byte(text)), text)
	}
}

var entry = []byte(`{"fieldId":"fc_field_7","userId":"280007:00E4M0000000007UAS","timeFrameId":"TF:2022-11-08","timePeriodId":"2023_Q4",` +
	`"forecastValue":125000.25,"currency":{"code":"USD","symbol":"$"},"isUpdated":true,"updatedBy":"person 7","updatedOn":1670500000000}`)

// BenchmarkMembers reads an entry as a whole and walks through it; BenchmarkTokens takes it apart by tokens.
func BenchmarkMembers(b *testing.B) {
	list := []byte("[" + strings.Repeat(string(entry)+",", 1000) + "1]")
	b.SetBytes(int64(len(list)))
	n := 0
	for b.Loop() {
		d := jsontext.NewDecoder(bytes.NewReader(list), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
		_, _ = d.ReadToken()
		for d.PeekKind() == '{' {
			value, err := d.ReadValue()
			if err != nil {
				b.Fatal(err)
			}
			for key, value := range Members(value) {
				n += len(key) + len(value)
			}
		}
	}
	if n == 0 {
		b.Fatal("no members")
	}
}

func BenchmarkTokens(b *testing.B) {
	list := []byte("[" + strings.Repeat(string(entry)+",", 1000) + "1]")
	b.SetBytes(int64(len(list)))
	for b.Loop() {
		d := jsontext.NewDecoder(bytes.NewReader(list), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
		for range 1000 * 25 {
			if _, err := d.ReadToken(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
