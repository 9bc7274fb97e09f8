package invariant

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/random/observer"
)

// manners: what a sync owes to Clari, whatever went wrong. All by the ledger's times, within this sync: a process knows nothing of
// one before it.
//
//   - No request before a Retry-After has run out.
//   - No poll of a job closer to the one before than poll_interval. A poll that was not answered is no poll: its repetition follows the
//     retry policy.
//   - No two jobs created closer together than delay_between_exports.
//   - Never more of its jobs in flight than concurrency. Jobs that it cannot know of, or could not ask about, do not count.
func manners(g *observer.Observer, p *observer.Sync, wrong report) {
	for _, r := range (sim.Ledger{Requests: p.Requests}).TooEarly() {
		wrong("sent before Retry-After ran out: %s", r)
	}
	polled := map[string]time.Time{}
	var created time.Time
	for _, r := range p.Requests {
		switch r.Op {
		case sim.Status:
			if last := polled[r.JobID]; !last.IsZero() && r.At.Sub(last) < g.Duration("poll_interval") {
				wrong("a poll %s after the last: %s", r.At.Sub(last), r)
			}
			delete(polled, r.JobID)
			if r.Status == 200 && len(r.Faults) == 0 {
				polled[r.JobID] = r.At
			}
		case sim.Create:
			if r.JobID == "" {
				continue
			}
			if gap := r.At.Sub(created); !created.IsZero() && gap < g.Duration("delay_between_exports") {
				wrong("a job created %s after the last: %s", gap, r)
			}
			created = r.At
		}
	}
	for _, at := range p.Created {
		n := 0
		for _, j := range p.Created {
			if j.Active(at.CreatedAt) && g.Clean(j) && !g.Troubled(p, j) {
				n++
			}
		}
		if n > g.Number("concurrency") {
			wrong("%d jobs in flight when job %s was created", n, at.ID)
		}
	}
}

// keyNotTold: the API key is in no log line, no error, no state and no row of what is told of exports and jobs.
func keyNotTold(g *observer.Observer, p *observer.Sync, wrong report) {
	key := g.Sim.Key()
	texts := []string{p.Logs.String(), fmt.Sprint(p.Err), fmt.Sprint(g.State)}
	for _, table := range []string{"clari_forecast_exports", "clari_export_jobs", "clari_limits"} {
		for _, r := range g.Destination.Rows(table, nil) {
			texts = append(texts, r.Line())
		}
	}
	for _, text := range texts {
		if at := strings.Index(text, key); at >= 0 {
			wrong("the key is told: %s", text[max(0, at-200):at])
		}
	}
}

// stopsAtOnce: a cancelled sync ends at once (its clean-up may take two seconds), with an error. A killed process sends nothing more.
// With a state backend it leaves its jobs to the next sync; without one it cancels them, which gives the exports back.
func stopsAtOnce(g *observer.Observer, p *observer.Sync, wrong report) {
	if p.Err == nil {
		wrong("a sync that was stopped succeeded")
	}
	allowed := time.Second + p.Slow
	if g.State == nil {
		allowed = 2*time.Second + 100*time.Millisecond + p.Slow
	}
	if took := p.End.Sub(p.StoppedAt); took > allowed {
		wrong("it ended only %s after it was stopped", took)
	}
	stopped := p.StoppedAt.Add(g.Config.Skew)
	throttled := false
	for _, r := range p.Requests {
		throttled = throttled || r.Throttled || len(r.Faults) > 0 && r.Op == sim.Cancel
		if r.At.After(stopped) && (p.Killed || g.State != nil) {
			wrong("a request after the end: %s", r)
		}
	}
	if p.Killed || g.State != nil || throttled || g.Tally.Fired["refused"] > 0 {
		return
	}
	for _, j := range p.Created {
		if !p.StoppedAt.After(g.Creation(j).Answered.Add(-g.Config.Skew)) || !g.Clean(j) {
			continue
		}
		if j.Active(g.Sim.Now()) && !j.Vanished { // one that vanished cannot be cancelled
			wrong("job %s of %s %s goes on, and nobody will adopt it", j.ID, j.Forecast, j.Asked)
		}
	}
}

// ownCancelled: only a job whose id a creation of this sync returned is ever cancelled.
func ownCancelled(g *observer.Observer, p *observer.Sync, wrong report) {
	for _, r := range p.Requests {
		own := slices.ContainsFunc(p.Created, func(j sim.Job) bool { return j.ID == r.JobID && (g.Clean(j) || flawed(g, j)) })
		if r.Op == sim.Cancel && !own {
			wrong("it cancels a job whose id no creation returned to it: %s", r)
		}
	}
}

// flawed tells of a job whose creation was answered well, and whose result will not pass: an activity in it has no id.
func flawed(g *observer.Observer, j sim.Job) bool {
	r := g.Creation(j)
	return r.Status/100 == 2 && !r.Cut && slices.Equal(r.Faults, []string{"activity-without-id"})
}

// errorsReadable: an error is short, and says nothing twice.
func errorsReadable(g *observer.Observer, p *observer.Sync, wrong report) {
	text := fmt.Sprint(p.Err)
	if len(text) > 4<<10 {
		wrong("the error has %d bytes", len(text))
	}
	if n := strings.Count(text, "context canceled"); n > 1 {
		wrong("the error says %d times that the context was canceled", n)
	}
}

// endsInTime: what a sync takes follows from what went wrong, from its jobs, and from the timeouts of its spec.
func endsInTime(g *observer.Observer, p *observer.Sync, wrong report) {
	const again = 40 * time.Second // the longest gap between two tries, jittered
	planned := time.Duration(max(len(p.Exports)+len(p.Windows), 1))
	limit := 15*time.Minute + time.Duration(p.Refusals.Load())*again + time.Duration(p.Messages)*p.Slow + planned*10*time.Second
	limit += time.Duration(p.Flushes.Load()) * p.Backend.Slowest
	if p.Backend.Hangs > 0 {
		limit += (planned + 3) * time.Minute
	}
	full := false
	jobs := map[string]bool{}
	for _, r := range p.Requests {
		if r.Status/100 != 2 || r.Cut || len(r.Faults) > 0 {
			limit += max(r.Answered.Sub(r.At), time.Minute) + again // the client waits a minute for an answer that does not come
		}
		if r.RetryAt.After(r.Answered) && !r.Answered.IsZero() {
			limit += r.RetryAt.Sub(r.Answered)
		} else if r.Throttled {
			limit += again
		}
		full = full || (r.Op == sim.Create || r.Op == sim.CreateActivity) && r.Status == 400
		switch r.Op {
		case sim.Create, sim.CreateActivity:
			limit += g.Duration("delay_between_exports") + 4*g.Duration("poll_interval") + 30*time.Second // for "creating" to be written
		case sim.Status:
			jobs[r.JobID] = true
		}
	}
	for id := range jobs {
		j, _ := g.Job(id)
		queue, run := j.Queue, j.Run
		if most := g.Duration("queue_timeout"); queue < 0 || queue > most {
			queue = most
		}
		if most := g.Duration("run_timeout"); run < 0 || run > most {
			run = most
		}
		limit += queue + run + 4*g.Duration("poll_max_interval") + 10*time.Minute
	}
	left := slices.ContainsFunc(g.Ledger.Jobs, func(j sim.Job) bool { // by a sync before, and stuck in the queue
		return g.Creator(j) != p && j.Active(p.Start.Add(g.Config.Skew))
	})
	if full || left || g.Config.Concurrent < 3 || p.Foreign > 0 || len(p.Others) > 0 || p.Beside > 0 {
		limit += 2 * g.Duration("queue_timeout")
	}
	if took := p.End.Sub(p.Start); took > limit {
		wrong("it took %s, and nothing explains more than %s", took, limit)
	}
}
