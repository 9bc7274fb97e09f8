package flat

import (
	"strings"

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

// parseYes reads Yes and No.
func parseYes(text string) (yes, ok bool) {
	text = strings.TrimSpace(text)
	yes = strings.EqualFold(text, "yes") || strings.EqualFold(text, "true")
	return yes, yes || strings.EqualFold(text, "no") || strings.EqualFold(text, "false")
}

// types are the data types of a result by their spelling.
type types struct {
	spellings store.Dict
	all       []dataType
}

type dataType struct {
	value int    // number of the value, or other
	name  string // what extra calls it: the first spelling of a value's, else its own
}

func (t *types) find(text []byte) *dataType {
	n, isNew := t.spellings.Number(text)
	if isNew {
		spelling := t.spellings.Texts[n]
		d := dataType{value: parseDataType(spelling), name: strings.TrimSpace(spelling)}
		if d.name == "" {
			d.name = columnNames[columnDataValue]
		}
		for _, known := range t.all {
			if known.value == d.value && d.value != other {
				d.name = known.name
				break
			}
		}
		t.all = append(t.all, d)
	}
	return &t.all[n]
}
