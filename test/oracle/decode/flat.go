package decode

import (
	"bytes"
	"encoding/json"
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
	cells  map[string]string
	extra  map[string]any
	noText bool // its value is a number of JSON, or another value that is none of a locale
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
		r.noText = r.noText || name == "data value" && raw[0] != '"'
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
		r := flatRow{cells: map[string]string{}, extra: map[string]any{}}
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

// cellLines cuts one list of cells into rows: the header's cells, then row after row. A row whose value is missing ends with its Data Type, and
// the cell after it is the next row's first. Which it is, is told by where the next Data Type stands.
func cellLines(cells []json.RawMessage) (lines [][]json.RawMessage) {
	whole := len(columns)
	knownAt := func(i int) bool {
		if i >= len(cells) {
			return false
		}
		name := strings.TrimSuffix(strings.ToLower(inText(cells[i])), " value")
		return flatTypes[name] != "" || name == "forecast updated"
	}
	if len(cells) < whole || columnOf(inText(cells[whole-2])) != "data type" {
		refuse("no header")
	}
	lines = append(lines, cells[:whole])
	for i := whole; i < len(cells); {
		n := whole
		if i+whole > len(cells) || (!knownAt(i+whole+whole-2) && knownAt(i+whole-1+whole-2)) {
			n = whole - 1
		}
		if i+n > len(cells) || !knownAt(i+whole-2) {
			refuse("a row is not whole")
		}
		lines = append(lines, cells[i:i+n])
		i += n
	}
	return lines
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
		r := flatRow{cells: map[string]string{}, extra: map[string]any{}}
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

// csvLines are the lines of a CSV as JSON texts. What is between quotes stays as it is, line ends included: encoding/csv would fold them.
func csvLines(text []byte) (lines [][]json.RawMessage) {
	var line []json.RawMessage
	for len(text) > 0 {
		cell, rest := csvCell(text)
		quoted, err := json.Marshal(string([]rune(cell))) // U+FFFD for each byte that is not UTF-8
		if err != nil {
			refuse("malformed: %v", err)
		}
		line = append(line, quoted)
		if text = rest; len(text) > 0 && text[0] == ',' {
			if text = text[1:]; len(text) == 0 {
				line = append(line, []byte(`""`))
			}
			continue
		}
		text = bytes.TrimPrefix(bytes.TrimPrefix(text, []byte("\r")), []byte("\n"))
		lines, line = append(lines, line), nil
	}
	return slices.DeleteFunc(append(lines, line), func(line []json.RawMessage) bool { // as empty as an empty line
		return !slices.ContainsFunc(line, func(cell json.RawMessage) bool { return inText(cell) != "" })
	})
}

// csvCell takes the first cell, and leaves what is between it and the next.
func csvCell(text []byte) (cell string, rest []byte) {
	if text[0] != '"' {
		end := bytes.IndexAny(text, ",\r\n")
		if end < 0 {
			end = len(text)
		}
		return string(text[:end]), text[end:]
	}
	text = text[1:]
	for {
		end := bytes.IndexByte(text, '"')
		if end < 0 {
			refuse("malformed: a quoted cell does not end")
		}
		cell += string(text[:end])
		if text = text[end+1:]; len(text) == 0 || text[0] != '"' {
			return cell, text
		}
		cell, text = cell+`"`, text[1:]
	}
}

// rows decodes flat rows.
func (d *decoding) rows(rows []flatRow) {
	d.flat = true
	d.flatQuarter(rows)
	types, comma := map[string]map[string]bool{}, commas(rows, d.asked.Commas)
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
		if column := e.value(c["data type"], c["data value"], comma && !row.noText); e.cells[column] != nil {
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
	name := strings.TrimSuffix(strings.ToLower(dataType), " value")
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
	column = flatTypes[name]
	switch a, ok := amountOf(text, comma); {
	case text == "":
	case column == "" || !ok:
		e.keep(dataType, text)
	default:
		e.cells[column] = a.value
		e.set("currency_symbol", a.sign)
		e.set("currency_code", a.code)
	}
	return column
}
