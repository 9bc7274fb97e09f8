package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
)

// Write prints the plan for people.
func (p *Plan) Write(out io.Writer) error {
	w := &writer{out: out}
	if !p.planned {
		w.problems(p.found.problems)
		return w.err
	}
	if len(p.Exports) > 0 {
		w.table(p.Exports)
	}
	w.line("cost", "%s", p.costs())
	switch left := p.Quota.Left; {
	case left == nil:
		w.line("quota", "not known")
	case *p.Quota.After < 0:
		w.line("quota", "%d left: %d too few", *left, -*p.Quota.After)
	default:
		w.line("quota", "%d left, %d after", *left, *p.Quota.After)
	}
	if p.reserve > 0 && p.Quota.Left != nil {
		w.line("", "of which quota_reserve keeps %d", p.reserve)
	}
	if p.Quota.Left != nil && p.Cost > 0 {
		for _, n := range perDay {
			w.line("", "%s: %s", syncsOf(n), p.lasts(n))
		}
	}
	w.line("time", "%s", p.takes())
	w.line("state", "%s", p.state())
	w.problems(p.found.problems)
	return w.err
}

func (p *Plan) costs() string {
	switch {
	case p.Cost == 0:
		return "no exports"
	case p.backend || p.most:
		return "at most " + exportsOf(p.Cost)
	}
	return exportsOf(p.Cost)
}

func (p *Plan) lasts(perDay int) string {
	if day := p.Quota.EndsOn[perDay]; day != nil {
		return "the quota ends on " + *day
	}
	return "the quota lasts"
}

func (p *Plan) takes() string {
	switch {
	case p.Cost == 0:
		return "none"
	case p.Seconds == nil && len(p.untimed) == 0:
		return "unknown"
	case p.Seconds == nil && len(p.untimed) > 3:
		return fmt.Sprintf("unknown: Clari lists no finished job of %s and %d more", strings.Join(p.untimed[:3], ", "), len(p.untimed)-3)
	case p.Seconds == nil:
		return "unknown: Clari lists no finished job of " + strings.Join(p.untimed, ", ")
	}
	return "about " + (time.Duration(*p.Seconds) * time.Second).String()
}

func (p *Plan) state() string {
	settles := fmt.Sprintf("a quarter settles %s after its end", counted(p.settleDays, "day"))
	then := fmt.Sprintf("from the third sync on each costs at most %s", exportsOf(p.later))
	switch {
	case p.backend:
		return "not read here: what it knows to be settled is not exported again; " + then
	case len(p.settling) > 0:
		return fmt.Sprintf("none: a state backend (backend_options) saves up to %s in each sync, once %s has settled: %s",
			exportsOf(p.saved()+len(p.settling)), strings.Join(slices.Compact(slices.Sorted(slices.Values(p.settling))), ", "), settles)
	case p.saved() == 0:
		return "a state backend would save no export today: " + settles
	}
	return fmt.Sprintf("none: a state backend (backend_options) saves %s in each sync from the third on: %s", exportsOf(p.saved()), settles)
}

func exportsOf(n int) string { return counted(n, "export") }

func syncsOf(n int) string { return counted(n, "sync") + " a day" }

func counted(n int, word string) string {
	switch {
	case n == 1:
		return "1 " + word
	case word == "sync":
		return fmt.Sprintf("%d syncs", n)
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// writer keeps its first error.
type writer struct {
	out io.Writer
	err error
}

func (w *writer) line(label, format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.out, "%-9s%s\n", label, fmt.Sprintf(format, args...))
	}
}

// problems has a line for each: what fails a sync first.
func (w *writer) problems(all []specfile.Problem) {
	for _, fatal := range []bool{true, false} {
		for _, p := range all {
			if p.Fatal == fatal {
				label := "warning"
				if fatal {
					label = "problem"
				}
				w.line(label, "%s", p)
			}
		}
	}
}

// table lists the exports. A column that is empty throughout is left out.
func (w *writer) table(exports []Export) {
	columns := []struct {
		name string
		of   func(Export) string
	}{
		{"forecast", func(e Export) string {
			if e.WindowStart != "" {
				return "activities"
			}
			return e.ForecastID + e.Name
		}},
		{"currency", func(e Export) string { return e.Currency }},
		{"scope", func(e Export) string { return e.ScopeID }},
		{"period", func(e Export) string {
			if e.WindowStart != "" {
				return e.WindowStart + ".." + e.WindowEnd
			}
			return e.RequestedPeriod
		}},
		{"why", func(e Export) string { return e.Why }},
	}
	t := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	head := "  #"
	var shown []func(Export) string
	for _, c := range columns {
		for _, e := range exports {
			if c.of(e) != "" {
				head, shown = head+"\t"+c.name, append(shown, c.of)
				break
			}
		}
	}
	fmt.Fprintln(t, head)
	for i, e := range exports {
		fmt.Fprintf(t, "%3d", i+1)
		for _, of := range shown {
			fmt.Fprint(t, "\t", of(e))
		}
		fmt.Fprintln(t)
	}
	fmt.Fprintln(t)
	w.err = t.Flush()
}
