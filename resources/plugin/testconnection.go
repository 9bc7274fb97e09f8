package plugin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
)

// The codes of a failed test-connection.
const (
	invalidSpec    = "INVALID_SPEC"
	unauthorized   = "UNAUTHORIZED"
	notAllowed     = "NOT_ALLOWED"
	rateLimited    = "RATE_LIMITED"
	quotaExhausted = "QUOTA_EXHAUSTED"
	unreachable    = "UNREACHABLE"
)

// patience is how long a test may take: somebody waits for its answer.
const patience = 30 * time.Second

// testConnection checks the spec, asks for the export limits, and where those are refused for the list of jobs. Neither costs quota.
func testConnection(ctx context.Context, log zerolog.Logger, specJSON []byte) error {
	return testWith(ctx, log, specJSON, Options{})
}

func testWith(ctx context.Context, log zerolog.Logger, specJSON []byte, o Options) error {
	o.Impatient = true
	c, err := New(log, specJSON, o)
	if err != nil {
		return plugin.NewTestConnError(invalidSpec, fmt.Errorf("%w: docs/configuration.md has every key with an example", err))
	}
	defer c.api.Close()
	return c.testConnection(ctx)
}

func (c *Client) testConnection(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	limits, err := c.api.Limits(ctx)
	if err == nil {
		return c.testQuota(limits)
	}
	found := diagnose(err)
	if found.code == notAllowed || found.elsewhere { // another request may be answered all the same
		_, jobsErr := c.api.Jobs(ctx)
		switch other := diagnose(jobsErr); {
		case jobsErr == nil:
			return nil // sync without clari_limits, and one export at a time
		case found.code == notAllowed && other.code == notAllowed:
			err = fmt.Errorf("%w; %w", err, jobsErr)
		default:
			found, err = other, jobsErr
		}
	}
	return plugin.NewTestConnError(found.code, fmt.Errorf("%w: %s", err, found.step))
}

func (c *Client) testQuota(limits clari.Limits) error {
	left := limits.AvailableMonthlyQuota
	if left == nil || *left > c.spec.QuotaReserve {
		return nil
	}
	return plugin.NewTestConnError(quotaExhausted, fmt.Errorf("get limits: %d exports left in the 30 days, of which quota_reserve keeps %d: "+
		"wait until older exports are 30 days old, or ask Clari for a higher quota, or lower quota_reserve", *left, c.spec.QuotaReserve))
}

// NextStep is what to do about a request that failed, and whether a sync fails as a whole for it: it does but where a right is missing.
func NextStep(err error) (step string, fatal bool) {
	found := diagnose(err)
	return found.step, found.code != notAllowed && found.code != rateLimited
}

// diagnosis is what a failed request means, and what to do about it.
type diagnosis struct {
	code, step string
	elsewhere  bool // it is about this request, not about the way to Clari or the key
}

func diagnose(err error) diagnosis {
	if throttled, ok := errors.AsType[*clari.ThrottledError](err); ok {
		answer, _ := errors.AsType[*clari.Error](throttled.Err)
		if answer != nil && answer.Status != http.StatusTooManyRequests {
			return diagnosis{unreachable, "Clari is not available until then: try again after it", false}
		}
		return diagnosis{rateLimited, "try again after that time; the key works. Where it happens often, lower requests_per_second or use a key of its own", false}
	}
	switch {
	case errors.Is(err, clari.ErrUnauthorized):
		return diagnosis{unauthorized, "generate a token in Clari under Settings, API Token, and put it into api_key", false}
	case errors.Is(err, clari.ErrQuotaOrQueue):
		return diagnosis{quotaExhausted, "wait, or ask Clari for a higher quota", false}
	case errors.Is(err, clari.ErrForbidden), errors.Is(err, clari.ErrNoOptIn):
		return diagnosis{notAllowed, "ask your Clari administrator to allow the token's user these requests, or use a token of another user", true}
	}
	if answer, ok := errors.AsType[*clari.Error](err); ok && answer.Status/100 == 4 {
		return diagnosis{unreachable, "something answers there, but not as Clari's API does: check base_url", true}
	} else if ok {
		return diagnosis{unreachable, "Clari answers and cannot serve: try again later", true}
	}
	if step := network(err); step != "" {
		return diagnosis{unreachable, step, false}
	}
	return diagnosis{unreachable, "what answers is not Clari's API, perhaps a proxy's page: check base_url and the network between", true}
}

// network tells what to do about a connection that was not made or was lost, and nothing about an answer that made no sense. The proxy
// comes first, since its own name and certificate can fail too.
func network(err error) string {
	op, _ := errors.AsType[*net.OpError](err)
	_, noName := errors.AsType[*net.DNSError](err)
	var timeout net.Error
	switch {
	case op != nil && op.Op == "proxyconnect":
		return "the proxy does not let this through: check HTTPS_PROXY and NO_PROXY, and that the proxy allows the host of base_url"
	case noName:
		return "DNS does not know this name: check base_url, and the DNS of the machine"
	case isTLS(err):
		return "TLS fails: a proxy that opens TLS needs its root certificate among the system's (SSL_CERT_FILE); else check base_url and the machine's clock"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens there: check base_url and firewalls"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time: a firewall may drop it; check HTTPS_PROXY, which this network may need"
	case op != nil, errors.Is(err, syscall.ECONNRESET):
		return "the connection was not made or was cut: check firewalls and HTTPS_PROXY"
	}
	return ""
}

func isTLS(err error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	op, _ := errors.AsType[*net.OpError](err)
	return certificate || noTLS || alert || unknown || op != nil && (op.Op == "remote error" || op.Op == "local error") // crypto/tls names its alerts so
}
