package result

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// The key under which crm_closed comes in five arrays is not documented; nobody is to rely on this one.
const crmClosedKey = "crmClosedTotal"

// A data type that nobody knows, and its value in every entry; and a column that nobody knows.
const (
	flatExtra     = "Stretch Target"
	stretchTarget = "$1,234.50"
	extraColumn   = "Segment"
)

// unknown are the keys of an entry that have no column: of the object in five arrays; data types and columns in flat rows.
func (x Export) unknown(b block, c cell) map[string]any {
	o := map[string]any{}
	if x.Quirks.UniqueKeys {
		o[uniqueKey(c)] = "u" + strconv.FormatUint(c.look%1000, 10)
	}
	switch {
	case x.Encoding.Flat():
		if x.Quirks.ExtraKeys {
			o[flatExtra] = stretchTarget
		}
		if x.Quirks.ExtraColumn {
			o[extraColumn] = segment(b)
		}
	default:
		if c.has&closedColumn != 0 {
			o[crmClosedKey] = nil
			if !c.crmWon.null {
				o[crmClosedKey] = c.crmWon.float()
			}
			if x.Quirks.AmountText && !c.crmWon.null {
				o[crmClosedKey] = string(appendAmount(nil, c.crmWon))
			}
		}
		if x.Quirks.ExtraKeys {
			o["simNote"] = "entry"
		}
	}
	if len(o) == 0 {
		return nil
	}
	return o
}

func uniqueKey(c cell) string { return fmt.Sprintf("k%016x", c.look) }

// segment is the same in all rows of an entry.
func segment(b block) string { return "S" + strconv.Itoa(b.Number%3) }

// Note are the unknown keys of users, fields, timePeriods or timeFrames: nil where there are none.
func (x Export) Note(kind string) map[string]any {
	if !x.Quirks.ExtraKeys || x.Encoding.Flat() {
		return nil
	}
	return map[string]any{"simNote": kind}
}

// object is a JSON object.
type object map[string]any

// with adds unknown keys to an object.
func (o object) with(unknown map[string]any) object {
	maps.Copy(o, unknown)
	return o
}

func writeObject(w *bufio.Writer, o object) {
	w.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(o)) {
		if i > 0 {
			w.WriteByte(',')
		}
		w.Write(append(appendQuoted(nil, key), ':'))
		if s, ok := o[key].(string); ok && !utf8.ValidString(s) {
			w.Write(appendQuoted(nil, s)) // encoding/json would mend it
			continue
		}
		b, err := json.Marshal(o[key])
		if err != nil { // only text, numbers and objects of them
			panic(err)
		}
		w.Write(b)
	}
	w.WriteByte('}')
}
