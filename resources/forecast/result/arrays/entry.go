// Package arrays reads the five arrays of a result (observed in production pipelines): entries, users, fields, timePeriods and
// timeFrames. Keys and arrays come in any order, and a key that does not apply is left out. Which keys an entry has depends on the
// types asked for.
//
// A value of another kind than its column takes is no reason to lose an export: it goes to extra under its own key and the cell
// stays null. Null and empty text are absent.
//
// Entries are nearly all of a result, and are read in one of two ways. Entry takes one that jsontext has found valid. Quick takes one of
// which nothing is known, and does jsontext's work itself where that is easy to prove:
//
//   - Bytes equal to those of a key, an id, a label or a currency that came before are valid, since those were. Most of an entry is such bytes.
//   - Strings without control characters, whose escapes are each one character; numbers of at most 15 digits without an exponent; true,
//     false, null; and what stands between them are checked byte by byte, as strictly as RFC 8259 has them.
//   - All else, a list or an object in an entry, an odd value, what breaks off, makes Quick give up before anything has happened. That one
//     entry goes through jsontext and Entry. So no text is accepted, and no error told, that jsontext would not accept or tell.
//
// It saves that each byte is read twice, once to see that it is valid and once to take it apart: reading takes 0.6 of the time
// (BenchmarkDecode). BothWays makes tests and fuzz targets read each entry in both ways and compare.
package arrays

import (
	"bytes"
	"math"
	"math/bits"
	"slices"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/document"
	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/fault"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/store"
)

// What of the different keys of entries is remembered. A result has twenty.
const (
	maxKeys     = 1 << 10
	maxKeyBytes = 1 << 20
)

// Reader reads the elements of the five arrays into a store.
type Reader struct {
	Types   uint32   // bits of those forecast.Values whose keys were seen
	Read    uint32   // of those that some entry has
	Unknown bool     // some key that is none of them comes with a number
	IDs     []string // of the time periods that entries name, in the order of appearance
	Named   []string // those that are quarters

	to     *store.Store
	period string // asked for; empty where Clari chose

	keys     store.Dict // of entries, as they are between their quotes
	meanings []meaning  // by number of the key
	names    []string   // likewise: unquoted
	told     []bool     // likewise: counted as unknown
	entries  int
	used     []bool // periods that some entry names
	missing  int    // number of the period of entries that name none, from 1

	// Of the entry being read.
	present uint32   // bits of forecast.Values
	numbers []uint64 // by value, as Store.Set takes them; of labels 0 where they were not foreseen
	labels  [][]byte
	ids     [forecast.KeyParts][]byte
	known   [forecast.KeyParts]bool
	seen    [forecast.KeyParts]bool   // the id was foreseen, and its row is in rows
	rows    [forecast.KeyParts]uint32 // in the small tables
	money   money
	arena   []byte
	others  []other
	extra   extra.Column
	err     error
}

// other is a member that no column has.
type other struct {
	number     int // of the key; negative where it is not remembered
	key, value []byte
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

// foreseeKey returns what the key stands for that document begins with, its number, and its size in bytes, if it is the one that followed
// the last one before.
func (r *Reader) foreseeKey(document []byte) (m meaning, number, size int) {
	n, size := r.keys.Ahead(document)
	if size == 0 {
		return unknown, -1, 0
	}
	return r.meanings[n], int(n), size
}

// lookUp returns what a key stands for, and its number. One that is not remembered has none.
func (r *Reader) lookUp(key []byte) (m meaning, number int) {
	inner := key[1 : len(key)-1]
	if r.keys.Full(maxKeys, maxKeyBytes) {
		if n, known := r.keys.Lookup(inner); known {
			return r.meanings[n], int(n)
		}
		return meaningOf(key), -1
	}
	n, isNew := r.keys.Number(inner)
	if isNew {
		name, _ := scalar.Text(key)
		r.meanings, r.names, r.told = append(r.meanings, meaningOf(key)), append(r.names, name), append(r.told, false)
	}
	return r.meanings[n], int(n)
}

// Entry reads one entry. Most of it was seen before: what comes next is compared with what came then, and only where it differs are
// ends searched for and texts looked up.
func (r *Reader) Entry(object []byte) error {
	r.parse(object)
	return r.land()
}

func (r *Reader) begin() {
	r.present, r.known, r.seen, r.arena, r.others, r.err = 0, [forecast.KeyParts]bool{}, [forecast.KeyParts]bool{}, r.arena[:0], r.others[:0], nil
	r.extra.Reset()
}

func (r *Reader) parse(object []byte) {
	r.begin()
	for i := scalar.SkipSpace(object, 1); object[i] != '}'; {
		m, number, size := r.foreseeKey(object[i:])
		if size == 0 {
			size = scalar.SkipValue(object, i) - i
			m, number = r.lookUp(object[i : i+size])
		}
		key := object[i : i+size]
		i = scalar.SkipColon(object, i+size)
		if size = r.foresee(m, key, object[i:]); size == 0 {
			size = scalar.SkipValue(object, i) - i
			r.member(m, number, key, object[i:i+size])
		}
		i = scalar.SkipComma(object, i+size)
	}
}

// land puts the entry that was read into the store.
func (r *Reader) land() error {
	for _, o := range r.others {
		r.unknown(o)
	}
	if r.err != nil {
		return r.err
	}
	key, err := r.key()
	if err != nil {
		return err
	}
	r.entries++
	r.Read |= r.present
	row, err := r.to.Row(key)
	if err != nil {
		return err
	}
	return r.set(row)
}

// foresee reads the value that document begins with, and returns its size in bytes, if it is null, a plain number, a flag, or what
// followed the last one before. What it reads is valid JSON, as far as it goes.
func (r *Reader) foresee(m meaning, key, document []byte) (size int) {
	switch {
	case m >= 0:
		return r.foreseeValue(int(m), key, document)
	case m == currency:
		if size = len(r.money.raw); size == 0 || !bytes.HasPrefix(document, r.money.raw) {
			return 0
		}
		for i, text := range r.money.labels {
			r.label(moneyNumbers[i], key, text, r.money.refs[i])
		}
	case m != unknown:
		var n uint32
		part := m.part()
		switch part {
		case forecast.KeyUser:
			n, size = r.to.Users.IDs.Ahead(document)
		case forecast.KeyField:
			n, size = r.to.Fields.IDs.Ahead(document)
		case forecast.KeyFrame:
			n, size = r.to.Frames.IDs.Ahead(document)
		case forecast.KeyPeriod:
			n, size = r.to.Periods.IDs.Ahead(document)
		}
		if size > 0 {
			r.setID(part, key, document[1:size-1])
			r.seen[part], r.rows[part] = true, n
		}
	}
	return size
}

func (r *Reader) foreseeValue(i int, key, document []byte) (size int) {
	if document[0] == 'n' {
		if size = begins(document, "null"); size > 0 {
			r.Types |= 1 << i
		}
		return size
	}
	switch forecast.Values[i].Kind {
	case forecast.Label:
		var ref uint32
		if ref, size = r.to.LabelAhead(i, document); size > 0 {
			r.Types |= 1 << i
			r.label(i, key, document[1:size-1], ref)
		}
	case forecast.Amount:
		var n scalar.Number
		if n, size = plainNumber(document); size > 0 {
			r.number(i, key, math.Float64bits(n.Float()))
		}
	case forecast.Instant:
		n, digits := plainNumber(document)
		if at, ok := n.Instant(); ok && at != 0 {
			size = digits
			r.number(i, key, uint64(at))
		}
	case forecast.Flag:
		if size = begins(document, "true"); size > 0 {
			r.number(i, key, 1)
		} else if size = begins(document, "false"); size > 0 {
			r.number(i, key, 0)
		}
	}
	return size
}

// begins is the size in bytes of a word that document begins with, 0 if it does not.
func begins(document []byte, word string) int {
	if len(document) >= len(word) && string(document[:len(word)]) == word {
		return len(word)
	}
	return 0
}

func (r *Reader) member(m meaning, number int, key, value []byte) {
	switch {
	case m >= 0:
		r.value(int(m), key, value)
	case m == currency:
		r.currency(key, value)
	case m == unknown:
		r.others = append(r.others, other{number, key, value})
	default:
		if text, ok := r.text(idNames[m.part()], key, value); ok {
			r.setID(m.part(), key, text)
		}
	}
}

// unknown counts the key of a member that no column has, and keeps the member.
func (r *Reader) unknown(o other) {
	if o.number < 0 || !r.told[o.number] {
		name, _ := scalar.Text(o.key)
		r.to.Odd.Label("key of entries", name)
		_, isNumber := scalar.ParseValue(o.value)
		r.Unknown = r.Unknown || isNumber
	}
	if o.number < 0 {
		r.keep(o.key, o.value)
		return
	}
	r.told[o.number] = true
	if o.value[0] == '{' || o.value[0] == '[' {
		r.keep(o.key, o.value)
	} else {
		r.extra.Keep(r.names[o.number], o.value)
	}
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

func (r *Reader) setID(part int, key, text []byte) {
	if r.known[part] && !bytes.Equal(r.ids[part], text) {
		r.twice(key)
	}
	r.ids[part], r.known[part] = text, true
}

// text is the text of a value. What is none, or too long for a column, goes to extra; null and empty text are nothing.
func (r *Reader) text(column string, key, value []byte) (text []byte, ok bool) {
	text, ok = scalar.Unquote(value, r.arena[len(r.arena):])
	switch {
	case !ok && !scalar.IsNull(value), len(text) > extra.MaxText:
		r.odd(column, key, value)
		return nil, false
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

func keep(x *extra.Column, key, value []byte) error {
	if (value[0] == '{' || value[0] == '[') && scalar.Depth(value) > document.MaxDepth {
		return fault.Malformed("values nest deeper than %d", document.MaxDepth)
	}
	name, _ := scalar.Unquote(key, nil)
	x.Keep(string(scalar.Valid(name)), value)
	return nil
}

func (r *Reader) value(i int, key, value []byte) {
	r.Types |= 1 << i
	var number uint64
	switch forecast.Values[i].Kind {
	case forecast.Label:
		if text, ok := r.text(forecast.Values[i].Name, key, value); ok {
			r.label(i, key, text, 0)
		}
		return
	case forecast.Amount:
		n, ok := scalar.ParseValue(value)
		if !ok {
			r.odd(forecast.Values[i].Name, key, value)
			return
		}
		number = math.Float64bits(n.Float())
	case forecast.Instant:
		at, ok := scalar.Instant(value)
		if !ok {
			r.odd(forecast.Values[i].Name, key, value)
			return
		}
		if at == 0 {
			return
		}
		number = uint64(at)
	case forecast.Flag:
		yes, ok := scalar.Flag(value)
		if !ok {
			r.odd(forecast.Values[i].Name, key, value)
			return
		}
		if yes {
			number = 1
		}
	}
	r.number(i, key, number)
}

func (r *Reader) number(i int, key []byte, number uint64) {
	bit := uint32(1) << i
	r.Types |= bit
	if r.present&bit != 0 && r.numbers[i] != number {
		r.twice(key)
	}
	r.present |= bit
	r.numbers[i] = number
}

// odd keeps and counts a value that the column does not take.
func (r *Reader) odd(column string, key, value []byte) {
	if !scalar.IsNull(value) && string(value) != `""` {
		r.to.Odd.Value(column, bytes.Trim(value, `"`))
		r.keep(key, value)
	}
}

// label is a label and the reference to it, 0 where that is not known.
func (r *Reader) label(i int, key, text []byte, ref uint32) {
	bit := uint32(1) << i
	if r.present&bit != 0 && !bytes.Equal(r.labels[i], text) {
		r.twice(key)
	}
	r.present |= bit
	r.labels[i], r.numbers[i] = text, uint64(ref)
}

// moneyNumbers are the values that a currency has.
var (
	codeNumber   = numberOf(forecast.CurrencyCode)
	moneyNumbers = [2]int{codeNumber, numberOf(forecast.CurrencySymbol)}
)

func numberOf(v *forecast.Value) int {
	for i := range forecast.Values {
		if &forecast.Values[i] == v {
			return i
		}
	}
	panic("arrays: no such value")
}

// money is a currency as it came the last time.
type money struct {
	raw    []byte    // JSON, empty where it was not just an object of two texts
	labels [2][]byte // code and symbol
	refs   [2]uint32 // to them, 0 where they are not known yet
}

// currency reads {"code": "USD", "symbol": "$"}, or the code alone. What else it holds goes to extra with all of it.
func (r *Reader) currency(key, value []byte) {
	r.money.raw = r.money.raw[:0]
	if value[0] != '{' {
		if text, ok := r.text("currency_code", key, value); ok {
			r.label(codeNumber, key, text, 0)
		}
		return
	}
	var odd bool
	var texts [2][]byte
	members := 0
	for member, value := range scalar.Members(value) {
		members++
		var i int
		switch string(member) {
		case `"code"`:
		case `"symbol"`:
			i = 1
		default:
			name, _ := scalar.Text(member)
			r.to.Odd.Label("key of currencies", name)
			odd = true
			continue
		}
		if text, ok := r.text(forecast.Values[moneyNumbers[i]].Name, member, value); ok {
			r.label(moneyNumbers[i], member, text, 0)
			texts[i] = text
		}
	}
	if odd {
		r.keep(key, value)
	}
	if members == 2 && len(texts[0]) > 0 && len(texts[1]) > 0 {
		r.money.raw = append(r.money.raw, value...)
		for i, text := range texts {
			r.money.labels[i], r.money.refs[i] = append(r.money.labels[i][:0], text...), 0
		}
	}
}

// key is the key of the entry.
func (r *Reader) key() (k store.Key, err error) {
	for part := range forecast.KeyParts {
		if !r.known[part] && part != forecast.KeyPeriod {
			return k, &fault.MissingIDError{Index: r.entries, ID: idNames[part]}
		}
	}
	k = r.rows
	if !r.seen[forecast.KeyUser] {
		k[forecast.KeyUser], _ = r.to.Users.Number(r.ids[forecast.KeyUser])
	}
	if !r.seen[forecast.KeyField] {
		k[forecast.KeyField], _ = r.to.Fields.Number(r.ids[forecast.KeyField])
	}
	if !r.seen[forecast.KeyFrame] {
		k[forecast.KeyFrame], _ = r.to.Frames.Number(r.ids[forecast.KeyFrame])
	}
	k[forecast.KeyPeriod] = r.periodNumber()
	return k, nil
}

// labelBits are the values that are labels.
var labelBits = func() (all uint32) {
	for i, v := range forecast.Values {
		if v.Kind == forecast.Label {
			all |= 1 << i
		}
	}
	return all
}()

// set puts the values of the entry into its row.
func (r *Reader) set(row uint32) error {
	for left := r.present & labelBits; left != 0; left &= left - 1 {
		if i := bits.TrailingZeros32(left); r.numbers[i] == 0 {
			if err := r.refer(i); err != nil {
				return err
			}
		}
	}
	err := r.to.Set(row, r.present, r.numbers)
	if err != nil || r.extra.Empty() {
		return err
	}
	if key := r.extra.Twice(); key != "" {
		return twice([]byte(key))
	}
	return r.to.Extra(row, &r.extra)
}

// refer finds the reference to a label that was not foreseen.
func (r *Reader) refer(i int) error {
	ref, err := r.to.LabelRef(i, r.labels[i])
	if err != nil {
		return err
	}
	r.numbers[i] = uint64(ref)
	if m := slices.Index(moneyNumbers[:], i); m >= 0 && bytes.Equal(r.labels[i], r.money.labels[m]) {
		r.money.refs[m] = ref
	}
	return nil
}
