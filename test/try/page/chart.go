// Package page draws what the demo, a report and the README show: charts as SVG, and the one page that holds them. It knows numbers and
// names, and neither Clari nor a database.
package page

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
	"time"
)

// A Series is one line of a chart. A gap in it is a point whose value is NaN.
type Series struct {
	Name   string
	Points []Point
	Dashed bool
}

// A Point is a value at a place of the axis below.
type Point struct{ X, Y float64 }

// A Chart is lines over one axis.
type Chart struct {
	Title  string // for those who cannot see it
	Series []Series
	Ticks  []Tick               // below
	Format func(float64) string // of the axis on the left; nil: Short
	Zero   bool                 // the axis on the left begins at zero
}

// A Tick is a place on the axis below.
type Tick struct {
	X    float64
	Text string
}

// Units of the drawing: it is as wide as its page, so these are proportions.
const (
	width, height            = 720.0, 300.0
	left, right, top, bottom = 56.0, 12.0, 34.0, 26.0
	fewest, most             = 3, 7 // ticks on the left
)

// style has the colours in light and dark. The SVG carries it, so that it is right alone too.
const style = `<style>.chart{font:12px system-ui,"Liberation Sans",Arial,sans-serif;--ink:#334;--grid:#dde;--s0:#1b5fa8;--s1:#b45f06;--s2:#1f7a4d;--s3:#6b6b76}` +
	`@media(prefers-color-scheme:dark){.chart{--ink:#ccd;--grid:#3a3d46;--s0:#7ab8ff;--s1:#f2b263;--s2:#6fd6a0;--s3:#a6a8b5}}` +
	`.chart text{fill:var(--ink)}.chart .grid{stroke:var(--grid)}.chart .line{fill:none;stroke-width:2.5;stroke-linejoin:round}</style>`

// SVG is the chart as an element of a page.
func (c Chart) SVG() template.HTML {
	format := c.Format
	if format == nil {
		format = Short
	}
	x0, x1, y0, y1 := c.bounds()
	px := func(x float64) float64 { return left + (x-x0)/(x1-x0)*(width-left-right) }
	py := func(y float64) float64 { return height - bottom - (y-y0)/(y1-y0)*(height-top-bottom) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">%s`, width, height, html.EscapeString(c.Title), style)
	for _, y := range ticks(y0, y1) {
		fmt.Fprintf(&b, `<line class="grid" x1="%.0[1]f" x2="%.0[2]f" y1="%.1[3]f" y2="%.1[3]f"/><text x="%.0[4]f" y="%.1[5]f" text-anchor="end">%[6]s</text>`,
			left, width-right, py(y), left-6, py(y)+4, html.EscapeString(format(y)))
	}
	for _, t := range c.Ticks {
		anchor := "middle"
		if px(t.X) > width-right-30 {
			anchor = "end"
		}
		fmt.Fprintf(&b, `<line class="grid" x1="%.1[1]f" x2="%.1[1]f" y1="%.0[2]f" y2="%.0[3]f"/><text x="%.1[1]f" y="%.0[4]f" text-anchor="%[5]s">%[6]s</text>`,
			px(t.X), height-bottom, height-bottom+5, height-6, anchor, html.EscapeString(t.Text))
	}
	at := left
	for i, s := range c.Series {
		dash := ""
		if s.Dashed {
			dash = ` stroke-dasharray="7 5"`
		}
		colour := fmt.Sprintf(`style="stroke:var(--s%d)"`, i%4)
		for _, path := range s.paths(px, py) {
			fmt.Fprintf(&b, `<path class="line" %s%s d="%s"/>`, colour, dash, path)
		}
		fmt.Fprintf(&b, `<path class="line" %s%s d="M%.0f 14h22"/><text x="%.0f" y="18">%s</text>`, colour, dash, at, at+28, html.EscapeString(s.Name))
		at += 48 + 7*float64(len([]rune(s.Name)))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// paths are the stretches of a series between its gaps. A point alone is a short stroke.
func (s Series) paths(px, py func(float64) float64) (all []string) {
	var path strings.Builder
	n := 0
	end := func() {
		if n == 1 {
			path.WriteString("h1")
		}
		if n > 0 {
			all = append(all, path.String())
		}
		path.Reset()
		n = 0
	}
	for _, p := range s.Points {
		if math.IsNaN(p.Y) {
			end()
			continue
		}
		command := "L"
		if n == 0 {
			command = "M"
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", command, px(p.X), py(p.Y))
		n++
	}
	end()
	return all
}

// bounds are those of all points, with room around them.
func (c Chart) bounds() (x0, x1, y0, y1 float64) {
	x0, x1, y0, y1 = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, s := range c.Series {
		for _, p := range s.Points {
			if !math.IsNaN(p.Y) {
				x0, x1, y0, y1 = min(x0, p.X), max(x1, p.X), min(y0, p.Y), max(y1, p.Y)
			}
		}
	}
	if math.IsInf(x0, 0) { // nothing to draw
		return 0, 1, 0, 1
	}
	if c.Zero {
		y0 = min(0, y0)
	}
	if x0 == x1 {
		x0, x1 = x0-1, x1+1
	}
	if y0 == y1 {
		y0, y1 = y0-1, y1+1
	}
	return x0, x1, y0, y1 + (y1-y0)*0.04
}

// ticks are round numbers between two others, some five of them.
func ticks(from, to float64) (all []float64) {
	step := math.Pow(10, math.Floor(math.Log10((to-from)/fewest)))
	for _, n := range []float64{1, 2, 5, 10} {
		if (to-from)/(step*n) <= most {
			step *= n
			break
		}
	}
	for y := math.Ceil(from/step) * step; y <= to; y += step {
		all = append(all, y)
	}
	return all
}

// Days are ticks at the firsts of the months between two days, in seconds since 1970.
func Days(from, to time.Time) (all []Tick) {
	for at := time.Date(from.Year(), from.Month()+1, 1, 0, 0, 0, 0, time.UTC); !at.After(to); at = at.AddDate(0, 1, 0) {
		all = append(all, Tick{X: float64(at.Unix()), Text: at.Format("Jan 2006")})
	}
	return all
}

// Change is an amount with its sign.
func Change(v float64) string {
	if v > 0 {
		return "+" + Short(v)
	}
	return Short(v)
}

// Short is an amount as 1.2M or 340k, with a true minus sign; empty where it is not known.
func Short(v float64) string {
	sign := ""
	if v < 0 {
		sign = "−"
	}
	switch abs := math.Abs(v); {
	case math.IsNaN(v):
		return ""
	case abs >= 999_500_000:
		return fmt.Sprintf("%s%.1fB", sign, abs/1e9)
	case abs >= 999_500:
		return fmt.Sprintf("%s%.1fM", sign, abs/1e6)
	case abs >= 1000:
		return fmt.Sprintf("%s%.0fk", sign, abs/1e3)
	default:
		return fmt.Sprintf("%s%.0f", sign, abs)
	}
}

// Percent is a share of one, with its sign.
func Percent(v float64) string {
	switch n := math.Round(v * 100); {
	case math.IsNaN(n):
		return ""
	case n < 0:
		return fmt.Sprintf("−%.0f %%", -n)
	case n > 0:
		return fmt.Sprintf("+%.0f %%", n)
	}
	return "0 %"
}
