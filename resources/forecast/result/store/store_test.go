package store

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
)

// value is the number of a value.
func value(t *testing.T, name string) int {
	for i, v := range forecast.Values {
		if v.Name == name {
			return i
		}
	}
	t.Fatal("no value", name)
	return 0
}

// enough rows that the first pages are in the file
const enough = (pagesInMemory + 3) * pageRows

func keyOf(i int) Key { return Key{uint32(i / 100), uint32(i % 20), uint32(i / 20 % 5), 0} }

// filled is a store of n rows, each with its number as its forecast.
func filled(t *testing.T, n int) *Store {
	s := New()
	t.Cleanup(func() { s.Close() })
	_, _ = s.Periods.Number([]byte("2026_Q1"))
	for i := range max(20, n/100+1) {
		text := []byte(fmt.Sprint(i))
		_, _ = s.Users.Number(text)
		_, _ = s.Fields.Number(text)
		_, _ = s.Frames.Number(text)
	}
	for i := range n {
		row, err := s.Row(keyOf(i))
		require.NoError(t, err)
		require.Equal(t, uint32(i), row)
		require.NoError(t, s.Amount(row, value(t, "forecast_value"), float64(i)))
	}
	return s
}

// rowsOf hands on each row as text.
func rowsOf(t *testing.T, s *Store, do func(row int, text string)) {
	r := s.Reader()
	n := 0
	for page := range s.Pages() {
		var b forecast.Entries
		require.NoError(t, r.Read(page, &b))
		for i := range b.Rows() {
			var text strings.Builder
			for _, v := range forecast.Values {
				known := b.Words[i]&v.Known != 0
				switch {
				case v.Kind == forecast.Amount && known:
					fmt.Fprintf(&text, "%s=%v ", v.Name, b.Amounts[v.Slot][i])
				case v.Kind == forecast.Instant && known:
					fmt.Fprintf(&text, "%s=%v ", v.Name, b.Instants[v.Slot][i])
				case v.Kind == forecast.Flag && known:
					fmt.Fprintf(&text, "%s=%v ", v.Name, b.Words[i]&v.True != 0)
				case v.Kind == forecast.Label && b.Labels[v.Slot][i] != 0:
					fmt.Fprintf(&text, "%s=%s ", v.Name, r.Label(v.Slot, b.Labels[v.Slot][i]))
				}
			}
			text.Write(r.Document(b.Extras[i]))
			do(n, strings.TrimSpace(text.String()))
			n++
		}
	}
	require.NoError(t, r.Err())
	require.Equal(t, s.Len(), n)
}

func setInstant(s *Store, row uint32, value int, micros uint64) error {
	values := make([]uint64, len(forecast.Values))
	values[value] = micros
	return s.Set(row, 1<<value, values)
}

func TestRowsAreSmall(t *testing.T) {
	require.LessOrEqual(t, rowBytes, 100)
}

// Parts of entries that lie far apart come together, whether their pages are in memory or in the file, in the order in which they came.
func TestFarParts(t *testing.T) {
	if testing.Short() {
		t.Skip("a long input, read by one goroutine")
	}
	s := filled(t, enough)
	require.Greater(t, s.file.Size(), int64(0))
	order := rand.New(rand.NewPCG(1, 2)).Perm(enough)
	for pass := range 2 {
		for _, i := range order {
			row, err := s.Row(keyOf(i))
			require.NoError(t, err)
			require.Equal(t, uint32(i), row)
			if pass == 0 {
				require.NoError(t, s.Amount(row, value(t, "quota_value"), float64(-i)))
				require.NoError(t, setInstant(s, row, value(t, "updated_at"), 2))
				continue
			}
			require.NoError(t, setInstant(s, row, value(t, "updated_at"), uint64(1+i%3))) // the later stays
			require.NoError(t, s.Flag(row, value(t, "is_updated"), i%2 == 0))
			require.NoError(t, s.Label(row, value(t, "updated_by"), []byte("first")))
			if i%1000 == 7 {
				for _, name := range []string{"second", "first", "third", "second"} {
					require.NoError(t, s.Label(row, value(t, "updated_by"), []byte(name)))
				}
				var x extra.Column
				x.Keep("b", []byte(`[1, 2]`))
				require.NoError(t, s.Extra(row, &x))
				x.Reset()
				x.Keep("a", []byte(`"x"`))
				x.Keep("b", []byte(`[1,2]`))
				require.NoError(t, s.Extra(row, &x))
			}
		}
	}
	require.Equal(t, enough, s.Len())
	require.NoError(t, s.Join(t.Context()))
	rowsOf(t, s, func(i int, text string) {
		want := fmt.Sprintf("forecast_value=%d quota_value=%d is_updated=%t updated_by=first updated_at=%d", i, -i, i%2 == 0, max(2, 1+i%3))
		if i%1000 == 7 {
			want += ` {"a":"x","b":[1,2],"other_updated_by":["second","third"]}`
		}
		if text != want {
			t.Fatalf("row %d: %s, want %s", i, text, want)
		}
	})
}

func TestConflicts(t *testing.T) {
	for _, row := range []int{3, enough - 1} { // in the file, and in memory
		for name, do := range map[string]func(s *Store, row uint32) error{
			"forecast_value": func(s *Store, row uint32) error { return s.Amount(row, value(t, "forecast_value"), 0.5) },
			"is_updated": func(s *Store, row uint32) error {
				require.NoError(t, s.Flag(row, value(t, "is_updated"), true))
				return s.Flag(row, value(t, "is_updated"), false)
			},
		} {
			s := filled(t, enough)
			require.NoError(t, do(s, uint32(row)))
			k := keyOf(row)
			require.Equal(t, &fault.ConflictError{Key: fmt.Sprintf("entry 2026_Q1/%d/%d/%d", k[2], k[0], k[1]), Column: name}, s.Join(t.Context()), name)
		}
	}
}

// Labels beyond those that are kept in memory lie in the log.
func TestManyLabels(t *testing.T) {
	if testing.Short() {
		t.Skip("a long input, read by one goroutine")
	}
	const rows = maxLabels + 30_000
	s := filled(t, rows)
	for i := range rows {
		require.NoError(t, s.Label(uint32(i), value(t, "adjusted_by"), []byte(fmt.Sprint("person ", i))))
	}
	require.NoError(t, s.Label(5, value(t, "adjusted_by"), []byte("person 5")))
	require.NoError(t, s.Label(rows-1, value(t, "adjusted_by"), []byte(fmt.Sprint("person ", rows-1)))) // equal, from another place
	require.Len(t, s.labels[forecast.Values[value(t, "adjusted_by")].Slot].Texts, maxLabels)
	require.NoError(t, s.Join(t.Context()))
	rowsOf(t, s, func(i int, text string) {
		if want := fmt.Sprintf("forecast_value=%d adjusted_by=person %d", i, i); text != want {
			t.Fatalf("row %d: %s, want %s", i, text, want)
		}
	})
}

// The index finds what a map does, keys whose hashes share their bits among them.
func TestIndex(t *testing.T) {
	s := New()
	defer s.Close()
	model := map[Key]uint32{}
	r := rand.New(rand.NewPCG(3, 4))
	for range 200_000 {
		k := Key{r.Uint32N(300), r.Uint32N(20), r.Uint32N(14), r.Uint32N(2)}
		row, err := s.Row(k)
		require.NoError(t, err)
		want, known := model[k]
		if !known {
			want = uint32(len(model))
			model[k] = want
		}
		require.Equal(t, want, row)
	}
	require.Equal(t, len(model), s.Len())
	each := float64(6*len(s.index.rows)) / float64(s.Len())
	require.Less(t, each, 16.0)
	t.Logf("%.1f bytes an entry", each)
}

// Whatever way rows are in order, and wherever they cease to be, a key has one row; and while they are in order the index is that of a group.
func TestGroups(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const people, fields, weeks = 150, 20, 14
	for name, part := range map[string][3]int{ // which varies slowest
		"person": {forecast.KeyUser, forecast.KeyField, forecast.KeyFrame}, "field": {forecast.KeyField, forecast.KeyFrame, forecast.KeyUser},
		"week": {forecast.KeyFrame, forecast.KeyUser, forecast.KeyField}, "week, person by person": {forecast.KeyFrame, forecast.KeyField, forecast.KeyUser},
	} {
		size := [forecast.KeyParts]int{forecast.KeyUser: people, forecast.KeyField: fields, forecast.KeyFrame: weeks}
		for _, orderly := range []float64{1, 0.7, 0} {
			s := New()
			model := map[Key]uint32{}
			put := func(k Key) {
				row, err := s.Row(k)
				want, known := model[k]
				if !known {
					want = uint32(len(model))
					model[k] = want
				}
				if err != nil || row != want {
					t.Fatalf("%s: row %d of %v, want %d: %v", name, row, k, want, err)
				}
			}
			numbers := r.Perm(max(people, fields, weeks)) // not handed out in the order of the entries
			most, total := 0, people*fields*weeks
			for i := range total {
				var k Key
				n := i
				for p := 2; p >= 0; p-- {
					k[part[p]] = uint32(n % size[part[p]])
					n /= size[part[p]]
				}
				for p := range k {
					if size[p] == people {
						k[p] = uint32(numbers[k[p]])
					}
				}
				put(k)
				if r.IntN(3) == 0 { // again, or another of the same group
					k[part[2]] = uint32(r.IntN(size[part[2]]))
					if _, known := model[k]; known || r.IntN(2) == 0 {
						put(k)
					}
				}
				if float64(i) > orderly*float64(total) && r.IntN(500) == 0 {
					put(Key{r.Uint32N(people), r.Uint32N(fields), r.Uint32N(weeks), r.Uint32N(2)})
				}
				if float64(i) <= orderly*float64(total) {
					most = max(most, s.index.used)
				}
			}
			require.Equal(t, len(model), s.Len())
			if orderly == 1 {
				require.LessOrEqual(t, most, total/size[part[0]], name)
				require.Less(t, len(s.index.tags), 4*most+least, name)
			} else {
				require.Equal(t, len(model), s.index.used, name)
			}
			require.NoError(t, s.Close())
		}
	}
}

// Groups of one row behind one of many cost no more than those.
func TestSmallGroups(t *testing.T) {
	s := New()
	defer s.Close()
	for i := range uint32(2 * pageRows) {
		_, err := s.Row(Key{max(i, pageRows-1), i % pageRows, 0, 0})
		require.NoError(t, err)
	}
	require.Equal(t, 2*pageRows, s.Len())
	require.Len(t, s.index.tags, least)
}

func TestDict(t *testing.T) {
	var d Dict
	for range 3 {
		for i, text := range []string{"a", "b", "a", "c", "\xff", "\ufffd"} {
			n, isNew := d.Number([]byte(text))
			require.Equal(t, []uint32{0, 1, 0, 2, 3, 3}[i], n)
			require.Equal(t, len(d.Texts) == int(n)+1 && isNew, isNew)
		}
	}
	require.Equal(t, []string{"a", "b", "c", "\ufffd"}, d.Texts)
	_, known := d.Lookup([]byte("d"))
	require.False(t, known)
	require.Len(t, d.Texts, 4)
}

// What a document begins with is foreseen only where that is its JSON string, whole and as it is.
func TestAhead(t *testing.T) {
	var d Dict
	texts := []string{"a", `b","c`, `\n`, "", "é"}
	for range 2 {
		for _, text := range texts {
			d.Number([]byte(text))
		}
	}
	for i, text := range texts { // after the one before it
		_, size := d.Ahead([]byte(`"` + text + `x"`))
		require.Zero(t, size)
		_, size = d.Ahead([]byte(`"` + text))
		require.Zero(t, size)
		n, size := d.Ahead([]byte(`"` + text + `":1`))
		if text == "a" || text == "é" {
			require.Equal(t, [2]int{i, len(text) + 2}, [2]int{int(n), size})
		} else {
			require.Zero(t, size, text) // the quotes and the backslash are not the text's own
			d.Number([]byte(text))
		}
	}
}
