//go:build !unix

package postgres

import (
	"context"
	"database/sql"
	"errors"
)

// ErrNotInstalled says that there is no PostgreSQL server on this machine.
var ErrNotInstalled = errors.New("postgres: tests run the server on Unix only")

// A Server is not to be had here.
type Server struct{ DB *sql.DB }

// Start has no server to start.
func Start(context.Context) (*Server, error) { return nil, ErrNotInstalled }

// Close ends nothing.
func (*Server) Close() error { return nil }

// Host is nowhere.
func (*Server) Host() string { return "" }
