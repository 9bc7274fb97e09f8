package forecasts

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// occurrencesOf finds the entries of a result, all as if their hashes were equal.
func occurrencesOf(result string) []occurrence {
	var group []occurrence
	for at := 0; ; at++ {
		n := strings.Index(result[at:], `{"userId"`)
		if n < 0 {
			return group
		}
		at += n
		group = append(group, occurrence{offset: int64(at)})
	}
}

// Keys whose hashes collide stay apart, however many entries come before the first of a key.
func TestCollision(t *testing.T) {
	var list []string
	for i := range 3 * spare {
		list = append(list, entryOf("u", fmt.Sprintf(`,"a%02d":"%s"`, i, strings.Repeat("x", 200*i))))
	}
	list = append(list, entryOf("v", `,"quotaValue":1`), entryOf("w", `,"updatedBy":"caf\u00e9"`), entryOf("v", `,"forecastValue":2`), entryOf("u", `,"quotaValue":3`))
	result := entries(list...)
	got := map[string]string{}
	m := merger{r: strings.NewReader(result)}
	for range 2 { // the second time in memory used before
		conflict, err := m.merge(occurrencesOf(result), func(e *Entry) error {
			got[strings.Clone(e.UserID)] = fmt.Sprintln(e.ForecastValue, e.QuotaValue, e.UpdatedBy, strings.Count(string(e.Extra), `"a`))
			return nil
		})
		if conflict != nil || err != nil {
			t.Fatal(conflict, err)
		}
		want := map[string]string{
			"u": fmt.Sprintln(table.Opt[float64]{}, table.Some(3.0), table.Opt[string]{}, 3*spare),
			"v": fmt.Sprintln(table.Some(2.0), table.Some(1.0), table.Opt[string]{}, 0),
			"w": fmt.Sprintln(table.Opt[float64]{}, table.Opt[float64]{}, table.Some("café"), 0),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestHashSet(t *testing.T) {
	var s hashSet
	s.expect(10)
	for round := range 2 {
		for i := range uint64(5000) {
			hash := i * 0x9e3779b97f4a7c15 // 0 among them
			if added := s.add(hash); added != (round == 0) {
				t.Fatalf("round %d: %d: %t", round, i, added)
			}
			if !s.has(hash) || s.has(hash+7) {
				t.Fatalf("round %d: %d: %t, %t", round, i, s.has(hash), s.has(hash+7))
			}
		}
	}
	if n := len(s.slots) * 8; s.n != 5000 || n > 16*s.n {
		t.Errorf("%d hashes in %d bytes", s.n, n)
	}
}
