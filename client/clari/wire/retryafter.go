package wire

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter keeps absurd hints addable to a time; whatever is close to it is beyond any MaxWait.
const maxRetryAfter = 10 * 365 * 24 * time.Hour

// retryAfter reads how long a response asks to wait, from when it arrived: never less than it says, and the longest where it says more
// than one thing. Zero: it does not say, or says now. An HTTP date is measured from the response's own Date header, so that neither
// clock's error matters, else from serverNow.
func retryAfter(h http.Header, serverNow time.Time) time.Duration {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		serverNow = date
	}
	var longest time.Duration
	for _, value := range h.Values("Retry-After") {
		longest = max(longest, parseRetryAfter(strings.TrimSpace(value), serverNow))
	}
	return longest
}

func parseRetryAfter(value string, serverNow time.Time) time.Duration {
	if until, err := http.ParseTime(value); err == nil {
		return min(max(until.Sub(serverNow), 0), maxRetryAfter)
	}
	if strings.Trim(value, "0123456789.") != "" {
		return 0
	}
	seconds, _ := strconv.ParseFloat(value, 64) // whole by the standard, but some servers send fractions; +Inf when out of range
	if seconds >= maxRetryAfter.Seconds() {
		return maxRetryAfter
	}
	return time.Duration(math.Ceil(seconds * float64(time.Second)))
}
