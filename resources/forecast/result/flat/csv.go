package flat

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/csv"
	"github.com/cq-source-clari/cq-source-clari/resources/odd"
)

// CSV reads the rows of a CSV file: a header, then one row a record. An error of in is returned as it is.
func (r *Rows) CSV(in io.Reader) error {
	records := csv.NewReader(in)
	ln := &line{unit: "line"}
	var head header
	for {
		cells, err := records.Read()
		ln.number = records.Line()
		switch {
		case err == io.EOF && head == nil:
			return ln.errorf("there is no header")
		case err == io.EOF:
			r.to.Odd.Values(odd.NUL, nil, records.NULs)
			return nil
		case err != nil:
			if wrong, ok := errors.AsType[csv.Error](err); ok {
				return ln.errorf("%s", wrong)
			}
			return err
		}
		if !slices.ContainsFunc(cells, func(c []byte) bool { return len(bytes.TrimSpace(c)) > 0 }) {
			continue // as empty as an empty line
		}
		if head == nil && len(cells) == 2 && strings.EqualFold(string(cells[0]), forSpreadsheets) {
			continue
		}
		if head == nil {
			names := make([]string, len(cells))
			for i, c := range cells {
				names[i] = string(c)
			}
			if head, err = newHeader(ln, names); err != nil {
				return err
			}
			continue
		}
		if len(cells) != len(head) {
			if err := head.beyond(ln, cells); err != nil {
				return err
			}
		}
		ln.reset()
		for i, c := range cells[:len(head)] {
			head.fill(ln, i, cell{text: c})
		}
		if err := r.add(ln); err != nil {
			return err
		}
	}
}

// forSpreadsheets begins a line before the header that tells spreadsheets what stands between cells.
const forSpreadsheets = "sep="

// OtherSeparator names what stands between the cells of a CSV in place of commas; empty where the text is none.
func OtherSeparator(text string) string {
	for separator, name := range map[string]string{";": "semicolons", "\t": "tabs", "|": "bars"} {
		if isHeader(text, separator) {
			return name
		}
	}
	return ""
}

// IsCSV tells whether a text begins with the header of the CSV.
func IsCSV(text string) bool { return isHeader(text, ",") }

// isHeader tells whether a text begins with a header whose cells are so separated.
func isHeader(text, separator string) bool {
	header, rest, _ := strings.Cut(text, "\n")
	if strings.HasPrefix(strings.ToLower(header), forSpreadsheets) {
		header, _, _ = strings.Cut(rest, "\n")
	}
	for cell := range strings.SplitSeq(header[:min(len(header), 4<<10)], separator) {
		if strings.Contains(header, separator) && IsHeader(strings.Trim(strings.TrimSpace(cell), `"`)) {
			return true
		}
	}
	return false
}
