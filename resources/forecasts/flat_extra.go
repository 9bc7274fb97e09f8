package forecasts

// flatExtras holds what entries have for their column extra: values of unknown data types, values of known ones that could not
// be read, and cells of unknown columns. Few entries have any, so they are kept beside the entries.
type flatExtras struct {
	columns dict // headers; "" is the data value itself
	values  dict // JSON
	all     []flatExtra
	json    []byte
}

type flatExtra struct {
	next   uint32 // of the same entry, from 1; 0 at the end
	column uint32
	typ    uint32 // of the row it comes from
	value  uint32
}

// keep notes a value, unless the entry has another one for the same column and type.
func (x *flatExtras) keep(e *flatEntry, column string, typ uint32, value flatCell) bool {
	x.json = value.appendJSON(x.json[:0])
	c, _ := x.columns.number(column)
	v, _ := x.values.number(alias(x.json))
	for old := range x.of(e) {
		if old.column == c && old.typ == typ {
			return old.value == v
		}
	}
	x.all = append(x.all, flatExtra{next: e.extra, column: c, typ: typ, value: v})
	e.extra = uint32(len(x.all))
	return true
}

// has tells whether the entry has a data value of a type here.
func (x *flatExtras) has(e *flatEntry, typ uint32) bool {
	for old := range x.of(e) {
		if old.typ == typ && x.columns.texts[old.column] == "" {
			return true
		}
	}
	return false
}

func (x *flatExtras) of(e *flatEntry) func(yield func(flatExtra) bool) {
	return func(yield func(flatExtra) bool) {
		for n := e.extra; n != 0; n = x.all[n-1].next {
			if !yield(x.all[n-1]) {
				return
			}
		}
	}
}

// object writes the extra of an entry, nil when it has none. A data value goes under the name of its type, a cell under its
// header; where the rows of the entry differ in a column, the type follows in brackets, as in "Note (Quota)".
func (b *flatBuffer) object(e *flatEntry, out *extras) ([]byte, error) {
	if e.extra == 0 {
		return nil, nil
	}
	x := &b.extras
	out.reset()
	for item := range x.of(e) {
		typ := b.types.name(item.typ)
		name := typ
		if column := x.columns.texts[item.column]; column != "" {
			name = column
			for other := range x.of(e) {
				if other.column == item.column && other.value != item.value {
					name = column + " (" + typ + ")"
				}
			}
		}
		out.keep(name, []byte(x.values.texts[item.value]))
	}
	object, conflict := out.object()
	if conflict != "" { // a column named like a data type
		return nil, b.conflict(e, "extra."+clip(conflict))
	}
	return object, nil
}
