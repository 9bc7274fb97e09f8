package page

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed page.html.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// A Page is one HTML file that loads nothing and runs nothing.
type Page struct {
	Title    string
	Headline string // the answer in words
	About    string // the quarter's days, the currency, the tab
	Tiles    []Tile // the numbers of the headline
	Sections []Section
	Footer   []string // how fresh the data is, what is left of the quota, where it all comes from
}

// A Tile is one number.
type Tile struct{ Name, Value, Note string }

// A Section is a chart, a table, or both.
type Section struct {
	Title, Text string
	Chart       template.HTML // SVG of this package
	Head        []string
	Rows        [][]string
	Numbers     int // so many columns from the right are numbers
}

// IsNumber says whether a column of the table is numbers.
func (s Section) IsNumber(column int) bool { return column >= len(s.Head)-s.Numbers }

// Write writes the page.
func (p Page) Write(w io.Writer) error { return pageTemplate.Execute(w, p) }
