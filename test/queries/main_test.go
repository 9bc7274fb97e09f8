// Package queries runs the views and queries of the docs on real databases, and compares what they say with what the stand-in for
// Clari knows.
package queries

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/postgres"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if started != nil {
		if err := started.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

var (
	once     sync.Once
	started  *postgres.Server
	startErr error
)

// server is the PostgreSQL server that all tests share. Where none is installed the test is skipped, but not where the project is checked.
func server(t *testing.T) *postgres.Server {
	t.Helper()
	once.Do(func() { started, startErr = postgres.Start(context.Background()) })
	switch {
	case errors.Is(startErr, postgres.ErrNotInstalled) && os.Getenv("CI") != "true":
		t.Skipf("NOT TESTED ON POSTGRESQL: %v", startErr)
	case startErr != nil:
		t.Fatal(startErr)
	}
	return started
}
