package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/runner"
)

// TestLine: at a terminal one line moves, and only warnings and errors stay above it.
func TestLine(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, false)
	p.moving = true
	for _, line := range []string{
		`{"level":"info","module":"clari","forecast_id":"net_arr","requested_period":"current","of":3,"message":"export started"}`,
		`{"level":"info","module":"clari","forecast_id":"net_arr","requested_period":"next","of":3,"message":"export started"}`,
		`{"level":"info","module":"clari","forecast_id":"net_arr","requested_period":"current","of":3,"message":"rows sent"}`,
		`{"level":"error","module":"clari","forecast_id":"net_arr","requested_period":"previous","error":"no","message":"export did not land"}`,
		`{"level":"info","module":"clari","quota_left":12,"message":"sync finished"}`,
	} {
		n, err := p.Write([]byte(line))
		require.NoError(t, err)
		require.Equal(t, len(line), n)
	}
	p.message(runner.Message{Rows: 42})
	require.Contains(t, p.text(), "1 of 3 exports, 1 lost, 42 rows, quota left 12; waiting for net_arr next")
	shown := out.String()
	require.Equal(t, 1, strings.Count(shown, "\n"), "one event stays: %q", shown)
	require.Contains(t, shown, "ERR export did not land")
	p.end()
	require.True(t, strings.HasSuffix(out.String(), clearLine))
}

// TestPlain: in a pipe there are lines, and nothing that moves.
func TestPlain(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, false)
	_, err := p.Write([]byte(`{"level":"info","module":"clari","forecast_id":"net_arr","message":"export started"}`))
	require.NoError(t, err)
	p.message(runner.Message{Rows: 42})
	p.end()
	require.Contains(t, out.String(), "INF export started forecast_id=net_arr\n")
	require.NotContains(t, out.String(), "\r")
}

// TestEvents: what the line counts is what the plugin says.
func TestEvents(t *testing.T) {
	var said strings.Builder
	files, err := filepath.Glob("../../client/*/*.go")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		said.Write(text)
	}
	for _, all := range [][]string{starts, lands, loses} {
		for _, message := range all {
			require.Contains(t, said.String(), `"`+message+`"`)
		}
	}
}

func TestCommands(t *testing.T) {
	for _, args := range [][]string{{"sync"}, {"sync", "a.yml", "b.yml"}, {"sync", "absent.yml"}, {"report"}, {"report", "absent.sqlite"}, {"demo", "x"}, {"nothing"}} {
		c := root(nil)
		c.SetArgs(args)
		c.SetOut(&bytes.Buffer{})
		c.SetErr(&bytes.Buffer{})
		require.Error(t, c.ExecuteContext(t.Context()), "%q", args)
	}
}
