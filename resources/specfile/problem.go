package specfile

import (
	"fmt"
	"strings"
)

// A Problem is one thing that is wrong with the documents.
type Problem struct {
	Place string // such as clari.yml: source clari: spec.periods[0]
	Text  string // what is wrong; the fix
	Fatal bool   // a sync fails, or loses rows; else it is worth a word
}

// String is the problem in one line.
func (p Problem) String() string { return p.Place + ": " + p.Text }

// InvalidError is documents of which no sync can be made. It has what is fatal.
type InvalidError struct{ Problems []Problem }

// Error is one line that lists all problems.
func (e *InvalidError) Error() string {
	if len(e.Problems) == 1 {
		return e.Problems[0].String()
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%d problems:", len(e.Problems))
	for i, p := range e.Problems {
		fmt.Fprintf(&text, " (%d) %s", i+1, p)
	}
	return text.String()
}

// Failed is an *InvalidError of those that are fatal, nil where none is.
func Failed(problems []Problem) error {
	var fatal []Problem
	for _, p := range problems {
		if p.Fatal {
			fatal = append(fatal, p)
		}
	}
	if len(fatal) == 0 {
		return nil
	}
	return &InvalidError{fatal}
}

// Add adds a problem. A place that has one gets no other, nor does anything inside it.
func Add(problems []Problem, p Problem) []Problem {
	for _, other := range problems {
		rest, inside := strings.CutPrefix(p.Place, other.Place)
		if inside && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return problems
		}
	}
	return append(problems, p)
}

// report collects problems.
type report struct{ problems []Problem }

func (r *report) fail(place, format string, args ...any) { r.add(true, place, format, args...) }

func (r *report) warn(place, format string, args ...any) { r.add(false, place, format, args...) }

func (r *report) add(fatal bool, place, format string, args ...any) {
	r.problems = Add(r.problems, Problem{place, fmt.Sprintf(format, args...), fatal})
}
