package sim

import (
	"bufio"
	"strconv"
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

// A data type that nobody knows, and its value in every entry.
const (
	flatExtra     = "Stretch Target"
	stretchTarget = "$1,234.50"
)

func (x Export) writeFlat(out *bufio.Writer) error {
	w := &flatWriter{Writer: out, encoding: x.Encoding}
	w.open()
	weeks := x.shuffled(x.weeks())
	spans := make([]string, len(weeks))
	for i, week := range weeks {
		spans[i] = w.span(week)
	}
	missing := x.Quirks.MissingID
	for _, half := range x.halves() {
		for b := range x.all() {
			head := w.head(b)
			if missing {
				nobody := b
				nobody.person = &person{role: b.role}
				head, missing = w.head(nobody), false
			}
			for _, kind := range dataTypes {
				if half&kind.column == 0 {
					continue
				}
				for i, week := range weeks {
					if c := x.cell(b, week, half); c.has&kind.column != 0 {
						w.row(head, spans[i], kind.label, x.flatValue(b, c, kind))
					}
				}
			}
			if w.err != nil {
				return w.err
			}
		}
	}
	x.writeExtras(w)
	w.close()
	return w.err
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
	case kind.amount != nil:
		return amountText(kind.amount(c), x.signShown(b, c), c.look)
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
