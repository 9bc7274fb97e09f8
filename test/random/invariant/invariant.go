// Package invariant is what must hold after every sync, whatever went wrong in it. It knows the world and what happened; it does not know how the plugin decides.
package invariant

// invariant is what must hold after a sync, whatever went wrong in it.
type invariant struct {
	name  string
	when  func(*Observer, *Sync) bool
	check func(*Observer, *Sync, report)
}

// report tells of something that does not hold.
type report func(format string, args ...any)

// invariants are all of them. Where two syncs ran at once nothing may be lost, but an export may be paid for twice.
var invariants = []invariant{
	{"rows stay", always, (*Observer).rowsStay},
	{"the view stays", alone(always), (*Observer).viewStays},
	{"the key is not told", always, (*Observer).keyNotTold},
	{"only own jobs are cancelled", always, (*Observer).ownCancelled},
	{"it ends in time", ended, (*Observer).endsInTime},
	{"what landed is the truth", alone(ended), (*Observer).landedIsTrue},
	{"done is never ahead", alone(always), (*Observer).doneIsThere},
	{"manners", alone(always), (*Observer).manners},
	{"no job of use is made again", alone(always), (*Observer).noJobAgain},
	{"nothing is planned twice", alone(ended), (*Observer).plannedOnce},
	{"what is planned is accounted for", alone(ended), (*Observer).planAccounted},
	{"what was current stays in the plan", alone(ended), (*Observer).watchedPlanned},
	{"what has settled is not exported", alone(always), (*Observer).settledStays},
	{"each loss has its line and its row", alone(ended), (*Observer).lossesTold},
	{"a stopped sync stops", alone(stopped), (*Observer).stopsAtOnce},
	{"state knows the jobs", alone(always), (*Observer).stateKnowsJobs},
	{"state knows what landed", alone(ended), (*Observer).stateKnowsLanded},
	{"state forgets no quarter", alone(always), (*Observer).stateKeepsCalendar},
	{"all lands within two undisturbed syncs", alone(always), (*Observer).landsInTwo},
	{"activities and audit events are the truth", alone(always), (*Observer).blocksLand},
	{"what activities cost is told", alone(ended), (*Observer).windowsAccounted},
	{"no window is skipped", alone(ended), (*Observer).windowsNotSkipped},
	{"errors can be read", always, (*Observer).errorsReadable},
}

func always(*Observer, *Sync) bool { return true }

func ended(_ *Observer, p *Sync) bool { return p.StoppedAt.IsZero() }

func stopped(_ *Observer, p *Sync) bool { return !p.StoppedAt.IsZero() }

func (p *Sync) alone() bool { return p.Beside == 0 }

func alone(when func(*Observer, *Sync) bool) func(*Observer, *Sync) bool {
	return func(w *Observer, p *Sync) bool { return p.alone() && when(w, p) }
}
