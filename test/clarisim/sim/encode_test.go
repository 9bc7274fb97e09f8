package sim

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sample is an export with all there is: months, counts, people without a CRM id.
func sample(e Encoding) Export {
	tenant := Tenant{Seed: 7, People: 7, Span: 2, MissingCRM: 5}.withDefaults()
	tab := Tab{ID: "net_arr", Fields: append(Fields(4), MonthlyField(), CountField())}
	return Export{
		Tenant: &tenant, Tab: tab, Quarter: Quarter{2026, 2}, Types: defaultTypes, JobCurrency: "USD",
		Historical: true, Encoding: e, At: time.Date(2025, 6, 3, 12, 0, 0, 0, time.UTC),
	}
}

var (
	encodings = []Encoding{Arrays, FlatObjects, FlatLists, CSV}
	allTypes  = slices.Sorted(maps.Keys(columnOfType))
)

func TestResultsParseBackToTheTruth(t *testing.T) {
	for name, alter := range map[string]func(*Export){
		"defaults":        func(*Export) {},
		"no types":        func(x *Export) { x.Types = nil },
		"all types":       func(x *Export) { x.Types = allTypes },
		"adjustment only": func(x *Export) { x.Types = []string{"adjustment"} },
		"quota only":      func(x *Export) { x.Types = []string{"quota"} },
		"latest week":     func(x *Export) { x.Historical = false },
		"next quarter":    func(x *Export) { x.Quarter = x.Quarter.Add(1) },
		"an old quarter":  func(x *Export) { x.Quarter = Quarter{2020, 4} },
		"in euros":        func(x *Export) { x.Currency, x.JobCurrency = "EUR", "EUR" },
		"no currency":     func(x *Export) { x.JobCurrency = "" },
		"a team":          func(x *Export) { x.Scope = x.Tenant.ScopeID(2) },
		"a rep":           func(x *Export) { x.Scope, x.Quirks.TwoIDs = x.Tenant.ScopeID(6), true },
		"short labels": func(x *Export) {
			x.Tenant.QuarterLabel = func(q Quarter) string { return fmt.Sprintf("Q%d", q.Number) }
		},
		"blank weeks":     func(x *Export) { x.Tenant.BlankWeeks = true },
		"changing":        func(x *Export) { x.Tenant.ChangeEvery = time.Hour },
		"before first":    func(x *Export) { x.Tenant.FirstQuarter = Quarter{2026, 3} },
		"left":            func(x *Export) { x.Tenant.Leavers = map[int]time.Time{3: x.At, 4: x.At.Add(1)} },
		"two ids":         func(x *Export) { x.Quirks.TwoIDs = true },
		"split":           func(x *Export) { x.Types, x.Quirks.SplitEntries = allTypes, true },
		"shuffled":        func(x *Export) { x.Quirks.ShuffledWeeks = true },
		"extra keys":      func(x *Export) { x.Types, x.Quirks.ExtraKeys = []string{"forecast", "quota"}, true },
		"amounts as text": func(x *Export) { x.Quirks.AmountText = true },
		"scope as object": func(x *Export) { x.Quirks.ScopeObject = true },
		"entries last": func(x *Export) {
			x.Quirks.ArrayOrder = []string{"timeFrames", "users", "timePeriods", "fields", "entries"}
		},
		"empty": func(x *Export) { x.Quirks.Empty = true },
		"bare":  func(x *Export) { x.Quirks.Bare = true },
	} {
		for _, encoding := range encodings {
			t.Run(name+"/"+string(encoding), func(t *testing.T) {
				x := sample(encoding)
				alter(&x)
				want, body := truth(t, x), encode(t, x)
				got := decodeArrays
				if encoding.Flat() {
					got = func(t *testing.T, b []byte) rows { return decodeFlat(t, x, b) }
				}
				require.Equal(t, want, got(t, body))
				require.Equal(t, x.empty(), len(want.Entries) == 0)
				require.Equal(t, body, encode(t, x), "not the same again")
			})
		}
	}
}

// Both shapes hold the same amounts of the same people.
func TestShapesAgree(t *testing.T) {
	sum := func(x Export) (sum float64, n int) {
		for e := range x.Entries() {
			sum += e.ForecastValue.V + e.QuotaValue.V + e.AdjustmentValue.V
			n++
		}
		return sum, n
	}
	x := sample(Arrays)
	x.Types = []string{"forecast", "forecast_updated", "quota", "adjustment"}
	want, n := sum(x)
	require.NotZero(t, want)
	for _, encoding := range encodings[1:] {
		got, m := sum(x.As(encoding))
		require.Equal(t, n, m)
		require.InDelta(t, want, got, 1)
		require.Equal(t, x.Count().Users, x.As(encoding).Count().Users)
	}
}

func TestWhatAmountsDependOn(t *testing.T) {
	x := sample(Arrays)
	base := string(encode(t, x))
	for name, alter := range map[string]func(*Export){
		"seed":     func(x *Export) { x.Tenant.Seed++ },
		"tab":      func(x *Export) { x.Tab.ID = "other" },
		"currency": func(x *Export) { x.Currency = "GBP" },
		"revision": func(x *Export) { x.Tenant.ChangeEvery = time.Hour },
	} {
		other := sample(Arrays)
		alter(&other)
		require.NotEqual(t, base, string(encode(t, other)), name)
	}
}

// A week's amounts change from day to day, and no more once 08:00 of the day after its last has passed.
func TestWeeksSettle(t *testing.T) {
	x := sample(Arrays)
	x.Tenant.ChangeEvery = 24 * time.Hour
	first := func(at time.Time) string {
		x.At = at
		for e := range x.Entries() {
			return fmt.Sprint(e) // of week 0
		}
		return ""
	}
	week := x.Tenant.Calendar.Weeks(x.Quarter)[0]
	settled := week.Last.Add(32 * time.Hour)
	require.NotEqual(t, first(week.First), first(week.First.AddDate(0, 0, 1)))
	require.NotEqual(t, first(week.Last), first(settled))
	require.Equal(t, first(settled), first(settled.AddDate(0, 1, 0)))
}

func TestRepeatedEntryDiffers(t *testing.T) {
	for _, types := range [][]string{defaultTypes, {"quota"}, {"forecast_updated"}} {
		for _, encoding := range encodings {
			x := sample(encoding)
			x.Types = types
			plain := len(encode(t, x))
			x.Quirks.RepeatEntry = true
			body := encode(t, x)
			require.Greater(t, len(body), plain)
			if encoding == Arrays {
				require.NotEqual(t, truth(t, x).Entries, decodeArrays(t, body).Entries)
			} else {
				require.NotEqual(t, truth(t, x).Entries, decodeFlat(t, x, body).Entries)
			}
		}
	}
}

func TestMissingID(t *testing.T) {
	x := sample(Arrays)
	x.Quirks.MissingID = true
	var doc struct{ Entries []map[string]any }
	require.NoError(t, json.Unmarshal(encode(t, x), &doc))
	require.NotContains(t, doc.Entries[0], "userId")
	require.Contains(t, doc.Entries[1], "userId")
	for _, encoding := range encodings[1:] {
		x := x.As(encoding)
		lines := table(t, x, encode(t, x))
		require.Equal(t, []string{"", "", ""}, lines[0][:3])
	}
}

func TestAmountText(t *testing.T) {
	for _, tt := range []struct {
		hundredths int64
		look       uint64
		want       string
	}{
		{300_019_000, 2, "$3,000,190.00"},
		{-247_343_500, 0, "-2473435.0"},
		{-120_050, 1, "(1,200.50)"},
		{-120_050, 2, "($1,200.50)"},
		{5, 1, "0.05"},
		{99_999, 2, "$999.99"},
	} {
		sign := ""
		if tt.look == 2 {
			sign = "$"
		}
		require.Equal(t, tt.want, amountText(amount{hundredths: tt.hundredths}, sign, tt.look))
	}
	require.Empty(t, amountText(amount{null: true}, "$", 2))
}

// What was seen of CSV, character by character.
func TestCSVHeader(t *testing.T) {
	head, _, _ := strings.Cut(string(encode(t, sample(CSV))), "\n")
	require.Equal(t, "User,Email,CRM User ID,Role,Parent Role,Timeframe,Field,Week,Start Day,End Day,Data Type,Data Value", head)
}

func BenchmarkWriteTo(b *testing.B) {
	tenant := Tenant{People: 1000}.withDefaults()
	for _, encoding := range encodings {
		b.Run(string(encoding), func(b *testing.B) {
			x := sample(encoding)
			x.Tenant, x.Tab.Fields = &tenant, Fields(10)
			b.SetBytes(x.Size())
			for b.Loop() {
				x.Size()
			}
		})
	}
}
