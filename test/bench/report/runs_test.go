package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const printed = `goos: linux
goarch: amd64
cpu: A processor
BenchmarkDecode/csv/this-plugin-2  1  3000 ns/op  20.00 MB/s  0.170 allocs/row
BenchmarkDecode/csv/this-plugin-2  1  1000 ns/op  60.00 MB/s  0.170 allocs/row
BenchmarkDecode/csv/this-plugin-2  1  2000 ns/op  30.00 MB/s  0.190 allocs/row
BenchmarkDecode/csv/every-10s-2    1  500 ns/op
PASS
`

func TestWrite(t *testing.T) {
	r, err := parse(printed)
	require.NoError(t, err)
	for _, test := range []struct{ page, want, err string }{
		{page: `{{.date}}, {{machine}}`, want: "today, A processor, 2 cores, linux/amd64"},
		{page: `{{best "Decode/csv/this-plugin" "ns/op"}} {{median "Decode/csv/this-plugin" "ns/op"}}`, want: "1000 2000"},
		{page: `{{best "Decode/csv/this-plugin" "MB/s"}}`, want: "60"},
		{page: `{{ratio "Decode/csv/every-10s" "Decode/csv/this-plugin" "ns/op"}}`, want: "0.5"},
		{page: `{{range under "Decode/csv"}}{{.}} {{end}}`, want: "Decode/csv/this-plugin Decode/csv/every-10s "},
		{page: `{{atMost 0.18 "%.2f a row" (median "Decode/csv/this-plugin" "allocs/row")}}`, want: "at most 0.18 a row | 0.17 a row | yes"},
		{page: `{{atLeast 3.0 "%.1f" 2.96}}`, want: "at least 3.0 | 3.0 | **no**"},
		{page: `{{has "Decode"}} {{has "DuckDB"}}`, want: "true false"},
		{page: `{{times 3.0 2.0}} {{minus 3.0 2.0}} {{share 3.0 2.0}}`, want: "6 1 150"},
		{page: `{{count 1234567.0}}`, want: "1,234,567"},
		{page: `{{best "Decode/csv/every-10s" "allocs/row"}}`, err: "benchmark Decode/csv/every-10s has no allocs/row"},
		{page: `{{under "Decode/arrays"}}`, err: "no benchmark is under Decode/arrays"},
	} {
		got, err := r.write(test.page, map[string]any{"date": "today"})
		if test.err != "" {
			require.ErrorContains(t, err, test.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, test.want, got)
	}
}

// What failed or was skipped is no measurement, though others are there.
func TestParseRefuses(t *testing.T) {
	for _, line := range []string{"--- FAIL: BenchmarkSync/csv/1GB", "--- SKIP: BenchmarkSync/csv/1GB", "FAIL", "BenchmarkX-2 1 fast"} {
		_, err := parse(strings.Replace(printed, "PASS", line, 1))
		require.Error(t, err, line)
	}
}
