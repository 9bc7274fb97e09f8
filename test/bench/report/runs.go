package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// runs are all runs of all benchmarks.
type runs struct {
	machine string
	names   []string // in the order in which they ran
	values  map[metric][]float64
}

// metric is a figure of a benchmark, in the unit that it was printed in.
type metric struct{ name, unit string }

// parse reads what go test -bench printed.
func parse(printed string) (*runs, error) {
	for line := range strings.Lines(printed) {
		if strings.HasPrefix(line, "FAIL") || strings.HasPrefix(line, "--- FAIL") || strings.HasPrefix(line, "--- SKIP") {
			return nil, errors.New(strings.TrimSpace(line))
		}
	}
	r := &runs{values: map[metric][]float64{}}
	for reader := benchfmt.NewReader(strings.NewReader(printed), "line"); reader.Scan(); {
		switch line := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, line
		case *benchfmt.Result:
			name, cores := split(line.Name)
			r.machine = fmt.Sprintf("%s, %s cores, %s/%s", line.GetConfig("cpu"), cores, line.GetConfig("goos"), line.GetConfig("goarch"))
			if !slices.Contains(r.names, name) {
				r.names = append(r.names, name)
			}
			for _, v := range line.Values {
				if v.OrigUnit != "" {
					v.Unit, v.Value = v.OrigUnit, v.OrigValue
				}
				m := metric{name, v.Unit}
				r.values[m] = append(r.values[m], v.Value)
			}
		}
	}
	return r, nil
}

// split takes the number of cores off a name, which has none where that is one.
func split(n benchfmt.Name) (name, cores string) {
	_, parts := n.Parts()
	if len(parts) > 0 {
		if last := string(parts[len(parts)-1]); last[0] == '-' {
			return strings.TrimSuffix(n.String(), last), last[1:]
		}
	}
	return n.String(), "1"
}

// under are the benchmarks whose names begin so.
func (r *runs) under(prefix string) (names []string, err error) {
	for _, name := range r.names {
		if strings.HasPrefix(name, prefix+"/") {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		err = fmt.Errorf("no benchmark is under %s", prefix)
	}
	return names, err
}

// has tells whether there are benchmarks whose names begin so.
func (r *runs) has(prefix string) bool {
	_, err := r.under(prefix)
	return err == nil
}

// best is the value of the best run: the greatest of a rate, the least of all else.
func (r *runs) best(name, unit string) (float64, error) {
	all, err := r.sorted(name, unit)
	if err != nil || !strings.HasSuffix(unit, "/s") {
		return all[0], err
	}
	return all[len(all)-1], nil
}

func (r *runs) median(name, unit string) (float64, error) {
	all, err := r.sorted(name, unit)
	return all[len(all)/2], err
}

// ratio is how many times as much one benchmark takes as another.
func (r *runs) ratio(a, b, unit string) (float64, error) {
	x, err := r.best(a, unit)
	y, err2 := r.best(b, unit)
	return x / y, errors.Join(err, err2)
}

// sorted never returns an empty list.
func (r *runs) sorted(name, unit string) ([]float64, error) {
	all := slices.Sorted(slices.Values(r.values[metric{name, unit}]))
	if len(all) == 0 {
		return []float64{0}, fmt.Errorf("benchmark %s has no %s", name, unit)
	}
	return all, nil
}
