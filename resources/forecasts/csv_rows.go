package forecasts

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// readCSV hands every row of a CSV file to add: a header, then one row a record.
func readCSV(ctx context.Context, r io.Reader, add func(*flatLine) error) error {
	in := newCSVReader(r)
	ln := &flatLine{unit: "line"}
	var header flatHeader
	for row := 0; ; row++ {
		cells, err := in.read()
		ln.number = in.line
		switch {
		case err == io.EOF && header == nil:
			return ln.errorf("there is no header")
		case err == io.EOF:
			return nil
		case err != nil:
			if wrong, ok := errors.AsType[csvError](err); ok {
				return ln.errorf("%s", wrong)
			}
			return fmt.Errorf("read result: %w", err)
		}
		if header == nil {
			names := make([]string, len(cells))
			for i, c := range cells {
				names[i] = alias(c)
			}
			if header, err = newFlatHeader(ln, names); err != nil {
				return err
			}
			continue
		}
		if len(cells) != len(header) {
			return ln.errorf("%d cells under a header of %d", len(cells), len(header))
		}
		ln.reset()
		for i, c := range cells {
			header.fill(ln, i, flatCell{text: alias(c)})
		}
		if err := add(ln); err != nil {
			return err
		}
		if row%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
