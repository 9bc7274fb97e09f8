package sqlite

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/cloudquery/plugin-sdk/v4/schema"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// started returns the destination with a file of its own, and the file's path.
func started(tb testing.TB, spec Spec) (*plugin.Plugin, string) {
	tb.Helper()
	spec.ConnectionString = filepath.Join(tb.TempDir(), "test.sqlite")
	data, err := json.Marshal(spec)
	require.NoError(tb, err)
	p := Plugin()
	require.NoError(tb, p.Init(tb.Context(), data, plugin.NewClientOptions{}))
	tb.Cleanup(func() { require.NoError(tb, p.Close(tb.Context())) })
	return p, spec.ConnectionString
}

// TestWriterSuite is the SDK's own suite for destinations, with every data type it knows; -short leaves out maps and
// structs, which take most of the time under the race detector and which no table of this project has. Skipped are only the
// migrations that keep rows while a column becomes or was NOT NULL, changes its type, or leaves a key or a unique
// constraint: SQLite cannot alter these in place, so they need migrate_mode forced, which the suite tests too.
func TestWriterSuite(t *testing.T) {
	p, _ := started(t, Spec{})
	plugin.TestWriterSuiteRunner(t, p, plugin.WriterTestSuiteTests{
		SafeMigrations: plugin.SafeMigrations{AddColumn: true, RemoveColumn: true},
	}, plugin.WithTestDataOptions(schema.TestSourceOptions{SkipMaps: testing.Short(), SkipStructs: testing.Short()}))
}
