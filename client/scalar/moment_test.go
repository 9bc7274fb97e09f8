package scalar

import (
	"bytes"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

func TestMoment(t *testing.T) {
	at := time.Date(2023, 12, 18, 13, 30, 0, 0, time.UTC)
	for raw, want := range map[string]time.Time{
		`1702906200000`: at, `"1702906200000"`: at, `1702906200`: at, `"1702906200"`: at, `1.7029062e12`: at,
		`"2023-12-18T13:30:00Z"`: at, `"2023-12-18T14:30:00+01:00"`: at, `"2023-12-18T14:30:00.000+0100"`: at, `"2023-12-18T13:30:00"`: at,
		`"2023-12-18 13:30:00"`: at, `"2023-12-18 14:30:00.000+01"`: at, `"2023-12-18T13:30Z"`: at, `"2023-12-18 13:30"`: at, `" 2023-12-18T14:30+0100 "`: at,
		`{"epochSecond":1702906200,"nano":0}`: at, `{"epochSecond":"1702906200"}`: at, `{ "nano" : null , "epochSecond" : 1702906200 }`: at,
		`{"epochSecond":1702906200,"nano":123456789}`: at.Add(123456789), `1702906200.123456789`: at.Add(123456789),
		`1702906200123`: at.Add(123 * time.Millisecond), `1702906200123.5`: at.Add(123*time.Millisecond + 500*time.Microsecond),
		`"2023-12-18T13:30:00.123456789Z"`: at.Add(123456789),
		`99999999999`:                      time.Unix(99999999999, 0).UTC(), `100000000000`: time.UnixMilli(100000000000).UTC(), `0`: {},
	} {
		if got, ok := Moment([]byte(raw)); !ok || !got.Equal(want) || got.IsZero() != want.IsZero() {
			t.Errorf("%s: %s, %t", raw, got, ok)
		}
	}
	for _, raw := range []string{`null`, `true`, `""`, `"soon"`, `"2023-12-18"`, `"2023-12-18T24:00:00Z"`, `"2023-02-29T00:00:00Z"`, `-1`, `1.5e-3`, `"1.x"`, `{}`, `{"nano":1}`, `{"epochSecond":null}`, `{"epochSecond":1,"nano":-1}`, `{"epochSecond":1,"zone":"UTC"}`, `[1]`, `1e300`, `253402300800000`, `"12345-01-01T00:00:00Z"`} {
		if got, ok := Moment([]byte(raw)); ok {
			t.Errorf("%s: %s", raw, got)
		}
	}
}

// FuzzMoment: whatever it understands can be written in RFC 3339, and is read as the same again.
func FuzzMoment(f *testing.F) {
	for _, raw := range []string{
		`1702906200000`, `"1702906200.5"`, `1.7029062e12`, `"2023-12-18T14:30:00.000+0100"`, `{"epochSecond":"1702906200","nano":1}`, `{}`, `null`, `" 1 "`,
		`99999999999.999999999`, `"9999-12-31T23:59:59.999999999-23:59"`,
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !jsontext.Value(raw).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
			return
		}
		at, ok := Moment(bytes.TrimSpace(raw))
		if !ok || at.IsZero() {
			return
		}
		text, err := at.MarshalJSON()
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if again, ok := Moment(text); !ok || !again.Equal(at) {
			t.Errorf("%s: %s, and then %s, %t", raw, at, again, ok)
		}
	})
}
