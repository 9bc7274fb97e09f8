package flat

import (
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// parseDay reads a calendar day of the flat shapes, MM/DD/YYYY or YYYY-MM-DD, into days since 1970.
//
// Day and month may lack their leading zeros. Nothing else is taken, because a day read wrongly puts the row into another week.
func parseDay(text string) (days int32, ok bool) {
	layout := "1/2/2006"
	text = strings.TrimSpace(text)
	if len(text) > 4 && text[4] == '-' {
		layout = "2006-1-2"
	}
	t, err := time.Parse(layout, text)
	if err != nil || len(text) > len(time.DateOnly) || t.Year() < 1000 {
		return 0, false
	}
	return table.Day(t).V, true
}

// dayText writes days since 1970 as YYYY-MM-DD.
func dayText(days int32) string { return table.DayTime(days).Format(time.DateOnly) }
