package wire

import (
	"errors"
	"net/http"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clock"
)

const (
	retryFirst, retryMost       = time.Second, 30 * time.Second
	throttleFirst, throttleMost = 5 * time.Second, time.Minute

	// Clari's "Something went wrong" is a 400 that sometimes passes, and so does a gateway's page where an answer should be: such a request
	// is given two more tries and no more.
	briefRetries = 2
)

// Decision is what to do after a failure.
type Decision struct {
	Retry   bool          // try again
	Wait    time.Duration // not before this has passed
	Unclear bool          // the request may or may not have been processed
	Reason  string        // why, in a few words, for logs
}

// kind of failure, from knowing most about what the server did to knowing least.
type kind int

const (
	answered  kind = iota // with a status that is not 2xx
	malformed             // with 2xx and a body that makes no sense
	unsafe                // nothing was sent and nothing can be: the server's certificate was refused
	lost                  // no whole answer: connection refused, reset, cut, timed out
	stopped               // the caller's context ended
)

// failure is why one try came to nothing.
type failure struct {
	kind       kind
	sent       bool // lost, stopped: some of the request may have reached the server. False only when that is proven
	status     int  // answered
	code       string
	noRoute    bool          // answered: by a gateway that sent the request nowhere
	elsewhere  bool          // answered: by another host than the API's
	untrusted  bool          // answered: in no form of Clari's, such as a balancer's page
	retryAfter time.Duration // how long the server asks to wait; 0: it does not say
	err        error         // begins with the request's op; redacted
}

// policy decides which requests are repeated. It is the only place that does.
type policy struct {
	maxRetries int
	maxWait    time.Duration
}

// decide is a pure function. attempt counts the retries so far, or for 429 the 429s so far: those are not retries, and the throttle
// bounds them by time. Waits are the least ones, without jitter.
//
// POST creates an export job: it takes from a monthly quota, so that a second one by mistake costs what nobody gives back. GET and the
// PATCH that cancels may be sent again whatever became of them.
func (p policy) decide(method string, f failure, attempt int) Decision {
	create := method == http.MethodPost
	d := Decision{Wait: clock.Doubling(retryFirst, retryMost, attempt)}
	switch {
	case f.kind == stopped:
		return Decision{Unclear: create && f.sent, Reason: "the caller stopped"}
	case f.kind == unsafe:
		return Decision{Reason: "cannot be sent"}
	case f.kind == malformed && create:
		return Decision{Unclear: true, Reason: "answer not understood"}
	case f.kind == malformed:
		d.Retry, d.Reason = attempt < briefRetries, "answer not understood"

	case f.kind == lost && !f.sent:
		d.Retry, d.Reason = true, "no connection"
	case f.kind == lost && create:
		return Decision{Unclear: true, Reason: "answer lost"}
	case f.kind == lost:
		d.Retry, d.Reason = true, "answer lost"

	case f.code == codeQuota && f.retryAfter == 0: // documented as 400, but no quota comes back in seconds under any status
		return Decision{Reason: "export quota or queue is full"}
	case f.status == http.StatusTooManyRequests && f.retryAfter > 0:
		return Decision{Retry: true, Wait: f.retryAfter, Reason: "throttled"}
	case f.status == http.StatusTooManyRequests:
		return Decision{Retry: true, Wait: clock.Doubling(throttleFirst, throttleMost, attempt), Reason: "throttled"}

	case f.status >= 500 && create && (f.status != http.StatusServiceUnavailable || f.retryAfter == 0):
		return Decision{Unclear: true, Reason: "server error"}
	case f.status >= 500 && f.retryAfter > p.maxWait:
		return Decision{Reason: "unavailable for longer than may be waited"}
	case f.status >= 500 && f.retryAfter > 0:
		d.Retry, d.Wait, d.Reason = true, max(d.Wait, f.retryAfter), "unavailable"
	case f.status >= 500:
		d.Retry, d.Reason = true, "server error"
	case f.status == http.StatusRequestTimeout && create:
		return Decision{Unclear: true, Reason: "a gateway timed out"}
	case f.status == http.StatusRequestTimeout:
		d.Retry, d.Reason = true, "a gateway timed out"
	case f.status == http.StatusNotFound && f.noRoute && !create:
		d.Retry, d.Reason = attempt < briefRetries, "the gateway knows no such address"
	case f.status/100 == 4 && f.elsewhere: // such as a signed address that has expired: the API gives a new one
		d.Retry, d.Reason = attempt < briefRetries, "refused by the host that the API redirects to"

	case f.status/100 == 4 && f.untrusted && create: // a balancer's page says nothing of what is behind it
		return Decision{Unclear: true, Reason: "not Clari's answer"}
	case f.status/100 == 4 && f.untrusted:
		d.Retry, d.Reason = true, "not Clari's answer"

	case f.status == http.StatusSeeOther && create: // "done, the outcome is over there"
		return Decision{Unclear: true, Reason: "redirected after the fact"}
	case f.status == http.StatusBadRequest && f.code == codeWentWrong && create: // before a job was queued, or after
		return Decision{Unclear: true, Reason: "something went wrong"}
	case f.status == http.StatusBadRequest && f.code == codeWentWrong:
		d.Retry, d.Reason = attempt < briefRetries, "something went wrong"
	default:
		return Decision{Reason: "refused"}
	}
	if attempt >= p.maxRetries {
		d.Retry = false
	}
	if !d.Retry {
		d.Wait = 0
	}
	return d
}

// DownloadRetry decides, as for any GET, whether a result whose Body ended in err is to be asked for again; attempt counts the downloads
// tried again so far. Only a *CutError is worth another try: Download itself has already repeated what can be.
func (c *Client) DownloadRetry(err error, attempt int) Decision {
	if _, cut := errors.AsType[*CutError](err); !cut {
		return Decision{Reason: "not a cut download"}
	}
	d := c.policy.decide(http.MethodGet, failure{kind: lost, sent: true}, attempt)
	d.Wait = clock.Jitter(d.Wait)
	return d
}
