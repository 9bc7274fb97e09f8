package e2e

import (
	"bytes"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// try is a run of clari-try sync with the world's document.
func (w *world) try(database string, more ...string) (*exec.Cmd, *bytes.Buffer) {
	w.Helper()
	file := filepath.Join(w.dir, "try.yml")
	require.NoError(w, os.WriteFile(file, []byte(w.document()), 0o600))
	c := exec.CommandContext(w.Context(), tryPath, append([]string{"sync", "--db", database, file}, more...)...)
	c.Env = append(w.opts.Env, "CLARI_API_KEY="+apiKey)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	return c, &out
}

// TestTrySync: clari-try lands what the runner lands, which does what the CLI does, and keeps equal state. The view of the README is there.
func TestTrySync(t *testing.T) {
	w := newWorld(t, sim.Config{Tenant: sim.Tenant{Tabs: tabs("net_arr", "bookings")}}, map[string]any{"periods": []string{"previous", "current"}})
	w.backend = true
	c, out := w.try(w.opts.DatabasePath)
	require.NoError(t, c.Run(), out)
	w.told.Write(out.Bytes())
	w.landed(4)
	for _, part := range []string{"4 exports spent. 996 of 1000 are left in these 30 days.", tryPath + " report " + w.opts.DatabasePath, "In production:"} {
		require.Contains(t, out.String(), part)
	}
	require.NotZero(t, w.count("clari_forecast_current", "true"))
	keys := w.stateKeys(w.opts.DatabasePath)

	other := filepath.Join(w.dir, "other.sqlite")
	tried := w.opts.DatabasePath
	w.opts.DatabasePath = other
	w.mustSync()
	require.Equal(t, keys, w.stateKeys(other))
	require.NotEqual(t, tried, other)

	report, err := exec.CommandContext(t.Context(), tryPath, "report", tried).CombinedOutput()
	require.NoError(t, err, "%s", report)
	require.FileExists(t, strings.TrimSuffix(tried, ".sqlite")+".html")
}

func (w *world) stateKeys(database string) (keys []string) {
	w.Helper()
	db, err := sql.Open("sqlite", database)
	require.NoError(w, err)
	defer db.Close()
	rows, err := db.Query("SELECT key FROM clari_state ORDER BY key")
	require.NoError(w, err)
	defer rows.Close()
	for rows.Next() {
		var key string
		require.NoError(w, rows.Scan(&key))
		keys = append(keys, key)
	}
	require.NoError(w, rows.Err())
	require.NotEmpty(w, keys)
	return keys
}

// TestTryRefuses: what is wrong with a spec is told as check tells it, before anything is started.
func TestTryRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wrong.yml")
	require.NoError(t, os.WriteFile(file, []byte("kind: Source\nspec: {name: clari, tables: [\"*\"], destinations: [x], spec: {api_key: k, forecasts: [{id: a}]}}\n"), 0o600))
	out, err := exec.CommandContext(t.Context(), tryPath, "sync", file).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), `document 1: kind: "Source" has a capital letter; write source`)
	require.Contains(t, string(out), `destinations[0]: "x" is in no document`)
}
