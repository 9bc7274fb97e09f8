package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/cq-source-clari/cq-source-clari/client/spec"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	harness "github.com/cq-source-clari/cq-source-clari/test/world"
)

// served is the plugin as a person starts it: cq-source-clari serve.
type served struct {
	*exec.Cmd
	pb.PluginClient
	exited chan error
}

// serve starts the plugin on a free port, for the syncs from now on, and ends it with the test.
func (w *world) serve(args ...string) *served {
	w.Helper()
	s := &served{
		Cmd:    exec.Command(pluginPath, append([]string{"serve", "--address", "127.0.0.1:0", "--log-format", "json"}, args...)...),
		exited: make(chan error, 1),
	}
	s.Env = w.opts.Env
	log, err := s.StdoutPipe()
	require.NoError(w, err)
	s.Stderr = &w.told
	require.NoError(w, s.Start())
	lines := bufio.NewReader(log)
	line, err := lines.ReadString('\n')
	require.NoError(w, err)
	var listening struct{ Address, Message string }
	require.NoError(w, json.Unmarshal([]byte(line), &listening))
	require.Equal(w, "Plugin server listening", listening.Message)
	w.served = listening.Address
	read := make(chan struct{})
	go func() {
		defer close(read)
		for {
			line, err := lines.ReadBytes('\n')
			w.told.Write(line)
			if err != nil {
				return
			}
		}
	}()
	go func() {
		<-read
		s.exited <- s.Wait()
	}()
	w.Cleanup(func() { // before the one that looks through all that was said
		s.Process.Kill()
		<-read
	})
	conn, err := grpc.NewClient(w.served, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(w, err)
	w.Cleanup(func() { conn.Close() })
	s.PluginClient = pb.NewPluginClient(conn)
	return s
}

// specJSON is the plugin's spec as the CLI sends it.
func (w *world) specJSON() []byte {
	data, err := json.Marshal(w.spec)
	require.NoError(w, err)
	return bytes.ReplaceAll(data, []byte("${CLARI_API_KEY}"), []byte(apiKey))
}

func (w *world) tables(s *served) (names []string) {
	w.Helper()
	answer, err := s.GetTables(w.Context(), &pb.GetTables_Request{Tables: []string{"*"}})
	require.NoError(w, err)
	schemas, err := pb.NewSchemasFromBytes(answer.Tables)
	require.NoError(w, err)
	for _, sc := range schemas {
		table, err := schema.NewTableFromArrowSchema(sc)
		require.NoError(w, err)
		names = append(names, table.Name)
	}
	return names
}

func TestServe(t *testing.T) {
	w := newWorld(t, sim.Config{}, nil)
	s, ctx := w.serve(), t.Context()

	name, err := s.GetName(ctx, &pb.GetName_Request{})
	require.NoError(t, err)
	require.Equal(t, "clari", name.Name)
	version, err := s.GetVersion(ctx, &pb.GetVersion_Request{})
	require.NoError(t, err)
	require.NotEmpty(t, version.Version)
	jsonSchema, err := s.GetSpecSchema(ctx, &pb.GetSpecSchema_Request{})
	require.NoError(t, err)
	require.Equal(t, spec.JSONSchema, jsonSchema.GetJsonSchema())

	// The forms in which a spec arrives where only the tables are asked for.
	for _, none := range []string{"", "null", "{}", `{"api_key": "${CLARI_API_KEY}"}`} {
		_, err = s.Init(ctx, &pb.Init_Request{Spec: []byte(none), NoConnection: true})
		require.NoError(t, err, none)
		require.Equal(t, harness.TableNames(), w.tables(s), none)
	}
	_, err = s.Init(ctx, &pb.Init_Request{Spec: []byte(`{"forecast": []}`)})
	require.ErrorContains(t, err, "api_key: required")
	require.ErrorContains(t, err, "forecasts: required")

	_, err = s.Init(ctx, &pb.Init_Request{Spec: w.specJSON()})
	require.NoError(t, err)
	require.Equal(t, harness.TableNames(), w.tables(s))
	stream, err := s.Sync(ctx, &pb.Sync_Request{Tables: []string{"*"}})
	require.NoError(t, err)
	rows := map[string]int64{}
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if insert := m.GetInsert(); insert != nil {
			record, err := pb.NewRecordFromBytes(insert.Record)
			require.NoError(t, err)
			table, _ := record.Schema().Metadata().GetValue(schema.MetadataTableName)
			rows[table] += record.NumRows()
		}
	}
	want := w.sim.Ledger().Jobs[0].Export.Count()
	for table, n := range map[string]int64{
		"clari_forecast_entries": int64(want.Entries), "clari_forecast_users": int64(want.Users), "clari_forecast_fields": int64(want.Fields),
		"clari_forecast_time_periods": int64(want.TimePeriods), "clari_forecast_time_frames": int64(want.TimeFrames),
		"clari_forecast_exports": 1, "clari_export_jobs": 1, "clari_limits": 1,
	} {
		require.Equal(t, n, rows[table], table)
	}

	require.NoError(t, s.Process.Signal(syscall.SIGTERM))
	require.NoError(t, <-s.exited)
}

func TestTestConnection(t *testing.T) {
	w := newWorld(t, sim.Config{}, nil)
	s := w.serve()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // for all of it: somebody waits for the answer
	defer cancel()
	for _, test := range []struct{ name, spec, code, text string }{
		{name: "good", spec: string(w.specJSON())},
		{"wrong key", strings.ReplaceAll(string(w.specJSON()), apiKey, apiKey+"x"), "UNAUTHORIZED", "generate a token"},
		{"invalid spec", `{"api_key": "` + apiKey + `", "forecast": 1}`, "INVALID_SPEC", "forecasts"},
		{"no spec", "null", "INVALID_SPEC", "api_key: required"},
		{"nobody there", strings.ReplaceAll(string(w.specJSON()), w.url, "http://127.0.0.1:1"), "UNREACHABLE", "nobody listens there"},
	} {
		answer, err := s.TestConnection(ctx, &pb.TestConnection_Request{Spec: []byte(test.spec)})
		require.NoError(t, err, test.name)
		require.Equal(t, test.code == "", answer.Success, test.name)
		require.Equal(t, test.code, answer.FailureCode, test.name)
		require.Contains(t, answer.FailureDescription, test.text, test.name)
		require.NotContains(t, answer.FailureDescription, apiKey, test.name)
	}
	w.spent(0)
}

// TestSignal stops a server in the middle of a sync. What nobody would adopt is cancelled; what the next sync adopts is left.
func TestSignal(t *testing.T) {
	t.Parallel()
	for _, backend := range []bool{false, true} {
		name := "cancelled"
		if backend {
			name = "left for the next sync"
		}
		t.Run(name, func(t *testing.T) {
			var s *served
			var once atomic.Bool
			var signalled time.Time
			w := newWorld(t, sim.Config{Run: sim.Fixed(3 * time.Second), Intercept: func(x *sim.Exchange) bool {
				if x.Op == sim.Status && once.CompareAndSwap(false, true) {
					signalled = time.Now()
					s.Process.Signal(syscall.SIGTERM)
				}
				return false
			}}, nil)
			w.backend = backend
			s = w.serve()
			_, err := w.sync()
			require.Error(t, err)
			require.NoError(t, <-s.exited)
			require.Less(t, time.Since(signalled), 8*time.Second, "three, and what a busy machine adds")
			jobs := w.sim.Ledger().Created()
			require.Len(t, jobs, 1)
			require.Equal(t, backend, jobs[0].CancelledAt.IsZero())
			if !backend {
				w.spent(0)
				return
			}
			w.serve()
			w.mustSync()
			w.landed(1)
			w.spent(1)
			require.Equal(t, 1, w.count("clari_forecast_exports", "outcome = 'adopted'"))
		})
	}
}

// TestTelemetry: a collector that takes everything gets something, and the plugin lives on.
func TestTelemetry(t *testing.T) {
	var paths atomic.Int64
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			paths.Add(1)
		}
	}))
	w := newWorld(t, sim.Config{}, nil)
	t.Cleanup(collector.Close)
	s := w.serve("--otel-endpoint", strings.TrimPrefix(collector.URL, "http://"), "--otel-endpoint-insecure")
	w.mustSync()
	w.landed(1)
	require.NoError(t, s.Process.Signal(os.Interrupt))
	require.NoError(t, <-s.exited)
	require.Positive(t, paths.Load())
}
