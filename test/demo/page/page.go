package page

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed page.html.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// A Page is out/demo.html.
type Page struct {
	Title    string
	Intro    string
	Sections []Section
}

// A Section is a chart, a table, or both.
type Section struct {
	Title, Text string
	Chart       template.HTML // SVG of this package
	Head        []string
	Rows        [][]string
	Numbers     int // so many columns from the right are numbers
	Query       string
}

// IsNumber says whether a column of the table is numbers.
func (s Section) IsNumber(column int) bool { return column >= len(s.Head)-s.Numbers }

// Write writes the page: one file that loads nothing.
func (p Page) Write(w io.Writer) error { return pageTemplate.Execute(w, p) }
