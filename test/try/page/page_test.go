package page

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestChart: an SVG is well formed, has its axes, breaks lines at gaps, and loads nothing.
func TestChart(t *testing.T) {
	c := Chart{
		Title: `a "b" & <c>`, Zero: true,
		Series: []Series{{Name: "call & co", Points: []Point{{1, 10e6}, {2, 20e6}, {3, math.NaN()}, {4, 15e6}}}, {Name: "quota", Dashed: true, Points: []Point{{1, 18e6}, {4, 18e6}}}},
		Ticks:  []Tick{{1, "first"}, {4, "last"}},
	}
	svg := string(c.SVG())
	wellFormed(t, svg)
	require.NotContains(t, svg, "%!", "a format that does not fit its values")
	for _, part := range []string{">0<", ">5.0M<", ">20.0M<", ">first<", ">last<", "call &amp; co", "stroke-dasharray", "prefers-color-scheme:dark"} {
		require.Contains(t, svg, part)
	}
	require.Equal(t, 5, strings.Count(svg, `<path class="line"`), "two stretches, one line, two keys")
	for _, nothing := range []Chart{{}, {Series: []Series{{Name: "one", Points: []Point{{1, 1}}}}}, {Series: []Series{{Points: []Point{{1, math.NaN()}}}}}} {
		svg := string(nothing.SVG())
		wellFormed(t, svg)
		require.NotContains(t, svg, "NaN")
		require.NotContains(t, svg, "Inf")
	}
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			require.NoError(t, err, text)
		}
	}
}

func TestAmounts(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 999: "999", 1000: "1k", 999_400: "999k", 999_600: "1.0M", -1_250_000: "−1.2M", 2.5e9: "2.5B"} {
		require.Equal(t, want, Short(v))
	}
	require.Equal(t, "+1k", Change(1000))
	require.Equal(t, "−1k", Change(-1000))
	require.Empty(t, Short(math.NaN()))
	for v, want := range map[float64]string{0: "0 %", 0.001: "0 %", -0.004: "0 %", 0.126: "+13 %", -0.2: "−20 %"} {
		require.Equal(t, want, Percent(v))
	}
}

func TestDays(t *testing.T) {
	got := Days(time.Date(2025, 11, 2, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 11, 0, 0, 0, 0, time.UTC))
	require.Len(t, got, 2)
	require.Equal(t, "Dec 2025", got[0].Text)
	require.Equal(t, "Jan 2026", got[1].Text)
}

// TestPage: names are text, whatever is in them, and the page loads and runs nothing.
func TestPage(t *testing.T) {
	var out bytes.Buffer
	p := Page{
		Title: "net_arr", Headline: "Commit is 1M.", About: "Week of", Tiles: []Tile{{"Commit", "1M", "called"}},
		Sections: []Section{{Title: "Who", Head: []string{"person", "n"}, Rows: [][]string{{"<script>alert(1)</script>", "2"}}, Numbers: 1}}, Footer: []string{"from here"},
	}
	require.NoError(t, p.Write(&out))
	require.Contains(t, out.String(), "&lt;script&gt;alert(1)")
	require.Contains(t, out.String(), `<td class="number">2</td>`)
	for _, part := range []string{"prefers-color-scheme: dark", "@media print", "max-width: 36rem", "default-src 'none'"} {
		require.Contains(t, out.String(), part)
	}
	for _, outside := range []string{"src=", "href=", "url(", "@import", "<script"} {
		require.NotContains(t, out.String(), outside)
	}
}
