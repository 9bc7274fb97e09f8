package spill

import (
	"os"
	"path/filepath"
)

// unlinkOpen does nothing: Windows does not remove an open file.
func unlinkOpen(*os.File) {}

func removeClosed(f *os.File) { os.Remove(f.Name()) }

// RemoveLeftovers removes the files of dead runs. Those of living ones are open, and Windows keeps them.
func RemoveLeftovers() {
	names, err := filepath.Glob(filepath.Join(os.TempDir(), pattern))
	if err != nil {
		return
	}
	for _, name := range names {
		os.Remove(name)
	}
}
