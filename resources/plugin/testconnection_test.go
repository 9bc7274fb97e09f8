package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

const testKey = "key-of-the-test"

// answers stands in for the network: it answers by path, and counts.
type answers struct {
	byPath map[string]func(*http.Request) (*http.Response, error)
	asked  []string
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.asked = append(a.asked, r.Method+" "+r.URL.Path)
	answer := a.byPath[r.URL.Path]
	if answer == nil {
		return nil, fmt.Errorf("nobody expected %s %s", r.Method, r.URL)
	}
	return answer(r)
}

func says(status int, body string, header ...string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

func fails(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

const (
	limitsPath = "/v4/admin/limits"
	jobsPath   = "/v4/export/jobs"
	okLimits   = `{"jobs": {"concurrentLimit": 3, "monthlyQuota": 500, "availableConcurrentLimit": 3, "availableMonthlyQuota": 20}}`
	okJobs     = `{"jobs": []}`
	page       = "<html><title>Sign in to the network</title></html>"
)

func specOf(more string) string {
	return `{"api_key": "` + testKey + `", "forecasts": [{"id": "net_arr"}]` + more + `}`
}

func TestTestConnection(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	type calls = map[string]func(*http.Request) (*http.Response, error)
	for _, test := range []struct {
		name, spec, code string
		texts            []string
		calls            calls
	}{
		{name: "good", calls: calls{limitsPath: says(200, okLimits)}},
		{name: "no limits, but jobs", calls: calls{limitsPath: says(403, `{"message": "no"}`), jobsPath: says(200, okJobs)}},
		{name: "limits of another form", calls: calls{limitsPath: says(200, `[]`), jobsPath: says(200, okJobs)}},
		{name: "unknown key", spec: specOf(`, "forecast": 1`), code: "INVALID_SPEC", texts: []string{"forecasts", "docs/configuration.md"}},
		{name: "no spec", spec: "null", code: "INVALID_SPEC", texts: []string{"api_key: required"}},
		{
			name: "wrong key", code: "UNAUTHORIZED", texts: []string{"get limits: HTTP 401", "generate a token"},
			calls: calls{limitsPath: says(401, `{"message": "Invalid authentication credentials"}`)},
		},
		{
			name: "neither limits nor jobs", code: "NOT_ALLOWED", texts: []string{"get limits: HTTP 403", "list jobs: HTTP 403", "administrator"},
			calls: calls{limitsPath: says(403, `{"message": "no"}`), jobsPath: says(403, `{"message": "no"}`)},
		},
		{
			name: "told to wait", code: "RATE_LIMITED", texts: []string{"held back until", "after that time"},
			calls: calls{limitsPath: says(429, `{}`, "Retry-After", "3600")},
		},
		{
			name: "told to slow down", code: "RATE_LIMITED", texts: []string{"held back until"},
			calls: calls{limitsPath: says(429, `{}`)},
		},
		{
			name: "no quota", code: "QUOTA_EXHAUSTED", texts: []string{"0 exports left", "quota_reserve keeps 0"},
			calls: calls{limitsPath: says(200, strings.ReplaceAll(okLimits, "20}", "0}"))},
		},
		{
			name: "all quota reserved", spec: specOf(`, "quota_reserve": 20`), code: "QUOTA_EXHAUSTED", texts: []string{"20 exports left", "keeps 20"},
			calls: calls{limitsPath: says(200, okLimits)},
		},
		{
			name: "down", code: "UNREACHABLE", texts: []string{"HTTP 502", "try again later"},
			calls: calls{limitsPath: says(502, page), jobsPath: says(502, page)},
		},
		{
			name: "down until", code: "UNREACHABLE", texts: []string{"HTTP 503", "try again after it"},
			calls: calls{limitsPath: says(503, `{}`, "Retry-After", "3600")},
		},
		{
			name: "another API", code: "UNREACHABLE", texts: []string{"HTTP 404", "check base_url"},
			calls: calls{limitsPath: says(404, page), jobsPath: says(404, page)},
		},
		{
			name: "a captive portal", code: "UNREACHABLE", texts: []string{"answer not understood", "proxy's page"},
			calls: calls{limitsPath: says(200, page), jobsPath: says(200, page)},
		},
		{
			name: "DNS", code: "UNREACHABLE", texts: []string{"no such host", "DNS does not know this name"},
			calls: calls{limitsPath: fails(dial(&net.DNSError{Err: "no such host", Name: "api.clari.example", IsNotFound: true}))},
		},
		{
			name: "nobody listens", code: "UNREACHABLE", texts: []string{"connection refused", "nobody listens there"},
			calls: calls{limitsPath: fails(dial(syscall.ECONNREFUSED))},
		},
		{
			name: "reset", code: "UNREACHABLE", texts: []string{"check firewalls"},
			calls: calls{limitsPath: fails(&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET})},
		},
		{name: "swallowed", code: "UNREACHABLE", texts: []string{"no answer in time"}, calls: calls{limitsPath: hangs}},
		{
			name: "proxy unknown", code: "UNREACHABLE", texts: []string{"HTTPS_PROXY and NO_PROXY"},
			calls: calls{limitsPath: fails(&net.OpError{Op: "proxyconnect", Net: "tcp", Err: dial(&net.DNSError{Err: "no such host", Name: "proxy.example"})})},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if test.spec == "" {
					test.spec = specOf("")
				}
				net, began := &answers{byPath: test.calls}, time.Now()
				err := testWith(t.Context(), zerolog.Nop(), []byte(test.spec), Options{Transport: net})
				require.LessOrEqual(t, time.Since(began), patience)
				checkTestConn(t, err, test.code, test.texts...)
				for _, asked := range net.asked {
					require.Regexp(t, "^GET ", asked, "nothing that could cost an export")
				}
			})
		})
	}
}

// TestTestConnectionDials: the errors of the real network, on loopback.
func TestTestConnectionDials(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	secure.Config.ErrorLog = nil
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	proxy, err := url.Parse(plain.URL) // refuses to CONNECT
	require.NoError(t, err)
	for _, test := range []struct {
		name, url, text string
		transport       http.RoundTripper
	}{
		{"certificate of nobody", secure.URL, "TLS fails", nil},
		{"no TLS at all", strings.Replace(plain.URL, "http:", "https:", 1), "TLS fails", nil},
		{"nobody listens", "http://127.0.0.1:1", "nobody listens there", nil},
		{"no proxy there", secure.URL, "HTTPS_PROXY", &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:1"})}},
		{"proxy without TLS", secure.URL, "HTTPS_PROXY", &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "https", Host: proxy.Host})}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			err := testWith(ctx, zerolog.Nop(), []byte(specOf(`, "base_url": "`+test.url+`"`)), Options{Transport: test.transport})
			checkTestConn(t, err, unreachable, test.text)
		})
	}
}

func checkTestConn(t *testing.T, err error, code string, texts ...string) {
	t.Helper()
	if code == "" {
		require.NoError(t, err)
		return
	}
	var failed *plugin.TestConnError
	require.True(t, errors.As(err, &failed), "%v", err)
	require.Equal(t, code, failed.Code, "%v", err)
	for _, text := range texts {
		require.ErrorContains(t, err, text)
	}
	require.NotContains(t, err.Error(), testKey)
	require.NotContains(t, err.Error(), "\n")
}
