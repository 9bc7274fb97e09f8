package kept

import (
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

func TestKeep(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "results")
	for range 2 { // the second time in place of the first
		k := Folder(folder).Begin("a/b", "606e", "json")
		text, err := io.ReadAll(k.Tee(strings.NewReader(`{"entries":[]}`)))
		require.NoError(t, err)
		require.Equal(t, `{"entries":[]}`, string(text))
		require.NoError(t, k.end("2026_Q1"))
	}
	path := filepath.Join(folder, "a%2Fb", "2026_Q1", "606e.json.gz")
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	zip, err := gzip.NewReader(file)
	require.NoError(t, err)
	text, err := io.ReadAll(zip)
	require.NoError(t, err)
	require.Equal(t, `{"entries":[]}`, string(text))

	k := Folder(folder).Begin("..", "..", "csv")
	require.NoError(t, k.end("")) // a result that nothing names
	k = Folder(folder).Begin("a/b", "cut", "json")
	_, _ = k.Write([]byte("half"))
	k.drop()
	var all []string
	require.NoError(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		if want := fs.FileMode(0o700); d.IsDir() {
			require.Equal(t, want, info.Mode().Perm(), path)
			return nil
		}
		require.EqualValues(t, 0o600, info.Mode().Perm(), path)
		name, _ := filepath.Rel(folder, path)
		all = append(all, filepath.ToSlash(name))
		return nil
	}))
	require.Equal(t, []string{"%2E%2E/unknown/%2E%2E.csv.gz", "a%2Fb/2026_Q1/606e.json.gz"}, all)
}

// No folder keeps nothing, and one that cannot be written to says so without keeping the export from its rows.
func TestCannotKeep(t *testing.T) {
	var none Folder
	k := none.Begin("a", "b", "json")
	require.Nil(t, k)
	k.Settle(nil, nil, "2026_Q1", zerolog.Nop(), nil)

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	k = Folder(file).Begin("a", "b", "json")
	text, err := io.ReadAll(k.Tee(strings.NewReader("rows")))
	require.NoError(t, err)
	require.Equal(t, "rows", string(text))
	require.Error(t, k.end("2026_Q1"))
}
