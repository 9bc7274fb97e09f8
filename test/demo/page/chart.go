// Package page draws what the demo and the README show: charts as SVG, and the one page that holds them.
package page

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A Series is one line of a chart. A gap in it is a point whose value is NaN.
type Series struct {
	Name   string
	Points []Point
	Dashed bool
}

// A Point is an amount in a week.
type Point struct {
	Day   time.Time
	Value float64
}

// A Bar is a group of bars that stand side by side.
type Bar struct {
	Label  string
	Values []float64
}

var colors = []color.RGBA{{0x1f, 0x5f, 0xa8, 0xff}, {0xe0, 0x8a, 0x1e, 0xff}, {0x2e, 0x8b, 0x57, 0xff}, {0x80, 0x80, 0x80, 0xff}}

// Calls draws amounts by week.
func Calls(title string, series []Series) ([]byte, error) {
	p := empty(title)
	p.X.Tick.Marker = months{}
	for i, s := range series {
		for j, part := range s.parts() {
			line, err := plotter.NewLine(part)
			if err != nil {
				return nil, err
			}
			line.Color, line.Width = colors[i%len(colors)], vg.Points(2)
			if s.Dashed {
				line.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
			}
			p.Add(line)
			if j == 0 {
				p.Legend.Add(s.Name, line)
			}
		}
	}
	return svg(p, 720, 300)
}

// parts are the stretches of a series between its gaps.
func (s Series) parts() (all []plotter.XYs) {
	var part plotter.XYs
	for _, point := range append(s.Points, Point{Value: math.NaN()}) {
		if !math.IsNaN(point.Value) {
			part = append(part, plotter.XY{X: float64(point.Day.Unix()), Y: point.Value})
		} else if len(part) > 0 {
			all, part = append(all, part), nil
		}
	}
	return all
}

// Bars draws groups of bars, height points high: names are those of the values of each group.
func Bars(title string, height int, names []string, groups []Bar) ([]byte, error) {
	p := empty(title)
	labels := make([]string, len(groups))
	width := vg.Points(min(40, 420/float64(max(1, len(groups)*len(names)))))
	for i := range names {
		values := make(plotter.Values, len(groups))
		for g, group := range groups {
			values[g], labels[g] = group.Values[i], group.Label
		}
		bars, err := plotter.NewBarChart(values, width)
		if err != nil {
			return nil, err
		}
		bars.Color, bars.LineStyle.Width = colors[i%len(colors)], 0
		bars.Offset = width * vg.Length(float64(i)-float64(len(names)-1)/2)
		p.Add(bars)
		if len(names) > 1 {
			p.Legend.Add(names[i], bars)
		}
	}
	p.NominalX(labels...)
	p.X.Min, p.X.Max = -0.6, float64(len(groups))-0.4
	return svg(p, 720, vg.Length(height))
}

func empty(title string) *plot.Plot {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Text, p.Title.Padding = title, vg.Points(8)
	p.Title.TextStyle.Font.Size = 14
	p.Y.Min = 0
	p.Y.Tick.Marker = amounts{}
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.XOffs, p.Legend.YOffs, p.Legend.Padding = vg.Points(8), vg.Points(-4), vg.Points(2)
	p.BackgroundColor = color.White
	grid := plotter.NewGrid()
	grid.Vertical.Width, grid.Horizontal.Color = 0, color.Gray{0xe0}
	p.Add(grid)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Tick.Label.Font.Size = 10
	}
	return p
}

func svg(p *plot.Plot, width, height vg.Length) ([]byte, error) {
	p.Y.Max *= 1.3 // room for the legend
	canvas := vgsvg.New(width, height)
	p.Draw(draw.Crop(draw.New(canvas), 6, -16, 6, -6))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, err
	}
	text := bytes.ReplaceAll(out.Bytes(), []byte("font-family:Liberation Sans"), []byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif"))
	if start := bytes.Index(text, []byte("<svg")); start > 0 {
		text = text[start:]
	}
	return text, nil
}

// months are the firsts of the months.
type months struct{}

func (months) Ticks(from, to float64) (ticks []plot.Tick) {
	at := time.Unix(int64(from), 0).UTC()
	for at = time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC); float64(at.Unix()) <= to; at = at.AddDate(0, 1, 0) {
		ticks = append(ticks, plot.Tick{Value: float64(at.Unix()), Label: at.Format("2 Jan 2006")})
	}
	return ticks
}

// amounts are ticks of money, or of small numbers.
type amounts struct{}

func (amounts) Ticks(from, to float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(from, to)
	for i, t := range ticks {
		if t.Label != "" {
			ticks[i].Label = Short(t.Value)
		}
	}
	return ticks
}

// Change is an amount with its sign.
func Change(v float64) string {
	if v > 0 {
		return "+" + Short(v)
	}
	return Short(v)
}

// Short is an amount as 1.2M or 340k.
func Short(v float64) string {
	switch abs := math.Abs(v); {
	case abs >= 999_500:
		return fmt.Sprintf("%.1fM", v/1e6)
	case abs >= 1000:
		return fmt.Sprintf("%.0fk", v/1e3)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}
