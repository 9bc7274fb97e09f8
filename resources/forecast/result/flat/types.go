package flat

import (
	"strings"

	"github.com/cq-source-clari/cq-source-clari/client/scalar"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast/result/store"
)

// other is a data type that has no column.
const other = -1

// parseDataType reads a Data Type, without case and with or without Value at its end, and returns the number of its value.
func parseDataType(text string) int {
	name := strings.TrimSuffix(strings.ToLower(strings.Join(strings.Fields(text), " ")), " value")
	for i, v := range forecast.Values {
		if v.DataType != "" && v.DataType == name {
			return i
		}
	}
	return other
}

// types are the data types of a result by their spelling.
type types struct {
	spellings store.Dict
	all       []dataType
	names     map[int]string // of values: their first spellings
	passing   dataType       // one that is not remembered
}

// What of the spellings is remembered. A result has seven.
const (
	maxTypes     = 1 << 10
	maxTypeBytes = 1 << 20
)

type dataType struct {
	value int    // number of the value, or other
	name  string // what extra calls it: the first spelling of a value's, else its own
}

// find returns a data type, good until the next call.
func (t *types) find(text []byte) *dataType {
	if t.spellings.Full(maxTypes, maxTypeBytes) {
		n, known := t.spellings.Lookup(text)
		if known {
			return &t.all[n]
		}
		t.passing = t.parse(string(scalar.Valid(text)))
		return &t.passing
	}
	n, isNew := t.spellings.Number(text)
	if isNew {
		t.all = append(t.all, t.parse(t.spellings.Texts[n]))
	}
	return &t.all[n]
}

func (t *types) parse(spelling string) dataType {
	d := dataType{value: parseDataType(spelling), name: strings.TrimSpace(spelling)}
	if d.name == "" {
		d.name = columnNames[columnDataValue]
	}
	if d.value == other {
		return d
	}
	if t.names == nil {
		t.names = map[int]string{}
	}
	if first, known := t.names[d.value]; known {
		d.name = first
	} else {
		t.names[d.value] = d.name
	}
	return d
}
