package clari

import (
	"errors"
	"math"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/cq-source-clari/cq-source-clari/client/clari/wire/wiretest"
)

// TestMain lets no goroutine outlive the tests. Nothing here dials: see serve.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testKey = "k3y/0f+Clari<secret>&more="

// serve starts a server and a client of it; edit may change the client's configuration. The client paces nothing.
func serve(t *testing.T, handler http.HandlerFunc, edit ...func(*Config)) (*Client, *wiretest.Server) {
	t.Helper()
	s, transport := wiretest.Serve(t, handler)
	cfg := Config{BaseURL: "http://clari.test/v4", APIKey: testKey, RequestsPerSecond: math.Inf(1), MaxRetries: 8, Transport: transport}
	for _, e := range edit {
		e(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

// The server's answers, by short names.
var (
	answer, inTurn = wiretest.Answer, wiretest.InTurn
	hangUp         = wiretest.HangUp
)

func unclear(t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[*UnknownOutcomeError](err); !ok {
		t.Fatalf("not an UnknownOutcomeError: %v", err)
	}
}

const (
	okJob    = `{"jobId":"j1","status":"DONE"}`
	okCreate = `{"jobId":"j1"}`
)
