package story

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/postgres"
)

var (
	once     sync.Once
	started  *postgres.Server
	startErr error
)

// Run runs the tests of a binary, and then closes the PostgreSQL server that they share.
func Run(m *testing.M) (code int) {
	code = m.Run()
	if started != nil {
		if err := started.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	return code
}

// Postgres is the PostgreSQL server that all tests of a binary share. Where none is installed the test is skipped, but not where the project is checked.
func Postgres(t *testing.T) *postgres.Server {
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

// DBT is the program of dbt that a variable names. DuckDB and sqlglot are installed with it. Where there is none the test is skipped, and says what
// was left out, but not where the project is checked.
func DBT(t *testing.T, variable, leftOut string) (program string) {
	t.Helper()
	program = os.Getenv(variable)
	switch {
	case program == "" && os.Getenv("CI") != "true":
		t.Skipf("%s: %s is not set: .ci/dbt installs it", leftOut, variable)
	case program == "":
		t.Fatalf("%s is not set: .ci/dbt installs dbt, and prints where it is", variable)
	}
	return program
}

// Python is the interpreter that a program of dbt runs in.
func Python(program string) string { return filepath.Join(filepath.Dir(program), "python") }
