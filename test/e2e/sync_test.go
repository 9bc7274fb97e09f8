package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
	"github.com/cq-source-clari/cq-source-clari/test/oracle"
)

func tabs(ids ...string) (all []sim.Tab) {
	for _, id := range ids {
		all = append(all, sim.Tab{ID: id})
	}
	return all
}

// TestSync lands two tabs in every form in which Clari is known to answer.
func TestSync(t *testing.T) {
	t.Parallel()
	for _, encoding := range []sim.Encoding{sim.Arrays, sim.FlatObjects, sim.FlatLists, sim.CSV} {
		for _, bare := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/bare=%t", encoding, bare), func(t *testing.T) {
				cfg := sim.Config{
					Tenant: sim.Tenant{Tabs: tabs("net_arr", "bookings"), Currency: "EUR"}, JSON: encoding, WrapJob: !bare, WrapList: !bare,
					Run: sim.Fixed(100 * time.Millisecond), Gzip: bare,
				}
				fields := map[string]any{"periods": []string{"previous..next"}}
				if encoding == sim.CSV {
					cfg.JSON, fields["export_format"] = "", "csv"
				}
				w := newWorld(t, cfg, fields)
				summary := w.mustSync()
				w.landed(6)
				w.spent(6)
				require.Equal(t, 1, w.count("clari_limits", "true"))
				require.Equal(t, 6, w.count("clari_export_jobs", "status = 'DONE'"))
				require.Zero(t, summary.Errors+summary.Warnings+summary.DestinationErrors+summary.DestinationWarnings, "%s", &w.told)
				for table, rows := range summary.Tables {
					require.EqualValues(t, rows, w.count(table, "true"), table)
				}
			})
		}
	}
}

// TestTruth: the comparison that all these tests rest on finds what is wrong.
func TestTruth(t *testing.T) {
	w := newWorld(t, sim.Config{}, nil)
	w.mustSync()
	for change, table := range map[string]string{
		"UPDATE clari_forecast_entries SET quota_value = 1 WHERE _cq_id = (SELECT min(_cq_id) FROM clari_forecast_entries)": "clari_forecast_entries",
		"DELETE FROM clari_forecast_users WHERE name = (SELECT min(name) FROM clari_forecast_users)":                        "clari_forecast_users",
		"UPDATE clari_forecast_time_frames SET end_date = NULL":                                                             "clari_forecast_time_frames",
	} {
		_, err := w.db().Exec(change)
		require.NoError(t, err)
		wrong, _, _, err := oracle.Landed(w.db(), w.sim.Ledger().Jobs)
		require.NoError(t, err)
		require.Contains(t, strings.Join(wrong, "\n"), table)
	}
}

// TestOneOfThreeFails: with so few rows that a destination buffers them all, only the barrier can have written the siblings'.
func TestOneOfThreeFails(t *testing.T) {
	w := newWorld(t, sim.Config{Tenant: sim.Tenant{Tabs: tabs("net_arr", "bookings", "renewals")}}, map[string]any{
		"export_attempts": 1, "periods": []string{"2026_Q1"},
	})
	for _, tab := range w.spec["forecasts"].([]map[string]any) {
		tab["include_historical"] = false
	}
	w.mode = "overwrite-delete-stale"
	w.mustSync()
	w.landed(3)
	before := w.texts("SELECT _cq_id FROM clari_forecast_entries WHERE forecast_id = 'bookings' ORDER BY 1")

	w.sim.Add(sim.Fault{Op: sim.Create, Forecast: "bookings", Do: sim.Ends(sim.Failed)})
	summary, err := w.sync()
	require.ErrorContains(t, err, "1 of 3 exports did not land")
	require.ErrorContains(t, err, "forecast bookings period 2026_Q1")
	require.ErrorContains(t, err, "FAILED")
	require.Empty(t, summary.Stale, "tables that were pruned")
	require.EqualValues(t, 2, summary.Errors, "one line for each lost export, and one of the SDK for the call that failed")

	require.Equal(t, before, w.texts("SELECT _cq_id FROM clari_forecast_entries WHERE forecast_id = 'bookings' ORDER BY 1"))
	require.Equal(t, []string{"bookings"}, w.texts("SELECT forecast_id FROM clari_forecast_exports WHERE outcome = 'failed' AND error LIKE '%FAILED%' AND status = 'FAILED'"))
	w.landed(3) // of bookings that of the first sync
	jobs := w.sim.Ledger().Created()
	for _, sibling := range []string{"net_arr", "renewals"} {
		ids := w.texts("SELECT DISTINCT job_id FROM clari_forecast_entries WHERE forecast_id = ?", sibling)
		require.Len(t, ids, 1, sibling)
		require.Contains(t, []string{jobs[3].ID, jobs[5].ID}, ids[0], "%s: rows of the second sync", sibling)
	}
}

// TestNoMigrate: without migrate messages there is no barrier, and what a sync that succeeds sent is there all the same.
func TestNoMigrate(t *testing.T) {
	w := newWorld(t, sim.Config{}, nil)
	w.mustSync()
	w.opts.NoMigrate = true
	w.mustSync()
	w.landed(1)
}

// TestShards: the parts land what the whole does, with a state backend and without.
func TestShards(t *testing.T) {
	t.Parallel()
	for _, backend := range []bool{false, true} {
		t.Run(fmt.Sprintf("backend=%t", backend), func(t *testing.T) {
			cfg := sim.Config{Tenant: sim.Tenant{Tabs: tabs("net_arr", "bookings", "renewals", "services")}}
			w := newWorld(t, cfg, map[string]any{"periods": []string{"previous", "current"}})
			w.backend, w.mode = backend, "overwrite-delete-stale"
			w.mustSync()
			w.landed(8)
			const entries = "SELECT _cq_id FROM clari_forecast_entries ORDER BY 1"
			whole := w.texts(entries)

			w.opts.DatabasePath += ".parts"
			for num := range 3 {
				w.opts.Shard = fmt.Sprintf("%d/3", num+1)
				summary := w.mustSync()
				require.Equal(t, fmt.Sprintf("clari_%d_3", num+1), summary.SourceName)
				require.Equal(t, num == 0, summary.Tables["clari_limits"] == 1, "what belongs to no export belongs to the first")
			}
			w.landed(8)
			w.spent(16)
			require.Equal(t, whole, w.texts(entries))
		})
	}
}

// TestBackend: the state is in the database, and survives it that the periods of the spec change. What an incremental table holds stays, and a
// quarter that has ended is paid for once: its stored result lands again in the next sync, and then it is settled.
func TestBackend(t *testing.T) {
	w := newWorld(t, sim.Config{}, map[string]any{"periods": []string{"2025_Q1", "2025_Q2"}})
	w.backend, w.mode = true, "overwrite-delete-stale"
	summary := w.mustSync()
	require.Empty(t, summary.Stale)
	w.spent(2)
	require.Len(t, w.places(), 2)

	w.spec["periods"] = []string{"2025_Q2", "2025_Q3"}
	summary = w.mustSync()
	require.Empty(t, summary.Stale)
	w.landed(3)
	w.spent(3)
	require.Equal(t, []string{"2025_Q1", "2025_Q2", "2025_Q3"}, w.texts("SELECT DISTINCT requested_period FROM clari_forecast_entries ORDER BY 1"))
	require.Equal(t, []string{"2025_Q2"}, w.texts("SELECT requested_period FROM clari_forecast_exports WHERE outcome = 'landed_again'"))
	places := w.places()
	require.Len(t, places, 3)

	w.mustSync() // the second sync of 2025_Q2 settled it
	w.landed(3)
	w.spent(3)
	require.Equal(t, []string{"2025_Q2"}, w.texts("SELECT requested_period FROM clari_forecast_exports WHERE outcome = 'settled'"))

	w.backend = false // and so nothing is incremental any more
	summary = w.mustSync()
	require.NotEmpty(t, summary.Stale)
	w.spent(5)
	require.Equal(t, []string{"2025_Q2", "2025_Q3"}, w.texts("SELECT DISTINCT requested_period FROM clari_forecast_entries ORDER BY 1"))
}

// TestHistory: a second sync on one day replaces that day's snapshot.
func TestHistory(t *testing.T) {
	w := newWorld(t, sim.Config{Tenant: sim.Tenant{ChangeEvery: time.Millisecond}}, map[string]any{"history": true})
	_, err := w.sync()
	require.ErrorContains(t, err, "history works only with a state backend")
	w.spent(0)

	w.backend = true
	first := w.mustSync()
	w.landed(1)
	w.mustSync()
	w.landed(1)
	w.spent(2)
	days := len(w.texts("SELECT DISTINCT snapshot_date FROM clari_forecast_entries")) // two when midnight fell between the syncs
	require.EqualValues(t, first.Tables["clari_forecast_entries"]*int64(days), w.count("clari_forecast_entries", "true"))
}

// TestWrongKey: the error tells what is wrong, and not the key.
func TestWrongKey(t *testing.T) {
	w := newWorld(t, sim.Config{}, map[string]any{"api_key": apiKey + "-of-old"})
	_, err := w.sync()
	require.ErrorContains(t, err, "forecast forecast period current")
	require.ErrorContains(t, err, "401")
	require.Empty(t, w.sim.Ledger().Created())
	require.Contains(t, strings.Join(w.texts("SELECT error FROM clari_forecast_exports WHERE outcome = 'failed'"), ""), "401")
}

// TestEchoedKey: neither does an answer that repeats it.
func TestEchoedKey(t *testing.T) {
	w := newWorld(t, sim.Config{Faults: []sim.Fault{{Op: sim.Create, Count: sim.Always, Do: sim.EchoKey(403)}}}, nil)
	_, err := w.sync()
	require.ErrorContains(t, err, "No consumer for apikey")
}
