// Package parts puts what programs make into pages that are otherwise written by hand. A part stands between two comments, the first of which
// says what makes it: <!-- tables: made by make gen --> ... <!-- end of tables -->. It knows no page.
package parts

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
)

// Any finds every part with its marks.
var Any = regexp.MustCompile(`(?s)<!-- [^>]*: (?:made|written) by make (?:gen|faults) -->.*?<!-- end of [^>]*-->`)

// Put sees to it that a page has a text as one of its parts. Where it has not, Put writes the page, or, with write false, returns an error that
// names the command which does.
func Put(page, part, text string, write bool) error {
	before, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	begin := regexp.MustCompile(`<!-- ` + regexp.QuoteMeta(part) + `: (?:made|written) by (make \w+) -->\n`).FindSubmatchIndex(before)
	if begin == nil {
		return fmt.Errorf("%s: no mark where the part %q begins", page, part)
	}
	length := bytes.Index(before[begin[1]:], []byte("<!-- end of "+part+" -->\n"))
	if length < 0 {
		return fmt.Errorf("%s: no mark where the part %q ends", page, part)
	}
	end := begin[1] + length
	switch {
	case string(before[begin[1]:end]) == text:
		return nil
	case write:
		return os.WriteFile(page, bytes.Join([][]byte{before[:begin[1]], []byte(text), before[end:]}, nil), 0o644)
	}
	return fmt.Errorf("%s: the part %q is not what it has to be: run %s", page, part, before[begin[2]:begin[3]])
}
