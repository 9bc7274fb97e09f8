package flat

import (
	"errors"
	"io"
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

// OtherSeparator names what stands between the cells of a CSV in place of commas; empty where the text is none.
func OtherSeparator(text string) string {
	header, _, _ := strings.Cut(text, "\n")
	if strings.HasPrefix(strings.ToLower(header), "sep=") { // a line for spreadsheets
		header, _, _ = strings.Cut(text[len(header)+1:], "\n")
	}
	for separator, name := range map[string]string{";": "semicolons", "\t": "tabs", "|": "bars"} {
		for cell := range strings.SplitSeq(header[:min(len(header), 4<<10)], separator) {
			if strings.Contains(header, separator) && IsHeader(strings.Trim(strings.TrimSpace(cell), `"`)) {
				return name
			}
		}
	}
	return ""
}

// IsCSV tells whether a text begins with the header of the CSV.
func IsCSV(text string) bool {
	header, _, _ := strings.Cut(text, "\n")
	for name := range strings.SplitSeq(header[:min(len(header), 4<<10)], ",") {
		if IsHeader(strings.Trim(strings.TrimSpace(name), `"`)) {
			return true
		}
	}
	return false
}
