package invariant

import (
	"fmt"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// neverOlder: no row is replaced by one that was exported before it. Where state has forgotten what landed last, nobody could know.
func (g *Observer) neverOlder(p *Sync, wrong report) {
	if g.State == nil || !g.kept(p) {
		return
	}
	for _, table := range world.ResultTables {
		for id, r := range g.Destination.Tables[table] {
			before, was := g.before[table][id]
			if was && r.Time("exported_at").Before(before) {
				wrong("%s: a row exported at %s was replaced by one of %s: %v", table, before.Format(time.DateTime), r["exported_at"], r)
				break
			}
		}
	}
}

// keyOnce: no key is sent twice in one table and sync: some destinations then refuse the batch, or double the row.
func (g *Observer) keyOnce(p *Sync, wrong report) {
	for table, keys := range p.Keys {
		for id, n := range keys {
			if n > 1 {
				wrong("%s: key %s was sent %d times", table, id, n)
				break
			}
		}
	}
}

// Present are the keys of entries that the current view shows: the newest row of each key that is not older than the newest landed export of
// all weeks of its place, else the oldest landed one. The rows of an export that did not land count, since they have replaced others.
func (g *Observer) Present() map[place]map[string]bool {
	floor, whole := map[place]time.Time{}, map[place]bool{}
	for _, r := range g.Destination.Rows(world.ExportsTable, world.HasLanded) {
		p, at, all := placeOf(r), r.Time("exported_at"), r["include_historical"] == true
		if !g.Entries[r["job_id"]] {
			continue
		}
		if since, known := floor[p]; !known || all && (!whole[p] || at.After(since)) || !all && !whole[p] && at.Before(since) {
			floor[p], whole[p] = at, all
		}
	}
	keys := map[place]map[string]bool{}
	for _, r := range g.Destination.Tables["clari_forecast_entries"] {
		at := placeOf(r)
		if since, landed := floor[at]; !landed || r.Time("exported_at").Before(since) {
			continue
		}
		if keys[at] == nil {
			keys[at] = map[string]bool{}
		}
		keys[at][fmt.Sprint(r["time_period_id"], " ", r["time_frame_id"], " ", r["user_id"], " ", r["field_id"])] = true
	}
	return keys
}

// newest is the job that landed last at each place.
func (g *Observer) newest() map[place]any {
	jobs, at := map[place]any{}, map[place]time.Time{}
	for _, r := range g.Destination.Rows(world.ExportsTable, world.HasLanded) {
		if p := placeOf(r); r.Time("exported_at").After(at[p]) {
			jobs[p], at[p] = r["job_id"], r.Time("exported_at")
		}
	}
	return jobs
}

// shownStays: a quarter that analysts see in the current view stays there, with all that it showed, until another export lands there. What
// that one holds is compared with its truth elsewhere.
func (g *Observer) shownStays(p *Sync, wrong report) {
	if g.mirrors(p) {
		return
	}
	now, newest := g.Present(), g.newest()
	for at, keys := range g.shown {
		if newest[at] != g.landedLast[at] {
			if len(now[at]) == 0 && !g.empty(newest[at]) {
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
		if gone > 0 {
			wrong("%d of %d entries of %v are no longer shown, and nothing landed there", gone, len(keys), at)
		}
	}
}

// empty says whether an export that landed says itself that it has no entries.
func (g *Observer) empty(job any) bool {
	return len(g.Destination.Rows(world.ExportsTable, func(r world.Row) bool {
		return world.HasLanded(r) && r["job_id"] == job && r["entries"] == int64(0)
	})) > 0
}
