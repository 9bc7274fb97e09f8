package clari

import (
	"encoding/json"
	"testing"
)

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
