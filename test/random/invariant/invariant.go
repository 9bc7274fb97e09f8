// Package invariant is what must hold after every sync, whatever went wrong in it. It knows the world and what happened. It does not know how
// the plugin decides.
package invariant

// invariant is what must hold after a sync, whatever went wrong in it.
type invariant struct {
	name  string
	when  func(*Observer, *Sync) bool
	check func(*Observer, *Sync, report)

	broken string // what the engine does today against it, in words: it is held to it only where it is asked for by name
}

// Names are those of all invariants. Broken ones are known not to hold today.
func Names() (names []string) {
	for _, i := range invariants {
		names = append(names, i.name)
	}
	return names
}

// Broken says in words what the engine does today against an invariant, or nothing.
func Broken(name string) string {
	for _, i := range invariants {
		if i.name == name {
			return i.broken
		}
	}
	return ""
}

// report tells of something that does not hold.
type report func(format string, args ...any)

// invariants are all of them. Where two syncs ran at once nothing may be lost, but an export may be paid for twice.
var invariants = []invariant{
	{name: "rows stay", when: always, check: (*Observer).rowsStay},
	{name: "the key is not told", when: always, check: (*Observer).keyNotTold},
	{name: "only own jobs are cancelled", when: always, check: (*Observer).ownCancelled},
	{name: "it ends in time", when: ended, check: (*Observer).endsInTime},
	{name: "what landed is the truth", when: alone(ended), check: (*Observer).landedIsTrue},
	{name: "done is never ahead", when: alone(always), check: (*Observer).doneIsThere},
	{name: "manners", when: alone(always), check: (*Observer).manners},
	{name: "no job of use is made again", when: alone(always), check: (*Observer).noJobAgain},
	{name: "nothing is planned twice", when: alone(ended), check: (*Observer).plannedOnce},
	{name: "what is planned is accounted for", when: alone(ended), check: (*Observer).planAccounted},
	{name: "what was current stays in the plan", when: alone(ended), check: (*Observer).watchedPlanned},
	{name: "what has settled is not exported", when: alone(always), check: (*Observer).settledStays},
	{name: "each loss has its line and its row", when: alone(ended), check: (*Observer).lossesTold},
	{name: "a stopped sync stops", when: alone(stopped), check: (*Observer).stopsAtOnce},
	{name: "state knows the jobs", when: alone(always), check: (*Observer).stateKnowsJobs},
	{name: "state knows what landed", when: alone(ended), check: (*Observer).stateKnowsLanded},
	{name: "state forgets no quarter", when: alone(always), check: (*Observer).stateKeepsCalendar},
	{name: "all lands within two undisturbed syncs", when: alone(always), check: (*Observer).landsInTwo},
	{name: "activities and audit events are the truth", when: alone(always), check: (*Observer).blocksLand},
	{name: "what activities cost is told", when: alone(ended), check: (*Observer).windowsAccounted},
	{name: "no window is skipped", when: alone(ended), check: (*Observer).windowsNotSkipped},
	{name: "errors can be read", when: always, check: (*Observer).errorsReadable},
	{name: "no row is replaced by an older one", when: alone(always), check: (*Observer).neverOlder},
	{name: "no key comes twice", when: alone(always), check: (*Observer).keyOnce},
	{name: "what is shown stays", when: alone(always), check: (*Observer).shownStays},
	{name: "what is bought is sent first", when: alone(always), check: (*Observer).sentFirst, broken: "exports are bought while results that Clari refused are asked for a second time, beyond concurrency and one"},
	{name: "no export is bought without need", when: alone(always), check: (*Observer).boughtOnce},
}

func always(*Observer, *Sync) bool { return true }

func ended(_ *Observer, p *Sync) bool { return p.StoppedAt.IsZero() }

func stopped(_ *Observer, p *Sync) bool { return !p.StoppedAt.IsZero() }

func (p *Sync) alone() bool { return p.Beside == 0 }

func alone(when func(*Observer, *Sync) bool) func(*Observer, *Sync) bool {
	return func(w *Observer, p *Sync) bool { return p.alone() && when(w, p) }
}
