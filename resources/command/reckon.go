package command

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/fiscal"
	"github.com/cq-source-clari/cq-source-clari/client/spec"
)

// median is how long the finished jobs that are likely took, 0 where there are none.
func median(jobs []clari.Job, likely func(clari.Job) bool) time.Duration {
	var took []time.Duration
	for _, j := range jobs {
		if j.Status.Phase() == clari.PhaseDone && !j.StartTime.IsZero() && j.EndTime.After(j.StartTime) && likely(j) {
			took = append(took, j.EndTime.Sub(j.StartTime))
		}
	}
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// time reckons how long exports that take so long take together, one gap after the other and as many at once as may be.
func (p *Plan) time(s *spec.Spec, limits clari.Limits, took []time.Duration) {
	if len(p.untimed) > 0 {
		return
	}
	places := int(s.Concurrency)
	free := limits.AvailableConcurrentLimit
	switch {
	case s.Concurrency == spec.Auto && free != nil:
		places = *free - 1
	case free != nil:
		places = min(places, *free)
	}
	ends := make([]time.Duration, max(1, places)) // when each place is free again, from the start
	var next, end time.Duration                   // when the next job may be created, and when the last one ends
	for _, d := range took {
		i := slices.Index(ends, slices.Min(ends))
		began := max(next, ends[i])
		ends[i] = began + d
		next, end = began+time.Duration(s.DelayBetweenExports), max(end, ends[i])
	}
	p.Seconds = new(int(math.Ceil(end.Seconds())))
}

// quotaDays is for how long an export counts: after that it is given back.
const quotaDays = 30

// perDay are the syncs a day for which it is reckoned how long the quota lasts.
var perDay = []int{1, 4, 24}

// quota reckons what is left after a sync, and how long that lasts where the syncs, counted from 0, cost so much.
func (p *Plan) quota(left *int, c Config, costs func(sync int) int) {
	p.Quota.EndsOn = map[int]*string{}
	for _, n := range perDay {
		p.Quota.EndsOn[n] = nil
		if left == nil {
			continue
		}
		over := *left - c.Spec.QuotaReserve
		for sync := range quotaDays * n {
			if over -= costs(sync); over < 0 {
				at := c.Now.Add(time.Duration(sync) * 24 * time.Hour / time.Duration(n))
				p.Quota.EndsOn[n] = new(fiscal.Day(at, c.Spec.Location()).Format(time.DateOnly))
				break
			}
		}
	}
	if p.Quota.Left = left; left != nil {
		p.Quota.After = new(*left - p.Cost)
	}
}

// saved is what a state backend saves in each sync from the third on.
func (p *Plan) saved() int { return cmp.Or(max(0, p.Cost-p.later), 0) }
