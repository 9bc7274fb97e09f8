package runner_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/runner"
)

func TestConsole(t *testing.T) {
	var out bytes.Buffer
	c := runner.Console(&out)
	for _, line := range []string{
		`{"level":"info","module":"clari-source","message":"export done","rows":5,"forecast_id":"net_arr","invocation_id":"1","time":"2026-03-01T10:20:30Z"}`,
		`{"level":"info","module":"clari-source","grpc.method":"Sync","message":"started call"}`,
		`{"level":"info","module":"clari-source","address":"/tmp/x.sock","message":"Plugin server listening"}`,
		`{"level":"info","message":"waiting for source plugin to terminate"}`,
		`{"level":"error","module":"clari-source","grpc.method":"Sync","message":"finished call"}`,
		`{"level":"error","message":"failed to kill source plugin"}`,
	} {
		n, err := c.Write([]byte(line + "\n"))
		require.NoError(t, err)
		require.Equal(t, len(line)+1, n)
	}
	local := time.Date(2026, 3, 1, 10, 20, 30, 0, time.UTC).Local().Format(time.TimeOnly)
	require.Equal(t, local+" INF export done forecast_id=net_arr rows=5\n<nil> ERR failed to kill source plugin\n", out.String())
}

func TestReport(t *testing.T) {
	var out bytes.Buffer
	(&runner.Summary{
		Tables:   map[string]int64{"clari_forecast_users": 12, "clari_forecast_entries": 34567},
		Duration: 12345 * time.Millisecond, Errors: 1, Warnings: 2,
	}).Report(&out)
	require.Equal(t, strings.Join([]string{
		"  34567 clari_forecast_entries",
		"     12 clari_forecast_users",
		"  34579 rows in 12.3s, 1 errors, 2 warnings",
		"",
	}, "\n"), out.String())
}
