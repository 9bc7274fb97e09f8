package observer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// Tally is what the schedules came to.
type Tally struct {
	mu                                           sync.Mutex
	schedules, syncs, failed, Kills, Cancels     int
	exports, landed, adopted, settled, Jobs, Req int
	windows, windowsLanded                       int // of activities
	Fired                                        map[string]int
}

// count takes in what a sync came to.
func (t *Tally) count(p *Sync) {
	t.syncs++
	if p.Err != nil {
		t.failed++
	}
	for _, r := range p.Exports {
		switch r["outcome"] {
		case "exported":
			t.landed++
		case "adopted":
			t.landed++
			t.adopted++
		case "settled":
			t.settled++
		}
	}
	t.exports += len(p.Exports)
	for _, r := range p.Windows {
		t.windows++
		if world.HasLanded(r) {
			t.windowsLanded++
		}
	}
}

func (t *Tally) Add(o *Tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.schedules++
	for to, n := range map[*int]int{
		&t.syncs: o.syncs, &t.failed: o.failed, &t.Kills: o.Kills, &t.Cancels: o.Cancels, &t.exports: o.exports,
		&t.landed: o.landed, &t.adopted: o.adopted, &t.settled: o.settled, &t.Jobs: o.Jobs, &t.Req: o.Req, &t.windows: o.windows, &t.windowsLanded: o.windowsLanded,
	} {
		*to += n
	}
	for kind, n := range o.Fired {
		t.Fired[kind] += n
	}
}

func (t *Tally) String() string {
	var fired strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(t.Fired)) {
		fmt.Fprintf(&fired, " %s %d", kind, t.Fired[kind])
	}
	return fmt.Sprintf("%d schedules, %d syncs (%d failed, %d killed, %d cancelled), %d exports planned (%d landed, %d of them adopted, %d settled), %d windows of activities (%d landed), %d jobs, %d requests; faults:%s",
		t.schedules, t.syncs, t.failed, t.Kills, t.Cancels, t.exports, t.landed, t.adopted, t.settled, t.windows, t.windowsLanded, t.Jobs, t.Req, fired.String())
}
