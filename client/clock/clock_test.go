package clock

import (
	"testing"
	"time"
)

func TestJitterOnlyLengthens(t *testing.T) {
	for _, d := range []time.Duration{0, 1, 3, 4, time.Millisecond, time.Minute} {
		for range 200 {
			if got := Jitter(d); got < d || got > d+d/4 {
				t.Errorf("%s became %s", d, got)
			}
		}
	}
}
