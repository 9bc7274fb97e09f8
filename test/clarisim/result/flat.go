package result

import (
	"bufio"
	"strconv"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// dataTypes are the data types in the order in which a block lists them. Only the labels of the first two were ever seen.
var dataTypes = []dataType{
	{"Forecast Value", forecastColumn, func(c cell) amount { return c.forecast }},
	{"Forecast Updated", updatedColumn, nil},
	{"Quota Value", quotaColumn, func(c cell) amount { return c.quota }},
	{"Adjustment Value", adjustmentColumn, func(c cell) amount { return c.adjustment }},
	{"CRM Total", totalColumn, func(c cell) amount { return c.crmTotal }},
	{"CRM Closed", closedColumn, func(c cell) amount { return c.crmWon }},
}

type dataType struct {
	label  string
	column column
	amount func(cell) amount // nil: yes or no
}

func (x Export) writeFlat(out *bufio.Writer) error {
	w := &flatWriter{Writer: out, encoding: x.Encoding, extra: x.Quirks.ExtraColumn}
	w.open()
	weeks := x.shuffled(x.weeks())
	spans := make([]string, len(weeks))
	for i, week := range weeks {
		spans[i] = w.span(week)
	}
	missing := x.Quirks.MissingID
	for _, parts := range x.passes() {
		half := parts[0] // rows are parts already
		if len(parts) > 1 {
			half |= parts[1]
		}
		for b := range x.all() {
			head := w.head(b)
			if missing {
				nobody := b
				nobody.Member = &tenant.Member{Person: tenant.Person{Role: b.Role}}
				head, missing = w.head(nobody), false
			}
			x.writeBlock(w, b, head, spans, weeks, half)
			if w.err != nil {
				return w.err
			}
		}
	}
	x.writeExtras(w)
	w.close()
	return w.err
}

// writeBlock writes the rows of a block: kind by kind, or, where entries come apart next to one another, week by week.
func (x Export) writeBlock(w *flatWriter, b block, head string, spans []string, weeks []tenant.Week, half column) {
	row := func(kind dataType, i int) {
		if c := x.cell(b, weeks[i], half); half&c.has&kind.column != 0 {
			w.row(head, spans[i], x.typeLabel(kind, c), x.flatValue(b, c, kind))
		}
	}
	if x.Quirks.SplitAdjacent {
		for i := range weeks {
			for _, kind := range dataTypes {
				row(kind, i)
			}
		}
		return
	}
	for _, kind := range dataTypes {
		for i := range weeks {
			row(kind, i)
		}
	}
}

// typeLabel is a data type as an entry has it.
func (x Export) typeLabel(kind dataType, c cell) string {
	if !x.Quirks.OddLabels {
		return kind.label
	}
	short := strings.TrimSuffix(kind.label, " Value")
	spellings := []string{kind.label, short, short + " Value", strings.ToUpper(kind.label), strings.ToLower(short), " " + kind.label + "  "}
	return spellings[tenant.Mix(c.look, uint64(kind.column))%uint64(len(spellings))]
}

// writeExtras ends the rows with those of the quirks.
func (x Export) writeExtras(w *flatWriter) {
	if x.Quirks.ExtraKeys {
		asked := x.columns()
		for b := range x.all() {
			for _, week := range x.weeks() {
				if x.cell(b, week, asked).has != 0 {
					w.row(w.head(b), w.span(week), flatExtra, stretchTarget)
				}
			}
		}
	}
	if x.Quirks.UniqueKeys {
		asked := x.columns()
		for b := range x.all() {
			for _, week := range x.weeks() {
				if c := x.cell(b, week, asked); c.has != 0 {
					w.row(w.head(b), w.span(week), uniqueKey(c), "u"+strconv.FormatUint(c.look%1000, 10))
				}
			}
		}
	}
	if b, week, c, ok := x.repeated(); ok {
		for _, kind := range dataTypes {
			if c.has&kind.column != 0 {
				w.row(w.head(b), w.span(week), kind.label, x.flatValue(b, c, kind))
			}
		}
	}
}

func (x Export) flatValue(b block, c cell, kind dataType) string {
	switch {
	case kind.amount != nil && x.Quirks.OddLabels:
		return oddAmountText(kind.amount(c), x.signShown(b, c), tenant.Mix(c.look, uint64(kind.column)))
	case kind.amount != nil:
		return amountText(kind.amount(c), x.signShown(b, c), c.look)
	case x.Quirks.OddLabels && c.look%5 == 0:
		return strconv.FormatBool(c.updated)
	case c.updated:
		return "Yes"
	default:
		return "No"
	}
}

// signShown is the currency sign that the amounts of an entry are written with, which is none for one in three.
func (x Export) signShown(b block, c cell) string {
	if b.Count || c.look%3 != 2 {
		return ""
	}
	_, sign := x.currency()
	return sign
}

// amountText writes an amount in one of the ways that were seen: -2473435.0, $3,000,190.00, (1,200.50), ($1,200.50).
func amountText(a amount, sign string, look uint64) string {
	if a.null {
		return ""
	}
	if look%3 == 0 {
		text := string(appendAmount(nil, a))
		if a.hundredths%100 == 0 {
			text += ".0"
		}
		return text
	}
	h, negative := a.hundredths, a.hundredths < 0
	if negative {
		h = -h
	}
	text := strconv.FormatInt(h/100, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	text = sign + text + "." + strconv.FormatInt(100+h%100, 10)[1:]
	if negative {
		return "(" + text + ")"
	}
	return text
}

// oddAmountText writes an amount in more ways: -$1,200.50, $-1200.5, 1.2005E3, 1,200.50 $.
func oddAmountText(a amount, sign string, look uint64) string {
	if a.null {
		return []string{"", "  "}[look%2]
	}
	magnitude, minus := a, ""
	if a.hundredths < 0 {
		magnitude.hundredths, minus = -a.hundredths, "-"
	}
	grouped, plain := amountText(magnitude, "", 1), string(appendAmount(nil, magnitude))
	switch look / 3 % 6 {
	case 0:
		return minus + sign + grouped
	case 1:
		return sign + minus + plain
	case 2:
		return minus + sign + strconv.FormatFloat(magnitude.float(), 'E', -1, 64)
	case 3:
		return strings.Replace(minus, "-", "\u2212", 1) + grouped + " " + sign
	case 4:
		return " " + minus + sign + " " + plain + " "
	default:
		return amountText(a, sign, 1)
	}
}
