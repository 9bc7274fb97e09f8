package forecasts

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"
)

// FuzzNumber holds the quick ways through a number against strconv, bit by bit.
func FuzzNumber(f *testing.F) {
	for _, text := range []string{
		"0", "-0", "0.1", "125000.0", "9007199254740993", "9007199254740991", "-9007199254740993.5", "0.30000000000000004", "1e22", "1e23", "1e-7", "1e999",
		"1670500000000", "1.6705e12", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616", "99999999999999999999.9",
		"0.0000000000000000000001", "123456.7890123456789", "01", "1.", "-", "1e", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, ok := scanNumber([]byte(text))
		ok = ok && n.text == text
		if isNumber := json.Valid([]byte(text)) && text != "" && (text[0] == '-' || isDigit(text[0])) && isDigit(text[len(text)-1]); ok != isNumber {
			t.Fatalf("%q: got %t", text, ok)
		}
		if !ok {
			return
		}
		want, err := strconv.ParseFloat(text, 64)
		if got, ok := n.float(); ok != (err == nil) || ok && math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%s: got %v, %t, want %v", text, got, ok, want)
		}
		whole, err := strconv.ParseInt(text, 10, 64)
		switch got, ok := n.integer(); {
		case err == nil && whole != math.MinInt64: // which no time is
			if !ok || got != whole {
				t.Errorf("%s: got %d, %t", text, got, ok)
			}
		case ok && (float64(got) != want || math.Abs(want) >= 1<<53):
			t.Errorf("%s: got %d", text, got)
		}
	})
}
