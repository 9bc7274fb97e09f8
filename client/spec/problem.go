package spec

import (
	"cmp"
	"fmt"
	"strings"
)

// Problem is one thing wrong with a spec: where, and what with its fix. The value of api_key is never part of it.
type Problem struct {
	Path string // such as forecasts[1].types[0]; empty for the document as a whole
	Text string // what is wrong; the fix
}

func (p Problem) String() string { return cmp.Or(p.Path, "document") + ": " + p.Text }

// InvalidError is a spec that cannot be used, with everything that is wrong with it.
type InvalidError struct{ Problems []Problem }

// Error is one line that lists all problems.
func (e *InvalidError) Error() string {
	if len(e.Problems) == 1 {
		return "invalid spec: " + e.Problems[0].String()
	}
	var text strings.Builder
	fmt.Fprintf(&text, "invalid spec: %d problems:", len(e.Problems))
	for i, p := range e.Problems {
		fmt.Fprintf(&text, " (%d) %s", i+1, p)
	}
	return text.String()
}
