// Package caller is a client as plain as can be, for tests of the stand-in itself: it sends what it is told to, and repeats nothing.
//
//	caller.InBubble(t, sim.Config{}, func(t *testing.T, s *sim.Server, c caller.Caller) {
//		id := c.Create("forecast", `{"timePeriod":"2000_Q3"}`)
//		require.Equal(t, sim.Done, c.Status(id))
//	})
//
// It knows the paths of the API, and no more: what an answer means is for the test to say.
package caller

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// A Caller sends requests with a key.
type Caller struct {
	t         *testing.T
	transport http.RoundTripper
	url, key  string
}

// New is a caller of the API at a URL.
func New(t *testing.T, transport http.RoundTripper, url, key string) Caller {
	return Caller{t, transport, url, key}
}

// InBubble runs a test on a server in memory, on virtual time that starts at 2000-01-01, which is 2000_Q4.
func InBubble(t *testing.T, cfg sim.Config, test func(t *testing.T, s *sim.Server, c Caller)) {
	synctest.Test(t, func(t *testing.T) {
		s := sim.New(cfg)
		defer s.Close()
		test(t, s, New(t, s.Transport(), s.MemoryURL(), s.Key()))
	})
}

// As is a caller with another key.
func (c Caller) As(key string) Caller {
	c.key = key
	return c
}

// Do is a request whatever becomes of it.
func (c Caller) Do(method, path, body string) (status int, header http.Header, answer []byte, err error) {
	return c.Send(c.t.Context(), method, path, body)
}

// Send is a request that may be given up.
func (c Caller) Send(ctx context.Context, method, path, body string) (status int, header http.Header, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader([]byte(body)))
	require.NoError(c.t, err)
	r.Header.Set("apikey", c.key)
	resp, err := (&http.Client{Transport: c.transport}).Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, answer, err
}

// Must is a request that is answered as it should be.
func (c Caller) Must(method, path, body string) (answer map[string]any) {
	status, _, b, err := c.Do(method, path, body)
	require.NoError(c.t, err)
	require.Equal(c.t, http.StatusOK, status, string(b))
	require.NoError(c.t, json.Unmarshal(b, &answer))
	return answer
}

// Refused is a request that the API turns down; it returns the error's code.
func (c Caller) Refused(status int, method, path, body string) string {
	got, _, b, err := c.Do(method, path, body)
	require.NoError(c.t, err)
	require.Equal(c.t, status, got, string(b))
	var answer struct{ Code, Message string }
	require.NoError(c.t, json.Unmarshal(b, &answer))
	return answer.Code
}

// Get is the answer to a GET.
func (c Caller) Get(path string) map[string]any { return c.Must("GET", path, "") }

// Create asks for an export of a forecast.
func (c Caller) Create(forecast, body string) (id string) {
	return c.Must("POST", "/export/forecast/"+forecast, body)["jobId"].(string)
}

// Status is the status of a job.
func (c Caller) Status(id string) string {
	return c.Get("/export/jobs/" + id)["status"].(string)
}

// List is the list of jobs.
func (c Caller) List() (jobs []any) {
	status, _, b, err := c.Do("GET", "/export/jobs", "")
	require.NoError(c.t, err)
	require.Equal(c.t, http.StatusOK, status, string(b))
	require.NoError(c.t, json.Unmarshal(b, &jobs))
	return jobs
}

// Available is what is left of the queue and of the quota.
func (c Caller) Available() (concurrent, monthly any) {
	jobs := c.Get("/admin/limits")["jobs"].(map[string]any)
	return jobs["availableConcurrentLimit"], jobs["availableMonthlyQuota"]
}

// Results is the path of a job's results.
func Results(id string) string { return "/export/jobs/" + id + "/results" }

// Written is the result of an export as Clari writes it.
func Written(t *testing.T, x sim.Export) string {
	var b bytes.Buffer
	_, err := x.WriteTo(&b)
	require.NoError(t, err)
	return b.String()
}
