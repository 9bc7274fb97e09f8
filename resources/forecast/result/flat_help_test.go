package result

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
)

var columnNames = []string{
	"User", "Email", "CRM User ID", "Role", "Parent Role", "Timeframe", "Field", "Week", "Start Day", "End Day", "Data Type", "Data Value",
}

// texts are the rows of a result, each as one line of text that leaves out null cells and what tells where the row is from.
type texts struct{ periods, frames, fields, users, entries []string }

func (t *texts) all() []string {
	return slices.Concat(t.periods, t.frames, t.fields, t.users, t.entries)
}

func textsOf(r rows) *texts {
	list := func(kind, table, columns string) (all []string) {
		for _, row := range r[table] {
			text := kind
			for name := range strings.FieldsSeq(columns) {
				switch cell := row[name].(type) {
				case nil:
				case string:
					if strings.HasSuffix(name, "_date") {
						text += " " + name + "=" + cell
					} else {
						text += fmt.Sprintf(" %s=%q", name, cell)
					}
				case map[string]any:
					value, _ := json.Marshal(cell) // it was JSON before
					text += fmt.Sprintf(" %s=%s", name, value)
				default:
					text += fmt.Sprintf(" %s=%v", name, cell)
				}
			}
			all = append(all, text)
		}
		return all
	}
	return &texts{
		periods: list("time_period", forecast.TimePeriodsTable.Name, "time_period_id type label year start_date end_date extra"),
		frames:  list("time_frame", forecast.TimeFramesTable.Name, "time_frame_id start_date end_date week extra"),
		fields:  list("field", forecast.FieldsTable.Name, "field_id name type extra"),
		users:   list("user", forecast.UsersTable.Name, "user_id parent_role name email crm_user_id role extra"),
		entries: list("entry", forecast.EntriesTable.Name, "time_period_id time_frame_id user_id field_id forecast_value quota_value adjustment_value crm_total "+
			"crm_closed currency_code currency_symbol is_updated updated_by updated_at crm_user_id email field_name extra"),
	}
}

func readFlat(ctx context.Context, data []byte, a Asked) (Found, *texts, error) {
	got, found, err := land(ctx, data, a)
	if err != nil {
		return found, nil, err
	}
	return found, textsOf(got), nil
}

// flatTenant makes the lines of a result in the flat shapes, header first: every person has every field in every week, each with
// a Forecast Value and a Forecast Updated. Shuffled, no two lines of an entry stand together.
func flatTenant(people, fields, weeks int, shuffled bool) [][]string {
	r := rand.New(rand.NewPCG(1, 2))
	lines := [][]string{columnNames}
	for i := range people * fields * weeks {
		f, w, p := i%fields, i/fields%weeks, i/fields/weeks
		day := time.Date(2026, 5, 5+7*w, 0, 0, 0, 0, time.UTC)
		key := []string{
			fmt.Sprintf("Person %d", p), fmt.Sprintf("p%d@example.com", p), fmt.Sprintf("0054M%013d", p), fmt.Sprintf("Sales Rep - %d", p%300), "CEO",
			"FY27 Q2", fmt.Sprintf("Field %d", f), fmt.Sprint(w), day.Format("01/02/2006"), day.AddDate(0, 0, 6).Format("01/02/2006"),
		}
		value := fmt.Sprintf("%.1f", r.Float64()*1e6)
		switch {
		case i%16 == 15:
			value = ""
		case i%32 == 30:
			value = "n/a, \"really\"\nno"
		case i%2 == 0:
			value = fmt.Sprintf("$%d,%03d,%03d.%02d", 1+r.IntN(9), r.IntN(1000), r.IntN(1000), r.IntN(100))
		}
		lines = append(lines, append(slices.Clone(key), "Forecast Value", value), append(slices.Clone(key), "Forecast Updated", []string{"Yes", "No"}[i%2]))
	}
	if shuffled {
		r.Shuffle(len(lines)-1, func(i, j int) { lines[i+1], lines[j+1] = lines[j+1], lines[i+1] })
	}
	return lines
}

// The lines of a result as Clari may write them.
func asCSV(lines [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.WriteAll(lines) // a buffer does not fail
	return b.Bytes()
}

func asLists(lines [][]string) []byte {
	b, _ := json.Marshal(lines) // strings do not fail
	return b
}

func asObjects(lines [][]string) []byte {
	b := bytes.NewBufferString("[")
	for i, line := range lines[1:] {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, cell := range line {
			name, _ := json.Marshal(lines[0][j])
			value, _ := json.Marshal(cell)
			b.WriteByte("{,"[min(j, 1)])
			b.Write(name)
			b.WriteByte(':')
			b.Write(value)
		}
		b.WriteByte('}')
	}
	b.WriteByte(']')
	return b.Bytes()
}

var flatEncodings = []struct {
	shape  string
	encode func([][]string) []byte
}{{shapeCSV, asCSV}, {shapeFlatObjects, asObjects}, {shapeFlatLists, asLists}}

// flatLines is a result with the lines given, each a list of column=value over a line that is complete.
func flatLines(lines ...string) [][]string {
	table := [][]string{columnNames}
	for _, changes := range lines {
		line := []string{"Nick", "nick@example.com", "U1", "Rep", "CEO", "FY27 Q2", "Commit", "3", "05/12/2026", "05/18/2026", "Forecast Value", "5"}
		for change := range strings.SplitSeq(changes, ";") {
			if value, ok := strings.CutPrefix(change, "Custom="); ok {
				if len(table[0]) == len(columnNames) {
					table[0] = append(slices.Clone(columnNames), "Custom")
				}
				line = append(line, value)
				continue
			}
			if name, value, ok := strings.Cut(change, "="); ok {
				line[slices.IndexFunc(columnNames, func(known string) bool { return strings.EqualFold(known, name) })] = value
			}
		}
		table = append(table, line)
	}
	return table
}
