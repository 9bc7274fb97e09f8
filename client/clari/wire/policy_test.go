package wire

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"
)

func TestPolicy(t *testing.T) {
	const get, post, patch = "GET", "POST", "PATCH"
	p := policy{maxRetries: 8, maxWait: time.Minute}
	retry := func(wait time.Duration) Decision { return Decision{Retry: true, Wait: wait} }
	no, unclear := Decision{}, Decision{Unclear: true}
	status := func(code int) failure { return failure{status: code} }
	after := func(code int, wait time.Duration) failure { return failure{status: code, retryAfter: wait} }
	coded := func(status int, code string) failure { return failure{status: status, code: code} }
	for _, row := range []struct {
		method  string
		failure failure
		attempt int
		want    Decision
	}{
		// no whole answer
		{get, failure{kind: lost, sent: true}, 0, retry(time.Second)},
		{get, failure{kind: lost, sent: true}, 1, retry(2 * time.Second)},
		{get, failure{kind: lost, sent: true}, 4, retry(16 * time.Second)},
		{get, failure{kind: lost, sent: true}, 5, retry(30 * time.Second)},
		{get, failure{kind: lost, sent: true}, 7, retry(30 * time.Second)},
		{get, failure{kind: lost, sent: true}, 8, no},
		{patch, failure{kind: lost, sent: true}, 0, retry(time.Second)},
		{patch, failure{kind: lost, sent: true}, 8, no},
		{post, failure{kind: lost, sent: true}, 0, unclear},
		{get, failure{kind: lost}, 0, retry(time.Second)},
		{patch, failure{kind: lost}, 0, retry(time.Second)},
		{post, failure{kind: lost}, 0, retry(time.Second)},
		{post, failure{kind: lost}, 3, retry(8 * time.Second)},
		{post, failure{kind: lost}, 8, no},
		{get, failure{kind: unsafe}, 0, no},
		{post, failure{kind: unsafe}, 0, no},
		// the caller stopped
		{get, failure{kind: stopped, sent: true}, 0, no},
		{patch, failure{kind: stopped, sent: true}, 0, no},
		{post, failure{kind: stopped, sent: true}, 0, unclear},
		{post, failure{kind: stopped}, 0, no},
		// 2xx that makes no sense
		{get, failure{kind: malformed}, 0, retry(time.Second)},
		{get, failure{kind: malformed}, 1, retry(2 * time.Second)},
		{get, failure{kind: malformed}, 2, no},
		{patch, failure{kind: malformed}, 0, retry(time.Second)},
		{post, failure{kind: malformed}, 0, unclear},
		// throttled: the waits are not retries, so no attempt is too late
		{get, after(429, 7*time.Second), 0, retry(7 * time.Second)},
		{post, after(429, 7*time.Second), 3, retry(7 * time.Second)},
		{patch, after(429, time.Second), 99, retry(time.Second)},
		{get, after(429, time.Hour), 0, retry(time.Hour)}, // the throttle refuses it
		{get, status(429), 0, retry(5 * time.Second)},
		{post, status(429), 1, retry(10 * time.Second)},
		{get, status(429), 3, retry(40 * time.Second)},
		{get, status(429), 4, retry(time.Minute)},
		{get, status(429), 99, retry(time.Minute)},
		// unavailable
		{get, after(503, 9*time.Second), 0, retry(9 * time.Second)},
		{post, after(503, 9*time.Second), 2, retry(9 * time.Second)},
		{post, after(503, 9*time.Second), 7, retry(30 * time.Second)},
		{post, after(503, 9*time.Second), 8, no},
		{post, after(503, time.Hour), 0, no},
		{get, after(503, time.Hour), 0, no},
		{get, status(503), 0, retry(time.Second)},
		{post, status(503), 0, unclear},
		// server errors
		{get, status(500), 0, retry(time.Second)},
		{get, status(502), 1, retry(2 * time.Second)},
		{get, status(504), 8, no},
		{get, after(500, time.Minute), 0, retry(time.Minute)},
		{get, after(502, time.Millisecond), 1, retry(2 * time.Second)},
		{get, after(504, time.Hour), 0, no},
		{patch, after(504, 9*time.Second), 0, retry(9 * time.Second)},
		{patch, status(500), 0, retry(time.Second)},
		{post, status(500), 0, unclear},
		{post, status(502), 0, unclear},
		{post, status(504), 0, unclear},
		{post, status(520), 0, unclear},
		{post, after(500, time.Minute), 0, unclear},
		// "something went wrong"
		{get, coded(400, "SWW"), 0, retry(time.Second)},
		{get, coded(400, "SWW"), 1, retry(2 * time.Second)},
		{get, coded(400, "SWW"), 2, no},
		{patch, coded(400, "SWW"), 0, retry(time.Second)},
		{post, coded(400, "SWW"), 0, unclear},
		{get, coded(403, "SWW"), 0, no},
		// quota, documented as 400
		{post, coded(400, codeQuota), 0, no},
		{post, coded(429, codeQuota), 0, no},
		{post, failure{status: 429, code: codeQuota, retryAfter: time.Second}, 0, retry(time.Second)},
		// refused
		{get, status(400), 0, no},
		{get, status(401), 0, no},
		{get, coded(401, codeNoOptIn), 0, no},
		{get, status(403), 0, no},
		{get, status(404), 0, no},
		{get, coded(400, codeInvalidJob), 0, no},
		{patch, coded(400, codeNotCancellable), 0, no},
		{post, status(400), 0, no},
		{post, status(401), 0, no},
		{post, status(404), 0, no},
		{post, status(408), 0, unclear},
		{get, status(408), 0, retry(time.Second)},
		{get, failure{status: 404, noRoute: true}, 0, retry(time.Second)},
		{get, failure{status: 404, noRoute: true}, 2, no},
		{post, failure{status: 404, noRoute: true}, 0, no},
		{get, failure{status: 403, elsewhere: true}, 0, retry(time.Second)},
		{get, failure{status: 403, elsewhere: true}, 2, no},
		{get, failure{status: 404, elsewhere: true, untrusted: true}, 2, no},
		// a balancer's page
		{get, failure{status: 404, untrusted: true}, 0, retry(time.Second)},
		{get, failure{status: 410, untrusted: true}, 7, retry(30 * time.Second)},
		{get, failure{status: 400, untrusted: true}, 8, no},
		{patch, failure{status: 403, untrusted: true}, 1, retry(2 * time.Second)},
		{post, failure{status: 401, untrusted: true}, 0, unclear},
		{post, failure{status: 403, untrusted: true}, 0, unclear},
		{post, failure{status: 429, untrusted: true}, 0, retry(5 * time.Second)},
		// redirects that are not followed
		{get, status(302), 0, no},
		{patch, status(307), 0, no},
		{post, status(301), 0, no},
		{post, status(302), 0, no},
		{post, status(303), 0, unclear},
		{post, status(307), 0, no},
	} {
		name := fmt.Sprintf("%s kind=%d sent=%t status=%d %s after=%s attempt=%d", row.method, row.failure.kind, row.failure.sent,
			row.failure.status, row.failure.code, row.failure.retryAfter, row.attempt)
		t.Run(name, func(t *testing.T) {
			got := p.decide(row.method, row.failure, row.attempt)
			if got.Reason == "" {
				t.Error("no reason given")
			}
			if got.Reason = ""; got != row.want {
				t.Errorf("got %+v, want %+v", got, row.want)
			}
		})
	}
}

func TestNoRetries(t *testing.T) {
	if d := (policy{}).decide("GET", failure{kind: lost}, 0); d.Retry || d.Wait != 0 {
		t.Errorf("retries none, got %+v", d)
	}
}

func TestDownloadRetry(t *testing.T) {
	c := &Client{policy: policy{maxRetries: 2}}
	cut := fmt.Errorf("spool: %w", &CutError{Err: io.ErrUnexpectedEOF})
	d := c.DownloadRetry(cut, 0)
	within(t, "first wait", d.Wait, time.Second, time.Second*5/4)
	if !d.Retry || d.Unclear {
		t.Errorf("cut download: %+v", d)
	}
	if d := c.DownloadRetry(cut, 2); d.Retry {
		t.Errorf("beyond the retries: %+v", d)
	}
	for _, err := range []error{io.ErrUnexpectedEOF, context.Canceled, &Error{Status: 500}, &ThrottledError{Err: io.EOF}, io.ErrShortWrite} {
		if d := c.DownloadRetry(err, 0); d.Retry {
			t.Errorf("%v: %+v", err, d)
		}
	}
}
