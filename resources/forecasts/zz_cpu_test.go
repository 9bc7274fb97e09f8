package forecasts

import (
	"syscall"
	"testing"
	"time"
)

func cpuNow() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func BenchmarkZZ(b *testing.B) {
	for _, shuffled := range []bool{false, true} {
		lines := flatTenant(1000, 10, 13, shuffled)
		for _, e := range flatEncodings {
			data := e.encode(lines)
			b.Run(e.shape, func(b *testing.B) {
				start := cpuNow()
				for b.Loop() {
					if _, err := inspectFlat(b.Context(), section(data), e.shape, Asked{Quarter: "2027_Q2"}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)*float64(len(lines)-1)/(cpuNow()-start).Seconds(), "lines/cpu-s")
			})
		}
	}
}
