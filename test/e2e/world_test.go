package e2e

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"github.com/cq-source-clari/cq-source-clari/client/journal"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/description"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/runner"
)

// apiKey is the key of every stand-in here: nothing else may look like it.
const apiKey = "e2e-Zq7-secret-K3y-0d9f4b"

// world is a tenant of Clari and a database, over any number of syncs.
type world struct {
	*testing.T
	sim  *sim.Server
	url  string
	dir  string // where the database and the processes' temporary files are
	opts runner.Options
	told told // all that the plugins and their runner have said

	spec    map[string]any // of the plugin
	backend bool           // the destination also keeps state
	mode    string         // write_mode
	served  string         // address of a plugin that runs already
	batch   int            // batch_size of the destination, in rows; 0: its default
}

// newWorld runs its test beside others. The spec has what the stand-in needs; fields are added to it.
func newWorld(t *testing.T, cfg sim.Config, fields map[string]any) *world {
	t.Parallel()
	w := &world{T: t, dir: t.TempDir(), mode: "overwrite"}
	cfg.Key, cfg.Observe = apiKey, description.Hold(t)
	w.sim = sim.New(cfg)
	t.Cleanup(w.sim.Close)
	url, err := w.sim.Start("")
	require.NoError(t, err)
	w.url = url

	var tabs []map[string]any
	for _, tab := range w.sim.Tenant().Tabs {
		tabs = append(tabs, map[string]any{"id": tab.ID})
	}
	w.spec = map[string]any{
		"api_key": "${CLARI_API_KEY}", "base_url": url, "forecasts": tabs,
		"delay_between_exports": "0s", "poll_interval": "50ms", "poll_max_interval": "500ms", "requests_per_second": 100,
	}
	maps.Copy(w.spec, fields)
	temp := filepath.Join(w.dir, "tmp")
	require.NoError(t, os.Mkdir(temp, 0o700))
	w.opts = runner.Options{
		SourcePath: pluginPath, DestinationPath: destinationPath, DatabasePath: filepath.Join(w.dir, "test.sqlite"),
		Env: append(os.Environ(), "TMPDIR="+temp), Log: &w.told, LogLevel: "debug",
	}
	t.Cleanup(w.secret)
	return w
}

// document is the CloudQuery file of a sync.
func (w *world) document() string {
	spec, err := json.Marshal(w.spec)
	require.NoError(w, err)
	more := "path: cq/clari, version: v1.0.0"
	if w.served != "" {
		more = "registry: grpc, path: " + w.served
	}
	if w.backend {
		more += `, backend_options: {table_name: clari_state, connection: "@@plugins.db.connection"}`
	}
	batch := ""
	if w.batch > 0 {
		batch = fmt.Sprintf(", batch_size: %d", w.batch)
	}
	return fmt.Sprintf(`
kind: source
spec: {name: clari, %s, tables: ["*"], destinations: [db], spec: %s}
---
kind: destination
spec: {name: db, path: cloudquery/sqlite, version: v2.0.0, write_mode: %s, spec: {connection_string: unused%s}}
`, more, spec, w.mode, batch)
}

func lookup(name string) (string, bool) { return apiKey, name == "CLARI_API_KEY" }

// sync runs one sync.
func (w *world) sync() (*runner.Summary, error) {
	w.Helper()
	config, err := runner.Parse([]byte(w.document()), lookup)
	require.NoError(w, err, w.document())
	summary, err := runner.Sync(w.Context(), config, w.opts)
	if err != nil {
		fmt.Fprintln(&w.told, err)
	}
	if summary.Exit != nil {
		fmt.Fprintln(&w.told, summary.Exit)
	}
	return summary, err
}

// mustSync runs one that has to succeed.
func (w *world) mustSync() *runner.Summary {
	w.Helper()
	summary, err := w.sync()
	require.NoError(w, err)
	require.NoError(w, summary.Exit)
	return summary
}

// db opens the database for the rest of the test.
func (w *world) db() *sql.DB {
	w.Helper()
	db, err := sql.Open("sqlite", w.opts.DatabasePath)
	require.NoError(w, err)
	w.Cleanup(func() { db.Close() })
	return db
}

// texts is the first column of a query, which is text.
func (w *world) texts(query string, args ...any) (all []string) {
	w.Helper()
	rows, err := w.db().Query(query, args...)
	require.NoError(w, err)
	defer rows.Close()
	for rows.Next() {
		var text string
		require.NoError(w, rows.Scan(&text))
		all = append(all, text)
	}
	require.NoError(w, rows.Err())
	return all
}

// count is how many rows of a table meet a condition.
func (w *world) count(table, condition string, args ...any) (n int) {
	w.Helper()
	require.NoError(w, w.db().QueryRow("SELECT count(*) FROM "+table+" WHERE "+condition, args...).Scan(&n))
	return n
}

// places is what the state says is there, by job.
func (w *world) places() map[string]journal.Place {
	w.Helper()
	places, err := readPlaces(w.opts.DatabasePath)
	require.NoError(w, err)
	return places
}

// readPlaces reads it out of a database that may be written to. Where the destination has made no table yet, nothing is there.
func readPlaces(database string) (map[string]journal.Place, error) {
	db, err := sql.Open("sqlite", database+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	places := map[string]journal.Place{}
	var made int
	if err := db.QueryRow("SELECT count(*) FROM sqlite_master WHERE name = 'clari_state'").Scan(&made); err != nil || made == 0 {
		return places, err
	}
	rows, err := db.Query("SELECT value FROM clari_state WHERE key LIKE 'clari/v1/place/%'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		var record struct{ Job journal.Place }
		if err := json.Unmarshal([]byte(value), &record); err != nil {
			return nil, err
		}
		if record.Job.Job != "" {
			places[record.Job.Job] = record.Job
		}
	}
	return places, rows.Err()
}

// landed checks that so many exports have landed, each exactly as the stand-in made it.
func (w *world) landed(exports int) {
	w.Helper()
	wrong, landed, rows, err := oracle.Landed(w.db(), w.sim.Ledger().Jobs)
	require.NoError(w, err)
	require.Empty(w, wrong)
	require.Equal(w, exports, landed)
	require.Greater(w, rows, 20*exports)
}

// spent checks how many exports were taken from the quota.
func (w *world) spent(exports int) {
	w.Helper()
	require.Equal(w, exports, w.sim.Ledger().Spent(), "exports spent:\n%s", w.sim.Ledger())
}

// secret looks for the key in all that was said and in every file that is left. It runs at the end of every test.
func (w *world) secret() {
	texts := map[string][]byte{"what was said": w.told.bytes(), "the ledger": []byte(w.sim.Ledger().String())}
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		texts[path], err = os.ReadFile(path)
		return err
	})
	require.NoError(w, err)
	for place, text := range texts {
		if at := bytes.Index(text, []byte(apiKey)); at >= 0 {
			w.Errorf("the API key is in %s: %q", place, text[max(0, at-200):at+len(apiKey)])
		}
	}
	said := w.told.String()
	require.NotContains(w, said, "DATA RACE")
	require.NotContains(w, said, "panic:")
	if w.Failed() {
		for line := range strings.Lines(said) {
			if !strings.Contains(line, "started call") {
				w.Log(line)
			}
		}
	}
	left, err := os.ReadDir(filepath.Join(w.dir, "tmp"))
	require.NoError(w, err)
	require.Empty(w, left, "temporary files")
}

// told keeps what is written to it. alert sees each line.
type told struct {
	mu    sync.Mutex
	text  bytes.Buffer
	alert func(line string)
}

func (t *told) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.alert != nil {
		t.alert(string(p))
	}
	return t.text.Write(p)
}

func (t *told) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.text.Bytes())
}

func (t *told) String() string { return string(t.bytes()) }
