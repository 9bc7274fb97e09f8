// Package wire sends requests to Clari's API and brings back answers. It knows HTTP, the API key, pace, throttling, when a request may be
// repeated, and what error bodies look like. It knows no endpoint and no answer.
//
// One Client stands for one API key. Whatever it sends shares one pace and one wait: a 429 on any request holds back all of them.
// Failed requests are repeated as the table in policy.go says; a POST creates an export job, which is paid for from a monthly quota and
// has no idempotency key, so it is repeated only when it surely was not processed, and ends in an *UnknownOutcomeError when nobody can tell.
package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clock"
)

const (
	defaultRequestsPerSecond = 10
	defaultMaxWait           = 30 * time.Minute
	defaultUserAgent         = "cq-source-clari"
)

// Config says how to reach Clari. BaseURL and APIKey are required.
type Config struct {
	BaseURL           string            // with the version, such as https://api.clari.com/v4
	APIKey            string            // sent as header apikey, to the base URL's origin only
	UserAgent         string            // cq-source-clari when empty
	RequestsPerSecond float64           // spacing of everything sent with this key; 10 when 0, +Inf for no pacing
	MaxRetries        int               // retries of one request after the first try; waiting on 429 does not count
	MaxWait           time.Duration     // longest Retry-After that is waited for; 30 minutes when 0
	MaxHeld           time.Duration     // longest that one request is held back by 429s in all; twice MaxWait when 0
	Transport         http.RoundTripper // a transport of its own when nil
	Logger            zerolog.Logger    // retries at debug, throttling at info, never above
}

// Client is safe for use by several goroutines.
type Client struct {
	base      *url.URL
	key       string
	userAgent string
	transport http.RoundTripper
	redact    redactor
	policy    policy
	throttle  *throttle
	paused    sync.Map // method and path -> pause

	keyRefusals keyRefusals
	skew        atomic.Int64 // Clari's clock minus ours, in nanoseconds
	dated       atomic.Bool  // skew is known
	retries     atomic.Int64
	log         zerolog.Logger
}

// New checks the configuration and sends nothing. Its errors never contain the key, nor user info in the URL.
func New(cfg Config) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(cfg.BaseURL, "/"))
	switch {
	case err != nil: // its text holds the URL, and so perhaps a password
		return nil, errors.New("base URL: not a URL")
	case base.Scheme != "https" && base.Scheme != "http", base.Host == "":
		return nil, errors.New("base URL: not an absolute http or https URL")
	case base.User != nil, base.RawQuery != "", base.ForceQuery, base.Fragment != "":
		return nil, errors.New("base URL: has user info, a query or a fragment")
	case cfg.APIKey == "":
		return nil, errors.New("API key: empty")
	case strings.ContainsFunc(cfg.APIKey, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return nil, errors.New("API key: has a space, a line end or another character that no header can carry")
	case !(cfg.RequestsPerSecond >= 0):
		return nil, fmt.Errorf("requests per second: %v is not a rate", cfg.RequestsPerSecond)
	case cfg.MaxRetries < 0, cfg.MaxWait < 0, cfg.MaxHeld < 0:
		return nil, errors.New("retries and waits: negative")
	}
	c := &Client{
		base: base, key: cfg.APIKey, userAgent: cfg.UserAgent, transport: cfg.Transport,
		redact: newRedactor(cfg.APIKey), log: cfg.Logger,
	}
	if c.userAgent == "" {
		c.userAgent = defaultUserAgent
	}
	if c.transport == nil {
		c.transport = newTransport()
	}
	if cfg.RequestsPerSecond == 0 {
		cfg.RequestsPerSecond = defaultRequestsPerSecond
	}
	if cfg.MaxWait == 0 {
		cfg.MaxWait = defaultMaxWait
	}
	if cfg.MaxHeld == 0 {
		cfg.MaxHeld = 2 * cfg.MaxWait
	}
	c.policy = policy{maxRetries: cfg.MaxRetries, maxWait: cfg.MaxWait}
	c.throttle = newThrottle(cfg.RequestsPerSecond, cfg.MaxWait, cfg.MaxHeld, cfg.Logger)
	return c, nil
}

// Close drops idle connections. The client may be used again after it.
func (c *Client) Close() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// ServerTime tells what Clari's clock showed at a local time, as last learnt from a Date header. That counts whole seconds, so the
// answer may be behind by a second and the way of one response, and is never ahead. Before the first response it is the local time itself.
func (c *Client) ServerTime(local time.Time) time.Time {
	return local.Add(time.Duration(c.skew.Load()))
}

// TimeKnown reports whether a Date header has told Clari's clock.
func (c *Client) TimeKnown() bool { return c.dated.Load() }

// LocalTime is the inverse of ServerTime.
func (c *Client) LocalTime(server time.Time) time.Time {
	return server.Add(-time.Duration(c.skew.Load()))
}

// Throttled is how long requests of this key have been held back by 429 so far: the union of those spans, however many callers waited.
func (c *Client) Throttled() time.Duration { return c.throttle.blocked() }

// Retries is how many requests have been repeated so far, other than after a 429.
func (c *Client) Retries() int64 { return c.retries.Load() }

// Request is one call of the API.
type Request struct {
	Op        string // what it is for, as errors begin: get job
	Method    string // POST creates an export job and is paid for; GET and PATCH may be sent again
	Path      string // begins with a slash, is encoded, and is relative to the base URL
	Body      []byte // JSON, nil for none
	Elsewhere bool   // may be redirected to another host (which never sees the key)
	Urgent    bool   // is not paced, since the process may be about to end; a 429 still holds it back
	Absent    error  // what a 404 without a code means, besides ErrNotFound; nil: nothing

	// Sending, if set, is called just before each time that the request goes out.
	Sending func(context.Context)
}

// do is the one way to Clari: it waits for its turn, tries, and repeats as the policy says. try returns nil when it is done.
func (c *Client) do(ctx context.Context, r Request, try func(context.Context, Request) *failure) error {
	var retries, throttles int
	var held time.Time // when this request was first held back; zero again once it is not
	for {
		if err := c.turn(ctx, r, &held); err != nil {
			return fmt.Errorf("%s: %w", r.Op, err)
		}
		requested := time.Now()
		f := try(ctx, r)
		if f == nil {
			return nil
		}
		attempt := retries
		if f.status == http.StatusTooManyRequests {
			attempt = throttles
		}
		if f.status >= 500 && f.retryAfter > 0 {
			c.paused.Store(r.Method+r.Path, pause{time.Now().Add(f.retryAfter), f.err})
		}
		d := c.policy.decide(r.Method, *f, attempt)
		if told := f.status == http.StatusTooManyRequests && f.retryAfter > 0; d.Retry && !told { // that one is kept exactly
			d.Wait += clock.Jitter(min(d.Wait, retryMost)) - min(d.Wait, retryMost)
		}
		switch {
		case !d.Retry:
			return c.giveUp(r, f, d, requested, retries)
		case f.status == http.StatusTooManyRequests:
			throttles++
			c.throttle.block(d.Wait, f.err)
			continue
		}
		retries++
		c.retries.Add(1)
		throttles, held = 0, time.Time{}
		c.log.Debug().Str("op", r.Op).Int("status", f.status).Int("attempt", retries).Stringer("wait", d.Wait).
			Str("reason", d.Reason).Str("cause", f.err.Error()).Msg("request is repeated")
		if err := clock.Sleep(ctx, d.Wait); err != nil {
			return fmt.Errorf("%w: while waiting to repeat: %w", f.err, err)
		}
	}
}

// pause is a 5xx with Retry-After: nobody asks the same again before, not only the caller that was told.
type pause struct {
	until time.Time
	cause error
}

// turn returns when a request may be sent, and its sender has been told; held is as in throttle.wait.
func (c *Client) turn(ctx context.Context, r Request, held *time.Time) error {
	for {
		if err := c.throttle.wait(ctx, held, r.Urgent); err != nil {
			return err
		}
		v, _ := c.paused.Load(r.Method + r.Path)
		p, _ := v.(pause)
		left := time.Until(p.until)
		switch {
		case left <= 0 && r.Sending == nil:
			return nil
		case left <= 0:
			r.Sending(ctx)
			if until, _ := c.throttle.shut(); until.IsZero() { // else it was held back while it told, and tells anew
				return ctx.Err()
			}
			continue
		case left > c.policy.maxWait:
			return &ThrottledError{Until: p.until, Err: p.cause, limit: c.policy.maxWait}
		}
		if err := clock.Sleep(ctx, left); err != nil {
			return err
		}
	}
}

// giveUp makes the error of a request that is not tried again.
func (c *Client) giveUp(r Request, f *failure, d Decision, requested time.Time, retries int) error {
	err := f.err
	switch {
	case f.status >= 500 && !d.Unclear && f.retryAfter > c.policy.maxWait:
		until := time.Now().Add(f.retryAfter)
		return fmt.Errorf("%s: %w", r.Op, &ThrottledError{Until: until, Err: err, limit: c.policy.maxWait})
	case retries > 0:
		err = fmt.Errorf("%w (tried %d times)", err, retries+1)
	}
	if d.Unclear {
		return &UnknownOutcomeError{RequestedAt: requested, EndedAt: time.Now(), Err: err}
	}
	return err
}
