package truth

import (
	"cmp"
	"slices"
	"time"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
	"github.com/cq-source-clari/cq-source-clari/test/queries/story"
)

// KeyOf are the columns that a row is known by in a table.
var KeyOf = map[string][]string{
	"clari_forecast_entries": {"forecast_key", "time_period_id", "time_frame_id", "user_id", "field_id"},
	"clari_forecast_users":   {"forecast_key", "user_id"}, "clari_forecast_fields": {"forecast_key", "field_id"},
	"clari_forecast_time_periods": {"forecast_key", "time_period_id"}, "clari_forecast_time_frames": {"forecast_key", "time_frame_id"},
}

func key(r oracle.Row, columns ...string) (k [5]any) {
	for i, name := range columns {
		k[i] = r[name]
	}
	return k
}

// presentOf goes through the jobs from the newest to the oldest. After one of all weeks nothing older is present.
func presentOf(jobs []sim.Job) *Present {
	p := &Present{Others: map[string][]oracle.Row{}, newest: map[any]string{}, newestDay: map[any]string{}}
	over := map[string]bool{}        // forecast_key: an export of all weeks has been seen
	weeks := map[[5]any]string{}     // forecast_key and week to the job that it is present of
	seen := map[string]map[any]bool{ // keys by table
	}
	for table := range KeyOf {
		seen[table] = map[any]bool{}
	}
	known, people := map[any]bool{}, map[[5]any]string{}
	jobs = slices.Clone(jobs)
	slices.SortStableFunc(jobs, func(a, b sim.Job) int { return cmp.Or(b.EndsAt().Compare(a.EndsAt()), cmp.Compare(b.ID, a.ID)) })
	for _, job := range jobs {
		if job.Activities != nil {
			continue
		}
		forecastKey := oracle.ForecastKey(job.Forecast, job.Got, job.Currency, job.Scope)
		of := oracle.Of(job)
		if p.newest[forecastKey] == "" {
			p.newest[forecastKey], p.newestDay[forecastKey] = job.ID, job.EndsAt().UTC().Format(time.DateOnly)
		}
		for r := range of["clari_forecast_entries"] {
			week := key(r, "forecast_key", "time_frame_id")
			if weeks[week] == "" && !over[forecastKey] {
				weeks[week] = job.ID
			}
			isPresent := weeks[week] == job.ID
			if isPresent {
				p.Entries = append(p.Entries, r)
			}
			k := key(r, KeyOf["clari_forecast_entries"]...)
			person := key(r, "forecast_key", "time_period_id", "time_frame_id", "person_id", "field_name")
			if people[person] == "" {
				people[person] = job.ID
			}
			if !known[k] && people[person] == job.ID {
				last := oracle.Row{"in_latest_export": isPresent}
				for name, v := range r {
					last[name] = v
				}
				p.LastKnown = append(p.LastKnown, last)
			}
			known[k] = true
		}
		if over[forecastKey] {
			continue
		}
		p.Jobs = append(p.Jobs, job.ID)
		for table, columns := range KeyOf {
			if table == "clari_forecast_entries" {
				continue
			}
			for r := range of[table] {
				if k := key(r, columns...); !seen[table][k] {
					seen[table][k] = true
					p.Others[table] = append(p.Others[table], r)
				}
			}
		}
		over[forecastKey] = job.Historical
	}
	return p
}

// Rows are rows of the truth as a database returns them.
func Rows(all []oracle.Row) []story.Row {
	var out []story.Row
	for _, r := range all {
		plainRow := story.Row{}
		for name, v := range r {
			if text, ok := story.Plain(name, v); ok {
				plainRow[name] = text
			}
		}
		out = append(out, plainRow)
	}
	return out
}
