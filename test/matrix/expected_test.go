package matrix

import (
	"slices"
	"strings"
	"testing"
)

// A matrixWant is what has to come of a cell.
type wanted struct {
	outcome     string
	jobs, spent int
	next        int    // with a state backend; without one it is always 1
	says        string // part of the error
}

func (want wanted) check(t *testing.T, got seen) {
	t.Helper()
	if got.outcome != want.outcome || got.jobs != want.jobs || got.spent != want.spent || got.next != want.next {
		t.Errorf("got  %s, %d jobs, %d spent, then %d: %s\nwant %s, %d jobs, %d spent, then %d", got.outcome, got.jobs, got.spent, got.next, got.text,
			want.outcome, want.jobs, want.spent, want.next)
	}
	if !strings.Contains(got.text, want.says) {
		t.Errorf("the error does not say %q: %s", want.says, got.text)
	}
}

// landed is an export of which nobody but the quota notices: so many jobs were created for it.
func landed(jobs int) wanted {
	return wanted{outcome: "landed", jobs: jobs, spent: jobs, next: 1}
}

// late is one that landed minutes after it would have.
func late(jobs int) wanted { return wanted{outcome: "late", jobs: jobs, spent: jobs, next: 1} }

// failed is an export whose error says so, and that the next sync makes anew.
func failed(jobs int, says string) wanted {
	return wanted{outcome: "failed", jobs: jobs, spent: jobs, next: 1, says: says}
}

// kept is an export that failed and whose job the next sync adopts.
func kept(jobs int, says string) wanted {
	return wanted{outcome: "failed", jobs: jobs, spent: jobs, says: says}
}

// refunded is an export that failed and whose job was cancelled.
func refunded(says string) wanted {
	return wanted{outcome: "failed", jobs: 1, next: 1, says: says}
}

// expectation says what has to come of some cells. Each cell has exactly one.
type expectation struct {
	phases string // names with spaces between, as are kinds
	kinds  string
	times  string // once, for good, or both
	want   wanted
}

const both = "once for good"

// Faults that mean the same to one who has to live with them.
const (
	held     = "throttled throttled-seconds throttled-date unavailable-retry-after" // not now; nothing was processed
	broken   = "answer-500 answer-502 answer-503 answer-504 html-502"
	cut      = "cut cut-chunked"
	silent   = "stall hang" // a minute goes by before one can know
	unread   = "reset-after-processing hang-after-processing answer-500-after-processing answer-502-after-processing answer-503-after-processing answer-504-after-processing"
	nonsense = "html malformed-json shorten"
	denied   = "unauthorized forbidden echo-key not-found"
	passing  = held + " " + broken + " " + cut + " " + silent + " " + nonsense + " refused reset something-went-wrong" // once, to a GET: nobody notices
)

// expectations finds the one that each cell has.
func expectations(t *testing.T, cells []cell) map[string]wanted {
	expected := map[string]wanted{}
	used := map[int]bool{}
	for _, c := range cells {
		for i, e := range allExpected {
			has := func(list, name string) bool { return slices.Contains(strings.Fields(list), name) }
			if !has(e.phases, c.phase.name) || !has(e.kinds, c.kind.Name) || e.times != both && e.times != c.times() {
				continue
			}
			if _, twice := expected[c.String()]; twice {
				t.Errorf("%s: two expectations, the second is number %d: %v", c, i, e)
			}
			expected[c.String()], used[i] = e.want, true
		}
		if _, ok := expected[c.String()]; !ok {
			t.Errorf("%s: no expectation", c)
		}
	}
	for i, e := range allExpected {
		if !used[i] {
			t.Errorf("expectation %d is of no cell: %v", i, e)
		}
	}
	return expected
}

// allExpected say what has to happen, from what is known of the API and from the promises in the documentation that the
// matrix is part of.
var allExpected = []expectation{
	// A creation is sent again if it surely was not processed, and otherwise only if the job list has no job of it.
	{"create", held + " refused quota-reached", "once", landed(1)},
	{"create", broken + " reset hang something-went-wrong html malformed-json", "once", late(1)}, // a job may come into the list late
	{"create", unread + " cut-after-processing", both, landed(1)},
	{"create", "hidden", both, late(2)},
	{"create", "twin", both, landed(2)},
	// Otherwise nothing was spent, and the others go on.
	{"create", "throttled throttled-seconds throttled-date", "for good", failed(0, "held back until …, longer than the 1h0m0s it may wait: HTTP 429")},
	{"create", "unavailable-retry-after", "for good", failed(0, "HTTP 503: Service Unavailable (tried 9 times)")},
	{"create", "refused", "for good", failed(0, "connection refused (tried 9 times)")},
	{"create", broken, "for good", failed(0, "(the job may or may not have been created)")},
	{"create", "reset", "for good", failed(0, "EOF (the job may or may not have been created)")},
	{"create", "hang", "for good", failed(0, "timeout: no whole answer within 1m0s (the job may or may not have been created)")},
	{"create", "html malformed-json", "for good", failed(0, "answer not understood")},
	{"create", "something-went-wrong", "for good", failed(0, "HTTP 400 SWW: Something went wrong")},
	{"create", "quota-reached", "for good", failed(0, "queue_timeout has passed (30m0s): create: the monthly quota or the export queue")},
	{"create", "unauthorized", both, failed(0, "HTTP 401: Invalid authentication credentials")},
	{"create", "forbidden echo-key", both, failed(0, "HTTP 403")},
	{"create", "not-found", both, failed(0, "HTTP 404")},
	{"create", "no-optin", both, failed(0, "HTTP 401 no_optin: No optins for scope 1::MGR")},
	{"create", "no-such-forecast", both, failed(0, "HTTP 400 no_such_forecast_config: Forecast b does not exist")},
	{"create", "type-not-supported", both, failed(0, "HTTP 400 type_not_supported")},
	// Jobs that Clari ends are created again, up to export_attempts, unless somebody cancelled them.
	{"create", "failed aborted", "once", landed(2)},
	{"create", "failed", "for good", failed(2, "wait: job ended FAILED")},
	{"create", "aborted", "for good", failed(2, "wait: job ended ABORTED")},
	{"create", "cancelled", both, failed(1, "wait: job ended CANCELLED")},
	{"create", "unknown-state", both, landed(1)},
	// Jobs that do not end are cancelled, which gives the export back.
	{"create", "stuck-queued", both, refunded("wait: job last seen SCHEDULED when queue_timeout 30m0s had passed")},
	{"create", "stuck-running", both, refunded("wait: job last seen STARTED when run_timeout 30m0s had passed")},
	{"create", "expired", "once", landed(2)},
	{"create", "expired", "for good", failed(2, "result expired")},
	// Results are checked before the first row goes out.
	{"create", "wrong-quarter", both, failed(1, "asked for 2000_Q4, the result holds 2000_Q3")},
	{"create", "rows-truncated cells-truncated", both, failed(1, "ask for fewer types, set a scope_id further down the hierarchy, or export_format csv")},
	{"create", "empty", both, failed(1, "the result has no entries")}, // it had some the day before
	{"create", "repeat-entry", both, failed(1, "comes twice with different values for forecast_value")},
	{"create", "missing-id", both, failed(1, "has no userId")},
	{"create", "two-ids split-entries shuffled-weeks", both, landed(1)},

	// What is read may be asked for again. The job stays, and the next sync has it.
	{"status found results list", passing + " " + unread, "once", landed(1)},
	// What is refused is looked at again before it is believed. Only Clari's own refusals are: then another job is made, and the same goes on.
	{"status found results", "unauthorized forbidden echo-key", "once", landed(1)},
	{"status found results", "unauthorized", "for good", kept(1, "HTTP 401")},
	{"status found results", "forbidden", "for good", failed(2, "HTTP 403")},
	{"status found results", "echo-key", "for good", kept(1, "HTTP 403")},
	{"status found", "not-found", "once", landed(1)},
	{"status found", "not-found", "for good", kept(1, "HTTP 404")},
	// Where the list cannot be had the export fails, once.
	{"list", "unauthorized forbidden echo-key not-found", both, kept(1, "looking for the job")},
	{"status found results list", held, "for good", kept(1, ": HTTP ")},
	{"status found results list", broken + " " + unread + " refused reset hang", "for good", kept(1, "(tried 9 times)")},
	{"status found results list", "something-went-wrong", "for good", kept(1, "Something went wrong (tried 3 times)")},
	{"status found list", cut + " stall", "for good", kept(1, "(tried 9 times)")},
	{"status found list", nonsense, "for good", kept(1, "(tried 3 times)")},
	{"results", "trickle", both, landed(1)},
	{"results", cut, "for good", kept(1, "cut after 20 bytes")},
	{"results", "stall", "for good", kept(1, "nothing received for 1m0s")},
	// A result that is gone is exported once more. One that makes no sense is downloaded again, and then is of no use.
	{"results", "not-finished results-gone", "once", landed(1)},
	{"results", "not-found", "once", landed(1)},
	{"results", "not-finished results-gone", "for good", failed(2, "result expired")},
	{"results", "not-found", "for good", kept(1, "result expired")},
	{"results", "html", "for good", kept(1, "unknown shape of result: HTML page")},
	{"results", "malformed-json shorten", "for good", kept(1, "malformed result at byte")},

	// A job that is stuck has failed. Whether it is given back depends.
	{"cancel", held + " " + broken + " " + unread + " refused reset hang something-went-wrong", "once", refunded("run_timeout 30m0s had passed")},
	{"cancel", unread, "for good", refunded("run_timeout 30m0s had passed")},
	{"cancel", held + " " + broken + " refused reset hang something-went-wrong", "for good", failed(1, "run_timeout 30m0s had passed")},
	{"cancel", denied + " html malformed-json", both, failed(1, "run_timeout 30m0s had passed")},

	// Without limits exports go on, one by one.
	{"limits", passing + " " + denied + " incomplete-limits", "once", landed(1)},
	{"limits", denied + " " + nonsense + " something-went-wrong incomplete-limits", "for good", landed(1)}, // given up once
	{"limits", held + " " + broken + " " + cut + " " + silent + " refused reset", "for good", late(1)},

	// Tables around the exports: those have landed.
	{"table-jobs table-limits", passing, "once", landed(1)},
	{"table-limits", "incomplete-limits", both, landed(1)},
	{"table-jobs", denied, both, failed(1, "table clari_export_jobs: list jobs: HTTP 40")},
	{"table-limits", denied, "once", landed(1)}, // it is asked for before the exports, and after them where that failed
	{"table-limits", denied, "for good", failed(1, "table clari_limits: get limits: HTTP 40")},
	{"table-jobs", passing, "for good", failed(1, "table clari_export_jobs: list jobs: ")},
	{"table-limits", passing, "for good", failed(1, "table clari_limits: get limits: ")},
}
