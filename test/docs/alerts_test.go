package docs

import (
	"database/sql"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
	"github.com/cq-source-clari/cq-source-clari/resources/plugin"
)

type row map[string]any

// TestAlerts runs the query to alert on: it has no row when all is well, and one for each thing that is not.
func TestAlerts(t *testing.T) {
	_, query, ok := strings.Cut(chapter(t, readPage(t, "docs/operation.md"), "## Alerts"), "```sql\n")
	require.True(t, ok)
	query, _, _ = strings.Cut(query, "```")
	today, yesterday := time.Now().UTC().Format(time.DateOnly), time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	export := func(outcome string, day any) row {
		return row{"forecast_key": "net_arr/2026_Q1", "forecast_id": "net_arr", "scope_id": "", "requested_currency": "", "requested_period": "2026_Q1", "job_id": "1", "outcome": outcome, "snapshot_date": day, "exported_at": day, "_cq_sync_time": yesterday}
	}
	now := func(r row) row { r["_cq_sync_time"] = today; return r }
	of := func(period string, r row) row {
		r["forecast_key"], r["requested_period"] = "net_arr/"+period, period
		return r
	}
	week := row{"forecast_key": "net_arr/2026_Q1", "job_id": "1", "time_frame_id": "TF:1", "exported_at": today, "entries": 2}
	entry := func(id string) row {
		return row{"forecast_key": "net_arr/2026_Q1", "job_id": "1", "time_frame_id": "TF:1", "exported_at": yesterday, "_cq_id": id}
	}
	for _, c := range []struct {
		what    string
		exports []row
		entries []row
		want    []string
	}{
		{"all is well", []row{export("exported", yesterday), now(export("exported", today))}, []row{entry("a"), entry("b")}, nil},
		{"today's failed", []row{export("exported", yesterday), now(export("failed", nil))}, []row{entry("a"), entry("b")}, []string{"failing", "stale"}},
		{"one of two failed", []row{now(export("exported", today)), now(of("2026_Q2", export("left_out", nil)))}, []row{entry("a"), entry("b")}, []string{"failing"}},
		{"one failed, and landed since", []row{export("failed", nil), now(export("exported", today))}, []row{entry("a"), entry("b")}, nil},
		{"one failed, and has settled since", []row{now(export("exported", today)), of("2025_Q1", export("failed", nil)), now(of("2025_Q1", export("settled", nil)))}, []row{entry("a"), entry("b")}, nil},
		{"a current that nobody knew failed, and the tab landed since", []row{of("current", export("failed", nil)), now(export("exported", today))}, []row{entry("a"), entry("b")}, nil},
		{"none ever landed", []row{export("failed", nil)}, nil, []string{"failing", "stale"}},
		{"a row was lost", []row{export("exported", today)}, []row{entry("a")}, []string{"incomplete"}},
		{"both", []row{export("exported", yesterday)}, []row{entry("a")}, []string{"incomplete", "stale"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			db := empty(t)
			insert(t, db, "clari_forecast_exports", c.exports...)
			insert(t, db, "clari_forecast_time_frames", week)
			insert(t, db, "clari_forecast_entries", c.entries...)
			rows, err := db.Query(query)
			require.NoError(t, err)
			defer rows.Close()
			var alerts []string
			for rows.Next() {
				var alert, tab, quarter string
				require.NoError(t, rows.Scan(&alert, &tab, &quarter))
				require.Equal(t, "net_arr", tab)
				require.Contains(t, []string{"2026_Q1", "2026_Q2"}, quarter)
				alert, _, _ = strings.Cut(alert, ":")
				alerts = append(alerts, alert)
			}
			require.NoError(t, rows.Err())
			slices.Sort(alerts)
			require.Equal(t, c.want, alerts)
		})
	}
}

// empty is a database with all tables and the view that the query reads.
func empty(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1) // each connection would be a database of its own
	for _, f := range plugin.About() {
		_, err := db.Exec("CREATE TABLE " + f.Table.Name + " (" + strings.Join(append(f.Table.Columns.Names(), "_cq_sync_time"), ", ") + ")") // which the SDK adds
		require.NoError(t, err)
	}
	for _, q := range queries.All() {
		if q.Name == "clari_completeness" {
			_, err := db.Exec(q.Text)
			require.NoError(t, err)
		}
	}
	return db
}

func insert(t *testing.T, db *sql.DB, table string, rows ...row) {
	t.Helper()
	for _, r := range rows {
		columns := slices.Sorted(maps.Keys(r))
		var values []any
		for _, name := range columns {
			values = append(values, r[name])
		}
		_, err := db.Exec("INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(columns)-1)+")", values...)
		require.NoError(t, err)
	}
}
