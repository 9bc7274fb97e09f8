package runner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/cloudquery/plugin-sdk/v4/message"
	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/cloudquery/plugin-sdk/v4/serve"
	"github.com/cloudquery/plugin-sdk/v4/state"
	"github.com/cloudquery/plugin-sdk/v4/types"
	"github.com/cq-source-clari/cq-source-clari/test/sqlite"
	"github.com/google/uuid"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// The test's own program is the fake source, and the destination, when it is started under their names.
const (
	sourceName      = "fake-source"
	destinationName = "fake-destination"
)

func TestMain(m *testing.M) {
	var err error
	switch filepath.Base(os.Args[0]) {
	case sourceName:
		err = serve.Plugin(plugin.NewPlugin("fake", "v1.0.0", newSource, plugin.WithKind("source"), plugin.WithTeam("test"))).Serve(context.Background())
	case destinationName:
		err = serve.Plugin(sqlite.Plugin()).Serve(context.Background())
	default:
		// A sync is mostly waiting for its processes: many at once, whatever the number of cores, and under the race
		// detector none that sleeps for a second before it exits.
		if err := errors.Join(flag.Set("test.parallel", "8"), os.Setenv("GORACE", "atexit_sleep_ms=0")); err != nil {
			log.Fatal(err)
		}
		goleak.VerifyTestMain(m,
			// managedplugin starts processes with a context and never waits through the package that it started them with.
			goleak.IgnoreAnyFunction("os/exec.(*Cmd).watchCtx"))
	}
	if err != nil {
		log.Fatal(err)
	}
}

// program returns the path under which this test's program is the plugin of that name.
func program(t *testing.T, name string) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.Symlink(self, path))
	return path
}

// source does what its spec tells it, step by step.
type source struct {
	plugin.UnimplementedDestination

	logger zerolog.Logger
	spec   struct {
		Steps []step `json:"steps"`
	}
}

// step is one thing to do; the field that is set says which.
type step struct {
	Migrate     string `json:"migrate"` // table; its name says what it is: see tableOf
	Insert      string `json:"insert"`  // table
	From        int64  `json:"from"`    // first id to insert
	Rows        int64  `json:"rows"`
	Delete      string `json:"delete"` // table whose rows are all deleted, by a delete-record message
	Wait        string `json:"wait"`   // duration
	Hang        bool   `json:"hang"`   // until the sync is cancelled
	Fail        string `json:"fail"`
	Warn, Error string // log line
	State       string `json:"state"` // key that is set; it fails if it already was
	Environment string `json:"environment"`
}

func newSource(_ context.Context, logger zerolog.Logger, data []byte, opts plugin.NewClientOptions) (plugin.Client, error) {
	s := &source{logger: logger}
	if opts.NoConnection {
		return s, nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return s, dec.Decode(&s.spec)
}

func (*source) Close(context.Context) error { return nil }

func (*source) Tables(context.Context, plugin.TableOptions) (schema.Tables, error) {
	return schema.Tables{tableOf("rows")}, nil
}

// tableOf makes a table whose name starts with incremental just that, and child the child of the table incremental.
func tableOf(name string) *schema.Table {
	table := &schema.Table{Name: name, IsIncremental: strings.HasPrefix(name, "incremental"), Columns: schema.ColumnList{
		schema.CqIDColumn,
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, PrimaryKey: true},
		{Name: "extra", Type: types.ExtensionTypes.JSON},
	}}
	if name == "child" {
		table.Parent = tableOf("incremental")
	}
	return table
}

func (s *source) Sync(ctx context.Context, opts plugin.SyncOptions, out chan<- message.SyncMessage) error {
	for _, do := range s.spec.Steps {
		if err := s.do(ctx, do, opts, out); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) do(ctx context.Context, do step, opts plugin.SyncOptions, out chan<- message.SyncMessage) error {
	send := func(m message.SyncMessage) error {
		select {
		case out <- m:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	switch {
	case do.Migrate != "":
		return send(&message.SyncMigrateTable{Table: tableOf(do.Migrate)})
	case do.Insert != "":
		return send(&message.SyncInsert{Record: recordOf(do.Insert, do.From, do.Rows)})
	case do.Delete != "":
		return send(&message.SyncDeleteRecord{DeleteRecord: message.DeleteRecord{TableName: do.Delete}})
	case do.Wait != "":
		pause, err := time.ParseDuration(do.Wait)
		if err != nil {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		return ctx.Err()
	case do.Hang:
		<-ctx.Done()
		return ctx.Err()
	case do.Warn != "":
		s.logger.Warn().Msg(do.Warn)
	case do.Error != "":
		s.logger.Error().Msg(do.Error)
	case do.State != "":
		return once(ctx, opts.BackendOptions, do.State)
	case do.Environment != "":
		return fmt.Errorf("%s is %q, shard %v, deterministic %t, skip dependent tables %t, tables %q without %q", do.Environment,
			os.Getenv(do.Environment), opts.Shard, opts.DeterministicCQID, opts.SkipDependentTables, opts.Tables, opts.SkipTables)
	default:
		return errors.New(do.Fail)
	}
	return nil
}

func recordOf(table string, from, rows int64) arrow.Record {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, tableOf(table).ToArrowSchema())
	for id := from; id < from+rows; id++ {
		builder.Field(0).(*types.UUIDBuilder).Append(uuid.New())
		builder.Field(1).(*array.Int64Builder).Append(id)
		builder.Field(2).(*types.JSONBuilder).Append(map[string]any{"id": id})
	}
	return builder.NewRecord()
}

// once sets a key of the state backend, which must not be set yet.
func once(ctx context.Context, opts *plugin.BackendOptions, key string) error {
	client, err := state.NewConnectedClient(ctx, opts)
	if err != nil {
		return err
	}
	defer client.Close()
	if value, err := client.GetKey(ctx, key); err != nil || value != "" {
		return fmt.Errorf("key %s is %q: %w", key, value, err)
	}
	if err := client.SetKey(ctx, key, "set"); err != nil {
		return err
	}
	return client.Flush(ctx)
}
