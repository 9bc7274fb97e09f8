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

func TestBarrierWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sent(t)
		began := time.Now()
		for range 2 { // the second has nothing to wait for
			if err := s.barrier(t.Context()); err != nil || time.Since(began) != quiet+handOver {
				t.Errorf("%v after %s", err, time.Since(began))
			}
		}
	})
}
