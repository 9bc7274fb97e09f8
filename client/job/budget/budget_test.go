package budget

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// may reports whether a job may be bought at once.
func may(t *testing.T, b *Budget, who any, places int) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := b.Afford(ctx, who, places)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, ErrDown) {
		t.Error(err)
	}
	return err == nil
}

// TestAfford: before rows are past a barrier one export is bought, and then one more than there are places, until their rows are sent.
func TestAfford(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		for _, step := range []struct {
			do   func()
			who  string
			want bool
		}{
			{func() {}, "a", true},
			{func() {}, "b", false},
			{func() { b.Drop("a") }, "b", true}, // it brought no rows
			{func() { b.Sent("b") }, "c", false},
			{b.Passed, "c", true},
			{func() {}, "d", true},
			{func() {}, "e", false},
			{func() { b.Sent("c") }, "e", true},
			{func() { b.Hold("f"); b.Drop("d") }, "g", false}, // one is adopted
		} {
			if step.do(); may(t, b, step.who, 1) != step.want {
				t.Errorf("%s may be bought: %t", step.who, !step.want)
			}
		}
	})
}

// TestBrake: three jobs in a row that end badly, of as many tabs as the plan has, stop the buying for five minutes. Then one is tried, and nothing is bought any more if that fails too.
func TestBrake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		b.Passed()
		fail := func(tabs ...string) {
			for _, tab := range tabs {
				b.Failed(tab, tab, 3)
			}
		}
		if fail("a", "a", "b"); b.Braked() > 0 {
			t.Error("two tabs of three stop it")
		}
		b.Done()
		if fail("b", "c"); b.Braked() > 0 {
			t.Error("failures from before a job was done count")
		}
		if fail("a"); b.Braked() != 5*time.Minute || b.Prefers("a") || !b.Prefers("d") {
			t.Errorf("it waits %s, and prefers a: %t, d: %t", b.Braked(), b.Prefers("a"), b.Prefers("d"))
		}
		time.Sleep(b.Braked())
		if !may(t, b, "d", 1) || may(t, b, "e", 1) {
			t.Error("not exactly one is tried after that")
		}
		b.Failed("d", "d", 3)
		if b.Drop("d"); !errors.Is(b.Afford(t.Context(), "e", 1), ErrDown) {
			t.Error("it goes on")
		}
	})
}
