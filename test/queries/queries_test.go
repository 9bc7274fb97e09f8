// Package queries runs the queries that the docs offer.
package queries

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
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

// sync runs one sync with write_mode overwrite.
func (d *database) sync(t *testing.T, s *sim.Server, fields map[string]any) {
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
	if syncErr != nil {
		t.Log(syncErr)
	}
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
		d.sync(t, s, fields) // what fails changes nothing
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
		time.Sleep(week)
		s.Add(sim.Fault{Op: sim.Create, Do: sim.Empty()})
		d.sync(t, s, fields)
		d.view(t)
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
			d.sync(t, s, map[string]any{"forecasts": []map[string]any{{"id": "forecast"}}, "periods": []string{"previous", "current"}})
			d.view(t)
			rows, err := d.Query(query(t, "week_over_week"))
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			type key struct{ period, person, field string }
			before := map[key]float64{}
			n := 0
			for rows.Next() {
				var forecast, period, timePeriod, person, field, week string
				var role, currency sql.NullString
				var value float64
				var change, adjustment sql.NullFloat64
				if err := rows.Scan(&forecast, &period, &timePeriod, &person, &role, &field, &week, &currency, &value, &change, &adjustment); err != nil {
					t.Fatal(err)
				}
				n++
				k := key{period, person, field}
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

func TestOtherQueries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := sim.New(changing()), open(t)
		defer s.Close()
		fields := map[string]any{"forecasts": []map[string]any{{"id": "forecast"}}, "export_attempts": 1}
		d.sync(t, s, fields)
		s.Add(sim.Fault{Op: sim.Create, Do: sim.Ends(sim.Failed)})
		d.sync(t, s, fields)
		d.view(t)

		var tab, scope, currency, period, from string
		var failed sql.NullString
		var failures, spent int
		rows := d.QueryRow("SELECT * FROM (" + trimmed(query(t, "freshness")) + ") WHERE data_from IS NOT NULL")
		if err := rows.Scan(&tab, &scope, &currency, &period, &from, &failed, &failures, &spent); err != nil {
			t.Fatal(err)
		}
		if tab != "forecast" || from == "" || spent < 1 {
			t.Errorf("freshness: %s from %s, %d spent", tab, from, spent)
		}

		var people, missing int
		if err := d.QueryRow("SELECT COUNT(*), COALESCE(SUM(fields_not_updated), 0) FROM ("+trimmed(query(t, "not_submitted"))+")").Scan(&people, &missing); err != nil {
			t.Fatal(err)
		}
		latest, want := "", 0
		job := s.Ledger().Created()[0]
		for e := range job.Export.Entries() {
			latest = max(latest, e.TimeFrameID)
		}
		for e := range job.Export.Entries() {
			if e.TimeFrameID == latest && e.IsUpdated.Valid && !e.IsUpdated.V {
				want++
			}
		}
		if missing != want || want == 0 || people == 0 {
			t.Errorf("%d fields of %d people are not updated, want %d", missing, people, want)
		}
	})
}

// trimmed is a query as part of another.
func trimmed(query string) string {
	for i := len(query) - 1; i >= 0; i-- {
		if query[i] == ';' {
			return query[:i]
		}
	}
	return query
}
