package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gopkg.in/yaml.v3"

	"github.com/cq-source-clari/cq-source-clari/resources/specfile"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type spec struct {
	Kind string
	Spec struct {
		Name, Path, Registry, Version string
		Destinations                  []string
		WriteMode                     string `yaml:"write_mode"`
		Spec                          struct {
			APIKey     string `yaml:"api_key"`
			BaseURL    string `yaml:"base_url"`
			Forecasts  []struct{ ID string }
			Periods    []string
			Connection string `yaml:"connection_string"`
		}
	}
}

// The spec that the program prints names the server that it runs.
func TestRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	var log bytes.Buffer
	ended := make(chan error)
	go func() {
		err := run(ctx, []string{"-tabs", "a,b", "-key", "it's \"secret\"", "-quarters", "2", "-database", "./it's \"mine\": #1.db", "-fault", "forbidden@list"}, in, &log)
		in.Close()
		ended <- err
	}()
	var text strings.Builder
	for lines := bufio.NewScanner(out); !strings.Contains(text.String(), "connection_string"); {
		require.True(t, lines.Scan())
		text.WriteString(lines.Text() + "\n")
	}
	_, problems := specfile.Parse("sim.yml", []byte(text.String()), specfile.Env{})
	require.Empty(t, problems, "what check says of it")
	yml := yaml.NewDecoder(strings.NewReader(text.String()))
	var source, destination spec
	require.NoError(t, yml.Decode(&source))
	require.NoError(t, yml.Decode(&destination))

	require.Equal(t, []string{"source", "local", "./bin/cq-source-clari"}, []string{source.Kind, source.Spec.Registry, source.Spec.Path})
	require.Equal(t, []string{"destination", "sqlite", "overwrite"}, []string{destination.Kind, destination.Spec.Name, destination.Spec.WriteMode})
	require.Equal(t, []string{"sqlite"}, source.Spec.Destinations)
	require.Equal(t, `./it's "mine": #1.db`, destination.Spec.Spec.Connection)
	s := source.Spec.Spec
	require.Equal(t, []string{"current-2..current+1"}, s.Periods)
	require.Len(t, s.Forecasts, 2)

	status := func(method, path string) int {
		r, err := http.NewRequest(method, s.BaseURL+path, nil)
		require.NoError(t, err)
		r.Header.Set("apikey", s.APIKey)
		r.Close = true
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		resp.Body.Close()
		return resp.StatusCode
	}
	require.Equal(t, 200, status("POST", "/export/forecast/"+s.Forecasts[1].ID))
	require.Equal(t, 403, status("GET", "/export/jobs"))
	require.Equal(t, 200, status("GET", "/export/jobs"))
	stop()
	require.NoError(t, <-ended)
	require.Contains(t, log.String(), "POST /v4/export/forecast/b 200")
	require.NotContains(t, log.String(), "secret")
}

func TestBadOptions(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"-encoding xml", "want arrays, flat-objects, flat-lists or csv"},
		{"-fiscal-start 13", "no month"},
		{"-people 0", "must be 1 or more"},
		{"-fault none", "known faults: aborted, activity-without-id, answer-500"},
		{"-fault cut@create", "fault cut is for"},
		{"-fault failed:x", `"" is no number`},
		{"-fault failed:one", `"one" is no number`},
		{"-job-time 3", "-job-time: time: missing unit"},
		{"-queue-time 3s-2s", "-queue-time: 2s is less than 3s"},
		{"-addr 0.0.0.0:0", "not a loopback address"},
		{"more", "unexpected argument"},
	} {
		err := run(t.Context(), strings.Fields(tt.args), io.Discard, io.Discard)
		require.ErrorContains(t, err, tt.want)
	}
}

func TestParseFault(t *testing.T) {
	faults, err := parseFault("throttled@status:2x-1")
	require.NoError(t, err)
	require.Len(t, faults, 1)
	require.Equal(t, []any{sim.Status, 2, sim.Always, "throttled"}, []any{faults[0].Op, faults[0].From, faults[0].Count, faults[0].Do.Name})
	faults, err = parseFault("hang")
	require.NoError(t, err)
	require.Len(t, faults, len(sim.Ops))
	faults, err = parseFault("link-repeats")
	require.NoError(t, err)
	require.Equal(t, sim.AuditEvents, faults[0].Op)
}

func TestParseDuration(t *testing.T) {
	for _, tt := range []struct {
		text              string
		low, median, high time.Duration // one in twenty draws is shorter than low, one in twenty longer than high
		least, most       time.Duration
	}{
		{"3s", 3 * time.Second, 3 * time.Second, 3 * time.Second, 3 * time.Second, 3 * time.Second},
		{"1s-3s", 1100 * time.Millisecond, 2 * time.Second, 2900 * time.Millisecond, time.Second, 3 * time.Second},
		{"~3s", 949 * time.Millisecond, 3 * time.Second, 9488 * time.Millisecond, 1, time.Hour}, // a factor e^(1.645 x 0.7)
	} {
		d, err := parseDuration(tt.text)
		require.NoError(t, err)
		random := rand.New(rand.NewPCG(1, 1))
		drawn := make([]time.Duration, 10_000)
		for i := range drawn {
			drawn[i] = d(random)
		}
		slices.Sort(drawn)
		for i, want := range map[int]time.Duration{500: tt.low, 5000: tt.median, 9500: tt.high} {
			require.InEpsilon(t, want, drawn[i], 0.05, "%s: draw %d in order", tt.text, i)
		}
		require.GreaterOrEqual(t, drawn[0], tt.least)
		require.LessOrEqual(t, drawn[len(drawn)-1], tt.most)
	}
}
