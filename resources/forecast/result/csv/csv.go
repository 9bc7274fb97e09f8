// Package csv splits CSV (RFC 4180) into records: encoding/csv bounds no record, makes LF of CRLF inside cells, and allocates a line.
package csv

import (
	"bytes"
	"io"
	"unicode/utf8"
)

// maxRecord bounds one record in bytes. A record beyond it means a quote that is never closed.
const maxRecord = 1 << 20

// Reader splits CSV (RFC 4180) into records: cells between commas, quoted where they hold commas,
// line breaks or (doubled) quotes; lines end in LF or CRLF; empty lines and a byte order mark at the
// start are skipped. It is as strict as encoding/csv, but makes no string of a record, which
// there costs an allocation each and a third of the speed (BenchmarkCSV).
//
// A file cut inside quotes is an error here, and one cut between two commas has too few cells; one cut
// at the end of a line or within its last cell cannot be told from a whole one: the transport checks
// a result's length.
type Reader struct {
	r        io.Reader
	buf      []byte // read and not split yet: buf[pos:]
	pos      int
	started  bool
	end      bool // r is at its end
	line     int  // where the last record starts, from 1
	nextLine int
	cells    [][]byte
	doubled  []int // cells with doubled quotes in them

	// NULs are how many cells had NUL characters, for each of which there is U+FFFD.
	NULs int64
}

// NewReader reads records from r.
func NewReader(r io.Reader) *Reader {
	return &Reader{r: r, buf: make([]byte, 0, 256<<10), nextLine: 1}
}

// What may be wrong with a record.
const (
	errBareQuote  Error = "a quote inside a cell that does not start with one"
	errAfterQuote Error = "text between a closing quote and the next comma"
	errOpenQuote  Error = "the result ends inside quotes"
	errLongRecord Error = "a record of more than 1 MiB: a quote is never closed"
)

// Error is what is wrong with a record.
type Error string

func (e Error) Error() string { return string(e) }

// Read returns the cells of the next record, valid until the next call; io.EOF after the last one.
func (c *Reader) Read() ([][]byte, error) {
	for {
		n, err := c.split(c.buf[c.pos:])
		c.line = c.nextLine
		if err != nil {
			return nil, err
		}
		if n == 0 {
			if c.end {
				return nil, io.EOF
			}
			if err := c.fill(); err != nil {
				return nil, err
			}
			continue
		}
		record := c.buf[c.pos : c.pos+n]
		c.pos += n
		c.nextLine += bytes.Count(record, []byte{'\n'})
		if len(c.cells) == 1 && len(c.cells[0]) == 0 && record[0] != '"' {
			continue // an empty line
		}
		for _, i := range c.doubled {
			c.cells[i] = undouble(c.cells[i])
		}
		if !utf8.Valid(record) { // as the JSON shapes have it
			for i, cell := range c.cells {
				c.cells[i] = bytes.ToValidUTF8(cell, []byte("\uFFFD"))
			}
		}
		if bytes.IndexByte(record, 0) >= 0 {
			for i, cell := range c.cells {
				if bytes.IndexByte(cell, 0) >= 0 {
					c.cells[i] = bytes.ReplaceAll(cell, []byte{0}, []byte("\uFFFD"))
					c.NULs++
				}
			}
		}
		return c.cells, nil
	}
}

// split finds the cells of the record that s starts with, and its length with the line end. 0 means that
// s does not hold the whole record. It leaves s as it is, for it may be called again with more.
func (c *Reader) split(s []byte) (n int, err error) {
	c.cells, c.doubled = c.cells[:0], c.doubled[:0]
	lineEnd := bytes.IndexByte(s, '\n')
	if lineEnd < 0 {
		if !c.end || len(s) == 0 {
			return 0, nil
		}
		lineEnd = len(s)
	}
	quotes := bytes.IndexByte(s[:lineEnd], '"') >= 0
	for i := 0; ; i++ { // i is where a cell starts; the loop steps over the comma before the next one
		if i < len(s) && s[i] == '"' {
			closing, err := c.closingQuote(s, i)
			if closing < 0 || err != nil {
				return 0, err
			}
			c.cells = append(c.cells, s[i+1:closing])
			i = closing + 1
			if i > lineEnd { // the cell has line breaks in it
				if lineEnd = bytes.IndexByte(s[i:], '\n'); lineEnd >= 0 {
					lineEnd += i
				} else if lineEnd = len(s); !c.end {
					return 0, nil
				}
			}
			switch rest := s[i:lineEnd]; {
			case len(rest) == 0 || len(rest) == 1 && rest[0] == '\r':
				return min(lineEnd+1, len(s)), nil
			case rest[0] != ',':
				return 0, errAfterQuote
			}
			continue
		}
		text := s[i:lineEnd]
		comma := bytes.IndexByte(text, ',')
		if comma >= 0 {
			text = text[:comma]
		} else if k := len(text) - 1; k >= 0 && text[k] == '\r' {
			text = text[:k]
		}
		if quotes && bytes.IndexByte(text, '"') >= 0 {
			return 0, errBareQuote
		}
		c.cells = append(c.cells, text)
		if comma < 0 {
			return min(lineEnd+1, len(s)), nil
		}
		i += comma
	}
}

// closingQuote finds the quote that closes the one at s[open], -1 when more must be read first.
func (c *Reader) closingQuote(s []byte, open int) (int, error) {
	for i := open + 1; ; i += 2 {
		q := bytes.IndexByte(s[i:], '"')
		switch {
		case q < 0 && c.end:
			return -1, errOpenQuote
		case q < 0 || i+q+1 == len(s) && !c.end: // the next byte may be its double
			return -1, nil
		}
		i += q
		if i+1 == len(s) || s[i+1] != '"' {
			return i, nil
		}
		if k := len(c.doubled); k == 0 || c.doubled[k-1] != len(c.cells) {
			c.doubled = append(c.doubled, len(c.cells))
		}
	}
}

// undouble replaces each pair of quotes by one, in place.
func undouble(s []byte) []byte {
	to := 0
	for i := 0; i < len(s); i++ {
		s[to] = s[i]
		to++
		if s[i] == '"' {
			i++
		}
	}
	return s[:to]
}

// Line is where the last record starts, from 1.
func (c *Reader) Line() int { return c.line }

// fill reads more behind what is not split yet.
func (c *Reader) fill() error {
	kept := copy(c.buf, c.buf[c.pos:])
	c.buf, c.pos = c.buf[:kept], 0
	if kept == cap(c.buf) {
		if kept >= maxRecord {
			return errLongRecord
		}
		c.buf = append(make([]byte, 0, 2*kept), c.buf...)
	}
	n, err := io.ReadFull(c.r, c.buf[kept:cap(c.buf)])
	c.buf = c.buf[:kept+n]
	if !c.started {
		c.started = true
		c.pos = len(c.buf) - len(bytes.TrimPrefix(c.buf, []byte("\xef\xbb\xbf"))) // byte order mark
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		c.end, err = true, nil
	}
	return err
}
