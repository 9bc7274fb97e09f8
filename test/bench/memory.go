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
	odd := []encoding{encodings[0], encodings[0], encodings[3]}
	odd[0].name, odd[0].quirks.UniqueKeys = odd[0].name+", an unknown key of its own in each entry", true
	odd[1].name, odd[1].quirks.SplitEntries = odd[1].name+", entries in two parts far apart", true
	odd[2].name, odd[2].quirks.SplitEntries = odd[2].name+", the lines of an entry far apart", true
	for _, e := range odd {
		progress("syncing 200 MB: %s", e.name)
		n, err := b.sync(e, peopleFor(e, 200e6), 1)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		t.add(e.name, decimals(1, float64(n.bytes)/1e6), count(n.entries), n.peakText(), n.above(peaks[e.Encoding][0]),
			decimals(1, float64(n.bytes)/1e6/n.wall.Seconds()))
		b.memoryTarget(e, n)
	}
	t.print()
	for _, e := range encodings {
		of := peaks[e.Encoding]
		b.memoryTarget(e, of[len(of)-1])
	}
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

// memoryTarget is 64 MiB, 16 bytes an entry, and the dictionaries: a kilobyte for each person.
func (b *bench) memoryTarget(e encoding, n *synced) {
	if n.peak == 0 {
		return
	}
	const perPerson = fields * 14 // entries
	limit := int64(64<<20) + 16*int64(n.entries) + int64(n.entries/perPerson)<<10
	b.report.target(fmt.Sprintf("peak memory, %.0f MB, %s", float64(n.bytes)/1e6, e.name),
		fmt.Sprintf("under 64 MiB plus 16 bytes an entry and the dictionaries (%.0f MiB)", float64(limit)/(1<<20)),
		decimals(1, float64(n.peak)/(1<<20))+" MiB", n.peak < limit)
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
	each := last.cpu.Seconds() * 1e6 / float64(last.entries)
	b.report.target(fmt.Sprintf("CPU of the whole plugin process in a sync of %s entries", count(last.entries)), "2.8 µs an entry", decimals(2, each)+" µs", each <= 2.8)
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
