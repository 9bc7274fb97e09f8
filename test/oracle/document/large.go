package document

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/test/oracle/decode"
)

// Large makes five arrays of so many people, 280 entries each, that do not fit in memory: parts of entries apart from one another, labels that do
// not repeat, long documents, columns that whole pages lack.
func Large(c *Choices, people int) Document {
	var parts []string
	for person := range people {
		kind := c.n(5)
		for i := range 280 {
			ids := fmt.Sprintf(`"userId":"%d:r%d","fieldId":"f%d","timeFrameId":"TF:%d"`, person, person%37, i%20, i/20)
			if !c.in(3) {
				ids += `,"timePeriodId":"2026_Q1"`
			}
			first, second := c.columns(kind, person*280+i)
			if c.in(4) {
				parts = append(parts, "{"+ids+first+"}", "{"+ids+second+"}")
			} else {
				parts = append(parts, "{"+ids+first+second+"}")
			}
		}
	}
	shuffle(c, parts)
	var users []string
	for person := range people {
		users = append(users, fmt.Sprintf(`{"userId":"%d:r%d","name":"N %d","email":"%d@x","crmId":"005%d","hierarchyId":"r%d","parentHierarchyId":"r%d"}`,
			person, person%37, person, person, person, person, person/3))
	}
	text := `{"entries":[` + strings.Join(parts, ",") + `],"users":[` + strings.Join(users, ",") +
		`],"timePeriods":[{"timePeriodId":"2026_Q1","type":"quarter","startDate":"2026-01-01","endDate":"2026-03-31"}]}`
	return Document{[]byte(text), decode.Asked{Period: pick(c, "2026_Q1", ""), JobCurrency: "EUR"}}
}

// columns are the two halves of an entry, by what its person's entries have.
func (c *Choices) columns(kind, number int) (first, second string) {
	if kind > 0 {
		first += fmt.Sprintf(`,"forecastValue":%d.%02d`, c.n(60000), c.n(100))
	}
	if kind > 1 && c.in(2) {
		second += `,"quotaValue":"` + strconv.Itoa(c.n(1000)) + `"`
	}
	switch kind {
	case 3:
		first += fmt.Sprintf(`,"updatedBy":"person %d"`, number)
		second += fmt.Sprintf(`,"updatedOn":%d`, 1_770_000_000_000+number)
	case 2:
		first += fmt.Sprintf(`,"updatedBy":"p%d"`, c.n(3))
		if c.in(50) {
			second += fmt.Sprintf(`,"adjustedBy":"other %d"`, c.n(3))
		}
	}
	if c.in(3) {
		first += `,"currency":{"code":"USD","symbol":"$"}`
	}
	if kind != 1 {
		second += `,"isUpdated":` + strconv.FormatBool(c.in(2))
	}
	if c.in(20) {
		second += fmt.Sprintf(`,"x":{"n":%d,"t":"%s"}`, c.n(5), strings.Repeat("z", c.n(400)))
	}
	if c.in(2000) {
		first += fmt.Sprintf(`,"big":"%s"`, strings.Repeat("b", 40_000+c.n(40_000)))
	}
	return first, second
}
