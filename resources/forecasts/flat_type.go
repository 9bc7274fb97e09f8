package forecasts

import "strings"

// dataType is the kind of value that a row of the flat shapes carries.
type dataType uint8

const (
	typeForecast dataType = iota
	typeQuota
	typeAdjustment
	typeCRMTotal
	typeCRMClosed
	typeUpdated // the one that is Yes or No; those above are amounts
	typeOther
)

// amountTypes is how many data types are amounts.
const amountTypes = int(typeUpdated)

var dataTypeColumns = [typeOther]string{"forecast_value", "quota_value", "adjustment_value", "crm_total", "crm_closed", "is_updated"}

// parseDataType reads a Data Type, without case and with or without Value at its end.
func parseDataType(text string) dataType {
	name := strings.ToLower(strings.Join(strings.Fields(text), " "))
	switch strings.TrimSuffix(name, " value") {
	case "forecast":
		return typeForecast
	case "forecast updated":
		return typeUpdated
	case "quota":
		return typeQuota
	case "adjustment":
		return typeAdjustment
	case "crm total":
		return typeCRMTotal
	case "crm closed":
		return typeCRMClosed
	}
	return typeOther
}

// parseYes reads Yes and No.
func parseYes(text string) (yes, ok bool) {
	text = strings.TrimSpace(text)
	yes = strings.EqualFold(text, "yes") || strings.EqualFold(text, "true")
	return yes, yes || strings.EqualFold(text, "no") || strings.EqualFold(text, "false")
}

// flatTypes numbers the data types of a result. Two spellings of one type have one number.
type flatTypes struct {
	spellings dict
	kinds     []dataType // by spelling
	numbers   []uint32   // by spelling: the first one of its kind
}

func (t *flatTypes) number(text string) (n uint32, kind dataType) {
	n, isNew := t.spellings.number(text)
	if isNew {
		kind, first := parseDataType(text), n
		for i, k := range t.kinds {
			if k == kind && kind != typeOther {
				first = uint32(i)
				break
			}
		}
		t.kinds = append(t.kinds, kind)
		t.numbers = append(t.numbers, first)
	}
	return t.numbers[n], t.kinds[n]
}

// name is what extra calls a value of the type.
func (t *flatTypes) name(n uint32) string {
	if name := strings.TrimSpace(t.spellings.texts[n]); name != "" {
		return name
	}
	return columnNames[columnDataValue]
}
