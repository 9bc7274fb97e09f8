package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A caller is a client as plain as can be.
type caller struct {
	t      *testing.T
	client http.Client
	url    string
	key    string
}

// inBubble runs a test on a server in memory, on virtual time that starts at 2000-01-01, which is 2000_Q4.
func inBubble(t *testing.T, cfg Config, test func(t *testing.T, s *Server, c caller)) {
	synctest.Test(t, func(t *testing.T) {
		s := New(cfg)
		defer s.Close()
		test(t, s, caller{t, http.Client{Transport: s.Transport()}, s.MemoryURL(), s.Key()})
	})
}

func (c caller) do(method, path, body string) (status int, header http.Header, answer []byte, err error) {
	return c.send(c.t.Context(), method, path, body)
}

func (c caller) send(ctx context.Context, method, path, body string) (status int, header http.Header, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader([]byte(body)))
	require.NoError(c.t, err)
	r.Header.Set("apikey", c.key)
	resp, err := c.client.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, answer, err
}

// get is a request that is answered as it should be.
func (c caller) get(path string) map[string]any { return c.must("GET", path, "") }

// list is the list of jobs.
func (c caller) list() (jobs []any) {
	status, _, b, err := c.do("GET", "/export/jobs", "")
	require.NoError(c.t, err)
	require.Equal(c.t, http.StatusOK, status, string(b))
	require.NoError(c.t, json.Unmarshal(b, &jobs))
	return jobs
}

func (c caller) must(method, path, body string) (answer map[string]any) {
	status, _, b, err := c.do(method, path, body)
	require.NoError(c.t, err)
	require.Equal(c.t, http.StatusOK, status, string(b))
	require.NoError(c.t, json.Unmarshal(b, &answer))
	return answer
}

func (c caller) create(forecast, body string) (id string) {
	return c.must("POST", "/export/forecast/"+forecast, body)["jobId"].(string)
}

func (c caller) status(id string) string {
	return c.get("/export/jobs/" + id)["status"].(string)
}

// refused is a request that the API turns down; it returns the error's code.
func (c caller) refused(status int, method, path, body string) string {
	got, _, b, err := c.do(method, path, body)
	require.NoError(c.t, err)
	require.Equal(c.t, status, got, string(b))
	var answer struct{ Code, Message string }
	require.NoError(c.t, json.Unmarshal(b, &answer))
	return answer.Code
}

func (c caller) available() (concurrent, monthly any) {
	jobs := c.get("/admin/limits")["jobs"].(map[string]any)
	return jobs["availableConcurrentLimit"], jobs["availableMonthlyQuota"]
}

const oneDay = 24 * time.Hour

func results(id string) string { return fmt.Sprintf("/export/jobs/%s/results", id) }

// encode is the result of an export as Clari writes it.
func encode(t *testing.T, x Export) []byte {
	var b bytes.Buffer
	_, err := x.WriteTo(&b)
	require.NoError(t, err)
	return b.Bytes()
}
