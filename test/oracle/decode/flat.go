package decode

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The twelve columns, as keys are compared: without case, and with spaces for underscores.
var columns = []string{
	"user", "email", "crm user id", "role", "parent role", "timeframe", "field", "week", "start day", "end day", "data type", "data value",
}

// A flatRow has the cells of one row by column, trimmed, and what has no column by its own name.
type flatRow struct {
	cells map[string]string
	extra map[string]any
}

func columnOf(head string) string {
	name := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(head), "_", " "))
	if slices.Contains(columns, name) {
		return name
	}
	return ""
}

func (r *flatRow) put(head string, raw []byte) {
	switch name := columnOf(head); {
	case name != "":
		r.cells[name] = inText(raw)
		if string(raw) == "null" {
			r.cells[name] = ""
		}
	case !nothing(raw):
		r.extra[clean(head)] = valueOf(raw)
	}
}

// jsonRows are the rows of a list: of objects, or of lists of which the first is the header.
func jsonRows(raw []byte) (rows []flatRow) {
	all := elements(raw)
	switch {
	case len(all) == 0:
		return nil
	case all[0][0] == '[':
		var lines [][]json.RawMessage
		if json.Unmarshal(raw, &lines) != nil {
			refuse("rows of different kinds")
		}
		return table(lines)
	case all[0][0] != '{':
		return table(cellLines(all))
	}
	for _, one := range all {
		r := flatRow{map[string]string{}, map[string]any{}}
		for _, m := range members(one) {
			r.put(m.key, m.value)
		}
		rows = append(rows, r)
	}
	if !slices.ContainsFunc(rows, func(r flatRow) bool { return len(r.cells) > 0 }) {
		refuse("no rows of a forecast")
	}
	return rows
}

// cellLines cuts one list of cells into rows: the header's cells, then row after row, whose value may be missing: the cell after a known Data
// Type is the next row's first then.
func cellLines(cells []json.RawMessage) (lines [][]json.RawMessage) {
	refuse("one flat list of cells")
	return nil
}

// table makes rows of lines. Empty cells beyond the header are nothing.
func table(lines [][]json.RawMessage) (rows []flatRow) {
	if len(lines) == 0 {
		return nil
	}
	var head []string
	for _, cell := range lines[0] {
		head = append(head, inText(cell))
	}
	if !slices.ContainsFunc(head, func(name string) bool { return columnOf(name) == "data type" }) {
		refuse("no header")
	}
	for _, line := range lines[1:] {
		r := flatRow{map[string]string{}, map[string]any{}}
		for i, cell := range line {
			if i < len(head) {
				r.put(head[i], cell)
			} else if !nothing(cell) {
				refuse("a row has more cells than the header")
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// csvLines are the lines of a CSV as JSON texts. Carriage returns at the ends of lines inside cells are not told: encoding/csv folds them.
func csvLines(text []byte) (lines [][]json.RawMessage) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil {
		refuse("malformed: %v", err)
	}
	for _, line := range all {
		var cells []json.RawMessage
		for _, cell := range line {
			quoted, err := json.Marshal(string([]rune(cell))) // U+FFFD for each byte that is not UTF-8
			if err != nil {
				refuse("malformed: %v", err)
			}
			cells = append(cells, quoted)
		}
		lines = append(lines, cells)
	}
	return lines
}

// rows decodes flat rows.
func (d *decoding) rows(rows []flatRow) {
	d.flat = true
	d.flatQuarter(rows)
	types := map[string]map[string]bool{}
	comma := commaOpensDecimals(rows)
	for _, row := range rows {
		c := row.cells
		user := d.flatUser(c)
		first := flatDay(c["start day"])
		if user == "" || c["field"] == "" || first == "" {
			refuse("a row without person, field or week")
		}
		week := newRecord()
		week.set("time_frame_id", "TF:"+first)
		week.set("start_date", first)
		week.set("end_date", flatDay(c["end day"]))
		week.set("week", c["week"])
		d.frames.add("TF:"+first, week)
		field := newRecord()
		field.set("field_id", c["field"])
		field.set("name", c["field"])
		d.fields.add(c["field"], field)
		e := newRecord()
		e.set("user_id", user)
		e.set("field_id", c["field"])
		e.set("time_frame_id", "TF:"+first)
		e.set("time_period_id", d.flatPeriod(c["timeframe"]))
		for key, v := range row.extra {
			e.keep(key, v)
		}
		if column := e.value(c["data type"], c["data value"], comma); e.cells[column] != nil {
			if types[c["field"]] == nil {
				types[c["field"]] = map[string]bool{}
			}
			types[c["field"]][column] = true
		}
		d.addEntry(e)
	}
	for _, f := range d.fields.list {
		if of := types[f.text("field_id")]; of["quota_value"] && !of["forecast_value"] {
			f.set("type", "quota")
		}
	}
}

// flatUser adds a row's person and returns the id.
func (d *decoding) flatUser(c map[string]string) string {
	var parts []string
	for _, name := range []string{"crm user id", "email", "user"} {
		if c[name] != "" {
			parts = []string{c[name], c["role"], c["parent role"]}
			break
		}
	}
	if parts == nil {
		return ""
	}
	for i := range parts {
		parts[i] = strings.NewReplacer("%", "%25", ":", "%3A").Replace(parts[i])
	}
	id := strings.Join(parts, ":")
	u := newRecord()
	u.set("user_id", id)
	for column, name := range map[string]string{"name": "user", "email": "email", "crm_user_id": "crm user id", "role": "role", "parent_role": "parent role"} {
		u.set(column, c[name])
	}
	d.users.add(id, u)
	return id
}

// flatPeriod adds a row's time period and returns the id: the quarter, or a month inside it.
func (d *decoding) flatPeriod(label string) string {
	p := newRecord()
	id := d.quarter
	if labelled(label) == 0 {
		id += "/" + label
		p.set("type", "month")
	} else {
		p.set("type", "quarter")
		if !d.asked.Start.IsZero() {
			p.set("start_date", d.asked.Start.Format(time.DateOnly))
			p.set("end_date", d.asked.End.Format(time.DateOnly))
		}
	}
	p.set("time_period_id", id)
	p.set("label", label)
	p.set("year", d.quarter[:4])
	d.periods.add(id, p)
	return id
}

// flatQuarter finds the requested period. Of the wrong ones only those are told that labels and the file's name tell.
func (d *decoding) flatQuarter(rows []flatRow) {
	d.quarter = d.asked.Period
	inName := quarterInName(d.asked.FileName)
	if d.quarter == "" {
		d.quarter = inName
	}
	if d.quarter == "" && len(rows) > 0 {
		refuse("unknown quarter") // labels that tell it are not generated
	}
	if inName != "" && inName != d.quarter {
		refuse("wrong quarter")
	}
	_, want, _ := quarter(d.quarter)
	for _, r := range rows {
		if n := labelled(r.cells["timeframe"]); n != 0 && n != want {
			refuse("wrong quarter")
		}
	}
}

// flatDay is a day of flat rows as ISO.
func flatDay(text string) string {
	at, err := time.Parse("1/2/2006", text)
	if err != nil {
		return ""
	}
	return at.Format(time.DateOnly)
}

// What a Data Type fills, with or without Value at its end.
var flatTypes = map[string]string{
	"forecast": "forecast_value", "quota": "quota_value", "adjustment": "adjustment_value", "crm total": "crm_total", "crm closed": "crm_closed",
}

// value puts a Data Value into its column, and returns which. A blank one is null.
func (e *record) value(dataType, text string, comma bool) (column string) {
	name := strings.ToLower(dataType)
	if name == "forecast updated" {
		switch strings.ToLower(text) {
		case "yes", "true":
			e.cells["is_updated"] = true
		case "no", "false":
			e.cells["is_updated"] = false
		case "":
		default:
			e.keep(dataType, text)
		}
		return "is_updated"
	}
	column = flatTypes[strings.TrimSuffix(name, " value")]
	amount := text
	if comma {
		amount = swapped.Replace(text)
	}
	switch v, sign, ok := amountOf(amount); {
	case text == "":
	case column == "" || !ok:
		e.keep(dataType, text)
	default:
		e.cells[column] = v
		e.set("currency_symbol", sign)
	}
	return column
}

// thousands are amounts whose thousands may be written badly, such as 0,123: they speak for neither.
var thousands = regexp.MustCompile(`^[^.]*,[^0-9.]*[0-9]{3}[^0-9.]*$`)

var swapped = strings.NewReplacer(",", ".", ".", ",")

// commaOpensDecimals tells whether every text of the amounts fits 1.234,56 and some do not fit 1,234.56.
func commaOpensDecimals(rows []flatRow) bool {
	needed := false
	for _, row := range rows {
		text := row.cells["data value"]
		if text == "" || flatTypes[strings.TrimSuffix(strings.ToLower(row.cells["data type"]), " value")] == "" {
			continue
		}
		if _, _, fits := amountOf(swapped.Replace(text)); !fits {
			return false
		}
		_, _, point := amountOf(text)
		needed = needed || !point && !thousands.MatchString(text)
	}
	return needed
}

var grouped = regexp.MustCompile(`^([0-9]+|[1-9][0-9]{0,2}(,[0-9]{3})+)(\.[0-9]+)?$`)

// amountOf is $3,000,190.00, -2473435.0 or (1,200.50), with any sign of a currency before or after.
func amountOf(text string) (v float64, sign string, ok bool) {
	if text == "" {
		return 0, "", false
	}
	if v, ok := numberOf([]byte(text)); ok {
		return v, "", true
	}
	inner, negative := text, false
	if strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")") {
		inner, negative = text[1:len(text)-1], true
	}
	digits := func(r rune) bool { return r >= '0' && r <= '9' }
	first, last := strings.IndexFunc(inner, digits), strings.LastIndexFunc(inner, digits)
	if first < 0 {
		return 0, "", false
	}
	before, after := inner[:first], inner[last+1:]
	if strings.Contains(before, "-") && !negative {
		negative, before = true, strings.Replace(before, "-", "", 1)
	}
	if sign = strings.TrimSpace(before) + strings.TrimSpace(after); !signs[sign] || !grouped.MatchString(inner[first:last+1]) {
		return 0, "", false
	}
	v, ok = numberOf([]byte(strings.ReplaceAll(inner[first:last+1], ",", "")))
	if negative && v != 0 {
		v = -v
	}
	return v, sign, ok
}

var signs = map[string]bool{"": true, "$": true, "€": true, "£": true, "¥": true, "₹": true}
