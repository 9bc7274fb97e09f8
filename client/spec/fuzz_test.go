package spec

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
)

// FuzzParse takes documents in which the word TOKEN stands for a token: whatever else is wrong, the value of api_key is
// not part of the error.
func FuzzParse(f *testing.F) {
	for _, r := range rules {
		f.Add(r.doc)
	}
	const token = "s3cr3t-7d1f0a"
	f.Fuzz(func(t *testing.T, doc string) {
		doc = strings.ReplaceAll(doc, "TOKEN", token)
		s, err := Parse([]byte(doc))
		if err == nil {
			if s.APIKey == "" || len(s.Forecasts) == 0 || s.Location() == nil {
				t.Fatalf("accepted %s", doc)
			}
			for _, tab := range s.Forecasts {
				if len(tab.ParsedPeriods(s)) == 0 || len(tab.Types) == 0 || tab.ID == "" {
					t.Fatalf("accepted %s", doc)
				}
			}
			return
		}
		text := err.Error()
		if strings.ContainsAny(text, "\n\r") {
			t.Fatalf("more than one line: %q", text)
		}
		var values map[string]json.RawMessage
		if json.Unmarshal([]byte(doc), &values) != nil {
			if strings.Contains(text, token) {
				t.Fatalf("a broken document shows through: %q", text)
			}
			return
		}
		var key string
		if json.Unmarshal(values["api_key"], &key) == nil && strings.Contains(key, token) && strings.Contains(text, key) {
			t.Fatalf("the key shows through: %q", text)
		}
		if strings.Contains(string(values["api_key"]), token) && strings.Count(doc, token) == 1 && strings.Contains(text, token) {
			t.Fatalf("part of the key shows through: %q", text)
		}
	})
}

// FuzzParsePeriod checks that what is accepted means the same after a round trip through its text.
func FuzzParsePeriod(f *testing.F) {
	for _, item := range []string{"current", "2026_Q1", "2024_Q1..current", "current-8..current+1", "previous", "Q1 2026", "..", "2026_Q1..2026_Q5", "next+1"} {
		f.Add(item)
	}
	current := fiscal.Quarter{Year: 2026, Number: 1}
	f.Fuzz(func(t *testing.T, item string) {
		p, err := ParsePeriod(item)
		if err != nil {
			if meant := nearestPeriod(item); meant != "" {
				if _, err := ParsePeriod(meant); err != nil {
					t.Fatalf("%q: %q is no period either", item, meant)
				}
			}
			return
		}
		again, err := ParsePeriod(p.String())
		if err != nil || again != p {
			t.Fatalf("%q: %+v became %+v, %v", item, p, again, err)
		}
		if p.Literal != "" {
			return
		}
		quarters, err := p.Quarters(current)
		if err == nil && (len(quarters) < 1 || len(quarters) > maxRange || quarters[0] != p.From.in(current) || quarters[len(quarters)-1] != p.To.in(current)) {
			t.Fatalf("%q: %v", item, quarters)
		}
	})
}
