package invariant

import (
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// neverOlder: no row is replaced by one that was exported before it. Where state has forgotten what landed last, nobody could know.
func neverOlder(g *observer.Observer, p *observer.Sync, wrong report) {
	if g.State == nil || !g.Kept(p) {
		return
	}
	for _, table := range world.ResultTables {
		for id, r := range g.Destination.Tables[table] {
			before, was := g.Before[table][id]
			if was && r.Time("exported_at").Before(before) {
				wrong("%s: a row exported at %s was replaced by one of %s: %v", table, before.Format(time.DateTime), r["exported_at"], r)
				break
			}
		}
	}
}

// keyOnce: no key is sent twice in one table and sync: some destinations then refuse the batch, or double the row.
func keyOnce(g *observer.Observer, p *observer.Sync, wrong report) {
	for table, keys := range p.Keys {
		for id, n := range keys {
			if n > 1 {
				wrong("%s: key %s was sent %d times", table, id, n)
				break
			}
		}
	}
}

// shownStays: a quarter that analysts see in the current view stays there, with all that it showed, until another export lands there. What
// that one holds is compared with its truth elsewhere. Where syncs ran side by side state may have kept the older of two exports, and nobody can know when its
// rows land again.
func shownStays(g *observer.Observer, p *observer.Sync, wrong report) {
	if g.Mirrors(p) {
		return
	}
	now, newest, again := g.Present(), g.Newest(), map[observer.Place]bool{}
	beside := slices.ContainsFunc(g.Played, func(before *observer.Sync) bool { return !before.Alone() })
	for _, r := range p.Exports {
		again[observer.PlaceOf(r)] = again[observer.PlaceOf(r)] || beside && world.HasLanded(r)
	}
	for at, keys := range g.Shown {
		if newest[at] != g.LandedLast[at] {
			if len(now[at]) == 0 && !g.Empty(newest[at]) {
				wrong("%v is gone from the current view", at)
			}
			continue
		}
		gone := 0
		for key := range keys {
			if !now[at][key] {
				gone++
			}
		}
		if gone > 0 && !again[at] {
			wrong("%d of %d entries of %v are no longer shown, and nothing landed there", gone, len(keys), at)
		}
	}
}
