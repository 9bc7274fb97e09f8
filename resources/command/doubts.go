package command

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

// A doubt is something that a sync would take and that is a slip all the same, most likely.
type doubt struct{ path, text string } // where in the plugin's spec; what it costs, and what to write

// idForm is how the ids of tabs look that are known.
var idForm = regexp.MustCompile(`^[a-z0-9_-]+$`)

var scopeForm = regexp.MustCompile(`^[^:\s]+::[^:\s]+$`)

func doubts(s *spec.Spec, now time.Time) (all []doubt) {
	say := func(path, format string, args ...any) { all = append(all, doubt{path, fmt.Sprintf(format, args...)}) }
	ahead := func(path string, periods []string) {
		for i, item := range periods {
			if p, err := spec.ParsePeriod(item); err == nil && !p.To.Relative && p.To.Quarter.Year > now.Year()+3 {
				say(fmt.Sprintf("%s[%d]", path, i), "%q is years ahead, and may cost an export in each sync; look at the year", item)
			}
		}
	}
	for i, tab := range s.Forecasts {
		path := fmt.Sprintf("forecasts[%d]", i)
		switch known := "write the last part of the tab's address, app.clari.com/forecast/ID, letter by letter"; {
		case strings.ContainsAny(tab.ID, ",;"):
			say(path+".id", "%q names several tabs, it seems; write one item for each: - id: net_arr", tab.ID)
		case !idForm.MatchString(tab.ID):
			say(path+".id", "%q has other signs than ids that are known, as titles have; %s", tab.ID, known)
		}
		if tab.ScopeID != "" && !scopeForm.MatchString(tab.ScopeID) {
			say(path+".scope_id", "%q is of another form than the known one; write <user id>::<type>, such as 1905::MGR", tab.ScopeID)
		}
		ahead(path+".periods", tab.Periods)
	}
	ahead("periods", s.Periods)
	for _, timeout := range []struct {
		key string
		of  spec.Duration
	}{{"queue_timeout", s.QueueTimeout}, {"run_timeout", s.RunTimeout}} {
		if timeout.of < spec.Duration(time.Minute) {
			say(timeout.key, "%s is over before an export ends, which is cancelled then and may be paid all the same; write some minutes, such as \"30m\"", timeout.of)
		}
	}
	if s.MaxResultBytes < 1<<20 {
		say("max_result_bytes", "%s is less than results have, and those are paid all the same; write a size such as \"8GiB\"", s.MaxResultBytes)
	}
	return all
}
