package main

import (
	"bytes"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/runner"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string // in the error or on the log
	}{
		{"no file", nil, "usage: sync [flags] spec.yml"},
		{"two files", []string{"a.yml", "b.yml"}, "usage: sync [flags] spec.yml"},
		{"unknown flag", []string{"-x", "a.yml"}, "flag provided but not defined: -x"},
		{"file is missing", []string{"testdata/none.yml"}, "open testdata/none.yml"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out, log bytes.Buffer
			err := run(t.Context(), test.args, &out, &log)
			require.Error(t, err)
			require.Contains(t, log.String()+err.Error(), test.want)
			require.Empty(t, out.String())
			require.Equal(t, len(log.String()) > 0, err == flag.ErrHelp)
		})
	}
}

func TestConsole(t *testing.T) {
	var out bytes.Buffer
	c := console{zerolog.ConsoleWriter{Out: &out, NoColor: true, PartsExclude: []string{"time"}}}
	for _, line := range []string{
		`{"level":"info","module":"clari-source","message":"export done","rows":5}`,
		`{"level":"info","module":"clari-source","grpc.method":"Sync","message":"started call"}`,
		`{"level":"info","message":"waiting for source plugin to terminate"}`,
		`{"level":"error","module":"clari-source","grpc.method":"Sync","message":"finished call"}`,
		`{"level":"error","message":"failed to kill source plugin"}`,
	} {
		n, err := c.Write([]byte(line + "\n"))
		require.NoError(t, err)
		require.Equal(t, len(line)+1, n)
	}
	require.Equal(t, "INF export done module=clari-source rows=5\nERR failed to kill source plugin\n", out.String())
}

func TestReport(t *testing.T) {
	var out bytes.Buffer
	report(&out, &runner.Summary{
		Tables:   map[string]int64{"clari_forecast_users": 12, "clari_forecast_entries": 34567},
		Duration: 12345 * time.Millisecond, Errors: 1, Warnings: 2,
	})
	require.Equal(t, strings.Join([]string{
		"  34567 clari_forecast_entries",
		"     12 clari_forecast_users",
		"  34579 rows in 12.3s, 1 errors, 2 warnings",
		"",
	}, "\n"), out.String())
}
