// Package queries runs the queries that the docs offer.
package queries

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudquery/plugin-sdk/v4/message"
	sdk "github.com/cloudquery/plugin-sdk/v4/plugin"
	"github.com/rs/zerolog"

	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/sqlite"
)

// database is a SQLite file that syncs go into.
type database struct {
	*sql.DB
	path string
}

// open must be called inside the bubble that uses the database.
func open(t *testing.T) *database {
	d := &database{path: filepath.Join(t.TempDir(), "clari.sqlite")}
	var err error
	if d.DB, err = sql.Open("sqlite", d.path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// sync runs one sync with write_mode overwrite, which must succeed.
func (d *database) sync(t *testing.T, s *sim.Server, fields map[string]any) {
	t.Helper()
	if err := d.try(t, s, fields); err != nil {
		t.Fatal(err)
	}
}

// try runs one sync that may fail.
func (d *database) try(t *testing.T, s *sim.Server, fields map[string]any) error {
	t.Helper()
	spec := map[string]any{"api_key": s.Key(), "base_url": s.MemoryURL(), "delay_between_exports": "0s"}
	for k, v := range fields {
		spec[k] = v
	}
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	source, err := plugin.New(zerolog.Nop(), text, plugin.Options{Transport: s.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	destination := sqlite.Plugin()
	if err := destination.Init(ctx, fmt.Appendf(nil, `{"connection_string": %q}`, d.path), sdk.NewClientOptions{}); err != nil {
		t.Fatal(err)
	}
	defer destination.Close(ctx)
	sent, written := make(chan message.SyncMessage), make(chan message.WriteMessage)
	var syncErr error
	go func() {
		defer close(sent)
		syncErr = source.Sync(ctx, sdk.SyncOptions{Tables: []string{"*"}}, sent)
	}()
	go func() {
		defer close(written)
		for m := range sent {
			switch m := m.(type) {
			case *message.SyncMigrateTable:
				written <- &message.WriteMigrateTable{Table: m.Table}
			case *message.SyncInsert:
				written <- &message.WriteInsert{Record: m.Record}
			}
		}
	}()
	if err := destination.Write(ctx, written); err != nil {
		t.Fatal(err)
	}
	return syncErr
}

func (d *database) view(t *testing.T) {
	t.Helper()
	if _, err := d.Exec(query(t, "clari_forecast_current")); err != nil {
		t.Fatal(err)
	}
}

func query(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs/queries", name+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sums are the number of entries and the sum of their calls, for each week.
func (d *database) sums(t *testing.T) map[string]string {
	t.Helper()
	rows, err := d.Query(`SELECT time_frame_id, COUNT(*), COALESCE(SUM(forecast_value), 0) FROM clari_forecast_current GROUP BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	sums := map[string]string{}
	for rows.Next() {
		var week string
		var n int
		var sum float64
		if err := rows.Scan(&week, &n, &sum); err != nil {
			t.Fatal(err)
		}
		sums[week] = fmt.Sprintf("%d %.0f", n, sum)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return sums
}

// truth adds up what a job exported, for each week, into sums.
func truth(job sim.Job, sums map[string]string) {
	counts, values := map[string]int{}, map[string]float64{}
	for e := range job.Export.Entries() {
		counts[e.TimeFrameID]++
		values[e.TimeFrameID] += e.ForecastValue.V
	}
	for week, n := range counts {
		sums[week] = fmt.Sprintf("%d %.0f", n, values[week])
	}
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for week := range want {
		if got[week] != want[week] {
			t.Errorf("week %s: the view has %q, the newest export %q", week, got[week], want[week])
		}
	}
	if len(got) != len(want) {
		t.Errorf("the view has %d weeks, want %d", len(got), len(want))
	}
}

const week = 7 * 24 * time.Hour

// changing is a tenant whose amounts change daily, and which somebody leaves: the newest export then lacks rows of older ones.
func changing() sim.Config {
	return sim.Config{Tenant: sim.Tenant{ChangeEvery: 24 * time.Hour, Leavers: map[int]time.Time{
		4: time.Date(2000, 1, 12, 0, 0, 0, 0, time.UTC), // bubbles begin with the year 2000
	}}}
}

func TestCurrentIsTheNewestExportOfAllWeeks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := sim.New(changing()), open(t)
		defer s.Close()
		fields := map[string]any{"forecasts": []map[string]any{{"id": "forecast"}}, "periods": []string{"current"}}
		d.sync(t, s, fields)
		time.Sleep(2 * week)
		d.sync(t, s, fields)
		s.Add(sim.Fault{Op: sim.Create, Count: sim.Always, Do: sim.Ends(sim.Failed)})
		if err := d.try(t, s, fields); err == nil { // what fails changes nothing
			t.Fatal("a failed export is no error")
		}
		d.view(t)
		want := map[string]string{}
		truth(s.Ledger().Created()[1], want)
		same(t, d.sums(t), want)
	})
}

func TestCurrentIsEmptyAfterAnEmptyExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := sim.New(changing()), open(t)
		defer s.Close()
		fields := map[string]any{"forecasts": []map[string]any{{"id": "forecast"}}, "on_empty": "warn"}
		d.sync(t, s, fields)
		d.view(t)
		if len(d.sums(t)) == 0 {
			t.Fatal("no rows before the empty export")
		}
		time.Sleep(week)
		s.Add(sim.Fault{Op: sim.Create, Do: sim.Empty()})
		d.sync(t, s, fields)
		same(t, d.sums(t), nil)
	})
}

func TestCurrentWithoutHistoryKeepsEachWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := sim.New(changing()), open(t)
		defer s.Close()
		fields := map[string]any{"forecasts": []map[string]any{{"id": "forecast", "include_historical": false}}}
		want := map[string]string{}
		for range 6 { // twice a week
			d.sync(t, s, fields)
			jobs := s.Ledger().Created()
			truth(jobs[len(jobs)-1], want)
			time.Sleep(week / 2)
		}
		d.view(t)
		same(t, d.sums(t), want)
	})
}

func TestWeekOverWeek(t *testing.T) {
	for _, encoding := range []sim.Encoding{sim.Arrays, sim.FlatObjects} {
		synctest.Test(t, func(t *testing.T) {
			cfg := changing()
			cfg.JSON = encoding
			s, d := sim.New(cfg), open(t)
			defer s.Close()
			d.sync(t, s, map[string]any{
				"forecasts": []map[string]any{{"id": "forecast"}, {"id": "forecast", "currency": "EUR"}}, "periods": []string{"previous", "current"},
			})
			d.view(t)
			rows, err := d.Query(query(t, "week_over_week"))
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			type key struct{ scope, currency, period, person, field string }
			before := map[key]float64{}
			n := 0
			for rows.Next() {
				var forecast, scope, requested, period, timePeriod, person, field, week string
				var role, currency sql.NullString
				var value float64
				var change, adjustment sql.NullFloat64
				if err := rows.Scan(&forecast, &scope, &requested, &period, &timePeriod, &person, &role, &field, &week, &currency, &value, &change, &adjustment); err != nil {
					t.Fatal(err)
				}
				n++
				k := key{scope, requested, period, person, field}
				was, seen := before[k]
				if change.Valid != seen || seen && math.Abs(change.Float64-(value-was)) > 0.01 {
					t.Errorf("%v in week %s: change %v from %v to %v", k, week, change, was, value)
				}
				before[k] = value
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			want := 0
			for _, job := range s.Ledger().Created() {
				for e := range job.Export.Entries() {
					if e.ForecastValue.Valid {
						want++
					}
				}
			}
			if n != want || n == 0 {
				t.Errorf("%s: %d rows, want %d", encoding, n, want)
			}
		})
	}
}

// line is what freshness says of a quarter.
type line struct {
	from, failed sql.NullString
	failing      bool
	failures     int
	spent        int
}

func (d *database) freshness(t *testing.T) map[string]line {
	t.Helper()
	rows, err := d.Query(query(t, "freshness"))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	lines := map[string]line{}
	for rows.Next() {
		var tab, scope, currency, period string
		var l line
		if err := rows.Scan(&tab, &scope, &currency, &period, &l.from, &l.failed, &l.failing, &l.failures, &l.spent); err != nil {
			t.Fatal(err)
		}
		if tab != "forecast" || scope != "" || currency != "" {
			t.Errorf("tab %q, scope %q, currency %q", tab, scope, currency)
		}
		lines[period] = l
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestFreshness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := sim.New(changing()), open(t)
		defer s.Close()
		current := s.Current()
		previous := current.Add(-1).String()
		fields := map[string]any{"forecasts": []map[string]any{{"id": "forecast"}}, "periods": []string{previous, "current"}, "export_attempts": 1}
		check := func(when string, failing ...string) {
			t.Helper()
			failures, spent := 0, 0
			for period, l := range d.freshness(t) {
				failures, spent = failures+l.failures, spent+l.spent
				if l.failing != slices.Contains(failing, period) {
					t.Errorf("%s: %q: failing %t", when, period, l.failing)
				}
				if l.from.Valid != (period != "") || l.failed.Valid != (l.failures > 0) {
					t.Errorf("%s: %q: data from %v, last failure %v of %d", when, period, l.from, l.failed, l.failures)
				}
			}
			jobs := s.Ledger().Created()
			ended := 0
			for _, job := range jobs {
				if job.End == sim.Failed {
					ended++
				}
			}
			if spent != len(jobs) || failures != ended {
				t.Errorf("%s: %d failures and %d exports spent, want %d and %d", when, failures, spent, ended, len(jobs))
			}
		}
		d.sync(t, s, fields)
		check("at first")

		time.Sleep(time.Hour)
		s.Add(sim.Fault{Op: sim.Create, Count: 2, Do: sim.Ends(sim.Failed)})
		if err := d.try(t, s, fields); err == nil {
			t.Fatal("two failed exports are no error")
		}
		check("after failures", previous, current.String()) // which the name of its file tells

		time.Sleep(time.Hour)
		d.sync(t, s, fields)
		check("repaired")
	})
}

func TestNotSubmitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := changing()
		cfg.Tenant.BlankWeeks = true
		s, d := sim.New(cfg), open(t)
		defer s.Close()
		time.Sleep(2 * week)
		d.sync(t, s, map[string]any{"forecasts": []map[string]any{{"id": "forecast"}}, "periods": []string{"current", "next"}})
		d.view(t)

		today := time.Now().UTC().Format(time.DateOnly)
		text := query(t, "not_submitted")
		if n := strings.Count(text, "CURRENT_DATE"); n != 1 {
			t.Fatalf("CURRENT_DATE is there %d times", n)
		}
		rows, err := d.Query(strings.Replace(text, "CURRENT_DATE", "'"+today+"'", 1)) // the database has another clock
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		got := map[string]int{}
		for rows.Next() {
			var tab, scope, currency, period, frame, person string
			var email sql.NullString
			var missing int
			if err := rows.Scan(&tab, &scope, &currency, &period, &frame, &person, &email, &missing); err != nil {
				t.Fatal(err)
			}
			if tab != "forecast" || scope != "" || currency != "" || person == "" {
				t.Errorf("tab %q, scope %q, currency %q, person %q", tab, scope, currency, person)
			}
			got[period+" "+frame] += missing
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}

		want := map[string]int{}
		later := 0
		for _, job := range s.Ledger().Created() {
			latest, missing := "", map[string]int{}
			for e := range job.Export.Entries() {
				if e.TimeFrameID > "TF:"+today {
					later++
					continue
				}
				latest = max(latest, e.TimeFrameID)
				if e.IsUpdated.Valid && !e.IsUpdated.V {
					missing[e.TimeFrameID]++
				}
			}
			if missing[latest] > 0 {
				want[job.Got+" "+latest] = missing[latest]
			}
		}
		if !maps.Equal(got, want) || len(want) == 0 || later == 0 {
			t.Errorf("fields not updated by week: %v, want %v; %d entries of weeks to come", got, want, later)
		}
	})
}
