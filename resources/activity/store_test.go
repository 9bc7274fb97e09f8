package activity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/job"
	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// many is a result of n activities, every tenth of which stands twice, far apart.
func many(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		one := func(i int, key string) string {
			return fmt.Sprintf(`{"activityId":"act-%d","%s":"%s %d","date":%d}`, i, key, strings.Repeat("Re: ", 100), i, 1702906200+i)
		}
		_, err := io.WriteString(w, `{"activities":[`+one(0, "subject"))
		for i := 1; i < n && err == nil; i++ {
			_, err = io.WriteString(w, ","+one(i, "subject"))
		}
		for i := 0; i < n && err == nil; i += 10 {
			_, err = io.WriteString(w, ","+one(i, "activityType"))
		}
		if err == nil {
			_, err = io.WriteString(w, "]}")
		}
		w.CloseWithError(err)
	}()
	return r
}

// TestStoreIsFlat: what outgrows the memory goes to the file, comes back as it was, and the file goes.
func TestStoreIsFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("a long input, read by one goroutine")
	}
	const n = 50_000
	t.Setenv("TMPDIR", t.TempDir())
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	var s Store
	if err := Decode(t.Context(), many(n), &s); err != nil {
		t.Fatal(err)
	}
	grown, kept := int64(heap())-int64(before), s.file.Size()
	t.Logf("%d activities: %d KiB in memory, %d MiB in the file", n, grown>>10, kept>>20)
	if grown > 8<<20 || kept < 20<<20 {
		t.Errorf("%d bytes in memory, %d in the file", grown, kept)
	}
	i := 0
	for a, err := range s.All() {
		if err != nil {
			t.Fatal(err)
		}
		if a.ID != fmt.Sprintf("act-%d", i) || !strings.HasSuffix(a.Subject, fmt.Sprintf(" %d", i)) || (a.Type != "") != (i%10 == 0) {
			t.Fatalf("activity %d: %+v", i, a)
		}
		i++
	}
	if i != n {
		t.Errorf("%d activities, want %d", i, n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestStoreTellsHashesApart: ids with one tag are two activities.
func TestStoreTellsHashesApart(t *testing.T) {
	var s Store
	if err := Decode(t.Context(), strings.NewReader(`[{"activityId":"a"},{"activityId":"b"},{"activityId":"c"}]`), &s); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for slot, entry := range s.index {
		if uint32(entry) == 2 { // b, with the tag of another
			tag := entry >> 32
			if at, n, err := s.find(tag, "z"); n != 0 || at == slot || err != nil {
				t.Errorf("z is taken for %d at %d: %v", n, at, err)
			}
			if _, n, err := s.find(tag, "b"); n != 2 || err != nil {
				t.Errorf("b is %d: %v", n, err)
			}
		}
	}
}

// TestDecodeLong: a value of any length cannot fill the memory.
func TestDecodeLong(t *testing.T) {
	if testing.Short() {
		t.Skip("a long input, read by one goroutine")
	}
	for name, in := range map[string]io.Reader{
		"without an end": io.MultiReader(strings.NewReader(`{"activities":[{"activityId":"a","subject":"`), endless{}),
		"too long":       io.MultiReader(strings.NewReader(`[{"activityId":"a","subject":"`), io.LimitReader(endless{}, 32<<20), strings.NewReader(`"}]`)),
	} {
		var s Store
		err := Decode(t.Context(), in, &s)
		if _, ours := errors.AsType[*job.ContentError](err); !ours || !strings.Contains(err.Error(), "a value longer than 32 MiB") {
			t.Errorf("%s: %v", name, err)
		}
	}
	const most = 31 << 20
	var s Store
	defer s.Close()
	err := Decode(t.Context(), io.MultiReader(strings.NewReader(`[{"activityId":"a","subject":"`), io.LimitReader(endless{}, most), strings.NewReader(`"}]`)), &s)
	if err != nil || !slices.Equal(ids(t, &s), []string{"a"}) {
		t.Errorf("%v", err)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// TestCopiesOfALongActivity: to find what comes again costs no more than its id, however long the first copy is.
func TestCopiesOfALongActivity(t *testing.T) {
	const copies = 1000
	first := `[{"activityId":"a","x":"` + strings.Repeat("x", 4<<20) + `"}`
	var s Store
	defer s.Close()
	if err := Decode(t.Context(), strings.NewReader(first+strings.Repeat(`,{"activityId":"a","subject":"again"}`, copies)+"]"), &s); err != nil {
		t.Fatal(err)
	}
	if s.compared > 2*copies {
		t.Errorf("%d bytes were read for %d copies", s.compared, copies)
	}
	if list := collect(t, &s); len(list) != 1 || list[0].Subject != "again" {
		t.Errorf("%d activities", len(list))
	}
}

// TestEmitEnds: a result of which nothing is wanted ends with its context too.
func TestEmitEnds(t *testing.T) {
	var s Store
	defer s.Close()
	if err := Decode(t.Context(), many(1000), &s); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	never := func(time.Time) bool {
		if seen++; seen == 10 {
			cancel()
		}
		return false
	}
	_, err := NewTables(func(string) bool { return true }, table.Options{}, nil).Emit(ctx, Origin{}, &s, never, anyOpportunity)
	if !errors.Is(err, context.Canceled) || seen > 10 {
		t.Errorf("%v after %d activities", err, seen)
	}
}
