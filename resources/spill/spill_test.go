package spill

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// leftovers are the files that have names in the directory for temporary files.
func leftovers(t *testing.T) []string {
	names, err := filepath.Glob(filepath.Join(os.TempDir(), pattern))
	require.NoError(t, err)
	return names
}

func TestFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var f File
	require.NoError(t, f.Close()) // before it is there
	for i := range 3 {
		at, err := f.Append([]byte(fmt.Sprint("text", i)))
		require.NoError(t, err)
		require.Equal(t, int64(5*i), at)
	}
	require.NoError(t, f.WriteAt([]byte("T"), 5))
	b := make([]byte, 10)
	require.NoError(t, f.ReadAt(b, 0))
	require.Equal(t, "text0Text1", string(b))
	require.ErrorContains(t, f.ReadAt(b, 10), "spill: read:")
	require.Equal(t, int64(15), f.Size())
	require.Empty(t, leftovers(t)) // nothing stays behind however the process ends
	require.NoError(t, f.Close())
	require.NoError(t, f.Close())
}

func TestNoPlaceForTheFile(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	var f File
	_, err := f.Append([]byte("x"))
	require.ErrorContains(t, err, "spill: ")
	require.ErrorIs(t, err, os.ErrNotExist)
	pages := NewPages(&f, 10, 1)
	_, err = pages.Add()
	require.NoError(t, err)
	_, err = pages.Add()
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestPages(t *testing.T) {
	var f File
	defer f.Close()
	const size, most, all = 16, 3, 10
	pages := NewPages(&f, size, most)
	for n := range all {
		memory, err := pages.Add()
		require.NoError(t, err)
		require.Len(t, memory, size)
		copy(memory, bytes.Repeat([]byte{byte('a' + n)}, size))
	}
	require.Equal(t, all, pages.Len())
	for n := range all {
		require.Equal(t, n >= all-most, pages.Memory(n) != nil, n)
		page, err := pages.Load(n, nil)
		require.NoError(t, err)
		page[1] = 'x'
		require.NoError(t, pages.Save(n, page))
		var b [3]byte
		require.NoError(t, pages.ReadAt(b[:], n, 0))
		require.Equal(t, string([]byte{byte('a' + n), 'x', byte('a' + n)}), string(b[:]))
	}
}

func TestLog(t *testing.T) {
	var f File
	defer f.Close()
	log := NewLog(&f)
	var places []Place
	var texts []string
	for i := range 400 {
		text := strings.Repeat(fmt.Sprint(i, ";"), 1+i*i%4000)
		place, err := log.Add([]byte(text))
		require.NoError(t, err)
		require.Equal(t, len(text), place.Len())
		places, texts = append(places, place), append(texts, text)
		if i%50 == 0 { // while it grows
			got, err := log.Reader().Read(places[i/2])
			require.NoError(t, err)
			require.Equal(t, texts[i/2], string(got))
		}
	}
	require.Greater(t, f.Size(), int64(0)) // or it tested nothing
	var readers sync.WaitGroup
	for _, step := range []int{1, 7, 399} {
		readers.Go(func() {
			r := log.Reader()
			for i := range texts {
				n := i * step % len(texts)
				if got, err := r.Read(places[n]); err != nil || string(got) != texts[n] {
					t.Errorf("text %d: %v", n, err)
				}
			}
		})
	}
	readers.Wait()
	_, err := log.Add(make([]byte, maxText+1))
	require.ErrorIs(t, err, ErrTooLong)
}

// A text of several pages.
func TestLongText(t *testing.T) {
	var f File
	defer f.Close()
	log := NewLog(&f)
	long := bytes.Repeat([]byte("0123456789"), 1<<20)
	place, err := log.Add(long)
	require.NoError(t, err)
	got, err := log.Reader().Read(place)
	require.NoError(t, err)
	require.True(t, bytes.Equal(long, got))
}
