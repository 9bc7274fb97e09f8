package journal

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestSavedAgain: what is saved a second time while it is written leaves nobody waiting.
func TestSavedAgain(t *testing.T) {
	bubble(t, "no wait", func(t *testing.T) {
		b := newBackend()
		j := Open(t.Context(), b, func(err error) { t.Error(err) })
		again := make(chan struct{})
		b.flush = func() error {
			b.flush = nil
			j.Save("a", 2)
			j.Save("a", 1)
			close(again)
			return nil
		}
		j.Save("a", 1)
		<-again
		began := time.Now()
		j.Flushed(t.Context())
		if took := time.Since(began); took > 0 {
			t.Errorf("waited %s", took)
		}
		j.Close(t.Context())
	})
}

// TestReadInTime: a backend that does not answer is waited for half a minute, once, and the key is not taken for one that was never set.
func TestReadInTime(t *testing.T) {
	for name, get := range map[string]func(context.Context, string) error{
		"hangs":   func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() },
		"refuses": func(context.Context, string) error { return errors.New("no") },
	} {
		bubble(t, name, func(t *testing.T) {
			b := newBackend()
			b.get = get
			warnings := 0
			j := Open(t.Context(), b, func(error) { warnings++ })
			began := time.Now()
			var v int
			first, second := j.Load(t.Context(), "a", &v), j.Load(t.Context(), "b", &v)
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("waited %s", took)
			}
			if first == nil || second == nil || warnings != 2 {
				t.Errorf("read: %v, %v; %d warnings", first, second, warnings)
			}
			if _, err := LoadList[int](t.Context(), j, "c"); err == nil {
				t.Error("a list that cannot be read is one that was never kept")
			}
			j.Close(t.Context())
		})
	}
}

// TestWithoutBackend: nothing is kept, and nobody waits.
func TestWithoutBackend(t *testing.T) {
	j := Open(t.Context(), nil, func(err error) { t.Error(err) })
	j.Save("a", 1)
	j.Flushed(t.Context())
	v := 7
	err := j.Load(t.Context(), "a", &v)
	j.Close(t.Context())
	if v != 7 || err != nil {
		t.Errorf("read %d, %v", v, err)
	}
}

// TestFlushedLater: a backend that does not take what is flushed is told of, nobody waits for the next try, whether it fails before or while somebody waits,
// and what was saved is written by a later flush.
func TestFlushedLater(t *testing.T) {
	for name, wait := range map[string]func(){"fails while somebody waits": func() {}, "has failed": synctest.Wait} {
		bubble(t, name, func(t *testing.T) {
			b := newBackend()
			var warnings []string
			j := Open(t.Context(), b, func(err error) { warnings = append(warnings, err.Error()) })
			b.flush = func() error { b.flush = nil; return errors.New("full") }
			j.Save("a", 1)
			wait()
			began := time.Now()
			if j.Flushed(t.Context()) {
				t.Error("what failed is told to be written")
			}
			if took := time.Since(began); took > 0 {
				t.Errorf("waited %s for a flush that had failed", took)
			}
			time.Sleep(flushRetry + time.Second)
			j.Close(t.Context())
			if b.durable["a"] != "1" || strings.Join(warnings, " ") != "journal: flush: full" {
				t.Errorf("durable %q, warnings %q", b.durable["a"], warnings)
			}
		})
	}
}
