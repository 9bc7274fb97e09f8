package forecast

import "github.com/cq-source-clari/cq-source-clari/resources/table"

// Kind is what a value of an entry is.
type Kind uint8

// The kinds of values.
const (
	Amount Kind = iota
	Flag
	Instant
	Label // text that repeats from entry to entry
	kinds
)

// Value is a column of clari_forecast_entries whose cells are the entry's own. A line in Values is all that one takes: it is the
// column, the room that the value has in memory, and how it is read.
type Value struct {
	Kind        Kind
	Name        string // of the column
	Type        string // of typesToExport, that brings it
	Key         string // in the five arrays; empty where there is none, or it is read in a way of its own
	DataType    string // in flat rows, in lower case and without "value" at its end; empty where they have none
	Description string

	Slot int // among the values of its kind

	// Bits of a row: whether it has the value (not of labels), and what a flag is.
	Known, True uint32
}

// Values are the entry's own columns.
var Values = number([]Value{
	{Kind: Amount, Name: "forecast_value", Type: "forecast", Key: "forecastValue", DataType: "forecast", Description: "Amount that the person called (type forecast)."},
	{Kind: Amount, Name: "quota_value", Type: "quota", Key: "quotaValue", DataType: "quota", Description: "Quota, plan or budget (type quota). It repeats in every week."},
	{Kind: Amount, Name: "adjustment_value", Type: "adjustment", Key: "adjustmentValue", DataType: "adjustment", Description: "A manager's override of the call (type adjustment)."},
	{Kind: Amount, Name: "crm_total", Type: "crm_total", Key: "aggregationTotal", DataType: "crm total", Description: "Sum of the CRM's opportunities (type crm_total)."},
	{Kind: Amount, Name: "crm_closed", Type: "crm_closed", DataType: "crm closed", Description: "Sum of the CRM's closed opportunities (type crm_closed). In results of five arrays its name is not known, so it stays in extra."},
	{Kind: Label, Name: currencyCode, Description: "ISO 4217 code of the amounts: the entry's own, else the requested one, else the job's. A tab exported in two currencies is the same money twice."},
	{Kind: Label, Name: currencySymbol, Description: "Symbol of the currency."},
	{Kind: Flag, Name: "is_updated", Type: "forecast_updated", Key: "isUpdated", DataType: "forecast updated", Description: "Whether the person has entered a call for the week (type forecast_updated)."},
	{Kind: Label, Name: "updated_by", Key: "updatedBy", Description: "Who entered the call. Always null in flat results."},
	{Kind: Instant, Name: "updated_at", Key: "updatedOn", Description: "When the call was entered. Always null in flat results."},
	{Kind: Label, Name: "adjusted_by", Key: "adjustedBy", Description: "Who made the adjustment. Always null in flat results."},
	{Kind: Instant, Name: "adjusted_at", Key: "adjustedOn", Description: "When the adjustment was made. Always null in flat results."},
})

// The two that come together, as {"code": "USD", "symbol": "$"}.
const (
	currencyCode   = "currency_code"
	currencySymbol = "currency_symbol"
)

// CurrencyCode and CurrencySymbol are among the Values.
var CurrencyCode, CurrencySymbol = named(currencyCode), named(currencySymbol)

// Slots are how many values there are of each kind.
var Slots = func() (n [kinds]int) {
	for _, v := range Values {
		n[v.Kind]++
	}
	return n
}()

// number gives the values their places.
func number(values []Value) []Value {
	var slots [kinds]int
	bit := uint32(1)
	next := func() (b uint32) {
		b, bit = bit, bit<<1
		if b == 0 {
			panic("forecast: more values than a row has bits")
		}
		return b
	}
	for i := range values {
		v := &values[i]
		v.Slot = slots[v.Kind]
		slots[v.Kind]++
		if v.Kind != Label {
			v.Known = next()
		}
		if v.Kind == Flag {
			v.True = next()
		}
	}
	return values
}

func named(name string) *Value {
	for i := range Values {
		if Values[i].Name == name {
			return &Values[i]
		}
	}
	panic("forecast: no value " + name)
}

// column is the column of a value.
func (v Value) column() table.Column[Entries] {
	switch v.Kind {
	case Amount:
		return table.Floats(v.Name, v.Description, func(b *Entries) ([]float64, table.Bits) { return b.Amounts[v.Slot], b.bits(v.Known) })
	case Instant:
		return table.Timestamps(v.Name, v.Description, func(b *Entries) ([]int64, table.Bits) { return b.Instants[v.Slot], b.bits(v.Known) })
	case Flag:
		return table.Flags(v.Name, v.Description, func(b *Entries) (values, known table.Bits) { return b.bits(v.True), b.bits(v.Known) })
	}
	text := func(b *Entries, ref uint32) string { return b.Label(v.Slot, ref) }
	if v.Name == currencyCode {
		text = func(b *Entries, ref uint32) string {
			if ref != 0 {
				return b.Label(v.Slot, ref)
			}
			return b.Currency
		}
	}
	return table.Texts(v.Name, v.Description, func(b *Entries) []uint32 { return b.Labels[v.Slot] }, text)
}
