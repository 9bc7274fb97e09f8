// Command duckdb makes of one result in a file what the plugin makes of it, as far as SQL goes, in a Parquet file: it is a peer for
// BenchmarkDuckDB. It leaves out _cq_id, extra, the check of a result before its first row, odd values, and weeks counted.
//
// It is a module of its own: DuckDB needs a C compiler, and a library of 100 MB.
package main

import (
	"database/sql"
	"fmt"
	"os"

	_ "github.com/duckdb/duckdb-go/v2"
)

// arrays joins the entries of five arrays with what they name.
const arrays = `COPY (
WITH doc AS (
	SELECT * FROM read_json(%[1]s, format = 'unstructured', maximum_object_size = %[3]d, columns = {
		entries: 'STRUCT(userId VARCHAR, fieldId VARCHAR, timePeriodId VARCHAR, timeFrameId VARCHAR, forecastValue DOUBLE, quotaValue DOUBLE, adjustmentValue DOUBLE, adjustedBy VARCHAR, adjustedOn BIGINT, currency STRUCT(code VARCHAR, symbol VARCHAR), isUpdated BOOLEAN, updatedBy VARCHAR, updatedOn BIGINT)[]',
		users: 'STRUCT(userId VARCHAR, name VARCHAR, email VARCHAR, scopeId VARCHAR, crmId VARCHAR, hierarchyId VARCHAR, hierarchyName VARCHAR, parentHierarchyId VARCHAR, parentHierarchyName VARCHAR)[]',
		fields: 'STRUCT(fieldId VARCHAR, fieldName VARCHAR, fieldType VARCHAR)[]',
		timePeriods: 'STRUCT(timePeriodId VARCHAR, type VARCHAR, label VARCHAR, year VARCHAR, startDate DATE, endDate DATE, crmId VARCHAR)[]',
		timeFrames: 'STRUCT(timeFrameId VARCHAR, startDate DATE, endDate DATE)[]'
	})
),
e AS (SELECT unnest(entries, max_depth := 2) FROM doc), u AS (SELECT unnest(users, max_depth := 2) FROM doc), f AS (SELECT unnest(fields, max_depth := 2) FROM doc),
p AS (SELECT unnest(timePeriods, max_depth := 2) FROM doc), w AS (SELECT unnest(timeFrames, max_depth := 2) FROM doc)
SELECT e.* EXCLUDE (currency, updatedOn, adjustedOn), e.currency.code, e.currency.symbol, make_timestamp(e.updatedOn * 1000) AS updated_at,
	make_timestamp(e.adjustedOn * 1000) AS adjusted_at, u.name, u.email, u.crmId, u.hierarchyName, u.parentHierarchyName, f.fieldName, f.fieldType,
	p.type, p.label, p.year, p.startDate AS period_start, p.endDate AS period_end, w.startDate, w.endDate
FROM e LEFT JOIN u USING (userId) LEFT JOIN f USING (fieldId) LEFT JOIN p USING (timePeriodId) LEFT JOIN w USING (timeFrameId)
) TO %[2]s (FORMAT parquet)`

// csv makes one row of the lines of an entry.
const csv = `COPY (
WITH l AS (
	SELECT *, CASE WHEN value LIKE '(%%' THEN -1 ELSE 1 END * TRY_CAST(regexp_replace(value, '[$(),]', '', 'g') AS DOUBLE) AS amount
	FROM read_csv(%[1]s, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = {
		user: 'VARCHAR', email: 'VARCHAR', crm: 'VARCHAR', role: 'VARCHAR', parent: 'VARCHAR', timeframe: 'VARCHAR', field: 'VARCHAR', week: 'VARCHAR',
		first: 'VARCHAR', last: 'VARCHAR', type: 'VARCHAR', value: 'VARCHAR'
	})
)
SELECT "user", email, crm, role, parent, timeframe, field, week, strptime(first, '%%m/%%d/%%Y') AS first, strptime(last, '%%m/%%d/%%Y') AS last,
	max(amount) FILTER (type = 'Forecast Value') AS forecast, max(amount) FILTER (type = 'Quota Value') AS quota,
	max(amount) FILTER (type = 'Adjustment Value') AS adjustment, max(value) FILTER (type = 'Forecast Updated') AS updated
FROM l GROUP BY ALL
) TO %[2]s (FORMAT parquet)`

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: duckdb arrays|csv RESULT PARQUET")
		os.Exit(2)
	}
	rows, err := run(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(rows)
}

func run(encoding, in, out string) (rows int, err error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	info, err := os.Stat(in)
	if err != nil {
		return 0, err
	}
	query := fmt.Sprintf(arrays, "'"+in+"'", "'"+out+"'", info.Size()+1<<20)
	if encoding == "csv" {
		query = fmt.Sprintf(csv, "'"+in+"'", "'"+out+"'")
	}
	result, err := db.Exec(query)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}
