package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMovable: on no system is a line moved in a pipe or in a file.
func TestMovable(t *testing.T) {
	in, pipe, err := os.Pipe()
	require.NoError(t, err)
	defer in.Close()
	defer pipe.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer file.Close()
	require.False(t, movable(pipe))
	require.False(t, movable(file))
}

// TestWord: a path with a space is one word of the command that is printed.
func TestWord(t *testing.T) {
	for path, want := range map[string]string{"clari.sqlite": "clari.sqlite", `C:\Program Files\clari.sqlite`: `"C:\Program Files\clari.sqlite"`, "/home/o'neil/a": `"/home/o'neil/a"`} {
		require.Equal(t, want, word(path))
	}
}
