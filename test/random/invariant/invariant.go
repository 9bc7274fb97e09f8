// Package invariant is what must hold after every sync, whatever went wrong in it. It knows the world and what happened. It does not know how
// the plugin decides.
package invariant

import "github.com/cq-source-clari/cq-source-clari/test/random/observer"

// invariant is what must hold after a sync, whatever went wrong in it.
type invariant struct {
	name  string
	when  func(*observer.Observer, *observer.Sync) bool
	check func(*observer.Observer, *observer.Sync, report)

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
	{name: "rows stay", when: always, check: rowsStay},
	{name: "the key is not told", when: always, check: keyNotTold},
	{name: "only own jobs are cancelled", when: always, check: ownCancelled},
	{name: "it ends in time", when: ended, check: endsInTime},
	{name: "what landed is the truth", when: alone(ended), check: landedIsTrue},
	{name: "done is never ahead", when: alone(always), check: doneIsThere},
	{name: "manners", when: alone(always), check: manners},
	{name: "no job of use is made again", when: alone(always), check: noJobAgain},
	{name: "nothing is planned twice", when: alone(ended), check: plannedOnce},
	{name: "what is planned is accounted for", when: alone(ended), check: planAccounted},
	{name: "what was current stays in the plan", when: alone(ended), check: watchedPlanned},
	{name: "what has settled is not exported", when: alone(always), check: settledStays},
	{name: "each loss has its line and its row", when: alone(ended), check: lossesTold},
	{name: "a stopped sync stops", when: alone(stopped), check: stopsAtOnce},
	{name: "state knows the jobs", when: alone(always), check: stateKnowsJobs},
	{name: "state knows what landed", when: alone(ended), check: stateKnowsLanded},
	{name: "state forgets no quarter", when: alone(always), check: stateKeepsCalendar},
	{name: "all lands within two undisturbed syncs", when: alone(always), check: landsInTwo},
	{name: "activities and audit events are the truth", when: alone(always), check: blocksLand},
	{name: "what activities cost is told", when: alone(ended), check: windowsAccounted},
	{name: "no window is skipped", when: alone(ended), check: windowsNotSkipped},
	{name: "errors can be read", when: always, check: errorsReadable},
	{name: "no row is replaced by an older one", when: alone(always), check: neverOlder},
	{name: "no key comes twice", when: alone(always), check: keyOnce},
	{name: "what is shown stays", when: alone(always), check: shownStays},
	{name: "what is bought is sent first", when: alone(always), check: sentFirst},
	{name: "no export is bought without need", when: alone(always), check: boughtOnce},
}

// Selection is what a world is held to.
type Selection struct {
	Only   string            // name of the one invariant; "": all that the engine is known to keep
	Broken map[string]string // invariants that the engine is known not to keep here, and why
}

// Hold holds what a sync did against the invariants, in their order. What comes after one that does not hold may follow from it.
func (s Selection) Hold(g *observer.Observer, p *observer.Sync) {
	for _, i := range invariants {
		if len(g.Problems) == 0 && s.has(i) && i.when(g, p) {
			i.check(g, p, func(format string, args ...any) { g.Report(p, i.name, format, args...) })
		}
	}
}

func (s Selection) has(i invariant) bool {
	if s.Only != "" {
		return i.name == s.Only
	}
	return i.broken == "" && s.Broken[i.name] == ""
}

func always(*observer.Observer, *observer.Sync) bool { return true }

func ended(_ *observer.Observer, p *observer.Sync) bool { return p.StoppedAt.IsZero() }

func stopped(_ *observer.Observer, p *observer.Sync) bool { return !p.StoppedAt.IsZero() }

func alone(when func(*observer.Observer, *observer.Sync) bool) func(*observer.Observer, *observer.Sync) bool {
	return func(w *observer.Observer, p *observer.Sync) bool { return p.Alone() && when(w, p) }
}
