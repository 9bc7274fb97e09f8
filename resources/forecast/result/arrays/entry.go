// Package arrays reads the five arrays of a result (observed in production pipelines): entries, users, fields, timePeriods and
// timeFrames. Keys and arrays come in any order, and a key that does not apply is left out. Which keys an entry has depends on the
// types asked for.
//
// A value of another kind than its column takes is no reason to lose an export: it goes to extra under its own key and the cell
// stays null. Null and empty text are absent.
package arrays

import (
	"bytes"
	"math"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/document"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/store"
)

// maxKeys is how many different keys of entries are remembered. A result has twenty.
const maxKeys = 1 << 10

// Reader reads the elements of the five arrays into a store.
type Reader struct {
	Types  uint32   // bits of those forecast.Values whose keys were seen
	Frames []bool   // by number: whether an entry is of it
	IDs    []string // of the time periods that entries name, in the order of appearance
	Named  []string // those that are quarters

	to     *store.Store
	period string // asked for; empty where Clari chose

	keys     store.Dict // of entries, quoted
	meanings []meaning  // by number of the key
	names    []string   // likewise: unquoted
	entries  int
	used     []bool // periods that some entry names
	missing  int    // number of the period of entries that name none, from 1

	// Of the entry being read.
	present uint32 // bits of forecast.Values
	numbers []uint64
	labels  [][]byte
	ids     [forecast.KeyParts][]byte
	known   [forecast.KeyParts]bool
	arena   []byte
	extra   store.Extra
	err     error
}

// New makes a reader of a result of which a period was asked for, empty where Clari chose.
func New(to *store.Store, period string) *Reader {
	return &Reader{to: to, period: period, numbers: make([]uint64, len(forecast.Values)), labels: make([][]byte, len(forecast.Values)), arena: make([]byte, 0, 4<<10)}
}

// meaning is what the key of an entry stands for: a value by its number, or one of these.
type meaning int8

const (
	anID meaning = -iota - 1
	_
	_
	_
	currency
	unknown
)

func (m meaning) part() int { return int(anID - m) } // of the key

func meaningOf(quotedKey []byte) meaning {
	key, _ := scalar.Unquote(quotedKey, nil)
	for i, name := range idNames {
		if name == string(key) {
			return anID - meaning(i)
		}
	}
	if string(key) == "currency" {
		return currency
	}
	for i, v := range forecast.Values {
		if v.Key != "" && v.Key == string(key) {
			return meaning(i)
		}
	}
	return unknown // whatever crm_closed comes under, for one
}

var idNames = [forecast.KeyParts]string{forecast.KeyUser: "userId", forecast.KeyField: "fieldId", forecast.KeyFrame: "timeFrameId", forecast.KeyPeriod: "timePeriodId"}

// meaning is what a key stands for, and its number; one that is not remembered has none.
func (r *Reader) meaning(key []byte) (m meaning, number int) {
	if len(r.meanings) == maxKeys {
		if n, known := r.keys.Lookup(key); known {
			return r.meanings[n], int(n)
		}
		return meaningOf(key), -1
	}
	n, isNew := r.keys.Number(key)
	if isNew {
		name, _ := scalar.Text(key)
		r.meanings, r.names = append(r.meanings, meaningOf(key)), append(r.names, name)
	}
	return r.meanings[n], int(n)
}

// Entry reads one entry.
func (r *Reader) Entry(object []byte) error {
	r.present, r.known, r.arena, r.err = 0, [forecast.KeyParts]bool{}, r.arena[:0], nil
	r.extra.Reset()
	for key, value := range scalar.Members(object) {
		switch m, number := r.meaning(key); {
		case m >= 0:
			r.value(int(m), key, value)
		case m == currency:
			r.currency(key, value)
		case m == unknown && number >= 0 && value[0] != '{' && value[0] != '[':
			r.extra.Keep(r.names[number], value)
		case m == unknown:
			r.keep(key, value)
		default:
			r.id(m.part(), key, value)
		}
	}
	if r.err != nil {
		return r.err
	}
	key, err := r.key()
	if err != nil {
		return err
	}
	r.entries++
	row, err := r.to.Row(key)
	if err != nil {
		return err
	}
	return r.set(row)
}

func (r *Reader) twice(key []byte) {
	if r.err == nil {
		r.err = twice(key)
	}
}

func twice(key []byte) error {
	text, _ := scalar.Unquote(key, nil)
	return fault.Malformed("key %q comes twice with different values", fault.Clip(string(text)))
}

func (r *Reader) id(part int, key, value []byte) {
	text, ok := r.text(key, value)
	if !ok {
		return
	}
	if r.known[part] && !bytes.Equal(r.ids[part], text) {
		r.twice(key)
	}
	r.ids[part], r.known[part] = text, true
}

// text is the text of a value. What is none goes to extra; null and empty text are nothing.
func (r *Reader) text(key, value []byte) (text []byte, ok bool) {
	text, ok = scalar.Unquote(value, r.arena[len(r.arena):])
	switch {
	case !ok && !scalar.IsNull(value):
		r.keep(key, value)
	case ok && len(text) > 0 && value[0] == '"' && &text[0] != &value[1] && cap(r.arena)-len(r.arena) >= len(text): // it is in there
		r.arena = r.arena[:len(r.arena)+len(text)]
	}
	return text, ok && len(text) > 0
}

// keep puts a value into extra.
func (r *Reader) keep(key, value []byte) {
	if err := keep(&r.extra, key, value); err != nil && r.err == nil {
		r.err = err
	}
}

func keep(x *store.Extra, key, value []byte) error {
	if (value[0] == '{' || value[0] == '[') && scalar.Depth(value) > document.MaxDepth {
		return fault.Malformed("values nest deeper than %d", document.MaxDepth)
	}
	name, _ := scalar.Unquote(key, nil)
	x.Keep(string(scalar.Valid(name)), value)
	return nil
}

func (r *Reader) value(i int, key, value []byte) {
	v := &forecast.Values[i]
	bit := uint32(1) << i
	r.Types |= bit
	var number uint64
	switch v.Kind {
	case forecast.Label:
		if text, ok := r.text(key, value); ok {
			r.label(i, key, text)
		}
		return
	case forecast.Amount:
		n, ok := scalar.ParseValue(value)
		if !ok {
			r.odd(key, value)
			return
		}
		number = math.Float64bits(n.Float())
	case forecast.Instant:
		at, ok := scalar.Instant(value)
		if !ok {
			r.odd(key, value)
			return
		}
		if at == 0 {
			return
		}
		number = uint64(at)
	case forecast.Flag:
		yes, ok := scalar.Flag(value)
		if !ok {
			r.odd(key, value)
			return
		}
		if yes {
			number = 1
		}
	}
	if r.present&bit != 0 && r.numbers[i] != number {
		r.twice(key)
	}
	r.present |= bit
	r.numbers[i] = number
}

// odd keeps a value that the column does not take.
func (r *Reader) odd(key, value []byte) {
	if !scalar.IsNull(value) && string(value) != `""` {
		r.keep(key, value)
	}
}

func (r *Reader) label(i int, key, text []byte) {
	bit := uint32(1) << i
	if r.present&bit != 0 && !bytes.Equal(r.labels[i], text) {
		r.twice(key)
	}
	r.present |= bit
	r.labels[i] = text
}

var codeNumber, symbolNumber = numberOf(forecast.CurrencyCode), numberOf(forecast.CurrencySymbol)

func numberOf(v *forecast.Value) int {
	for i := range forecast.Values {
		if &forecast.Values[i] == v {
			return i
		}
	}
	panic("arrays: no such value")
}

// currency reads {"code": "USD", "symbol": "$"}, or the code alone. What else it holds goes to extra with all of it.
func (r *Reader) currency(key, value []byte) {
	if value[0] != '{' {
		if text, ok := r.text(key, value); ok {
			r.label(codeNumber, key, text)
		}
		return
	}
	odd := false
	for member, value := range scalar.Members(value) {
		var i int
		switch string(member) {
		case `"code"`:
			i = codeNumber
		case `"symbol"`:
			i = symbolNumber
		default:
			odd = true
			continue
		}
		if text, ok := r.text(member, value); ok {
			r.label(i, member, text)
		}
	}
	if odd {
		r.keep(key, value)
	}
}

// key is the key of the entry.
func (r *Reader) key() (k store.Key, err error) {
	for part, name := range idNames {
		if !r.known[part] && part != forecast.KeyPeriod {
			return k, &fault.MissingIDError{Index: r.entries, ID: name}
		}
	}
	k[forecast.KeyUser], _ = r.to.Users.Number(r.ids[forecast.KeyUser])
	k[forecast.KeyField], _ = r.to.Fields.Number(r.ids[forecast.KeyField])
	k[forecast.KeyFrame], _ = r.to.Frames.Number(r.ids[forecast.KeyFrame])
	for int(k[forecast.KeyFrame]) >= len(r.Frames) {
		r.Frames = append(r.Frames, false)
	}
	r.Frames[k[forecast.KeyFrame]] = true
	k[forecast.KeyPeriod] = r.periodNumber()
	return k, nil
}

// set puts the values of the entry into its row.
func (r *Reader) set(row uint32) (err error) {
	for i := range forecast.Values {
		if r.present&(1<<i) == 0 || err != nil {
			continue
		}
		switch forecast.Values[i].Kind {
		case forecast.Amount:
			err = r.to.Amount(row, i, math.Float64frombits(r.numbers[i]))
		case forecast.Instant:
			err = r.to.Instant(row, i, int64(r.numbers[i]))
		case forecast.Flag:
			err = r.to.Flag(row, i, r.numbers[i] != 0)
		case forecast.Label:
			err = r.to.Label(row, i, r.labels[i])
		}
	}
	if err != nil || r.extra.Empty() {
		return err
	}
	if key := r.extra.Twice(); key != "" {
		return twice([]byte(key))
	}
	return r.to.Extra(row, &r.extra)
}
