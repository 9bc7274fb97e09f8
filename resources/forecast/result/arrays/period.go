package arrays

import (
	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/resources/forecast"
)

// periodNumber is the number of the entry's time period. An entry that names none is of the one asked for. Where Clari chose, that
// is the quarter that other entries name, which is known later: until then it has no name.
func (r *Reader) periodNumber() uint32 {
	id := r.ids[forecast.KeyPeriod]
	if !r.known[forecast.KeyPeriod] {
		switch {
		case r.period != "":
			n, _ := r.to.Periods.Number([]byte(r.period))
			return n
		case len(r.Named) > 0:
			id = []byte(r.Named[0])
		case r.missing > 0:
			return uint32(r.missing - 1)
		default:
			n, _ := r.to.Periods.Number(nil)
			r.missing = int(n) + 1
			return n
		}
	}
	n := r.rows[forecast.KeyPeriod]
	if !r.seen[forecast.KeyPeriod] {
		n, _ = r.to.Periods.Number(id)
	}
	for int(n) >= len(r.used) {
		r.used = append(r.used, false)
	}
	if !r.used[n] {
		r.used[n] = true
		n = r.firstUse(n)
	}
	return n
}

// firstUse takes note of a time period that an entry is of.
func (r *Reader) firstUse(n uint32) uint32 {
	id := r.to.Periods.IDs.Texts[n]
	r.IDs = append(r.IDs, id)
	if _, isQuarter := fiscal.Parse(id); !isQuarter {
		return n
	}
	r.Named = append(r.Named, id)
	if r.missing > 0 && len(r.Named) == 1 {
		return r.Settle(id)
	}
	return n
}

// Settle says which quarter entries are of that name no time period.
func (r *Reader) Settle(quarter string) uint32 {
	if r.missing == 0 {
		return 0
	}
	n := uint32(r.missing - 1)
	r.missing = 0
	r.to.RenamePeriod(n, quarter)
	for int(n) >= len(r.used) {
		r.used = append(r.used, false)
	}
	r.used[n] = true
	return n
}
