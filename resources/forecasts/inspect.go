package forecasts

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
)

// Inspect reads a result from its first byte to its last and emits nothing: it finds out the shape, checks the syntax, the ids of
// every entry, the fiscal quarter, and that no two entries contradict each other.
//
// It fails with *UnknownShapeError, *MalformedError, *MissingIDError, *ConflictError, *WrongQuarterError or
// *UnknownQuarterError where the result is not what was asked for, and otherwise with the error of r or ctx.
func Inspect(ctx context.Context, r *io.SectionReader, a Asked) (*Result, error) {
	return inspect(ctx, r, a, stretchBytes)
}

func inspect(ctx context.Context, r *io.SectionReader, a Asked, stretch int64) (*Result, error) {
	w := newWindow(ctx, io.NewSectionReader(r, 0, r.Size()))
	if err := w.slide(0); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(w.b, []byte("\xef\xbb\xbf")) { // byte order mark
		w.i += len("\xef\xbb\xbf")
	}
	first, err := w.next()
	if err != nil {
		return nil, err
	}
	in := newInspection(w, r, a, stretch)
	switch first {
	case '{':
		err = in.object(true)
	case '[':
		var shape string
		if shape, err = w.flatList(); err == nil {
			return flatOr(ctx, r, shape, a, &UnknownShapeError{What: "JSON list"})
		}
	default:
		return flatOr(ctx, r, w.flatText(), a, &UnknownShapeError{What: kindOfText(first)})
	}
	var flat *flatFound
	switch {
	case errors.As(err, &flat):
		return inspectFlat(ctx, r, flat.shape, a)
	case err != nil:
		return nil, err
	}
	if err := w.end(); err != nil {
		return nil, err
	}
	return in.result()
}

func flatOr(ctx context.Context, r *io.SectionReader, shape string, a Asked, unknown error) (*Result, error) {
	if shape == "" {
		return nil, unknown
	}
	return inspectFlat(ctx, r, shape, a)
}

// flatFound ends the walk through an object that turns out to wrap flat rows.
type flatFound struct{ shape string }

func (*flatFound) Error() string { return "flat rows" }

// isWrapper tells whether rows may stand under a top-level key of this name instead of at the top.
func isWrapper(key string) bool {
	switch key {
	case "data", "rows", "records", "results":
		return true
	}
	return false
}

// flatList tells the shape of the list that begins here by its first element, empty if it is none of ours.
// The window stays where it is.
func (w *window) flatList() (shape string, err error) {
	err = w.do(func() {
		shape = ""
		start := w.i
		w.take('[')
		switch w.peek() {
		case ']':
			shape = shapeFlatObjects // no rows
		case '{':
			for key := range w.object {
				w.skip()
				if isFlatColumn(key) {
					shape = shapeFlatObjects
				}
			}
		case '[':
			for range w.array {
				if w.peek() != '"' {
					w.skip()
				} else if isFlatColumn(w.str()) {
					shape = shapeFlatLists
				}
			}
		}
		if w.err == nil {
			w.i = start
		}
	})
	return shape, err
}

// flatText tells whether the text that begins here has the header of the CSV.
func (w *window) flatText() (shape string) {
	header, _, _ := bytes.Cut(w.b[w.i:], []byte("\n"))
	for name := range strings.SplitSeq(string(header[:min(len(header), 4<<10)]), ",") {
		if isFlatColumn(strings.Trim(strings.TrimSpace(name), `"`)) {
			return shapeCSV
		}
	}
	return ""
}

// isFlatColumn tells whether a name is one of the columns by which flat rows are known from other tables of people.
func isFlatColumn(name string) bool {
	c := columnOf(name)
	return c == columnDataType || c == columnDataValue
}

func kindOfText(first byte) string {
	if first == '<' {
		return "HTML page"
	}
	return "text"
}
