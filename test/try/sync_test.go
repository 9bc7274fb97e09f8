package main

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOwn: what the plugin says comes first, and once.
func TestOwn(t *testing.T) {
	require.NoError(t, own(nil))
	for text, want := range map[string]string{
		"sync: rpc error: code = Unknown desc = failed to sync records: failed to sync unmanaged client: 1 of 1 exports did not land": "1 of 1 exports did not land",
		"init clari: rpc error: code = Internal desc = failed to init plugin: failed to initialize client: invalid spec: 2 problems":  "invalid spec: 2 problems",
		"start source clari: no such program": "start source clari: no such program",
	} {
		require.EqualError(t, own(errors.New(text)), want)
	}
}

// TestCost: a sync has spent what its rows of exports say, those of activities too, and nothing of what an earlier one paid.
func TestCost(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection would be a database of its own
	for _, statement := range []string{
		"CREATE TABLE clari_forecast_exports (jobs_created, outcome, _cq_sync_time)",
		"CREATE TABLE clari_activity_exports (jobs_created, outcome, _cq_sync_time)",
		"INSERT INTO clari_forecast_exports VALUES (9, 'exported', 1), (1, 'exported', 2), (2, 'failed', 2), (5, 'landed_again', 2), (0, 'left_out', 2), (0, 'settled', 2)",
		"INSERT INTO clari_activity_exports VALUES (3, 'exported', 2)",
	} {
		_, err := db.Exec(statement)
		require.NoError(t, err)
	}
	const forecasts = "; 2 did not land: SELECT * FROM clari_forecast_exports WHERE error IS NOT NULL tells why."
	require.Equal(t, "3 exports spent"+forecasts, cost(db, map[string]int64{"clari_forecast_exports": 5}))
	require.Equal(t, "6 exports spent"+forecasts, cost(db, map[string]int64{"clari_forecast_exports": 5, "clari_activity_exports": 1}))
	require.Equal(t, "3 exports spent.", cost(db, map[string]int64{"clari_activity_exports": 1}))
}
