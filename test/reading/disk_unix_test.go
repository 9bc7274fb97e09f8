//go:build unix

package reading

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// TestNoPlaceForTheFile: no rows, and nothing left behind.
func TestNoPlaceForTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"a file": file, "nowhere": filepath.Join(t.TempDir(), "none")} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", dir)
			huge(t, sim.Arrays, func(w *world.World) { notLanded(t, w) })
		})
	}
}

// TestFullDisk lets no file of this process grow beyond a bound, which is as near to a full disk as a test can come: no rows, and nothing
// left behind.
func TestFullDisk(t *testing.T) {
	for _, shape := range []sim.Encoding{sim.Arrays, sim.CSV} {
		t.Run(string(shape), func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			var before syscall.Rlimit
			if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
				t.Fatal(err)
			}
			bound := before
			bound.Cur = 1 << 20
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &bound); err != nil {
				t.Fatal(err)
			}
			defer syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before)
			huge(t, shape, func(w *world.World) { notLanded(t, w) })
			if left := leftBehind(t, dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
