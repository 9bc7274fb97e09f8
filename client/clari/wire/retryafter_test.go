package wire

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestParseRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "0": 0, "-5": 0, "": 0, "soon": 0, "1e9": 0, "0x10": 0, "Inf": 0, "NaN": 0, "1.2.3": 0, "+3": 0, ".": 0,
		"0.25": 250 * time.Millisecond, "99999999999999999999999": maxRetryAfter, strings.Repeat("9", 400): maxRetryAfter,
		"Fri, 02 Jan 2026 03:05:05 GMT":   time.Minute, // IMF-fixdate, then the two obsolete forms
		"Friday, 02-Jan-26 03:05:05 GMT":  time.Minute,
		"Fri Jan  2 03:05:05 2026":        time.Minute,
		"Fri, 02 Jan 2026 03:04:05 GMT":   0,
		"Thu, 01 Jan 1970 00:00:00 GMT":   0,
		"Fri, 31 Dec 9999 23:59:59 GMT":   maxRetryAfter,
		"Fri, 02 Jan 2026 03:05:05 +0100": 0,
	} {
		if got := parseRetryAfter(value, now); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"120", "1.5", "Fri, 02 Jan 2026 03:05:05 GMT", "-1", "9999999999"} {
		f.Add(value, "Fri, 02 Jan 2026 03:04:05 GMT")
	}
	f.Add("Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT")
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	f.Fuzz(func(t *testing.T, value, date string) {
		got := retryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, now)
		if got < 0 || got > maxRetryAfter {
			t.Fatalf("%q: %s", value, got)
		}
		if n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31); err == nil && got != min(time.Duration(n)*time.Second, maxRetryAfter) {
			t.Errorf("%q: %s", value, got)
		}
		if until, err := http.ParseTime(strings.TrimSpace(value)); err == nil {
			from := now
			if d, err := http.ParseTime(date); err == nil {
				from = d
			}
			if got < maxRetryAfter && from.Add(got).Before(until) {
				t.Errorf("%q of %q: %s is too short", value, date, got)
			}
		}
	})
}
