package flat

import (
	"bytes"
	"encoding/binary"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/spill"
)

// The locales by name, as they are remembered from one result of a tab to the next.
const (
	LocalePoint = "1,234.56"
	LocaleComma = "1.234,56"
)

// locales finds out how the amounts of a result are written. 1.234 is one and a bit, or a thousand and more: until some amount tells
// which, those that may be read in two ways wait in the log.
//
// One text that the comma does not explain is enough for the point. The comma holds where every text fits it, and some fit nothing else. Where
// earlier results had the comma, only a text that fits the point alone speaks against it: what is no amount in either is none of the one that is kept.
type locales struct {
	kept    string // by earlier results: a locale's name, or empty
	decided bool
	in      locale
	told    string // by the amounts themselves: a locale's name

	onlyComma bool
	waiting   []byte // records
	chunks    []spill.Place
}

const (
	maxWaiting = 64 << 10 // bytes, before they go to the log
	maxAmount  = 255      // bytes of an amount that may wait: its length is one byte
)

// number takes a number of JSON, which is no text of any locale.
func (r *Rows) number(row, field uint32, value int, text []byte) (taken bool, err error) {
	n, ok := scalar.ParseNumber(text)
	if !ok {
		return false, nil
	}
	r.fields[field] |= 1 << value
	r.Read |= 1 << value
	return true, r.to.Amount(row, value, n.Float())
}

// amount takes an amount where it can be read at once, lets it wait, or finds that it is none.
func (r *Rows) amount(row, field uint32, value int, text []byte) (taken bool, err error) {
	l := &r.locales
	if n, size := scalar.Decimal(text); size > 0 && size == len(text) && (n.IsWhole() || l.decided && l.in == point) { // most are no more
		r.fields[field] |= 1 << value
		r.Read |= 1 << value
		return true, r.to.Amount(row, value, n.Float())
	}
	if l.decided {
		return r.take(row, field, value, text, l.in)
	}
	a, _, isPoint := parseIn(string(text), point)
	b, _, isComma := parseIn(string(text), comma)
	switch {
	case isPoint && isComma && a == b:
		return r.take(row, field, value, text, point)
	case !isPoint && !isComma && l.kept == LocaleComma:
		return false, nil
	case !isComma || len(text) > maxAmount: // what fits neither speaks against the comma too: better null than a wrong amount
		if isPoint {
			l.told = LocalePoint
		}
		if err := r.decide(point); err != nil {
			return false, err
		}
		return r.take(row, field, value, text, point)
	}
	l.onlyComma = l.onlyComma || !isPoint && !likeGroup(text)
	return true, r.wait(row, field, value, text)
}

// likeGroup tells of texts such as 0,123 and 01,000, which may be thousands written badly. They speak for no locale.
func likeGroup(text []byte) bool {
	at := bytes.IndexByte(text, ',')
	digits := 0
	for _, c := range text[at+1:] {
		if c-'0' < 10 {
			digits++
		}
	}
	return at >= 0 && digits == 3 && bytes.IndexByte(text, '.') < 0
}

// take puts an amount into its row.
func (r *Rows) take(row, field uint32, value int, text []byte, in locale) (taken bool, err error) {
	amount, symbol, ok := parseIn(string(text), in)
	if !ok {
		return false, nil
	}
	r.fields[field] |= 1 << value
	r.Read |= 1 << value
	if err := r.to.Amount(row, value, amount); err != nil || symbol == "" {
		return true, err
	}
	number := symbolNumber
	if isCode(symbol) {
		number = codeNumber
	}
	return true, r.to.Label(row, number, []byte(symbol))
}

func (r *Rows) wait(row, field uint32, value int, text []byte) error {
	l := &r.locales
	l.waiting = binary.NativeEndian.AppendUint32(l.waiting, row)
	l.waiting = binary.NativeEndian.AppendUint32(l.waiting, field)
	l.waiting = append(append(l.waiting, byte(value), byte(len(text))), text...)
	if len(l.waiting) < maxWaiting {
		return nil
	}
	place, err := r.to.KeepText(l.waiting)
	l.chunks, l.waiting = append(l.chunks, place), l.waiting[:0]
	return err
}

// decide reads what waits.
func (r *Rows) decide(in locale) error {
	l := &r.locales
	l.decided, l.in = true, in
	texts := r.to.Texts()
	var chunk []byte
	for _, place := range l.chunks {
		text, err := texts.Read(place)
		if err != nil {
			return err
		}
		chunk = append(chunk[:0], text...) // its page may go while others come
		if err := r.readWaiting(chunk); err != nil {
			return err
		}
	}
	err := r.readWaiting(l.waiting)
	l.chunks, l.waiting = nil, nil
	return err
}

func (r *Rows) readWaiting(records []byte) error {
	for len(records) > 0 {
		row, field := binary.NativeEndian.Uint32(records), binary.NativeEndian.Uint32(records[4:])
		value, size := int(records[8]), int(records[9])
		text := records[10 : 10+size]
		records = records[10+size:]
		taken, err := r.take(row, field, value, text, r.locales.in)
		if err == nil && !taken {
			var x extra.Column // r.extra is that of the row being read
			r.unread(&x, value, r.types.names[value], cell{text: text})
			err = r.to.Extra(row, &x)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Settle reads the amounts that wait for one that tells the locale: none came.
func (r *Rows) Settle() error {
	if r.locales.decided {
		return nil
	}
	if r.locales.onlyComma {
		r.locales.told = LocaleComma
	}
	if r.locales.onlyComma || r.locales.kept == LocaleComma {
		return r.decide(comma)
	}
	return r.decide(point)
}

// Locale is the locale that the amounts tell, empty where they may be read both ways.
func (r *Rows) Locale() string { return r.locales.told }
