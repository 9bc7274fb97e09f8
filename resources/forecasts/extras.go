package forecasts

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// extras collects what a JSON object holds beyond our columns. It becomes the column extra: a JSON object with sorted keys.
// Numbers keep every digit that the result gave them.
type extras struct {
	members []member
	text    []byte
	out     []byte
}

type member struct {
	key   string
	value []byte // JSON
}

func (x *extras) reset() { x.members, x.text = x.members[:0], x.text[:0] }

// keep adds the value whose bytes are raw.
func (x *extras) keep(key string, raw []byte) {
	from := len(x.text)
	x.text = append(x.text, raw...) // where it grows, earlier values stay in the old array
	value := jsontext.Value(slices.Clip(x.text[from:]))
	switch raw[0] {
	case 't', 'f', 'n':
	case '"', '{', '[':
		if raw[0] == '"' && plain(raw, 1) == len(raw)-1 {
			break
		}
		if value.Format(canonical...) != nil { // nested too deep for it
			value = slices.Clone(raw)
		}
	default:
		if _, err := strconv.ParseFloat(alias(raw), 64); err != nil { // destinations choke on a number beyond float64
			value, _ = jsontext.AppendQuote(nil, raw)
		}
	}
	x.members = append(x.members, member{key: key, value: value})
}

// canonical writes one value always the same way, so that a repeated entry can be told from a changed one.
var canonical = []jsontext.Options{
	jsontext.ReorderRawObjects(true),
	jsontext.PreserveRawStrings(false),
	jsontext.AllowDuplicateNames(true),
	jsontext.AllowInvalidUTF8(true),
	jsontext.Multiline(false),
}

// object is the collected JSON object, good until the next one, and nil when nothing was collected. conflict names a key that
// came with two values.
func (x *extras) object() (object []byte, conflict string) {
	if len(x.members) == 0 {
		return nil, ""
	}
	slices.SortStableFunc(x.members, func(a, b member) int { return strings.Compare(a.key, b.key) })
	object = append(x.out[:0], '{')
	for i, m := range x.members {
		if i > 0 && x.members[i-1].key == m.key {
			if !bytes.Equal(x.members[i-1].value, m.value) {
				return nil, m.key
			}
			continue
		}
		if i > 0 {
			object = append(object, ',')
		}
		object, _ = jsontext.AppendQuote(object, m.key) // fails for invalid UTF-8 only, which was replaced before
		object = append(object, ':')
		object = append(object, m.value...)
	}
	x.out = append(object, '}')
	return x.out, ""
}

// extraColumn is the column of what a table has no column for. Two rows share it where they agree on the keys that both have.
func extraColumn[R any](get func(*R) *[]byte) table.Column[R] {
	return table.JSON("extra", "Keys of the export that this table has no column for, as a JSON object. Null when there are none.", get).
		MergedBy(func(into, from *R) bool {
			a, b := get(into), get(from)
			switch {
			case *b == nil:
			case *a == nil:
				*a = *b
			case !bytes.Equal(*a, *b):
				c := cursor{b: append(slices.Clone(*a), *b...), whole: true}
				for range 2 {
					for key := range c.object {
						start := c.begin()
						c.skip()
						c.odd.keep(key, c.b[start:c.i])
					}
				}
				merged, conflict := c.odd.object()
				*a = merged
				return conflict == ""
			}
			return true
		})
}
