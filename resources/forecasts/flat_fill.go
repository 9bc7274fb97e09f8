package forecasts

import "math"

// fill puts the value of a row, and what the row holds beyond the twelve columns, into its entry.
func (b *flatBuffer) fill(e *flatEntry, ln *flatLine) error {
	typ, kind := b.types.number(ln.cells[columnDataType].text)
	for _, other := range ln.others {
		if err := b.keep(e, other.column, typ, other.flatCell); err != nil {
			return err
		}
	}
	value := ln.cells[columnDataValue]
	switch {
	case value.blank():
		return nil
	case kind == typeUpdated:
		if yes, ok := parseYes(value.text); ok {
			return b.setUpdated(e, typ, yes)
		}
	case kind != typeOther:
		if amount, symbol, ok := parseAmount(value.text); ok {
			return b.setAmount(e, kind, typ, amount, symbol, ln)
		}
	}
	if kind != typeOther && e.has(kind) {
		return b.conflict(e, dataTypeColumns[kind])
	}
	return b.keep(e, "", typ, value)
}

func (b *flatBuffer) setUpdated(e *flatEntry, typ uint32, yes bool) error {
	if e.has(typeUpdated) && e.updated != yes || b.extras.has(e, typ) {
		return b.conflict(e, dataTypeColumns[typeUpdated])
	}
	e.updated = yes
	e.known |= 1 << typeUpdated
	return nil
}

func (b *flatBuffer) setAmount(e *flatEntry, kind dataType, typ uint32, amount float64, symbol string, ln *flatLine) error {
	if e.has(kind) && e.amounts[kind] != amount || b.extras.has(e, typ) {
		return b.conflict(e, dataTypeColumns[kind])
	}
	e.amounts[kind] = amount
	e.known |= 1 << kind
	if symbol == "" {
		return nil
	}
	n, _ := b.symbols.number(symbol)
	if n >= math.MaxUint16 {
		return ln.errorf("more than %d currency symbols", math.MaxUint16)
	}
	if e.symbol != 0 && e.symbol != uint16(n)+1 {
		return b.conflict(e, "currency_symbol")
	}
	e.symbol = uint16(n) + 1
	return nil
}

// keep puts a value into the extra of an entry: of a column beyond the twelve, or of a data type where column is "".
func (b *flatBuffer) keep(e *flatEntry, column string, typ uint32, value flatCell) error {
	if b.extras.keep(e, column, typ, value) {
		return nil
	}
	if column == "" {
		column = b.types.name(typ)
	}
	return b.conflict(e, "extra."+clip(column))
}

// conflict is the error of an entry that has two values for one cell. Where Clari chose the quarter the key has its label.
func (b *flatBuffer) conflict(e *flatEntry, column string) error {
	period := b.weeks.periodID(b.asked, e.period)
	if b.asked == "" {
		period = b.weeks.labelOf(e.period)
	}
	key := Entry{
		TimePeriodID: period,
		TimeFrameID:  b.weeks.frameID(e.frame),
		UserID:       b.people.ids.texts[e.user],
		FieldID:      b.fields.texts[e.field],
	}
	return &ConflictError{Key: keyText(&key), Column: column}
}
