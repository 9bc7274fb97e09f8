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

// TestBarrierKeepsTheMonotonicClock: a wall clock that is set back makes no barrier wait for hours, and one that is set forward makes none
// shorter. A clock cannot be set in a test; what is kept of an instant can be seen.
func TestBarrierKeepsTheMonotonicClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := make(chan message.SyncMessage, 1)
		counts, err := newMetrics()
		if err != nil {
			t.Fatal(err)
		}
		s := &stream{out: out, metrics: counts}
		record := array.NewRecord(arrow.NewSchema(nil, nil), nil, 0)
		defer record.Release()
		if err := s.insert(t.Context(), record); err != nil {
			t.Fatal(err)
		}
		if last := s.last.Load(); last == nil || !strings.Contains(last.String(), " m=") {
			t.Fatalf("%v has no monotonic reading", last)
		}
		began := time.Now()
		for range 2 { // the second has nothing to wait for
			if err := s.barrier(t.Context()); err != nil || time.Since(began) != quiet+handOver {
				t.Errorf("%v after %s", err, time.Since(began))
			}
		}
	})
}
