package plugin

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/cloudquery/plugin-sdk/v4/message"
)

// sent is a stream that has sent one record.
func sent(t *testing.T) *stream {
	t.Helper()
	counts, err := newMetrics()
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{out: make(chan message.SyncMessage, 1), metrics: counts}
	record := array.NewRecord(arrow.NewSchema(nil, nil), nil, 0)
	defer record.Release()
	if err := s.insert(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestBarrierKeepsTheMonotonicClock: a wall clock that is set back must not make a barrier wait for hours, and one that is set forward must not
// make it shorter. A test cannot set the clock, and a bubble has none that is monotonic; what is kept of an instant can be seen.
func TestBarrierKeepsTheMonotonicClock(t *testing.T) {
	if last := sent(t).last.Load(); last == nil || !strings.Contains(last.String(), " m=") {
		t.Errorf("%v has no monotonic reading", last)
	}
}

// TestBarrierWaits: the first barrier takes as long as the CLI needs to end a sync that a destination has refused.
func TestBarrierWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sent(t)
		for _, want := range []time.Duration{quiet + handOver + ended, 0, quiet + handOver} { // the second has nothing to wait for
			began := time.Now()
			if err := s.barrier(t.Context()); err != nil || time.Since(began) != want {
				t.Errorf("%v after %s, want %s", err, time.Since(began), want)
			}
			if want == 0 {
				now := time.Now()
				s.last.Store(&now)
			}
		}
	})
}
