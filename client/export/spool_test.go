package export

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestSpool(t *testing.T) {
	for name, size := range map[string]int{
		"empty": 0, "small": 1000, "as much as memory takes": spoolMemory, "one byte more": spoolMemory + 1, "large": 3 * spoolMemory,
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			want := make([]byte, size)
			for i := range want {
				want[i] = byte(i * 7)
			}
			s := &spool{}
			for round := range 2 { // the second after a reset, as for a download that was cut
				if err := s.reset(); err != nil {
					t.Fatal(err)
				}
				if round == 0 {
					if _, err := s.Write(bytes.Repeat([]byte("cut"), size/3+1)); err != nil {
						t.Fatal(err)
					}
					continue
				}
				if _, err := io.Copy(s, bytes.NewReader(want)); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 { // read twice: once to check, once to land
				got, err := io.ReadAll(s.section())
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Fatalf("read %d bytes, want the %d written", len(got), len(want))
				}
			}
			if names, err := filepath.Glob(filepath.Join(os.TempDir(), "*")); err != nil || len(names) > 0 {
				t.Errorf("an open spool can be seen: %v %v", names, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
