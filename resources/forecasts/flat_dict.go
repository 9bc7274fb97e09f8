package forecasts

import "strings"

// A dict numbers texts from 0 in the order in which they first come, so that entries hold four bytes for each.
// The zero value is empty.
type dict struct {
	numbers map[string]uint32
	texts   []string
	last    uint32 // handed out last: in most columns a row repeats the one before
}

// number returns the number of a text and whether it is new. The dict keeps a copy of its own.
func (d *dict) number(text string) (n uint32, isNew bool) {
	if len(d.texts) > 0 && d.texts[d.last] == text {
		return d.last, false
	}
	n, known := d.numbers[text]
	if !known {
		if d.numbers == nil {
			d.numbers = make(map[string]uint32)
		}
		n = uint32(len(d.texts))
		text = strings.Clone(text)
		d.texts = append(d.texts, text)
		d.numbers[text] = n
	}
	d.last = n
	return n, !known
}
