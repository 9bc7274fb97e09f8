package store

import "github.com/cq-source-clari/cq-source-clari/resources/forecast"

// groups are why the index need not have all rows. Results are written person by person, or field by field: the entries of one stand
// together. A key of somebody who has no rows yet is new, one of the last person can only be among the rows since they first came. Who
// comes again after others breaks that: then rows are grouped by another part of the key, and in the end all of them are one group.
//
// The index of a group stays in the cache of a core, and is no memory to speak of. That of all rows takes six to ten bytes a row, and each
// look-up waits for memory: where rows are in order reading takes a sixth less.
type groups struct {
	by    int // the part of the key, or KeyParts: all rows are one group
	parts [forecast.KeyParts]grouping
}

// grouping is what is known of rows by one part of their keys.
type grouping struct {
	broken bool   // rows of one number do not stand together
	last   uint32 // number of the last row
	from   int    // first row of its group
	seen   []bool // by number
}

func (g *grouping) has(n uint32) bool { return int(n) < len(g.seen) && g.seen[n] }

// find tells about the group of a key: whether it is a new one, and whether rows are grouped in another way than before.
func (g *groups) find(k Key) (isNew, regrouped bool) {
	for g.by < forecast.KeyParts {
		part := &g.parts[g.by]
		if n := k[g.by]; n == part.last || !part.has(n) {
			return n != part.last, regrouped
		}
		part.broken, part.seen = true, nil
		g.by = g.smallest()
		regrouped = true
	}
	return false, regrouped
}

// smallest is the part by which the last group is the smallest one.
func (g *groups) smallest() int {
	by := forecast.KeyParts
	for i := range g.parts {
		if part := &g.parts[i]; !part.broken && (by == forecast.KeyParts || part.from > g.parts[by].from) {
			by = i
		}
	}
	return by
}

// from is the first row of the group.
func (g *groups) from() int {
	if g.by == forecast.KeyParts {
		return 0
	}
	return g.parts[g.by].from
}

// add takes note of a new row.
func (g *groups) add(k Key, row int) {
	for i := range g.parts {
		part, n := &g.parts[i], k[i]
		switch {
		case part.broken || n == part.last && row > 0:
		case part.has(n):
			part.broken, part.seen = true, nil
		default:
			for int(n) >= len(part.seen) {
				part.seen = append(part.seen, false)
			}
			part.seen[n] = true
			part.last, part.from = n, row
		}
	}
}
