//go:build unix

// Package postgres is a PostgreSQL server of a test's own, and the little of a CloudQuery destination that puts the rows of a sync
// into it as CloudQuery's own PostgreSQL destination would.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
)

// ErrNotInstalled says that there is no PostgreSQL server on this machine.
var ErrNotInstalled = errors.New("postgres: no server is installed (Debian: apt-get install postgresql)")

// A Server listens on a private unix socket, and on nothing else.
type Server struct {
	DB    *sql.DB
	dir   string
	cmd   *exec.Cmd
	input io.Closer // open while the server is to run
}

// Start makes a database cluster in a directory of its own, and serves it until Close. A superuser's test runs the server as an
// unprivileged user, since it refuses to run as root.
func Start(ctx context.Context) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pg") // a socket's path has to be short
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir}
	if err := s.start(ctx, bin); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, bin string) error {
	attributes := &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the test, which then closes it
	if os.Geteuid() == 0 {
		uid, gid, err := unprivileged()
		if err != nil {
			return err
		}
		attributes.Credential = &syscall.Credential{Uid: uid, Gid: gid}
		if err := os.Chown(s.dir, int(uid), int(gid)); err != nil {
			return err
		}
	}
	data := filepath.Join(s.dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "--pgdata", data, "--username", "clari", "--auth", "trust",
		"--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
	initdb.SysProcAttr, initdb.Dir = attributes, s.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("postgres: initdb: %w\n%s", err, out)
	}
	var log strings.Builder
	// The shell ends the server when its input ends, which it also does where the test is killed.
	const guard = `"$0" "$@" & server=$!; cat; kill -INT $server; wait $server`
	s.cmd = exec.Command("sh", "-c", guard, filepath.Join(bin, "postgres"), "-D", data, "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "timezone=UTC", "-c", "jit=off")
	s.cmd.SysProcAttr, s.cmd.Dir, s.cmd.Stderr = attributes, s.dir, &log
	input, err := s.cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	s.input = input
	if s.DB, err = sql.Open("pgx", fmt.Sprintf("host=%s user=clari database=postgres", s.dir)); err != nil {
		return err
	}
	const patience = 30 * time.Second
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) { // a process outside of the test is waited for
		if err = s.DB.PingContext(ctx); err == nil || ctx.Err() != nil {
			return err
		}
		if time.Since(began) > patience {
			return fmt.Errorf("postgres: not there after %s: %w\n%s", patience, err, log.String())
		}
	}
}

// Host is the directory of the socket, which clients take for a host.
func (s *Server) Host() string { return s.dir }

// Close ends the server, and removes its files.
func (s *Server) Close() error {
	var errs []error
	if s.DB != nil {
		errs = append(errs, s.DB.Close())
	}
	if s.input != nil {
		errs = append(errs, s.input.Close(), s.cmd.Wait())
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}

// programs is the directory of the newest server's programs. Debian keeps them out of the path.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", ErrNotInstalled
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

func version(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

// unprivileged is whom the server runs as.
func unprivileged() (uid, gid uint32, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		return uint32(uid), uint32(gid), errors.Join(err1, err2)
	}
	return 0, 0, errors.New("postgres: neither a user postgres nor nobody, and the server does not run as root")
}
