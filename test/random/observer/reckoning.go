package observer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle/spending"
	"github.com/cq-source-clari/cq-source-clari/test/random/schedule"
	"github.com/cq-source-clari/cq-source-clari/test/world"
)

// Excess is what the last sync bought without need, by a reckoning that is told of all syncs anew: what became of a job may show later.
func (g *Observer) Excess() (last []spending.Excess) {
	calendar := g.Sim.Tenant().Calendar
	h := spending.History{QuarterEnd: func(label string) time.Time {
		q, ok := sim.ParseQuarter(label)
		if !ok {
			return time.Time{}
		}
		first, _ := calendar.Days(q.Add(1))
		if here := time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, g.Zone()); here.After(first) {
			return here // days are those of the spec's time zone
		}
		return first
	}}
	jobs := map[any]*spending.Job{}
	for _, p := range g.Played {
		last = h.Add(g.told(p, jobs))
	}
	return last
}

// told is a sync as the reckoning wants it. Where it cannot be known what the state backend kept, it is told that all was lost.
func (g *Observer) told(p *Sync, jobs map[any]*spending.Job) spending.Sync {
	s := spending.Sync{
		Start: g.clari(p.Start), End: g.clari(p.End), Well: p.Err == nil && p.StoppedAt.IsZero(), Forgot: !g.Kept(p), Settings: g.settings(p), Wanted: g.wanted(p),
	}
	for _, j := range p.Created {
		if IsActivity(j) {
			continue
		}
		bought := g.bought(p, j)
		for _, before := range s.Bought { // it was given up, if it was not sent, when the same was asked for again
			if j.CreatedAt.After(before.At) && before.Sent.IsZero() && sameExport(before, bought) {
				before.Sent = bought.At
			}
		}
		jobs[j.ID] = bought
		s.Bought = append(s.Bought, bought)
	}
	for _, r := range p.Exports {
		job, at := jobs[r["job_id"]], p.Reported[fmt.Sprint(r["job_id"])]
		switch {
		case job == nil || !world.HasLanded(r):
		case p.StoppedAt.IsZero():
			s.Landed = append(s.Landed, spending.Landing{Job: job, At: g.clari(at)})
		default: // the sync was stopped, and perhaps before a barrier: nobody can say whether the rows are there
			job.Fate = spending.Unclear
			s.Perhaps = append(s.Perhaps, job)
		}
	}
	return s
}

// sameExport says whether two jobs were for one export of the plan.
func sameExport(a, b *spending.Job) bool {
	return a.Forecast == b.Forecast && a.Currency == b.Currency && a.Period == b.Period
}

// clari is a time of ours by Clari's clock.
func (g *Observer) clari(at time.Time) time.Time { return at.Add(g.Config.Skew) }

func (g *Observer) Zone() *time.Location {
	zone, err := time.LoadLocation(g.Spec["time_zone"].(string))
	if err != nil {
		panic(err)
	}
	return zone
}

func (g *Observer) settings(p *Sync) spending.Settings {
	set := spending.Defaults()
	set.Backend, set.History, set.SettleDays = g.State != nil, p.Used["history"] == true, g.Number("settle_days")
	set.Concurrency, set.Zone = g.Number("concurrency"), g.Zone()
	if n, ok := p.Used["export_attempts"].(int); ok {
		set.Attempts = n
	}
	set.NoCalendar = g.Spec["fiscal_year_start_month"] == nil
	set.JobTimeout = g.Duration("queue_timeout") + g.Duration("run_timeout")
	return set
}

// wanted are the items of a sync's plan. Around the turn of a quarter either may be the current one. What refresh names is in it once it has landed.
func (g *Observer) wanted(p *Sync) (items []spending.Item) {
	forecasts := p.Used["forecasts"].([]map[string]any)
	refresh, refreshes := p.Spec["refresh"].([]string)
	unseen := g.unseen(p)
	for _, current := range g.current(p) {
		for i, tab := range g.TabsOf(p) {
			quarters := map[sim.Quarter]bool{}
			for _, period := range tab.Periods {
				for _, quarter := range period.Quarters(current) {
					quarters[quarter] = true
				}
			}
			for _, period := range schedule.Refreshes {
				for _, quarter := range period.Quarters(current) {
					quarters[quarter] = quarters[quarter] || slices.Contains(refresh, period.Text) && g.landedBefore(p, tab, quarter)
				}
			}
			for _, quarter := range unseen {
				quarters[quarter] = true
			}
			for quarter, wanted := range quarters {
				if !wanted {
					continue
				}
				item := spending.Item{Quarter: quarter.String(), Request: spending.Request{
					Forecast: tab.ID, Currency: tab.Currency, Period: quarter.String(), Types: tab.Types, Format: p.FormatOf(p.Used),
				}}
				weeks := forecasts[i]["include_historical"]
				item.EitherWeeks = weeks == "auto"
				item.AllWeeks = weeks == "true" || item.EitherWeeks && p.Used["history"] != true
				if refreshes {
					item.Refresh = &spending.Refresh{}
				}
				items = append(items, item)
				if named, asked := p.CurrentOf(tab); quarter == current && (!asked || named == quarter.String()) {
					item.Period = ""
					items = append(items, item)
				}
			}
		}
	}
	return items
}

// unseen are the quarters that syncs which ran beside others, and whose rows nobody watched, may have exported as current: they stay in the plan until they
// have settled.
func (g *Observer) unseen(p *Sync) (quarters []sim.Quarter) {
	for _, before := range g.Played {
		if before != p && !before.Alone() {
			quarters = append(quarters, g.current(before)...)
		}
	}
	return quarters
}

// current are the quarters that may be the current one in a sync, the same one twice where none turns: the day of one time zone is not that of another.
func (g *Observer) current(p *Sync) []sim.Quarter {
	calendar := g.Sim.Tenant().Calendar
	return []sim.Quarter{calendar.QuarterOf(g.clari(p.Start.Add(-26 * time.Hour))), calendar.QuarterOf(g.clari(p.End.Add(26 * time.Hour)))}
}

// landedBefore says whether a quarter of a tab landed in a sync before.
func (g *Observer) landedBefore(p *Sync, tab schedule.Tab, quarter sim.Quarter) bool {
	return slices.ContainsFunc(g.Played, func(before *Sync) bool {
		return before != p && slices.ContainsFunc(before.Exports, func(r world.Row) bool {
			return world.HasLanded(r) && r["forecast_id"] == tab.ID && r["requested_currency"] == tab.Currency && r["requested_period"] == quarter.String()
		})
	})
}

// CurrentOf is the quarter that Clari chose in this sync for a tab, where it was asked.
func (p *Sync) CurrentOf(tab schedule.Tab) (quarter string, asked bool) {
	for _, j := range p.Created {
		if j.Asked == "" && j.Forecast == tab.ID && j.Currency == tab.Currency {
			quarter, asked = j.Got, true
		}
	}
	return quarter, asked
}

// TabsOf are the forecasts of a sync's spec.
func (g *Observer) TabsOf(p *Sync) []schedule.Tab {
	if p.Tabs != nil {
		return p.Tabs
	}
	return g.SpecTabs
}

// bought is a job as it turned out.
func (g *Observer) bought(p *Sync, j sim.Job) *spending.Job {
	now, known := g.Job(j.ID)
	if known {
		j = now
	}
	format := j.Format
	b := &spending.Job{
		ID: j.ID, Quarter: j.Got, At: j.CreatedAt, Ended: j.EndsAt(), Gone: j.ExpiresAt(), Fate: g.fate(p, j), Read: g.clari(p.End),
		Request: spending.Request{Forecast: j.Forecast, Scope: j.Scope, Currency: j.Currency, Period: j.Asked, Types: j.Types, AllWeeks: j.Historical, Format: format},
	}
	b.NoDays = b.Fate == spending.Empty
	at, sent := p.Sent[j.ID]
	if reported, ok := p.Reported[j.ID]; !sent && ok { // it was given up
		at, sent = reported, true
	}
	switch {
	case sent:
		b.Sent = g.clari(at)
	case b.Fate == spending.Lost, b.Fate == spending.Failed:
		b.Sent = g.lastAsked(j.ID) // it was given up then
	}
	return b
}

// IsEmpty says whether the result of a job has no entries: told so, or since nobody has any of the types that were asked for.
func (g *Observer) IsEmpty(j sim.Job) bool {
	return j.Export.Quirks.Empty || slices.ContainsFunc(g.Played, func(p *Sync) bool {
		return slices.ContainsFunc(p.Exports, func(r world.Row) bool {
			cause, failed := r["error"].(string)
			return failed && r["job_id"] == j.ID && strings.Contains(cause, "the result has no entries")
		})
	})
}

// isBad says whether the result of a job fails its check.
func isBad(j sim.Job) bool {
	return j.WrongBy != 0 || j.RowsTruncated || j.CellsTruncated || j.Export.Quirks.RepeatEntry || j.Export.Quirks.MissingID
}

// lastAsked is when Clari answered last about a job; zero: never. A sync that has failed cancels at its end what it gave up long before, too.
func (g *Observer) lastAsked(id string) (last time.Time) {
	for _, r := range g.Ledger.Requests {
		if r.JobID == id && r.Op != sim.Cancel {
			last = r.Answered
		}
	}
	return last
}

// fate is what became of a job. In doubt it may be bought again.
func (g *Observer) fate(p *Sync, j sim.Job) spending.Fate {
	switch {
	case j.Vanished:
		return spending.Lost
	case !g.Clean(j) || !g.AliveAfter(j):
		return spending.Unclear
	case g.refusedFor(j) || j.Withheld > 0 || g.Tally.Fired["refused"] > 0:
		return spending.Lost
	case j.End == sim.Failed || j.End == sim.Aborted:
		return spending.Failed
	case !j.CancelledAt.IsZero() && p.StoppedAt.IsZero():
		return spending.TimedOut
	case !j.CancelledAt.IsZero() || j.End == sim.Cancelled:
		return spending.Lost
	case j.WrongBy != 0 && j.Asked == "":
		return spending.OtherQuarter
	case g.IsEmpty(j):
		return spending.Empty
	case isBad(j) && !p.StoppedAt.IsZero():
		return spending.Lost // the sync need not have come to see that it is bad
	case isBad(j):
		return spending.BadContent
	case !j.EndsAt().Before(j.ExpiresAt()):
		return spending.Lost
	}
	return spending.Good
}

// refusedFor tells whether Clari itself refused what was asked about a job, or something stood in the way of asking again and again. A page
// of a balancer is no refusal.
func (g *Observer) refusedFor(j sim.Job) bool {
	failed := 0
	for _, r := range g.Ledger.Requests {
		if r.JobID != j.ID || r.Op == sim.Create || r.Status == 200 && !r.Cut && len(r.Faults) == 0 {
			continue
		}
		failed++
		if !slices.ContainsFunc(r.Faults, func(name string) bool { return strings.HasPrefix(name, "html-") }) {
			return true
		}
	}
	return failed > 3
}
