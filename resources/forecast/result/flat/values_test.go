package flat

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

func TestParseAmount(t *testing.T) {
	for text, want := range map[string]struct {
		value  float64
		symbol string
	}{
		"$3,000,190.00":                   {3_000_190, "$"},
		"-2473435.0":                      {-2_473_435, ""},
		"(1,200.50)":                      {-1200.5, ""},
		"0":                               {0, ""},
		" 12 ":                            {12, ""},
		"007":                             {7, ""},
		".5":                              {.5, ""},
		"$.50":                            {.5, "$"},
		"-$5":                             {-5, "$"},
		"$-5":                             {-5, "$"},
		"- $ 5":                           {-5, "$"},
		"\u22125":                         {-5, ""},
		"+5":                              {5, ""},
		"+$5":                             {5, "$"},
		"($1,200.50)":                     {-1200.5, "$"},
		"$(1,200.50)":                     {-1200.5, "$"},
		"( 5 )":                           {-5, ""},
		"(5 USD)":                         {-5, "USD"},
		"€1.234":                          {1.234, "€"}, // the dot opens decimals whatever the currency
		"1,234":                           {1234, ""},
		"€ 5":                             {5, "€"},
		"5 €":                             {5, "€"},
		"5\u00a0€":                        {5, "€"},
		"US$5":                            {5, "US$"},
		"USD 5":                           {5, "USD"},
		"5 CHF":                           {5, "CHF"},
		"1,000 kr":                        {1000, "kr"},
		"Rs.50":                           {50, "Rs."},
		"1 000":                           {1000, ""},
		"1\u00a0000\u00a0000.5 kr":        {1_000_000.5, "kr"},
		"CHF 1'000.50":                    {1000.5, "CHF"},
		"1\u2019000":                      {1000, ""},
		"₹12,34,567.50":                   {1_234_567.5, "₹"}, // lakhs and crores
		"1,23,456":                        {123_456, ""},
		"2.473435E7":                      {24_734_350, ""},
		"-2.5e-3":                         {-.0025, ""},
		"1e+2":                            {100, ""},
		"9007199254740993":                {9_007_199_254_740_992, ""}, // beyond 2^53: the nearest double
		"0.1":                             {.1, ""},
		"123456789012345.678":             {123_456_789_012_345.678, ""},
		"1,234,567,890,123,456,789,012.5": {1.2345678901234568e21, ""},
	} {
		value, symbol, ok := parseIn(text, point)
		require.True(t, ok, text)
		require.Equal(t, want.value, value, text)
		require.Equal(t, want.symbol, symbol, text)
	}
	for _, text := range []string{"-0", "-$0.00", "(0)"} {
		value, _, ok := parseIn(text, point)
		require.True(t, ok, text)
		require.False(t, math.Signbit(value), text)
	}
	for _, text := range []string{
		"", " ", "-", "$", "n/a", "Yes", "No", "NaN", "Infinity", "null", "true",
		"1.5M", "12K", "3 MIO", "1.5M€", "10%", "5-", "--5", "-(5)", "(-5)", "+-5", "(5", "5)", "((5))", "$$5", "$5$", "$5 USD", "1 2", "1 000'000", "1 0000", "1'00",
		"0,123", "01,000", "000,123", "0,12,345", "1,00", "1,0000", "1234,567", ",123", "1,,234", "1,234,56", "12,345,67", "123,45,678", "1,23,4567", "1.234.567", "1.234,50", "1,234.", "5.", "1..5", "1.5.",
		"1e", "1e+", "1,000e3", "1e5.5", "1e9999", "0x10", "1_000", "5 USD EUR", "AED AFN5", "Q2", "05/12/2026", "$5\x00", "٣",
	} {
		value, symbol, ok := parseIn(text, point)
		require.False(t, ok, "%q is %v %s", text, value, symbol)
	}
}

func TestParseAmountWithComma(t *testing.T) {
	for text, want := range map[string]float64{
		"3.000.190,00 €": 3_000_190, "1.234": 1234, "1,234": 1.234, "-2473435,5": -2_473_435.5, "(1.200,50)": -1200.5, "125000": 125_000, ",5": .5,
		"1 000,50 kr": 1000.5, "R$ 1.000": 1000, "0": 0,
	} {
		value, _, ok := parseIn(text, comma)
		require.True(t, ok, text)
		require.Equal(t, want, value, text)
	}
	for _, text := range []string{"1,234.56", "125000.0", "0.123", "3 Mio", "1.234 567,8", "5,", ""} {
		_, _, ok := parseIn(text, comma)
		require.False(t, ok, text)
	}
}

func TestParseAmountAllocatesNothing(t *testing.T) {
	for _, text := range []string{"$3,000,190.00", "-2473435.0", "(1,200.50)", "2.473435E7", "n/a"} {
		require.Zero(t, testing.AllocsPerRun(100, func() { parseIn(text, point) }), text)
	}
}

func FuzzAmount(f *testing.F) {
	for _, text := range []string{"$3,000,190.00", "-2473435.0", "(1,200.50)", "-$5", "$-5", "€1.234", "US$ 12,34,567.5", "2.5E7", "n/a", "1.5M", ".5", "5 kr."} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, symbol, ok := parseIn(text, point)
		if !ok {
			require.Zero(t, value)
			require.Empty(t, symbol)
			if _, err := strconv.ParseFloat(text, 64); err == nil && strings.Trim(text, "+-.0123456789") == "" && !strings.HasSuffix(text, ".") {
				t.Fatalf("%q is a plain number", text)
			}
			return
		}
		require.False(t, math.IsNaN(value) || math.IsInf(value, 0) || value == 0 && math.Signbit(value))
		require.Contains(t, text, symbol)
		// What is left without symbol, sign, brackets and grouping is the number.
		rest := text
		if symbol != "" {
			rest = strings.Replace(rest, symbol, "", 1)
		}
		digits := strings.NewReplacer(",", "", "'", "", "\u2019", "", "(", "", ")", "", "\u2212", "-").Replace(rest)
		digits = strings.Join(strings.Fields(digits), "")
		want, err := strconv.ParseFloat(digits, 64)
		require.NoError(t, err, digits)
		if strings.Contains(text, "(") {
			want = -want
		}
		require.Equal(t, want+0, value, digits)
	})
}

func TestParseDay(t *testing.T) {
	for text, want := range map[string]time.Time{
		"05/12/2026":  day(2026, time.May, 12),
		"5/12/2026":   day(2026, time.May, 12),
		"1/5/2026":    day(2026, time.January, 5),
		"2026-5-2":    day(2026, time.May, 2),
		" 2026-05-12": day(2026, time.May, 12),
		"02/29/2024":  day(2024, time.February, 29),
		"12/31/1969":  day(1969, time.December, 31),
		"01/01/1000":  day(1000, time.January, 1),
	} {
		days, ok := parseDay(text)
		require.True(t, ok, text)
		require.Equal(t, want, table.DayTime(days), text)
	}
	for _, text := range []string{
		"", "005/12/2026", "05/12/26", "31/05/2026", "02/29/2026", "00/10/2026", "05/00/2026", "01/01/0000", "01/01/0001", "2026/05/12", "05-12-2026", "05.12.2026",
		"2026-05-012", "2026-02-30", "05/12/2026 00:00", "05/12/20261", "July 1", "05 12 2026",
	} {
		_, ok := parseDay(text)
		require.False(t, ok, text)
	}
}

func FuzzDay(f *testing.F) {
	for _, text := range []string{"05/12/2026", "2026-05-12", "02/29/2024", "02/29/2026", "5/12/2026", "12/31/9999", "01/01/0000"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		days, ok := parseDay(text)
		if !ok {
			require.Zero(t, days)
			return
		}
		back := table.DayTime(days)
		again := strings.TrimSpace(text)
		require.Contains(t, []string{
			back.Format("01/02/2006"), back.Format("1/02/2006"), back.Format("01/2/2006"), back.Format("1/2/2006"),
			back.Format(time.DateOnly), back.Format("2006-1-02"), back.Format("2006-01-2"), back.Format("2006-1-2"),
		}, again)
		require.Equal(t, back.Format(time.DateOnly), dayText(days))
	})
}

func TestParseLabel(t *testing.T) {
	for text, want := range map[string]periodLabel{
		"Q2":           {Quarter: 2},
		"q4":           {Quarter: 4},
		"Quarter 2":    {Quarter: 2},
		"Qtr 3":        {Quarter: 3},
		"FY27 Q2":      {Quarter: 2, Year: 2027, Fiscal: true},
		"Q2 FY27":      {Quarter: 2, Year: 2027, Fiscal: true},
		"FY27Q2":       {Quarter: 2, Year: 2027, Fiscal: true},
		"FY 2027 - Q2": {Quarter: 2, Year: 2027, Fiscal: true},
		"Q2 2027":      {Quarter: 2, Year: 2027, Fiscal: true},
		"2027_Q2":      {Quarter: 2, Year: 2027, Fiscal: true},
		"Q2'27":        {Quarter: 2, Year: 2027, Fiscal: true},
		"July FY 2023": {Month: true, Year: 2023, Fiscal: true},
		"Jul 2023":     {Month: true, Year: 2023},
		"2023 SEPT":    {Month: true, Year: 2023},
		"May":          {Month: true},
		"":             {},
		"FY27":         {},
		"2027":         {},
		"H1 FY27":      {},
		"Q5":           {},
		"Q0":           {},
		"Q12":          {},
		"Q":            {},
		"Q2 Q3":        {},
		"Q2 FY":        {},
		"Q2 3":         {},
		"Q2 1899":      {},
		"Q2 2027 2028": {},
		"Q FY 2":       {},
		"July August":  {},
		"Q2 July":      {},
		"July Q2":      {},
		"Julyy":        {},
		"Ju":           {},
		"Q2 outlook":   {},
		"Week 12":      {},
	} {
		require.Equal(t, want, parseLabel(text), text)
	}
}

func TestParseDataType(t *testing.T) {
	for want, texts := range map[string][]string{
		"forecast_value":   {"Forecast Value", "forecast", " FORECAST  VALUE "},
		"is_updated":       {"Forecast Updated", "forecast updated value"},
		"quota_value":      {"Quota", "Quota Value"},
		"adjustment_value": {"Adjustment", "adjustment value"},
		"crm_total":        {"CRM Total", "Crm total value"},
		"crm_closed":       {"CRM Closed", "CRM Closed Value"},
		"":                 {"", "Value", "Forecasts", "Quota Values", "QuotaValue", "CRM"},
	} {
		for _, text := range texts {
			got := ""
			if n := parseDataType(text); n != other {
				got = forecast.Values[n].Name
			}
			require.Equal(t, want, got, text)
		}
	}
}

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
