// Program report writes docs/performance.md from what go test -bench printed:
//
//	make bench
//
// What the page says, its tables and the targets are in performance.md.tmpl.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"path"
	"runtime"
	"strings"
	"text/template"
	"time"
)

//go:embed performance.md.tmpl
var page string

func main() {
	out := flag.String("out", "docs/performance.md", "`file` to write")
	note := flag.String("note", "", "`sentence` for the page about this run, such as what else the machine did")
	flag.Parse()
	if err := run(flag.Arg(0), *out, *note); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func run(in, out, note string) error {
	printed, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	runs, err := parse(string(printed))
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	text, err := runs.write(page, map[string]any{
		"date": time.Now().UTC().Format(time.DateOnly), "go": runtime.Version(), "note": note,
	})
	if err != nil {
		return err
	}
	return os.WriteFile(out, []byte(text), 0o644)
}

// write fills in a page. It fails if the page wants what was not measured.
func (r *runs) write(page string, about map[string]any) (string, error) {
	t, err := template.New("performance.md.tmpl").Option("missingkey=error").Funcs(template.FuncMap{
		"machine": func() string { return r.machine }, "under": r.under, "has": r.has, "best": r.best, "median": r.median, "ratio": r.ratio,
		"atMost": atMost, "atLeast": atLeast, "count": count, "base": path.Base, "seconds": func(ns float64) float64 { return ns / 1e9 },
		"times": func(a, b float64) float64 { return a * b }, "minus": func(a, b float64) float64 { return a - b },
		"share": func(a, of float64) float64 { return 100 * a / of },
	}).Parse(page)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, about)
	return b.String(), err
}

// atMost and atLeast are three cells about a target: the target, what came of it, and whether it is met.
func atMost(limit float64, format string, got float64) string {
	return target("at most ", limit, format, got, got <= limit)
}

func atLeast(limit float64, format string, got float64) string {
	return target("at least ", limit, format, got, got >= limit)
}

func target(bound string, limit float64, format string, got float64, met bool) string {
	verdict := "**no**"
	if met {
		verdict = "yes"
	}
	return fmt.Sprintf(bound+format+" | "+format+" | %s", limit, got, verdict)
}

// count writes a whole number with commas between the thousands.
func count(n float64) string {
	text := fmt.Sprintf("%.0f", n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
