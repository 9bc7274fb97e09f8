package reader

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/oracle/decode"
	"github.com/cq-source-clari/cq-source-clari/test/oracle/document"
)

// entries are five arrays with these entries of one person, field and week.
func entries(parts ...string) string {
	text := `{"entries":[`
	for i, part := range parts {
		if i > 0 {
			text += ","
		}
		text += `{"userId":"1:r","fieldId":"f","timeFrameId":"w","timePeriodId":"2026_Q1"` + part + `}`
	}
	return text + `]}`
}

// rows are flat rows of one person, field and week: Timeframe, Data Type and Data Value of each.
func rows(all ...[3]string) string {
	text := "User,Email,CRM User ID,Role,Parent Role,Timeframe,Field,Week,Start Day,End Day,Data Type,Data Value\n"
	for _, r := range all {
		text += "Ann,ann@x.example,005A,Rep,CEO," + r[0] + ",Commit,0,01/05/2026,01/11/2026," + r[1] + "," + r[2] + "\n"
	}
	return text
}

// cells is one list of cells, of rows with these values: amounts and flags in turn. An empty value is missing, as in Clari's example.
func cells(values ...string) string {
	all := []string{"User", "Email", "CRM User ID", "Role", "Parent Role", "Timeframe", "Field", "Week", "Start Day", "End Day", "Data Type", "Data Value"}
	for i, value := range values {
		all = append(all, fmt.Sprint("Jain ", i/2), "name@x.example", fmt.Sprint("005", i/2), "Sales Rep", "", "January FY 2026", "Commit", "0", "01/05/2026", "01/11/2026",
			[]string{"Forecast Value", "Forecast Updated"}[i%2])
		if value != "" {
			all = append(all, value)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // texts
	}
	return string(text)
}

// TestSmall has what the oracle and the reader disagreed about, as small as it can be.
func TestSmall(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{
			name: "unknown keys that contradict each other", text: entries(`,"foo":1`, `,"foo":2`),
		},
		{
			name: "times that cannot be read and differ", text: entries(`,"updatedOn":"yesterday"`, `,"updatedOn":-5`),
		},
		{
			name: "flat: an unknown Data Type with two values", text: rows([3]string{"Q1", "Stretch", "7"}, [3]string{"Q1", "Stretch", "8"}),
		},
		{
			name: "flat: a text and an amount", text: rows([3]string{"Q1", "Forecast Value", "soon"}, [3]string{"Q1", "Forecast Value", "12"}),
		},
		{
			name: "flat: labels of the quarter that contradict each other", text: rows([3]string{"Q1", "Forecast Value", "1"}, [3]string{"FY26 Q1", "Quota Value", "12"}),
		},
		{
			name: "user scopes that contradict each other",
			text: `{"entries":[],"users":[{"userId":"1","scopeId":{"userType":"MGR"}},{"userId":"1","scopeId":"1905::MGR"}],"timePeriods":[{"timePeriodId":"2026_Q1"}]}`,
		},
		{
			name: "a CRM user id that the second and third row tell to be none",
			text: `{"entries":[],"users":[{"userId":"1:a","crmId":"0","email":"a@x"},{"userId":"1:b","crmId":"0","email":"b@x"},{"userId":"2:a","crmId":"0","email":"a@x"}]}`,
		},
		{name: "NUL", text: entries(`,"updatedBy":"x\u0000y","k\u0000":1`)},
		{name: "an error beside rows", text: `{"error":"half of it",` + entries(`,"forecastValue":1`)[1:]},
		{name: "Clari's own example", text: cells("", "No", "$3,000,190.00", "No")},
		{name: "cells of whole rows", text: cells("$1.00", "Yes", "$2", "No")},
		{name: "days without zeros", text: strings.ReplaceAll(rows([3]string{"Q1", "Quota", "1"}), "01/05/2026", "1/5/2026")},
		{name: "cells beyond the header", text: strings.ReplaceAll(rows([3]string{"Q1", "Quota", "1"}), "Quota,1", "Quota,1,,")},
		{
			name: "commas for points",
			text: rows([3]string{"Q1", "Quota", `"3.000.190,00 €"`}, [3]string{"Q1", "Forecast", `"1,5 €"`}, [3]string{"Q1", "Adjustment", "12"}),
		},
		{name: "one amount with a point", text: rows([3]string{"Q1", "Quota", `"3.000,00"`}, [3]string{"Q1", "Forecast", "1.5"})},
		{
			name: "spaces and apostrophes",
			text: rows([3]string{"Q1", "Quota", "3 000 190.50"}, [3]string{"Q1", "Forecast", "1'234"}),
		},
		{
			name: "codes", text: rows([3]string{"Q1", "Quota", "USD 12"}),
		},
		{name: "an entry without its period before one that names it", text: `{"entries":[{"userId":"1","fieldId":"f","timeFrameId":"w","forecastValue":1},` +
			`{"userId":"1","fieldId":"f","timeFrameId":"w","timePeriodId":"2026_Q1","quotaValue":2}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := check(t.Context(), document.Document{Text: []byte(tt.text), Asked: decode.Asked{Period: "2026_Q1"}}); err != nil {
				t.Error(err)
			}
		})
	}
}
