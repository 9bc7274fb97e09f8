package wire

import (
	options "flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/docs/parts"
)

//go:generate go test -run ^TestPolicyDocumented$ -update .

var update = options.Bool("update", false, "write the retry policy into the documentation")

// TestPolicyDocumented holds the table of retries in the documentation against the policy.
func TestPolicyDocumented(t *testing.T) {
	if err := parts.Put("../../../docs/retries.md", "the retry policy", policyTable(), *update); err != nil {
		t.Error(err)
	}
}

func policyTable() string {
	p := policy{maxRetries: 8, maxWait: 30 * time.Minute} // the defaults of the spec
	var b strings.Builder
	b.WriteString("\n| what came back | reading and cancelling | creating | why |\n| --- | --- | --- | --- |\n")
	for _, row := range []struct {
		name    string
		failure failure
		next    string // what an export does about a creation that is not repeated; the policy knows of requests only
	}{
		{"no connection", failure{kind: lost}, ""},
		{"no answer, or half of one: reset, cut, timeout", failure{kind: lost, sent: true}, ""},
		{"a certificate that is not trusted", failure{kind: unsafe}, ""},
		{"success, with a body that makes no sense", failure{kind: malformed}, ""},
		{"429 with Retry-After", failure{status: 429, retryAfter: 7 * time.Second}, ""},
		{"429 without", failure{status: 429}, ""},
		{"503 with Retry-After", failure{status: 503, retryAfter: 7 * time.Second}, ""},
		{"503 with a Retry-After beyond `queue_timeout`", failure{status: 503, retryAfter: time.Hour}, ""},
		{"500, 502, 504, 503 without Retry-After", failure{status: 502}, ""},
		{"400 `SWW`, \"Something went wrong\"", failure{status: 400, code: codeWentWrong}, "look for the job"},
		{"400 `export_monthly_quota_reached`", failure{status: 400, code: codeQuota}, "ask the limits which of the two it is; wait for a place until `queue_timeout`"},
		{"a balancer's page, or another body in no form of Clari's, with any 4xx", failure{status: 403, untrusted: true}, ""},
		{"303", failure{status: 303}, ""},
		{"anything else: other 4xx, other redirects", failure{status: 403}, ""},
	} {
		creating := p.describe("POST", row.failure)
		if creating == "no" && row.next != "" {
			creating = row.next
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", row.name, p.describe("GET", row.failure), creating, p.decide("GET", row.failure, 0).Reason)
	}
	return b.String() + "\n"
}

// describe tells in words what is done about a failure that does not go away.
func (p policy) describe(method string, f failure) string {
	const endless = 99
	var waits []string
	retries := 0
	for ; retries < endless; retries++ {
		d := p.decide(method, f, retries)
		if !d.Retry {
			break
		}
		waits = append(waits, d.Wait.String())
	}
	switch {
	case p.decide(method, f, 0).Unclear:
		return "look for the job"
	case retries == 0:
		return "no"
	}
	wait := "after " + strings.Join(waits[:2], ", ")
	if f.retryAfter > 0 {
		wait = "after the time that it names"
	} else if retries > 2 {
		wait += " .. " + waits[retries-1]
	}
	if retries == endless {
		return "until `queue_timeout`, " + wait
	}
	return fmt.Sprintf("%d times, %s", retries, wait)
}
