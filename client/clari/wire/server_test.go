package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/cq-source-clari/cq-source-clari/client/clari/wire/wiretest"
)

// TestMain lets nothing dial but loopback, and no goroutine outlive the tests.
func TestMain(m *testing.M) {
	dialer.Control = func(_, address string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(address)
		if err == nil && net.ParseIP(host).IsLoopback() {
			return nil
		}
		return fmt.Errorf("tests do not dial %s", address)
	}
	goleak.VerifyTestMain(m)
}

const testKey = "k3y/0f+Clari<secret>&more="

// server is what a test's client talks to, and that client's log, in lines of JSON.
type server struct {
	*wiretest.Server
	log bytes.Buffer
}

// testClient has requests to try the wire with. What they ask is Clari's; of the answers it knows only that JSON has to be valid.
type testClient struct{ *Client }

// serve starts a server and a client of it; edit may change the client's configuration. The client paces nothing.
func serve(t *testing.T, handler http.HandlerFunc, edit ...func(*Config)) (*testClient, *server) {
	t.Helper()
	behind, transport := wiretest.Serve(t, handler)
	s := &server{Server: behind}
	cfg := Config{
		BaseURL: "http://clari.test/v4", APIKey: testKey, RequestsPerSecond: math.Inf(1), MaxRetries: 8,
		Transport: transport, Logger: zerolog.New(zerolog.SyncWriter(&s.log)),
	}
	for _, e := range edit {
		e(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &testClient{c}, s
}

const testLimit = 1 << 20 // bytes of an answer

// ask decodes {"jobId": ...}; empty where there is none.
func (c *testClient) ask(ctx context.Context, r Request) (id string, err error) {
	err = c.Call(ctx, r, testLimit, func(body []byte) error {
		var answer struct {
			JobID string `json:"jobId"`
		}
		err := json.Unmarshal(body, &answer)
		id = answer.JobID
		return err
	})
	return id, err
}

func (c *testClient) limits(ctx context.Context) (string, error) {
	return c.ask(ctx, Request{Op: "get limits", Method: http.MethodGet, Path: "/admin/limits"})
}

func (c *testClient) job(ctx context.Context) (string, error) {
	return c.ask(ctx, Request{Op: "get job", Method: http.MethodGet, Path: "/export/jobs/j1"})
}

func (c *testClient) cancel(ctx context.Context) error {
	_, err := c.ask(ctx, Request{Op: "cancel job", Method: http.MethodPatch, Path: "/export/jobs/j1", Urgent: true, Body: []byte(`{"type":"CANCEL"}`)})
	return err
}

func (c *testClient) create(ctx context.Context, sending func(context.Context)) (id string, err error) {
	r := Request{Op: "create export", Method: http.MethodPost, Path: "/export/forecast/f", Body: []byte("{}"), Sending: sending, Absent: ErrUnknownForecast}
	id, err = c.ask(ctx, r)
	return id, err
}

func (c *testClient) results(ctx context.Context) (*Results, error) {
	return c.Download(ctx, Request{Op: "get results", Method: http.MethodGet, Path: "/export/jobs/j1/results", Elsewhere: true})
}

// The server's answers, by short names.
var (
	answer, inTurn    = wiretest.Answer, wiretest.InTurn
	hang, hangUp, raw = wiretest.Hang, wiretest.HangUp, wiretest.Raw
)

// resetConn breaks as TCP does, once the request is out.
type resetConn struct {
	net.Conn
	written chan struct{}
	once    sync.Once
}

func (c *resetConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.once.Do(func() { close(c.written) })
	return n, err
}

func (c *resetConn) Read([]byte) (int, error) {
	<-c.written
	return 0, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// swallow reads a connection to its end and never answers.
func swallow() net.Conn {
	here, there := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, there); _ = there.Close() }()
	return here
}

var errDial = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

func unclear(t *testing.T, err error) *UnknownOutcomeError {
	t.Helper()
	u, ok := errors.AsType[*UnknownOutcomeError](err)
	if !ok {
		t.Fatalf("not an UnknownOutcomeError: %v", err)
	}
	return u
}

func within(t *testing.T, what string, got, least, most time.Duration) {
	t.Helper()
	if got < least || got > most {
		t.Errorf("%s: %s, want %s to %s", what, got, least, most)
	}
}

const (
	okJob    = `{"jobId":"j1","status":"DONE"}`
	okCreate = `{"jobId":"j1"}`
	okLimits = `{"jobs":{"concurrentLimit":3}}`
)
