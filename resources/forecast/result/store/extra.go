package store

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
)

// Extra collects what a JSON object holds beyond our columns. It becomes the column extra: a JSON object with sorted keys.
// Numbers keep every digit that the result gave them.
type Extra struct {
	members []member
	text    []byte
	out     []byte
}

type member struct {
	key   string
	value []byte // JSON
}

// Others begins the keys under which labels are that contradict the one in the column: lists of them.
const Others = "other_"

// of stands between the header of a column beyond the twelve of flat rows and the data type of the row that it is from, until all
// rows of an entry are known.
const of = "\x00"

// Reset empties it.
func (x *Extra) Reset() { x.members, x.text = x.members[:0], x.text[:0] }

// Empty tells whether nothing was kept.
func (x *Extra) Empty() bool { return len(x.members) == 0 }

// Keep adds a valid JSON value in its canonical form.
func (x *Extra) Keep(key string, raw []byte) { x.keep(without(key), Canonical(x.own(raw))) }

// KeepOf adds what a flat row of a data type has in a column beyond the twelve.
func (x *Extra) KeepOf(header, dataType string, raw []byte) {
	x.keep(without(header)+of+without(dataType), Canonical(x.own(raw)))
}

// without is a key without the mark that only KeepOf may set.
func without(key string) string { return strings.ReplaceAll(key, of, "\uFFFD") }

// Other adds a label that contradicts the one in a column: JSON.
func (x *Extra) Other(column string, value []byte) {
	list := append(append([]byte{'['}, value...), ']')
	x.keep(Others+column, list)
}

func (x *Extra) own(raw []byte) []byte {
	from := len(x.text)
	x.text = append(x.text, raw...) // where it grows, earlier values stay in the old array
	return slices.Clip(x.text[from:])
}

func (x *Extra) keep(key string, value []byte) {
	x.members = append(x.members, member{key: key, value: value})
}

// Merge adds the members of an object that Object returned.
func (x *Extra) Merge(object []byte) {
	for key, value := range scalar.Members(x.own(object)) {
		name, _ := scalar.Unquote(key, nil)
		x.keep(string(name), value)
	}
}

// Object is what was collected as a JSON object, good until the next one, and nil when nothing was collected. conflict names a key
// that came with two values, or would once it is rendered.
func (x *Extra) Object() (object []byte, conflict string) {
	if len(x.members) == 0 {
		return nil, ""
	}
	if conflict := x.tidy(); conflict != "" {
		return nil, conflict
	}
	if len(x.members) > 1 {
		if _, conflict := rendered(x.members); conflict != "" {
			return nil, conflict
		}
	}
	x.out = appendObject(x.out[:0], x.members)
	return x.out, ""
}

// tidy sorts the members and makes one of those with one key.
func (x *Extra) tidy() (conflict string) {
	slices.SortStableFunc(x.members, func(a, b member) int { return strings.Compare(a.key, b.key) })
	kept := x.members[:0]
	for _, m := range x.members {
		if len(kept) == 0 || kept[len(kept)-1].key != m.key {
			kept = append(kept, m)
			continue
		}
		before := &kept[len(kept)-1]
		switch {
		case isOthers(*before) && isOthers(m):
			before.value = union(before.value, m.value)
		case !bytes.Equal(before.value, m.value):
			return m.key
		}
	}
	x.members = kept
	return ""
}

// union is a list of the different elements of two.
func union(a, b []byte) []byte {
	var all [][]byte
	for _, list := range [][]byte{a, b} {
		for value := range scalar.Elements(list) {
			if !slices.ContainsFunc(all, func(known []byte) bool { return bytes.Equal(known, value) }) {
				all = append(all, value)
			}
		}
	}
	return slices.Concat([]byte{'['}, bytes.Join(all, []byte{','}), []byte{']'})
}

func appendObject(object []byte, members []member) []byte {
	object = append(object, '{')
	for i, m := range members {
		if i > 0 {
			object = append(object, ',')
		}
		object, _ = jsontext.AppendQuote(object, m.key) // fails for invalid UTF-8 only, which was replaced before
		object = append(object, ':')
		object = append(object, m.value...)
	}
	return append(object, '}')
}

// rendered has the keys as users see them: those of columns of flat rows with the data type in brackets where rows differ.
func rendered(members []member) (all []member, conflict string) {
	if !slices.ContainsFunc(members, func(m member) bool { return strings.Contains(m.key, of) }) {
		return members, ""
	}
	first := map[string][]byte{} // value by header
	differ := map[string]bool{}
	for _, m := range members {
		if header, _, found := strings.Cut(m.key, of); found {
			if value, known := first[header]; !known {
				first[header] = m.value
			} else if !bytes.Equal(value, m.value) {
				differ[header] = true
			}
		}
	}
	for _, m := range members {
		if header, dataType, found := strings.Cut(m.key, of); found {
			m.key = header
			if differ[header] {
				m.key = header + " (" + dataType + ")"
			}
		}
		all = append(all, m)
	}
	x := Extra{members: all}
	conflict = x.tidy()
	return x.members, conflict
}

// Render is an object as users see it.
func Render(object []byte) []byte {
	if !bytes.Contains(object, []byte(`\u0000`)) {
		return object
	}
	var x Extra
	x.Merge(object)
	members, _ := rendered(x.members) // without a conflict: Object has seen to it
	return appendObject(nil, members)
}

// Canonical writes a valid JSON value always the same way, so that a repeated entry can be told from a changed one. Numbers beyond
// float64, on which destinations choke, become text. It may write to value.
func Canonical(value []byte) []byte {
	switch value[0] {
	case 't', 'f', 'n':
		return value
	case '"', '{', '[':
		v := jsontext.Value(value)
		if value[0] == '"' && isPlain(value) || v.Format(canonical...) != nil {
			return v
		}
		if value[0] != '"' && hasHugeNumber(v) {
			return quoteHuge(v)
		}
		return v
	}
	if isHuge(value) {
		text, _ := jsontext.AppendQuote(nil, value)
		return text
	}
	return value
}

// isPlain tells whether a string has nothing in it that may be written in two ways.
func isPlain(quoted []byte) bool {
	for _, c := range quoted[1 : len(quoted)-1] {
		if c == '\\' || c >= 0x80 {
			return false
		}
	}
	return true
}

var canonical = []jsontext.Options{
	jsontext.ReorderRawObjects(true),
	jsontext.PreserveRawStrings(false),
	jsontext.AllowDuplicateNames(true),
	jsontext.AllowInvalidUTF8(true),
	jsontext.Multiline(false),
}

// isHuge tells whether a number is beyond float64.
func isHuge(number []byte) bool {
	if len(number) < 300 && bytes.IndexByte(number, 'e') < 0 && bytes.IndexByte(number, 'E') < 0 {
		return false
	}
	_, err := strconv.ParseFloat(string(number), 64)
	return err != nil
}

// numbers calls do with each number in a canonical document, which has no white space, and where it begins and ends.
func numbers(doc []byte, do func(from, to int)) {
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case c == '"':
			for i++; doc[i] != '"'; i++ {
				if doc[i] == '\\' {
					i++
				}
			}
		case c == '-' || '0' <= c && c <= '9':
			from := i
			for i < len(doc) && doc[i] != ',' && doc[i] != '}' && doc[i] != ']' {
				i++
			}
			do(from, i)
		}
	}
}

func hasHugeNumber(doc []byte) (huge bool) {
	numbers(doc, func(from, to int) { huge = huge || isHuge(doc[from:to]) })
	return huge
}

func quoteHuge(doc []byte) (out []byte) {
	at := 0
	numbers(doc, func(from, to int) {
		if isHuge(doc[from:to]) {
			out = append(append(append(append(out, doc[at:from]...), '"'), doc[from:to]...), '"')
			at = to
		}
	})
	return append(out, doc[at:]...)
}

func isOthers(m member) bool { return strings.HasPrefix(m.key, Others) && m.value[0] == '[' }

// Twice names a key that came with two values, quoted.
func (x *Extra) Twice() string {
	if key := x.tidy(); key != "" {
		quoted, _ := jsontext.AppendQuote(nil, key)
		return string(quoted)
	}
	return ""
}
