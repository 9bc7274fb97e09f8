package clari

import (
	"encoding/json"
	"testing"
	"time"
)

func TestMoment(t *testing.T) {
	at := time.Date(2023, 12, 18, 13, 30, 0, 0, time.UTC)
	for raw, want := range map[string]time.Time{
		`1702906200000`: at, `"1702906200000"`: at, `1702906200`: at, `"1702906200"`: at, `1.7029062e12`: at,
		`"2023-12-18T13:30:00Z"`: at, `"2023-12-18T14:30:00+01:00"`: at, `"2023-12-18T14:30:00.000+0100"`: at, `"2023-12-18T13:30:00"`: at,
		`{"epochSecond":1702906200,"nano":0}`: at, `{"epochSecond":"1702906200"}`: at,
		`{"epochSecond":1702906200,"nano":123456789}`: at.Add(123456789), `1702906200.123456789`: at.Add(123456789),
		`1702906200123`: at.Add(123 * time.Millisecond), `1702906200123.5`: at.Add(123*time.Millisecond + 500*time.Microsecond),
		`"2023-12-18T13:30:00.123456789Z"`: at.Add(123456789),
		`99999999999`:                      time.Unix(99999999999, 0).UTC(), `100000000000`: time.UnixMilli(100000000000).UTC(), `0`: {},
	} {
		if got, ok := moment(json.RawMessage(raw)); !ok || !got.Equal(want) || got.IsZero() != want.IsZero() {
			t.Errorf("%s: %s, %t", raw, got, ok)
		}
	}
	for _, raw := range []string{`null`, `true`, `""`, `"soon"`, `-1`, `1.5e-3`, `"1.x"`, `{}`, `{"epochSecond":1,"nano":-1}`, `{"epochSecond":1,"zone":"UTC"}`, `[1]`, `1e300`, `253402300800000`, `"12345-01-01T00:00:00Z"`} {
		if got, ok := moment(json.RawMessage(raw)); ok {
			t.Errorf("%s: %s", raw, got)
		}
	}
}

func TestAmount(t *testing.T) {
	for raw, want := range map[string]float64{`1`: 1, `"72.5"`: 72.5, `-1e2`: -100} {
		if got, ok := amount(json.RawMessage(raw)); !ok || *got != want {
			t.Errorf("%s: %v", raw, got)
		}
	}
	for _, raw := range []string{`null`, `""`, `"NaN"`, `"Inf"`, `1e999`, `{}`, `true`} {
		if got, ok := amount(json.RawMessage(raw)); ok {
			t.Errorf("%s: %v", raw, *got)
		}
	}
}
