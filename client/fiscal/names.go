package fiscal

import (
	"regexp"
	"strings"
)

var inFileName = regexp.MustCompile(`\d{4}_Q[1-4]`)

// InFileName finds the quarter in the name of a result's file, such as
// clari_export_forecast_new_summary_2021_Q12915_20210407_212737.json: other digits may follow it directly, and the forecast tab's id
// before it may look like one.
func InFileName(file string) (Quarter, bool) {
	found := inFileName.FindAllString(file, -1)
	if len(found) == 0 {
		return Quarter{}, false
	}
	return Parse(found[len(found)-1])
}

// NamesPeriod tells whether the name of a result's file holds a period that is no quarter, whole: 2025_M1 is not in 2025_M12.
func NamesPeriod(file, period string) bool {
	for at := 0; period != ""; {
		i := strings.Index(file[at:], period)
		if i < 0 {
			break
		}
		from, to := at+i, at+i+len(period)
		if (from == 0 || !isWord(file[from-1])) && (to == len(file) || !isWord(file[to])) {
			return true
		}
		at = from + 1
	}
	return false
}

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
