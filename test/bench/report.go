package main

import (
	_ "embed"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"
)

// report is docs/performance.md in the making: a text written by hand with places for what was measured.
type report struct {
	Machine, Date string
	Note          string // about this run
	Targets       []target
	tables        map[string][]*grid // by part
}

//go:embed performance.md.tmpl
var reportText string

func newReport() *report {
	return &report{Machine: machine(), Date: time.Now().UTC().Format(time.DateOnly), tables: map[string][]*grid{}}
}

// Lives is how many syncs a row about waiting stands for.
func (*report) Lives() int { return lives }

// Tables are those of one part, as Markdown.
func (r *report) Tables(part string) string {
	var b strings.Builder
	for _, t := range r.tables[part] {
		b.WriteString(t.String())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (r *report) write(file string) error {
	t, err := template.New("").Parse(reportText)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := t.Execute(&b, r); err != nil {
		return err
	}
	progress("writing %s", file)
	return os.WriteFile(file, []byte(b.String()), 0o644)
}

// target is one of the goals, and what came of it.
type target struct {
	What, Want, Got string
	Met             string
}

func (r *report) target(what, want, got string, met bool) {
	r.Targets = append(r.Targets, target{what, want, got, map[bool]string{true: "yes", false: "**no**"}[met]})
}

func (r *report) printTargets() {
	t := &grid{title: "Targets", head: []string{"what", "target", "here", "met"}}
	for _, g := range r.Targets {
		t.add(g.What, g.Want, g.Got, g.Met)
	}
	t.print()
}

// grid is a table of results.
type grid struct {
	title string
	head  []string
	rows  [][]string
	note  string
}

// grid adds a table to a part of the report.
func (r *report) grid(part, title string, head ...string) *grid {
	t := &grid{title: title, head: head}
	r.tables[part] = append(r.tables[part], t)
	return t
}

func (t *grid) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *grid) print() { fmt.Println(t.String()) }

// String is the table as Markdown that reads well as plain text too: the first column to the left, numbers to the right.
func (t *grid) String() string {
	width := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	line := func(row []string) {
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString("| " + cell + pad + " |")
			} else {
				b.WriteString(" " + pad + cell + " |")
			}
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%s:\n\n", t.title)
	line(t.head)
	for i, w := range width {
		if i == 0 {
			b.WriteString("| " + strings.Repeat("-", w) + " |")
		} else {
			b.WriteString(" " + strings.Repeat("-", w-1) + ": |")
		}
	}
	b.WriteByte('\n')
	for _, row := range t.rows {
		line(row)
	}
	if t.note != "" {
		fmt.Fprintf(&b, "\n%s\n", t.note)
	}
	b.WriteByte('\n')
	return b.String()
}

// count writes a whole number with commas between the thousands.
func count[T int | int64 | float64](n T) string {
	text := strconv.FormatFloat(float64(n), 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func decimals(n int, v float64) string { return strconv.FormatFloat(v, 'f', n, 64) }

func percent(v float64) string { return decimals(1, 100*v) + " %" }

func times(v float64) string { return decimals(2, v) + " x" }

func seconds(d time.Duration) string { return decimals(2, d.Seconds()) }
