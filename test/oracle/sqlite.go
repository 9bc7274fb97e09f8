package oracle

import (
	"database/sql"
	"fmt"
	"slices"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/sim"
)

// Stored compares all rows of a job in the embedded destination with its truth, and tells how many there must be.
func Stored(db *sql.DB, job sim.Job) (wrong []string, compared int, err error) {
	for _, table := range Tables() {
		rows, err := load(db, table, job.ID)
		if err != nil {
			return nil, 0, err
		}
		lines, n := Differ(job, table, slices.Values(rows), Perhaps)
		wrong, compared = append(wrong, lines...), compared+n
	}
	return wrong, compared, nil
}

// load reads the rows of a job.
func load(db *sql.DB, table, jobID string) ([]Row, error) {
	found, err := db.Query("SELECT * FROM "+table+" WHERE job_id = ?", jobID)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	names, err := found.Columns()
	if err != nil {
		return nil, err
	}
	values, targets := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	var all []Row
	for found.Next() {
		if err := found.Scan(targets...); err != nil {
			return nil, err
		}
		r := map[string]any{}
		for i, name := range names {
			r[name] = values[i]
		}
		all = append(all, Canonical(r))
	}
	return all, found.Err()
}

// newest are the jobs whose rows are the present state: a later export of the same overwrites those of an earlier one.
const newest = `
	SELECT e.job_id FROM clari_forecast_exports e WHERE e.outcome IN ('exported', 'adopted', 'landed_again') AND NOT EXISTS (
		SELECT 1 FROM clari_forecast_exports n WHERE n.outcome IN ('exported', 'adopted', 'landed_again') AND n.exported_at > e.exported_at
			AND (n.forecast_id, n.scope_id, n.requested_currency, n.requested_period)
				= (e.forecast_id, e.scope_id, e.requested_currency, e.requested_period))`

// Landed compares the newest job of each tab and quarter that clari_forecast_exports says has landed, and tells how many there are
// and how many rows were compared. jobs are those of the stand-in's ledger.
func Landed(db *sql.DB, jobs []sim.Job) (wrong []string, landed, compared int, err error) {
	found, err := db.Query(newest)
	if err != nil {
		return nil, 0, 0, err
	}
	defer found.Close()
	var ids []string
	for found.Next() {
		var id string
		if err := found.Scan(&id); err != nil {
			return nil, 0, 0, err
		}
		ids = append(ids, id)
	}
	if err := found.Err(); err != nil {
		return nil, 0, 0, err
	}
	for _, id := range ids {
		i := slices.IndexFunc(jobs, func(j sim.Job) bool { return j.ID == id })
		if i < 0 {
			wrong = append(wrong, fmt.Sprintf("clari_forecast_exports: job %s is not in the ledger", id))
			continue
		}
		lines, n, err := Stored(db, jobs[i])
		if err != nil {
			return nil, 0, 0, err
		}
		wrong, compared = append(wrong, lines...), compared+n
	}
	return wrong, len(ids), compared, nil
}
