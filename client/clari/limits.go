package clari

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/cq-source-clari/cq-source-clari/client/clari/wire"
)

// Limits is what the organisation may export and has exported, over all its API keys. What Clari left out is nil; RunningJobIDs and
// SubmittedJobIDs are nil when there are no such jobs, too.
type Limits struct {
	ConcurrentLimit          *int // export jobs at a time
	MonthlyQuota             *int // export jobs in 30 days
	AvailableConcurrentLimit *int // ConcurrentLimit less running and queued jobs
	AvailableMonthlyQuota    *int
	RunningJobIDs            []string
	SubmittedJobIDs          []string
	Extra                    json.RawMessage // a JSON object of unknown keys, nil if there are none
}

// Limits asks for them; it costs no quota.
func (c *Client) Limits(ctx context.Context) (limits Limits, err error) {
	r := wire.Request{Op: "get limits", Method: http.MethodGet, Path: "/admin/limits"}
	err = c.Call(ctx, r, maxAnswer, func(body []byte) error {
		var odd int
		limits, odd, err = decodeLimits(body)
		c.tellOdd(r.Op, odd)
		return err
	})
	return limits, err
}

// decodeLimits reads {"jobs": {...}} (Clari's API reference), or the same bare, and counts ids that are no text.
func decodeLimits(data []byte) (l Limits, odd int, err error) {
	o, outer, err := unwrap(data, "jobs", "concurrentLimit")
	if err != nil {
		return Limits{}, 0, err
	}
	for key, raw := range outer {
		if _, taken := o[key]; !taken {
			o[key] = raw
		}
	}
	l = Limits{
		ConcurrentLimit: take(o, "concurrentLimit", count), MonthlyQuota: take(o, "monthlyQuota", count),
		AvailableConcurrentLimit: take(o, "availableConcurrentLimit", count),
		AvailableMonthlyQuota:    take(o, "availableMonthlyQuota", count),
	}
	var oddSubmitted int
	l.RunningJobIDs, odd = takeTexts(o, "runningJobIds")
	l.SubmittedJobIDs, oddSubmitted = takeTexts(o, "submittedJobIds")
	l.Extra = o.rest()
	return l, odd + oddSubmitted, nil
}
