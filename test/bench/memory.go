package main

import (
	"fmt"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

const noPeak = "This system does not tell the peak memory of a process: /proc/PID/status is Linux's."

// memory finds the peak memory of the plugin while it syncs one result of different sizes.
func (b *bench) memory() error {
	t := b.report.grid("memory", "Peak resident memory of the plugin's process, one export in one sync",
		"result", "MB", "entries", "peak, MiB", "bytes/entry above the smallest", "MB/s")
	t.note = note()
	peaks := map[sim.Encoding][]*synced{}
	add := func(e encoding, size float64) error {
		people := peopleFor(e, size)
		progress("syncing %.0f MB: %s", size/1e6, e.name)
		n, err := b.sync(e, people, 1)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		peaks[e.Encoding] = append(peaks[e.Encoding], n)
		t.add(e.name, decimals(1, float64(n.bytes)/1e6), count(n.entries), n.peakText(), n.above(peaks[e.Encoding][0]),
			decimals(1, float64(n.bytes)/1e6/n.wall.Seconds()))
		return nil
	}
	for _, e := range encodings {
		for _, size := range []float64{10e6, 100e6} {
			if err := add(e, size); err != nil {
				return err
			}
		}
		if e.Encoding != sim.Arrays && e.Encoding != sim.CSV {
			continue
		}
		const large = 1 << 30
		if !b.fits(peaks[e.Encoding][1], large/100e6, 2*time.Minute) {
			t.add(e.name, decimals(1, large/1e6), "left out: no time", "", "", "")
		} else if err := add(e, large); err != nil {
			return err
		}
	}
	t.print()
	b.memoryTargets(peaks)
	return nil
}

func note() string {
	if valueIn("/proc/self/status", "VmHWM") == "" {
		return noPeak
	}
	return ""
}

// peopleFor is how many people make a result of about so many bytes.
func peopleFor(e encoding, size float64) int {
	const some = 200
	t := tenant(some)
	return max(1, int(size*some/float64(export(&t, e.Encoding).Size())+0.5))
}

func (b *bench) memoryTargets(peaks map[sim.Encoding][]*synced) {
	const base = int64(128 << 20)
	for _, e := range encodings {
		of := peaks[e.Encoding]
		most := of[len(of)-1]
		if most.peak == 0 {
			return
		}
		mib := decimals(1, float64(most.peak)/(1<<20)) + " MiB"
		if e.Encoding == sim.Arrays {
			limit := base + 16*int64(most.entries)
			b.report.target(fmt.Sprintf("peak memory, %.0f MB, five arrays", float64(most.bytes)/1e6),
				fmt.Sprintf("under 128 MiB plus 16 bytes an entry (%.0f MiB)", float64(limit)/(1<<20)), mib, most.peak < limit)
			continue
		}
		limit := base + (16+160)*int64(most.entries)
		b.report.target(fmt.Sprintf("peak memory, %.0f MB, %s", float64(most.bytes)/1e6, e.name),
			fmt.Sprintf("under 160 bytes an entry above that (%.0f MiB)", float64(limit)/(1<<20)), mib, most.peak < limit)
	}
}

// rows shows how the cost grows with the rows of one export.
func (b *bench) rows() error {
	t := b.report.grid("growth", "One sync of one export, five arrays: cost by rows",
		"entries", "MB", "s", "entries/s", "plugin's CPU s", "of it in the kernel", "CPU µs/entry", "peak, MiB", "bytes/entry above the smallest")
	t.note = note()
	var least, last *synced
	const perPerson = fields * 14 // entries
	for n := 1_000; n <= 10_000_000; n *= 10 {
		if last != nil && !b.fits(last, 10, 0) {
			t.add("about "+count(n), "left out: no time", "", "", "", "", "", "", "")
			continue
		}
		progress("syncing %s entries", count(n))
		s, err := b.sync(encodings[0], max(1, n/perPerson), 1)
		if err != nil {
			return err
		}
		if least == nil {
			least = s
		}
		last = s
		t.add(count(s.entries), decimals(1, float64(s.bytes)/1e6), seconds(s.wall), count(s.perSecond()), seconds(s.cpu), seconds(s.kernel),
			decimals(2, s.cpu.Seconds()*1e6/float64(s.entries)), s.peakText(), s.above(least))
	}
	t.print()
	return nil
}

// exports shows how the cost grows with the number of exports.
func (b *bench) exports() error {
	t := b.report.grid("growth", "One sync of 1, 10 and 100 exports of jobs that take no time, polled after 50 ms",
		"exports", "entries", "s", "s/export", "requests/export", "plugin's CPU ms/export", "peak, MiB")
	t.note = note()
	for _, exports := range []int{1, 10, 100} {
		progress("syncing %d exports", exports)
		s, err := b.sync(encodings[0], 10, exports)
		if err != nil {
			return err
		}
		n := float64(exports)
		t.add(count(exports), count(s.entries), seconds(s.wall), decimals(3, s.wall.Seconds()/n), decimals(1, float64(s.requests)/n),
			decimals(1, s.cpu.Seconds()*1e3/n), s.peakText())
	}
	t.print()
	return nil
}
