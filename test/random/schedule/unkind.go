package schedule

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// A World is one way in which the world is unkind for several syncs. It draws its own seeds, so that what one world breaks hides nothing of
// another.
type World struct {
	Name  string
	alter func(dice, *Schedule)

	Broken map[string]string // invariants that the engine is known not to keep in this world, and what it does, in words
}

// Worlds are all of them.
var Worlds = []World{
	{Name: "spec changes and changes back", alter: specChanges},
	{Name: "destination writes in mid-stream", alter: writesInMidStream},
	{Name: "destination hangs", alter: hangs},
	{Name: "destination refuses", alter: refuses},
	{Name: "tried again within minutes", alter: triedAgain},
	{Name: "pages of a balancer", alter: balancer},
	{Name: "rights are missing for good", alter: rightsMissing},
	{Name: "quarter turns", alter: turns},
	{Name: "names and lists are late", alter: lateLists},
	{Name: "statuses go back", alter: statusesGoBack},
	{Name: "backend is troubled", alter: backendTroubled},
	{Name: "killed anywhere", alter: killedAnywhere},
}

// Draw draws the schedule of a seed in this world. The last two syncs are undisturbed.
func (w World) Draw(seed uint64) *Schedule {
	d := dice{rand.New(rand.NewPCG(seed, 20260303))}
	s := &Schedule{Seed: seed, State: !d.in(8), Start: 700*24*time.Hour + time.Duration(d.IntN(120*24*60))*time.Minute, Batches: d.in(2)}
	s.tenant(d)
	s.drawSpec(d)
	s.Spec["fiscal_year_start_month"] = 2
	s.Config.Monthly, s.Config.RequestsPerSecond = 1000, 0
	for range 2 + d.IntN(3) {
		s.Steps = append(s.Steps, Step{Pause: pick(d, 20*time.Minute, time.Hour, 24*time.Hour, 24*time.Hour), Spec: map[string]any{}})
	}
	w.alter(d, s)
	s.withBackend()
	s.Steps = append(s.Steps, Step{Pause: 3 * time.Hour, Final: true}, Step{Pause: time.Hour, Final: true})
	return s
}

// forecasts are those of the spec, copied so that one sync may have others.
func (s *Schedule) forecasts() (copied []map[string]any) {
	for _, f := range s.Spec["forecasts"].([]map[string]any) {
		copied = append(copied, maps.Clone(f))
	}
	return copied
}

// specChanges: every second sync has another spec, and those between have the first one.
func specChanges(d dice, s *Schedule) {
	s.State = true
	other, tabs := map[string]any{}, slices.Clone(s.Tabs)
	forecasts := s.forecasts()
	var tables []string
	for range 1 + d.IntN(2) {
		switch d.IntN(6) {
		case 0:
			for i, f := range forecasts {
				tabs[i].Types = pick(d, []string{"forecast"}, []string{"quota", "adjustment"}, []string{"forecast", "crm_total"})
				f["types"] = tabs[i].Types
			}
		case 1:
			for _, f := range forecasts {
				f["include_historical"] = pick(d, "true", "false")
			}
		case 2:
			other["export_format"] = map[any]string{"json": "csv", "csv": "json"}[s.Spec["export_format"]]
		case 3:
			tabs[0].Currency = pick(d, "CHF", "JPY")
			forecasts[0]["currency"] = tabs[0].Currency
		case 4:
			tables = []string{"clari_forecast_entries", "clari_forecast_exports"}
		default:
			other["history"] = s.Spec["history"] != true
		}
	}
	other["forecasts"] = forecasts
	for len(s.Steps) < 5 {
		s.Steps = append(s.Steps, Step{Pause: pick(d, 20*time.Minute, 8*time.Hour, 24*time.Hour), Spec: map[string]any{}})
	}
	for i := range s.Steps {
		if i%2 == 1 {
			s.Steps[i].Spec, s.Steps[i].Tabs, s.Steps[i].Tables = other, tabs, tables
		}
	}
}

// writesInMidStream: rows arrive before their export is known to have landed, and the process is killed then.
func writesInMidStream(d dice, s *Schedule) {
	s.Batches = true
	s.Config.Tenant.People = 4
	for i := range s.Steps {
		if s.Steps[i].Slow = time.Duration(d.IntN(40)) * time.Second; d.in(2) {
			s.Steps[i].Stop = stop{Kill: true, Message: 4 + d.IntN(60)}
		}
	}
}

func hangs(d dice, s *Schedule) {
	several(d, s)
	s.Steps[0].Hang = 1 + d.IntN(20)
	for i := range s.Steps[1:] {
		if d.in(3) {
			s.Steps[i+1].Hang = 1 + d.IntN(30)
		}
	}
}

// refuses: the CLI ends a sync at once when the destination has returned an error.
func refuses(d dice, s *Schedule) {
	several(d, s)
	for i := range s.Steps {
		if i == 0 || d.in(3) {
			s.Steps[i].Stop = stop{Cancel: true, Message: 1 + d.IntN(30)}
		}
	}
}

// several gives all tabs the same quarters, so that there is much to buy.
func several(d dice, s *Schedule) {
	at := func(text string, from, to int) []Period {
		return []Period{{Text: text, From: bound{offset: from}, To: bound{offset: to}}}
	}
	periods := pick(d, at("current-4..current", -4, 0), at("previous..next", -1, 1), at("current-2..current+1", -2, 1))
	forecasts := s.forecasts()
	for i := range s.Tabs {
		s.Tabs[i].Periods = periods
		delete(forecasts[i], "periods")
	}
	s.Spec["forecasts"], s.Spec["periods"] = forecasts, texts(periods)
}

// triedAgain: some exports fail, and an orchestrator tries again, with the same failing.
func triedAgain(d dice, s *Schedule) {
	s.State = true
	several(d, s)
	failing := sim.Fault{Op: sim.Create, Forecast: pick(d, s.Tabs...).ID, Count: sim.Always, Do: pick(d, sim.Answer(403), sim.Ends(sim.Failed), sim.NoOptIn(), sim.RowsTruncated())}
	s.Steps = nil
	for range 2 + d.IntN(4) {
		s.Steps = append(s.Steps, Step{
			Pause: time.Duration(2+d.IntN(28)) * time.Minute, Spec: map[string]any{}, Faults: []Fault{{failing.Do.Name, failing}},
		})
	}
}

// balancer: pages in HTML, with any status, in place of any answer; not so often that nothing gets through.
func balancer(d dice, s *Schedule) {
	for i := range s.Steps {
		for range 1 + d.IntN(4) {
			do := sim.HTML(pick(d, 200, 400, 401, 403, 404, 410, 429, 500, 502, 503))
			s.Steps[i].Faults = append(s.Steps[i].Faults, Fault{do.Name, sim.Fault{
				Op: pick(d, sim.Create, sim.Status, sim.Status, sim.Results, sim.Results, sim.List, sim.Limits), From: 1 + d.IntN(5), Do: do,
			}})
		}
	}
}

// rightsMissing: one endpoint is refused in every sync, and whoever runs them tries again.
func rightsMissing(d dice, s *Schedule) {
	s.State = true
	several(d, s)
	op := pick(d, sim.List, sim.Limits)
	do := pick(d, sim.Answer(403), sim.Answer(401), sim.Answer(404))
	s.Lasting = append(s.Lasting, Fault{do.Name, sim.Fault{Op: op, Count: sim.Always, Do: do}})
	for i := range s.Steps {
		s.Steps[i].Pause = time.Duration(3+d.IntN(40)) * time.Minute
	}
}

func turns(d dice, s *Schedule) {
	quarterTurns(d, s)
	s.Steps = append(s.Steps, Step{Pause: time.Duration(1+d.IntN(30)) * time.Minute, Spec: map[string]any{}})
}

// lateLists: jobs whose file is named late, that show late in the list, and whose startTime is when they leave the queue; and creations
// whose answers are lost.
func lateLists(d dice, s *Schedule) {
	named, listed, late := d.IntN(40), d.IntN(60), d.in(2)
	s.Config.OnJob = func(j *sim.Job) {
		j.NamedAfter, j.ListedAfter, j.StartsLate = time.Duration(named)*time.Second, time.Duration(listed)*time.Second, late
	}
	s.Config.Queue = sim.Between(0, 90*time.Second)
	for i := range s.Steps {
		lost := pick(d, sim.Answer(504), sim.Reset(), sim.Answer(504)).AfterProcessing()
		s.Steps[i].Faults = append(s.Steps[i].Faults, creating(1+d.IntN(2), lost))
		if d.in(3) {
			s.Steps[i].Stop = stop{Kill: true, Moment: Moment{Op: sim.Create, N: 1 + d.IntN(3), Answered: d.in(2)}}
		}
	}
}

func statusesGoBack(d dice, s *Schedule) {
	after := time.Duration(5+d.IntN(60)) * time.Second
	s.Config.OnJob = func(j *sim.Job) { j.GoesBack = after }
	s.Config.Run = sim.Between(time.Minute, 4*time.Minute)
}

func backendTroubled(d dice, s *Schedule) {
	s.State = true
	several(d, s)
	for i := range s.Steps {
		s.Steps[i].Backend = s.drawBackend(d)
	}
}

func killedAnywhere(d dice, s *Schedule) {
	for i := range s.Steps {
		if s.Steps[i].Stop = s.drawStop(d); !s.Steps[i].Stop.Kill {
			s.Steps[i].Stop = stop{Kill: true, Message: 1 + d.IntN(40)}
		}
		s.Steps[i].Pause = pick(d, 2*time.Minute, 20*time.Minute, time.Hour, 24*time.Hour)
	}
}
