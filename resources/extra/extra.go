// Package extra makes the column extra of a row: a JSON object of all that no column takes. It knows of no table and no shape.
package extra

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
)

// Column collects what a JSON object holds beyond our columns. It becomes the column extra: a JSON object with sorted keys.
// Numbers keep every digit that the result gave them. It costs linear time, but for sorting, and little more memory than what it keeps.
type Column struct {
	members  []member
	text     []byte
	out      []byte
	tidied   int              // how many members were left the last time
	conflict string           // the first key with two different values: see Twice
	more     map[string]int64 // labels beyond maxOthers, by key
	cut      int64            // members that were left out
	steps    int64            // members looked at
}

type member struct {
	key   string
	value []byte // JSON
}

const (
	// MaxBytes is how many bytes an extra may have: of the MiB that a row may have, half. Beyond that whole members are left out.
	MaxBytes = 512 << 10
	// MaxText is how long a text of a column may be, in bytes. A longer one is kept in extra.
	MaxText = 16 << 10

	maxOthers  = 50      // labels that are listed for a column; of the rest there is a count
	maxKey     = 1 << 10 // bytes of a key
	cutMembers = "cut_members"
	moreOthers = "_more" // behind the key of a list of labels: how often one came that is not in the list
)

// Others begins the keys under which labels are that contradict the one in the column: lists of them.
const Others = "other_"

// of stands between the header of a column beyond the twelve of flat rows and the data type of the row that it is from, until all
// rows of an entry are known.
const of = "\x00"

// Reset empties it.
func (x *Column) Reset() {
	x.members, x.text = x.members[:0], x.text[:0]
	x.tidied, x.conflict, x.cut = 0, "", 0
	clear(x.more)
}

// Empty tells whether nothing was kept.
func (x *Column) Empty() bool { return len(x.members) == 0 }

// Keep adds a valid JSON value in its canonical form.
func (x *Column) Keep(key string, raw []byte) { x.keep(without(key), Canonical(x.own(raw))) }

// KeepOf adds what a flat row of a data type has in a column beyond the twelve.
func (x *Column) KeepOf(header, dataType string, raw []byte) {
	x.keep(without(header)+of+without(dataType), Canonical(x.own(raw)))
}

// without is a key without the mark that only KeepOf may set.
func without(key string) string { return strings.ReplaceAll(key, of, "\uFFFD") }

// Other adds a label that contradicts the one in a column: JSON.
func (x *Column) Other(column string, value []byte) {
	list := append(append([]byte{'['}, value...), ']')
	x.keep(Others+column, list)
}

func (x *Column) own(raw []byte) []byte {
	from := len(x.text)
	x.text = append(x.text, raw...) // where it grows, earlier values stay in the old array
	return slices.Clip(x.text[from:])
}

func (x *Column) keep(key string, value []byte) {
	x.members = append(x.members, member{key: key, value: value})
	if len(x.members) > 2*x.tidied+1<<10 { // so that what repeats takes no room
		x.compact()
	}
}

// compact tidies what was collected so far, and gives back the room of what is gone.
func (x *Column) compact() {
	x.tidy()
	x.fit()
	n := 0
	for _, m := range x.members {
		n += len(m.value)
	}
	x.text = make([]byte, 0, 2*n)
	for i := range x.members {
		x.members[i].value = x.own(x.members[i].value)
	}
}

// Merge adds the members of an object that Object returned.
func (x *Column) Merge(object []byte) {
	for key, value := range scalar.Members(x.own(object)) {
		name, _ := scalar.Unquote(key, nil)
		x.keep(string(name), value)
	}
}

// Object is what was collected as a JSON object, good until the next one, and nil when nothing was collected. Of different values for a
// key the first stays, the others are listed as contradicting labels are.
func (x *Column) Object() []byte {
	if len(x.members) == 0 {
		return nil
	}
	x.tidy()
	x.fit()
	if len(x.more) > 0 {
		for key, n := range x.more {
			x.members = append(x.members, member{key + moreOthers, strconv.AppendInt(nil, n, 10)})
		}
		sortMembers(x.members)
	}
	x.out = appendObject(x.out[:0], x.members)
	return x.out
}

// Steps is how many members were looked at in all, which is what it costs.
func (x *Column) Steps() int64 { return x.steps }

// Cut is how many members Object left out, since Reset.
func (x *Column) Cut() int64 { return x.cut }

// fit leaves out members that are too many bytes. Which ones is in extra, as far as there is room.
func (x *Column) fit() {
	room := MaxBytes
	var gone [][]byte
	kept := x.members[:0]
	for _, m := range x.members {
		size := len(m.key) + len(m.value) + len(`"":,`)
		if size > room || len(m.key) > maxKey {
			name, _ := jsontext.AppendQuote(nil, clip(m.key))
			gone = append(gone, name)
			x.cut++
			continue
		}
		room -= size
		kept = append(kept, m)
	}
	if x.members = kept; len(gone) == 0 {
		return
	}
	gone = gone[:min(len(gone), maxOthers)]
	list := slices.Concat([]byte{'['}, bytes.Join(gone, []byte{','}), []byte{']'})
	x.members = append(x.members, member{cutMembers, list})
	x.tidy()
}

// Fit is an extra that is nil or a JSON object, of a row that has no other copy. Where it has more than MaxBytes it is cut to whole members.
func Fit(own []byte) []byte {
	if len(own) <= MaxBytes {
		return own
	}
	var x Column
	x.Add(own)
	return x.Object()
}

// Add keeps the members of any JSON object.
func (x *Column) Add(object []byte) {
	for key, value := range scalar.Members(object) {
		name, _ := scalar.Text(key)
		x.Keep(name, value)
	}
}

// clip is a key as the list of those that were left out has it.
func clip(key string) string {
	const most = 120 // bytes
	if len(key) <= most {
		return key
	}
	return strings.ToValidUTF8(key[:most], "") + "..."
}

func sortMembers(members []member) {
	slices.SortStableFunc(members, func(a, b member) int { return strings.Compare(a.key, b.key) })
}

// tidy sorts the members and makes one of those with one key.
func (x *Column) tidy() {
	for again := true; again; {
		again = false
		sortMembers(x.members)
		x.steps += int64(len(x.members))
		var moved []member
		kept := x.members[:0]
		for i := 0; i < len(x.members); {
			from := i
			for i++; i < len(x.members) && x.members[i].key == x.members[from].key; i++ {
			}
			one, differ := x.one(x.members[from:i])
			kept, moved = append(kept, one), append(moved, differ...)
		}
		x.members = kept
		if len(moved) > 0 {
			x.members, again = append(x.members, moved...), true
		}
	}
	x.tidied = len(x.members)
}

// one makes one member of those with one key, and returns what it leaves to be listed under another.
func (x *Column) one(same []member) (one member, moved []member) {
	one = same[0]
	lists := isOthers(one)
	for _, m := range same[1:] {
		lists = lists && isOthers(m)
	}
	if lists && len(same) > 1 {
		one.value = x.union(same)
		return one, nil
	}
	for _, m := range same[1:] {
		if bytes.Equal(one.value, m.value) {
			continue
		}
		x.conflict = cmp.Or(x.conflict, m.key)
		moved = append(moved, member{Others + m.key, slices.Concat([]byte{'['}, m.value, []byte{']'})})
	}
	return one, moved
}

// union is a list of the different elements of lists, but not of too many.
func (x *Column) union(lists []member) []byte {
	known := map[string]bool{}
	list := []byte{'['}
	for _, m := range lists {
		for value := range scalar.Elements(m.value) {
			x.steps++
			switch {
			case known[string(value)]:
			case len(known) == maxOthers:
				if x.more == nil {
					x.more = map[string]int64{}
				}
				x.more[m.key]++
			default:
				if len(known) > 0 {
					list = append(list, ',')
				}
				known[string(value)] = true
				list = append(list, value...)
			}
		}
	}
	return append(list, ']')
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
func rendered(members []member) (all []member) {
	if !slices.ContainsFunc(members, func(m member) bool { return strings.Contains(m.key, of) }) {
		return members
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
	x := Column{members: all}
	x.tidy()
	return x.members
}

// Render is an object as users see it.
func Render(object []byte) []byte {
	if !bytes.Contains(object, []byte(`\u0000`)) {
		return object
	}
	var x Column
	x.Merge(object)
	return appendObject(nil, rendered(x.members))
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

func isOthers(m member) bool {
	return (strings.HasPrefix(m.key, Others) || m.key == cutMembers) && m.value[0] == '['
}

// Twice names a key that came with two different values, quoted. In one object that makes no sense.
func (x *Column) Twice() string {
	if x.tidy(); x.conflict != "" {
		quoted, _ := jsontext.AppendQuote(nil, x.conflict)
		return string(quoted)
	}
	return ""
}
