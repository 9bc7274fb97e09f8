package runner_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/runner"
	"github.com/stretchr/testify/require"
)

const document = `
kind: source
spec:
  name: fake
  tables: ["*"]
  destinations: [db]
  %s
  spec: {steps: [%s]}
---
kind: destination
spec:
  name: db
  path: cloudquery/sqlite
  version: v2.0.0
  %s
  spec: {connection_string: ignored.sqlite}
`

// bench is a place to run syncs of the fake source in: always the same database.
type bench struct {
	t    *testing.T
	opts runner.Options
	log  string // of the last sync

	document string
}

func newBench(t *testing.T) *bench {
	t.Parallel()
	return &bench{t: t, document: document, opts: runner.Options{
		SourcePath: program(t, sourceName), DestinationPath: program(t, destinationName),
		DatabasePath: filepath.Join(t.TempDir(), "test.sqlite"),
	}}
}

// sync runs the steps; more is put into the document of the source, mode into that of the destination.
func (b *bench) sync(ctx context.Context, steps, more, mode string) (*runner.Summary, error) {
	b.t.Helper()
	document := fmt.Sprintf(b.document, more, steps, mode)
	config, err := runner.Parse([]byte(document), nil)
	require.NoError(b.t, err, document)
	var log bytes.Buffer
	b.opts.Log = &log
	summary, err := runner.Sync(ctx, config, b.opts)
	b.log = log.String()
	for _, match := range regexp.MustCompile(`"address":"([^"]+)","message":"Plugin server listening`).FindAllStringSubmatch(b.log, -1) {
		require.NoFileExists(b.t, match[1], "socket")
	}
	return summary, err
}

// count returns how many rows of the table meet the condition.
func (b *bench) count(table, condition string, args ...any) (n int64) {
	b.t.Helper()
	db, err := sql.Open("sqlite", b.opts.DatabasePath)
	require.NoError(b.t, err)
	defer db.Close()
	require.NoError(b.t, db.QueryRow("SELECT count(*) FROM "+table+" WHERE "+condition, args...).Scan(&n))
	return n
}

func TestBarrier(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, then string
		noMigrate  bool
		want       int64
	}{
		{name: "an error at once", then: `{fail: boom}`, want: 0},
		{name: "migrate, a moment after the rows", then: `{wait: 1ms}, {migrate: rows}, {wait: 1s}, {fail: boom}`, want: 0},
		{name: "migrate, once the rows have arrived", then: `{wait: 2s}, {migrate: rows}, {wait: 1s}, {fail: boom}`, want: 500},
		{name: "migrate is not passed on", then: `{wait: 2s}, {migrate: rows}, {wait: 1s}, {fail: boom}`, noMigrate: true, want: 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			_, err := b.sync(t.Context(), `{migrate: rows}`, "", "")
			require.NoError(t, err)

			b.opts.NoMigrate = test.noMigrate
			summary, err := b.sync(t.Context(), `{migrate: rows}, {insert: rows, rows: 500}, `+test.then, "", "")
			require.ErrorContains(t, err, "boom")
			require.Equal(t, map[string]int64{"rows": 500}, summary.Tables)
			require.Empty(t, summary.Stale)
			require.Equal(t, test.want, b.count("rows", "true"))
		})
	}
}

func TestDeleteStale(t *testing.T) {
	t.Parallel()
	const (
		tables = `{migrate: rows}, {migrate: incremental}, {migrate: child}`
		first  = tables + `, {insert: rows, rows: 3}, {insert: incremental, rows: 3}, {insert: child, rows: 3}`
		second = tables + `, {insert: rows, from: 2, rows: 2}`
		state  = `backend_options: {table_name: state, connection: "@@plugins.db.connection"}`
	)
	tests := []struct {
		name, more, mode string
		second           string
		want             map[string]int64
		stale            []string
		err              string
	}{
		{name: "default", second: second, want: map[string]int64{"rows": 2, "incremental": 0, "child": 0}, stale: []string{"rows", "incremental", "child"}},
		{name: "state backend", more: state, second: second, want: map[string]int64{"rows": 2, "incremental": 3, "child": 3}, stale: []string{"rows"}},
		{name: "overwrite", mode: "write_mode: overwrite", second: second, want: map[string]int64{"rows": 4, "incremental": 3, "child": 3}},
		{name: "append", mode: "write_mode: append", second: second, want: map[string]int64{"rows": 5, "incremental": 3, "child": 3}},
		{name: "error", second: second + `, {fail: boom}`, err: "boom", want: map[string]int64{"rows": 3, "incremental": 3, "child": 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			_, err := b.sync(t.Context(), first, test.more, test.mode)
			require.NoError(t, err)
			summary, err := b.sync(t.Context(), test.second, test.more, test.mode)
			if test.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.err)
			}
			require.NoError(t, summary.Exit)
			require.Equal(t, test.stale, summary.Stale)
			for table, want := range test.want {
				require.Equal(t, want, b.count(table, "true"), table)
			}
			if test.err == "" {
				const layout = "2006-01-02 15:04:05.000000Z"
				require.EqualValues(t, 2, b.count("rows", "_cq_source_name = 'fake' AND _cq_sync_time = ?", summary.SyncTime.Format(layout)))
			}
		})
	}
}

func TestKeysOfDestination(t *testing.T) {
	b := newBench(t)
	const steps = `{migrate: rows}, {insert: rows, rows: 2}`
	for range 2 { // the fake source's _cq_id is another each time
		_, err := b.sync(t.Context(), steps, "", "write_mode: overwrite\n  pk_mode: cq-id-only")
		require.NoError(t, err)
	}
	require.EqualValues(t, 4, b.count("rows", "true"))
	require.EqualValues(t, 1, b.count("pragma_table_info('rows')", "pk > 0 AND name = '_cq_id'"))

	_, err := b.sync(t.Context(), steps, "", "")
	require.ErrorContains(t, err, "write to db: ")
	require.ErrorContains(t, err, "primary key changed")

	_, err = b.sync(t.Context(), steps, "", "migrate_mode: forced")
	require.NoError(t, err)
	require.EqualValues(t, 2, b.count("rows", "true"))
}

func TestDeleteRecord(t *testing.T) {
	b := newBench(t)
	_, err := b.sync(t.Context(), `{migrate: rows}, {insert: rows, rows: 3}`, "", "")
	require.NoError(t, err)
	summary, err := b.sync(t.Context(), `{migrate: rows}, {delete: rows}, {insert: rows, rows: 1}`, "", "write_mode: overwrite")
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"rows": 1}, summary.Tables)
	require.EqualValues(t, 1, b.count("rows", "true"))
}

func TestStateBackend(t *testing.T) {
	t.Parallel()
	const steps = `{migrate: incremental}, {insert: incremental, rows: 10}, {state: done}, {insert: incremental, from: 10, rows: 10}`
	t.Run("the destination", func(t *testing.T) {
		b := newBench(t)
		const more = `backend_options: {table_name: state, connection: "@@plugins.db.connection"}`
		_, err := b.sync(t.Context(), steps, more, "")
		require.NoError(t, err)
		require.EqualValues(t, 1, b.count("state", "key = 'done' AND value = 'set'"))
		require.EqualValues(t, 20, b.count("incremental", "json_extract(extra, '$.id') = id"))
		_, err = b.sync(t.Context(), steps, more, "")
		require.ErrorContains(t, err, `key done is "set"`)
	})
	t.Run("another document", func(t *testing.T) {
		b := newBench(t)
		const more = `backend_options: {table_name: state, connection: "@@plugins.other.connection"}`
		_, err := b.sync(t.Context(), steps, more, "\n---\nkind: destination\nspec:\n  name: other\n  path: cloudquery/postgresql")
		require.NoError(t, err)
		require.EqualValues(t, 1, b.count("state", "true"), "one embedded destination stands in for both")
	})
	t.Run("another document, before the destination's", func(t *testing.T) {
		b := newBench(t)
		const more = `backend_options: {table_name: state, connection: "@@plugins.other.connection"}`
		const other = "  spec: {steps: [%s]}\n---\nkind: destination\nspec:\n  name: other\n  path: cloudquery/postgresql\n  write_mode: append\n---\n"
		b.document = strings.Replace(b.document, "  spec: {steps: [%s]}\n---\n", other, 1)
		summary, err := b.sync(t.Context(), `{migrate: rows}, {insert: rows, rows: 1}, {state: done}`, more, "")
		require.NoError(t, err)
		require.Equal(t, []string{"rows"}, summary.Stale, "the write mode is the destination's")
	})
	t.Run("unknown", func(t *testing.T) {
		document := fmt.Sprintf(newBench(t).document, `backend_options: {table_name: state, connection: "@@plugins.none.connection"}`, steps, "")
		_, err := runner.Parse([]byte(document), nil)
		require.ErrorContains(t, err, "backend_options.connection: names none, which is in no document")
	})
}

func TestRequest(t *testing.T) {
	b := newBench(t)
	b.opts.Shard = "2/3"
	b.opts.Env = append(os.Environ(), "FAKE=hello")
	const more = "deterministic_cq_id: true\n  skip_dependent_tables: false\n  skip_tables: [b]"
	summary, err := b.sync(t.Context(), `{environment: FAKE}`, more, "")
	require.ErrorContains(t, err, `FAKE is "hello", shard &{2 3}, deterministic true, skip dependent tables false, tables ["*"] without ["b"]`)
	require.Equal(t, "fake_2_3", summary.SourceName)

	b.opts.Shard = ""
	_, err = b.sync(t.Context(), `{environment: FAKE}`, "", "")
	require.ErrorContains(t, err, `shard <nil>, deterministic false, skip dependent tables true`)

	for _, shard := range []string{"3/2", "0/2", "1", "1/2/3", "a/b", "1/2x"} {
		b.opts.Shard = shard
		_, err := b.sync(t.Context(), `{fail: unused}`, "", "")
		require.ErrorContains(t, err, "want num/total", shard)
	}
}

func TestLog(t *testing.T) {
	b := newBench(t)
	summary, err := b.sync(t.Context(), `{migrate: rows}, {warn: careful}, {error: lost}, {error: lost again}`, "", "")
	require.NoError(t, err)
	require.Equal(t, []uint64{2, 1, 0, 0}, []uint64{summary.Errors, summary.Warnings, summary.DestinationErrors, summary.DestinationWarnings})
	require.Contains(t, b.log, `"message":"careful","module":"fake-source"`)
	require.Equal(t, 2, strings.Count(b.log, "Plugin server listening"), b.log)

	b.opts.LogLevel = "error"
	_, err = b.sync(t.Context(), `{migrate: rows}, {warn: careful}, {error: lost}`, "", "")
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(b.log, "\n"), b.log)
}

func TestKill(t *testing.T) {
	b := newBench(t)
	_, err := b.sync(t.Context(), `{migrate: rows}`, "", "")
	require.NoError(t, err)
	var kill func()
	b.opts.OnStart = func(k func()) { kill = k }
	b.opts.OnMessage = func(m runner.Message) {
		if m == (runner.Message{Kind: "insert", Table: "rows", Rows: 7}) {
			kill()
		}
	}
	summary, err := b.sync(t.Context(), `{migrate: rows}, {insert: rows, rows: 7}, {hang: true}`, "", "")
	require.ErrorContains(t, err, "sync: ")
	require.ErrorContains(t, summary.Exit, "signal: killed")
	require.Equal(t, map[string]int64{"rows": 7}, summary.Tables)
	require.EqualValues(t, 0, b.count("rows", "true"))
}

func TestCancel(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	b.opts.OnMessage = func(runner.Message) { cancel(interrupted) }
	began := time.Now()
	_, err := b.sync(ctx, `{migrate: rows}, {hang: true}`, "", "")
	require.ErrorIs(t, err, interrupted)
	require.Less(t, time.Since(began), 5*time.Second, "the processes are killed, not asked")
}

func TestAddress(t *testing.T) {
	b := newBench(t)
	address := filepath.Join(t.TempDir(), "source.sock")
	process := exec.CommandContext(t.Context(), b.opts.SourcePath, "serve", "--network", "unix", "--address", address, "--log-format", "json")
	log, err := process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	line, err := bufio.NewReader(log).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "listening")

	b.opts.OnStart = func(kill func()) { kill() } // not ours to kill
	summary, err := b.sync(t.Context(), `{migrate: rows}, {insert: rows, rows: 5}`, "registry: grpc\n  path: unix://"+address, "")
	require.NoError(t, err)
	require.NoError(t, summary.Exit)
	require.EqualValues(t, 5, b.count("rows", "true"))
	require.NoError(t, process.Process.Signal(os.Interrupt))
	require.NoError(t, process.Wait())
}

func TestNoProgram(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, more string
		change     func(*runner.Options)
		want       string
	}{
		{"source", "path: team/fake", func(o *runner.Options) { o.SourcePath = "" }, `source fake: registry "": no program to run in its place`},
		{"destination", "", func(o *runner.Options) { o.DestinationPath = "" }, `destination db: registry "": no program to run in its place`},
		{"local", "registry: local\n  path: ./none", func(*runner.Options) {}, "start source fake: error validating plugin path"},
		{"level", "", func(o *runner.Options) { o.LogLevel = "loud" }, "loud"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			test.change(&b.opts)
			_, err := b.sync(t.Context(), `{fail: unused}`, test.more, "")
			require.ErrorContains(t, err, test.want)
		})
	}
}
