package arrays

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/extra"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
)

// BothWays makes each entry that is read quickly be read by jsontext and Entry as well. It panics where they differ. It is for tests, and set
// before they read anything.
var BothWays bool

// Slowly makes each entry go through jsontext and Entry, so that a benchmark sees what Quick saves. It is set before anything is read.
var Slowly bool

// Quick reads the entry that list begins with if each of its bytes is proven to be valid JSON: see the package comment. A NUL byte is
// the last of list. Quick returns the size of the entry in bytes, and 0 if it is not so sure: then the entry was not read.
func (r *Reader) Quick(list []byte) (size int, err error) {
	types := r.Types
	if Slowly {
		return 0, nil
	}
	if size = r.plain(list); size == 0 || r.err != nil {
		return 0, nil
	}
	if BothWays {
		r.compare(list[:size], types)
	}
	return size, r.land()
}

// plain takes an entry apart as parse does, and is sure of what it steps over. It returns the size of the entry, 0 if it is not sure.
func (r *Reader) plain(list []byte) (size int) {
	r.begin()
	for i := space(list, 1); ; i = space(list, i+1) {
		m, number, size := r.foreseeKey(list[i:])
		if size == 0 {
			if size = plainString(list[i:]); size == 0 { // also of {}, which has no ids
				return 0
			}
			m, number = r.lookUp(list[i : i+size])
		}
		key := list[i : i+size]
		if i = space(list, i+size); list[i] != ':' {
			return 0
		}
		i = space(list, i+1)
		if size = r.foresee(m, key, list[i:]); size == 0 {
			if size = r.plainMember(m, number, key, list[i:]); size == 0 {
				return 0
			}
		}
		switch i = space(list, i+size); list[i] {
		case ',':
		case '}':
			return i + 1
		default:
			return 0
		}
	}
}

// plainMember reads a member that was not foreseen, if its value is a plain one that its column takes, or no column has it.
func (r *Reader) plainMember(m meaning, number int, key, list []byte) (size int) {
	size = plainString(list)
	switch {
	case m == unknown:
		if size == 0 {
			_, size = plainNumber(list)
		}
		if size == 0 {
			size = max(begins(list, "null"), begins(list, "true"), begins(list, "false"))
		}
	case m == currency || size > extra.MaxText:
		return 0
	case m >= 0 && forecast.Values[m].Kind == forecast.Amount:
		if _, ok := scalar.ParseValue(list[:size]); !ok {
			return 0
		}
	case m >= 0 && forecast.Values[m].Kind != forecast.Label:
		return 0
	}
	if size > 0 {
		r.member(m, number, key, list[:size])
	}
	return size
}

// space returns where what comes at i begins.
func space(b []byte, i int) int {
	for b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t' {
		i++
	}
	return i
}

// plainString is the size in bytes of the string that b begins with, 0 if it is none, or has an escape that is not sure to be one.
func plainString(b []byte) int {
	if b[0] != '"' {
		return 0
	}
	for i := 1; ; {
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return 0
		case c == '\\':
			size := escape(b[i:])
			if size == 0 {
				return 0
			}
			i += size
		default:
			i++
		}
	}
}

// escape is the size in bytes of the escape that b begins with, 0 if it is none, or one that is more than a character: NUL, which is
// replaced, and halves of characters.
func escape(b []byte) int {
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		value := 0
		for _, c := range b[2:min(6, len(b))] {
			digit := strings.IndexByte("0123456789abcdef", c|0x20)
			if digit < 0 || c < '0' {
				return 0
			}
			value = value<<4 | digit
		}
		if len(b) > 6 && value > 0 && value&0xf800 != 0xd800 {
			return 6
		}
	}
	return 0
}

// plainNumber is the number that b begins with, and its size in bytes, 0 if it is not one as JSON writes it, or not short and without an exponent.
func plainNumber(b []byte) (n scalar.Number, size int) {
	n, size = scalar.Decimal(b)
	if size == 0 {
		return n, 0
	}
	first := 0
	if b[0] == '-' {
		first = 1
	}
	if b[first] == '0' && size > first+1 && b[first+1] != '.' {
		return scalar.Number{}, 0
	}
	return n, size
}

// compare panics unless the entry is valid JSON and comes to the same when it is read the other way. types are those of before.
func (r *Reader) compare(object []byte, types uint32) {
	if !jsontext.Value(object).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
		panic(fmt.Sprintf("arrays: taken, and not valid: %s", object))
	}
	quick := r.state()
	r.Types = types
	r.parse(object)
	if slow := r.state(); !reflect.DeepEqual(quick, slow) || r.err != nil || !r.extra.Empty() {
		panic(fmt.Sprintf("arrays: %+v quickly, else %+v, %v: %s", quick, slow, r.err, object))
	}
}

// state is what an entry comes to.
type state struct {
	types, present uint32
	numbers        []uint64 // of values but for labels
	texts          []string // labels and ids
	others         []other
}

func (r *Reader) state() (s state) {
	s.types, s.present = r.Types, r.present
	for i, v := range forecast.Values {
		switch {
		case r.present&(1<<i) == 0:
		case v.Kind == forecast.Label:
			s.texts = append(s.texts, string(r.labels[i]))
		default:
			s.numbers = append(s.numbers, r.numbers[i])
		}
	}
	for part, known := range r.known {
		s.texts = append(s.texts, fmt.Sprint(known))
		if known {
			s.texts = append(s.texts, string(r.ids[part]))
		}
	}
	s.others = append(s.others, r.others...)
	return s
}
