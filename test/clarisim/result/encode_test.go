package result

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// sample is an export with all there is: months, counts, people without a CRM id.
func sample(e tenant.Encoding) Export {
	made := tenant.Tenant{Seed: 7, People: 7, Span: 2, MissingCRM: 5}.WithDefaults()
	tab := tenant.Tab{ID: "net_arr", Fields: append(tenant.Fields(4), tenant.MonthlyField(), tenant.CountField())}
	return Export{
		Tenant: &made, Tab: tab, Quarter: tenant.Quarter{Year: 2026, Number: 2}, Types: DefaultTypes, JobCurrency: "USD",
		Historical: true, Encoding: e, At: time.Date(2025, 6, 3, 12, 0, 0, 0, time.UTC),
	}
}

var encodings = []tenant.Encoding{tenant.Arrays, tenant.FlatObjects, tenant.FlatLists, tenant.CSV}

func encode(t *testing.T, x Export) []byte {
	var b bytes.Buffer
	_, err := x.WriteTo(&b)
	require.NoError(t, err)
	return b.Bytes()
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
	x := sample(tenant.Arrays)
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
	x := sample(tenant.Arrays)
	base := string(encode(t, x))
	for name, alter := range map[string]func(*Export){
		"seed":     func(x *Export) { x.Tenant.Seed++ },
		"tab":      func(x *Export) { x.Tab.ID = "other" },
		"currency": func(x *Export) { x.Currency = "GBP" },
		"revision": func(x *Export) { x.Tenant.ChangeEvery = time.Hour },
	} {
		other := sample(tenant.Arrays)
		alter(&other)
		require.NotEqual(t, base, string(encode(t, other)), name)
	}
}

// A week's amounts change from day to day, and no more once 08:00 of the day after its last has passed.
func TestWeeksSettle(t *testing.T) {
	x := sample(tenant.Arrays)
	x.Tenant.ChangeEvery = 24 * time.Hour
	first := func(at time.Time) string {
		x.At = at
		for e := range x.Entries() {
			e.Person = nil       // a pointer
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

func TestMissingID(t *testing.T) {
	x := sample(tenant.Arrays)
	x.Quirks.MissingID = true
	var doc struct{ Entries []map[string]any }
	require.NoError(t, json.Unmarshal(encode(t, x), &doc))
	require.NotContains(t, doc.Entries[0], "userId")
	require.Contains(t, doc.Entries[1], "userId")
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
	head, _, _ := strings.Cut(string(encode(t, sample(tenant.CSV))), "\n")
	require.Equal(t, "User,Email,CRM User ID,Role,Parent Role,Timeframe,Field,Week,Start Day,End Day,Data Type,Data Value", head)
}

func BenchmarkWriteTo(b *testing.B) {
	made := tenant.Tenant{People: 1000}.WithDefaults()
	for _, encoding := range encodings {
		b.Run(string(encoding), func(b *testing.B) {
			x := sample(encoding)
			x.Tenant, x.Tab.Fields = &made, tenant.Fields(10)
			b.SetBytes(x.Size())
			for b.Loop() {
				x.Size()
			}
		})
	}
}
