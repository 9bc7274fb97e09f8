package queue

import (
	"context"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/client/clari"
	"github.com/cq-source-clari/cq-source-clari/client/journal"
)

// key is the ledger's key of how long jobs of a class ran, in milliseconds.
func (p *Pace) key(class string) string { return journal.OtherKey("pace", []string{p.Scope, class}) }

// Learn sees to it that something is known of how long jobs of a class run: from earlier syncs, else from those jobs in Clari's list that are similar. That
// list is asked for once, and only if there is something to wait for.
func (p *Pace) Learn(ctx context.Context, class string, similar func(clari.Job) bool) {
	if p.knows(class) {
		return
	}
	var ms []int64
	_ = p.Ledger.Load(ctx, p.key(class), &ms)
	for _, n := range ms {
		p.Observe(class, time.Duration(n)*time.Millisecond)
	}
	if len(ms) > 0 {
		return
	}
	for _, j := range p.finishedJobs(ctx) {
		if similar(j) {
			p.Observe(class, j.EndTime.Sub(j.StartTime))
		}
	}
}

// finishedJobs are those that Clari lists, oldest first. They are asked for once; who comes meanwhile waits for the answer.
func (p *Pace) finishedJobs(ctx context.Context) []clari.Job {
	select {
	case p.listing <- struct{}{}:
	case <-ctx.Done():
		return nil
	}
	defer func() { <-p.listing }()
	if p.listed == nil {
		ctx, cancel := context.WithTimeout(ctx, p.min) // no poll is due before
		defer cancel()
		jobs, _ := p.Client.Jobs(ctx)
		p.listed = slices.DeleteFunc(append([]clari.Job{}, jobs...), func(j clari.Job) bool {
			return j.Status.Phase() != clari.PhaseDone || j.StartTime.IsZero() || !j.EndTime.After(j.StartTime)
		})
		slices.SortFunc(p.listed, func(a, b clari.Job) int { return a.EndTime.Compare(b.EndTime) })
	}
	return p.listed
}

// Remember saves how long jobs of a class ran, for the next sync.
func (p *Pace) Remember(class string) {
	p.mu.Lock()
	var ms []int64
	for _, d := range p.took[class] {
		ms = append(ms, d.Milliseconds())
	}
	p.mu.Unlock()
	if len(ms) > 0 {
		p.Ledger.Save(p.key(class), ms)
	}
}
