package result

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// WriteTo writes the result as Clari would, holding one row at a time.
func (x Export) WriteTo(w io.Writer) (int64, error) {
	out := &counter{w: w}
	buffered := bufio.NewWriterSize(out, 64<<10)
	var err error
	if x.Encoding.Flat() {
		err = x.writeFlat(buffered)
	} else {
		err = x.writeArrays(buffered)
	}
	if err == nil {
		err = buffered.Flush()
	}
	return out.n, err
}

// Size is the length of the result in bytes; finding it costs as much as writing it.
func (x Export) Size() int64 {
	n, _ := x.WriteTo(io.Discard)
	return n
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// passes are the sets of columns in which entries are written: all at once, or apart. Each pass goes through all entries, and writes
// each of them as often as it has sets.
func (x Export) passes() [][]column {
	asked := x.columns()
	const first = forecastColumn | totalColumn | quotaColumn
	halves := []column{asked & first, asked &^ first}
	switch {
	case x.Quirks.SplitEntries:
		return [][]column{halves[:1], halves[1:]}
	case x.Quirks.SplitAdjacent:
		return [][]column{halves}
	default:
		return [][]column{{asked}}
	}
}

// repeated finds the entry that RepeatEntry writes once more, with another value than the first time.
func (x Export) repeated() (b block, w tenant.Week, c cell, ok bool) {
	if !x.Quirks.RepeatEntry {
		return
	}
	asked := x.columns()
	for b := range x.all() {
		for _, w := range x.weeks() {
			c := x.cell(b, w, asked)
			switch {
			case c.has&forecastColumn != 0 && !c.forecast.null:
				c.has = forecastColumn
				c.forecast.hundredths += 100
			case c.has&quotaColumn != 0 && !c.quota.null:
				c.quota.hundredths += 100
			case c.has&updatedColumn != 0:
				c.has = updatedColumn
				c.updated = !c.updated
			default:
				continue
			}
			return b, w, c, true
		}
	}
	return
}

// currency is the sign and code of the export's amounts.
func (x Export) currency() (code, sign string) {
	code = x.Currency
	if code == "" {
		code = x.Tenant.Currency
	}
	return code, tenant.Currencies[code]
}

// quote is text as a JSON string.
func quote(s string) string { return string(appendQuoted(nil, s)) }

func appendQuoted(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			quoted, err := json.Marshal(s)
			if err != nil { // a string always marshals
				panic(err)
			}
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// appendAmount writes an amount as a decimal number without needless zeros.
func appendAmount(b []byte, a amount) []byte {
	h := a.hundredths
	if h < 0 {
		b, h = append(b, '-'), -h
	}
	b = strconv.AppendInt(b, h/100, 10)
	switch {
	case h%100 == 0:
		return b
	case h%10 == 0:
		return append(b, '.', '0'+byte(h/10%10))
	default:
		return append(b, '.', '0'+byte(h/10%10), '0'+byte(h%10))
	}
}
