package export

import (
	"math"
	"time"
)

// pollCost is what a poll may cost: seeing the end of a job later by 1.55 % of its length. With it the jobs of TestPacerTargets that differ by
// factors are polled no more often than every 10 s would, and seen no later; the steadier ones do better on both.
const pollCost = 0.0155

// regimes are the ways in which jobs of one kind may differ: hardly, somewhat, or by factors. sd is the standard deviation of the logarithm of
// their length; weight is how likely each is thought beforehand. To take steady jobs for erratic ones costs a few polls; to take erratic ones
// for steady makes a short job wait out a long guess. Hence the weights: three jobs alike are the least that proves them steady.
var regimes = [...]struct{ sd, weight float64 }{{0.08, 1}, {0.25, 1}, {0.8, 30}}

// Beforehand a job is thought to take a minute, give or take a factor of two. One job outweighs that where jobs are steady.
var (
	priorMean     = math.Log(60) // logarithm of seconds
	priorVariance = 0.8 * 0.8
)

// durations sums up the jobs seen: how many, the mean of the logarithms of their seconds, and the sum of squares about that mean.
type durations struct{ jobs, mean, spread float64 }

func (d durations) with(took time.Duration) durations {
	x := math.Log(took.Seconds())
	off := x - d.mean
	d.jobs++
	d.mean += off / d.jobs
	d.spread += off * (x - d.mean)
	return d
}

// guess is a log-normal prediction of the next job's length, and how likely it is to be the right one.
type guess struct{ mean, sd, weight float64 }

// guesses returns one guess for each regime, by Bayes' rule.
func (d durations) guesses() (gs [len(regimes)]guess) {
	best, sum := math.Inf(-1), 0.0
	for i, r := range regimes {
		variance := r.sd * r.sd
		precision := d.jobs/variance + 1/priorVariance
		gs[i].mean = (d.jobs*d.mean/variance + priorMean/priorVariance) / precision
		gs[i].sd = math.Sqrt(variance + 1/precision)
		gs[i].weight = math.Log(r.weight) - (d.jobs-1)*math.Log(r.sd) - d.spread/(2*variance)
		best = max(best, gs[i].weight)
	}
	for i := range gs {
		gs[i].weight = math.Exp(gs[i].weight - best)
		sum += gs[i].weight
	}
	for i := range gs {
		gs[i].weight /= sum
	}
	return gs
}

// plan places the polls where they and the waiting cost least: polls[i] is when to poll a job that still ran after i steps. It works backwards
// from the longest job expected, in about a tenth of a millisecond.
func (d durations) plan(least, most time.Duration) (step time.Duration, polls []time.Duration) {
	gs, end := d.guesses(), 0.0
	for _, g := range gs {
		if g.weight > 0.02 {
			end = max(end, math.Exp(g.mean+2.5*g.sd)) // seconds; 1 job in 160 takes longer
		}
	}
	step = max(least/5, time.Duration(end*float64(time.Second)/400))
	if step < least {
		step = least / (least / step) // so that polls can come as close as they may
	}
	sec := step.Seconds()
	n := int(end/sec) + 1

	// Of the jobs that end by step i: their share, and the sum of share / length.
	ended, perLength := make([]float64, n+1), make([]float64, n+1)
	for i := 1; i <= n; i++ {
		x := math.Log(float64(i) * sec)
		for _, g := range gs {
			ended[i] += g.weight * math.Erfc((g.mean-x)/(g.sd*math.Sqrt2)) / 2
		}
		perLength[i] = perLength[i-1] + (ended[i]-ended[i-1])/((float64(i)-0.5)*sec)
	}

	near := max(1, int((least+step/2)/step))
	far := max(near, int(most/step))
	cost := make([]float64, n+1)
	polls = make([]time.Duration, n)
	for i := n - 1; i >= 0; i-- {
		if i == 0 {
			far = n + near // the first poll may come as late as it likes
		}
		cost[i] = math.Inf(1)
		for j := i + near; j <= i+far && j < n+near; j++ {
			k := min(j, n)
			// Jobs that end between i and j are seen at j, each late by (j - length) / length; the others go on from there.
			c := pollCost*(1-ended[i]) + float64(j)*sec*(perLength[k]-perLength[i]) - (ended[k] - ended[i]) + cost[k]
			if c < cost[i] {
				cost[i], polls[i] = c, time.Duration(j)*step
			}
		}
	}
	return step, polls
}
