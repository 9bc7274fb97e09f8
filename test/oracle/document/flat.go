package document

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/oracle/decode"
)

var header = []string{
	"User", "Email", "CRM User ID", "Role", "Parent Role", "Timeframe", "Field", "Week", "Start Day", "End Day", "Data Type", "Data Value",
}

// flat makes flat rows, as a CSV, as objects or as lists with a header.
func flat(c *Choices) Document {
	rows := flatRows(c)
	if c.in(5) {
		swap := strings.NewReplacer(",", ".", ".", ",") // amounts in the other locale
		for _, r := range rows {
			if strings.Trim(r[11], "$()-0123456789,.") == "" {
				r[11] = swap.Replace(r[11])
			}
		}
	}
	commas := c.in(3)
	if c.in(5) {
		for _, r := range rows { // days without leading zeros
			r[8], r[9] = strings.ReplaceAll(strings.TrimPrefix(r[8], "0"), "/0", "/"), strings.ReplaceAll(strings.TrimPrefix(r[9], "0"), "/0", "/")
		}
	}
	asked := decode.Asked{Period: "2026_Q1", Currency: pick(c, "", "EUR"), JobCurrency: pick(c, "", "JPY"), Commas: commas}
	if c.in(2) {
		asked.Start, asked.End = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)
	}
	head := append([]string{}, header...)
	for i := range head {
		head[i] = pick(c, head[i], head[i], strings.ToUpper(head[i]), strings.ReplaceAll(head[i], " ", "_"))
	}
	order := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	if c.in(2) {
		shuffle(c, order)
	}
	lines := [][]string{reorder(head, order)}
	for _, r := range rows {
		lines = append(lines, reorder(r, order))
	}
	w := &writer{Choices: c, blanks: pick(c, 0, 0, 8), escapes: pick(c, 0, 0, 8)}
	var text string
	switch c.n(4) {
	case 3:
		all := oneList(c, rows)
		text = w.list('[', ']', len(all), func(i int) string { return w.quote(all[i]) })
	case 0:
		text = csvText(c, lines)
	case 1:
		text = w.list('[', ']', len(lines), func(i int) string { return w.cells(lines[i]) })
	default:
		text = w.list('[', ']', len(lines)-1, func(i int) string { return w.object(w.members(lines[0], lines[i+1])) })
		if c.in(3) {
			text = w.object([]member{{"total", "3"}, {"rows", text}})
		}
	}
	if c.in(8) {
		text = "\xef\xbb\xbf" + text
	}
	return Document{[]byte(text), asked}
}

func reorder(cells []string, order []int) (out []string) {
	for _, i := range order {
		out = append(out, cells[i])
	}
	return out
}

// oneList has the cells of rows one after the other, as in Clari's example: where a row has no value, that cell may be missing. Rows of a type
// that nobody knows are left out: where they end, nothing would tell.
func oneList(c *Choices, rows [][]string) []string {
	all, short := append([]string{}, header...), c.in(2)
	for _, r := range rows {
		switch {
		case r[10] == "Stretch Target":
		case r[11] == "" && short:
			all = append(all, r[:11]...)
		default:
			all = append(all, r...)
		}
	}
	return all
}

func csvText(c *Choices, lines [][]string) string {
	end, quoted := pick(c, "\n", "\r\n"), c.in(4)
	var b strings.Builder
	for _, line := range lines {
		for i, cell := range line {
			if i > 0 {
				b.WriteByte(',')
			}
			if quoted || strings.ContainsAny(cell, ",\"\n") || strings.TrimSpace(cell) != cell {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			b.WriteString(cell)
		}
		b.WriteString(end)
		if c.in(20) {
			b.WriteString(pick(c, "", " ", ",,,", `"", `) + end)
		}
	}
	if c.in(3) {
		return strings.TrimSuffix(b.String(), end)
	}
	return b.String()
}

// cell is a text, or null where there is none; an amount may be a number.
func (w *writer) cell(text string) string {
	switch _, err := strconv.ParseFloat(text, 64); {
	case text == "" && w.in(3):
		return "null"
	case err == nil && json.Valid([]byte(text)) && strings.Trim(text, "-0123456789.e") == "" && w.in(3):
		return text
	default:
		return w.quote(text)
	}
}

func (w *writer) cells(line []string) string {
	return w.list('[', ']', len(line), func(i int) string { return w.cell(line[i]) })
}

func (w *writer) members(head, line []string) (all []member) {
	for i := range head {
		if line[i] != "" || !w.in(2) {
			all = append(all, member{head[i], w.cell(line[i])})
		}
	}
	return all
}

// flatRows are one row or more for each of some entries, in any order.
func flatRows(c *Choices) (rows [][]string) {
	fields := []string{"Commit", "Best, Case", "Quota", "Line\nBreak"}[:1+c.n(4)]
	weeks, label := 1+c.n(3), pick(c, "Q1", "FY26 Q1", "Quarter 1")
	for person := range 1 + c.n(4) {
		who := []string{pick(c, "Zoë", "李雷 🚀", "O'Brien, Jr.", "a \"b\"") + strconv.Itoa(person), "", "", pick(c, "Rep", "Mgr: East", "100%"), ""}
		if !c.in(3) {
			who[1] = fmt.Sprintf("P%d@x.example", person)
		}
		if !c.in(3) {
			if who[2] = pick(c, fmt.Sprintf("005%d", person), fmt.Sprintf("005%d", person), "N/A"); who[2] == "N/A" {
				who[3] += strconv.Itoa(person) // no two people under one user_id
			}
		}
		for _, parent := range []string{pick(c, "CEO", "", "Mgr: East"), "CRO"}[:1+c.n(2)] {
			who[4] = parent
			for _, field := range fields {
				for week := range weeks {
					if !c.in(4) {
						rows = append(rows, entryRows(c, who, pick(c, label, label, label, "Q1", "FY26 Q1", "January FY 2026"), field, week)...)
					}
				}
			}
		}
	}
	shuffle(c, rows)
	return rows
}

// entryRows are the rows of one entry, one for each type that it has, some of them twice.
func entryRows(c *Choices, who []string, label, field string, week int) (rows [][]string) {
	first := time.Date(2026, 1, 5+7*week, 0, 0, 0, 0, time.UTC)
	about := append(append([]string{}, who...), label, field, strconv.Itoa(week), first.Format("01/02/2006"), first.AddDate(0, 0, 6).Format("01/02/2006"))
	add := func(dataType, value string) {
		for range 1 + c.n(4)/3 {
			rows = append(rows, append(append([]string{}, about...), dataType, value))
		}
	}
	for _, dataType := range []string{"Forecast Value", "Quota Value", "Adjustment", "crm total", "CRM Closed Value"} {
		switch c.n(6) {
		case 3:
			add(dataType, money(c))
		case 4:
			add(dataType, pick(c, "", " "))
		case 5:
			add(dataType, pick(c, "n/a", "0,123", "01,000", "1,23", "soon"))
		}
	}
	if c.in(3) {
		add("Forecast Updated", pick(c, "Yes", "No", "no", "YES"))
	}
	if c.in(6) {
		add("Stretch Target", "$5\nand more")
	}
	return rows
}

// money is an amount in one of the ways that are known.
func money(c *Choices) string {
	if c.in(3) {
		return pick(c, "-2473435.0", "0", "0.5", "12", "1e3", "-7")
	}
	v := float64(c.n(60000)) * math.Pow10(c.n(5)) / 100
	whole, cents, _ := strings.Cut(strconv.FormatFloat(v, 'f', 2, 64), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if c.in(8) {
		whole = strings.ReplaceAll(whole, ",", pick(c, " ", "'", "\u00a0", "\u2009", "\u202f", "\u2019"))
	}
	if c.in(8) { // what may be read both ways
		return pick(c, "", "$") + whole + pick(c, ".", ",") + cents + "0"
	}
	return fmt.Sprintf(pick(c, "$%s.%s", "$%s.%s", "($%s.%s)", "-$%s.%s", "$-%s.%s", "USD %s.%s", "%s.%s EUR"), whole, cents)
}
